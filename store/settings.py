"""What a deployment may set, all from the environment; a secret comes as the name of a file, never as a value."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

VERSION = "0.6.0"
"""Of this program, as pyproject.toml has it."""


class BadSetting(ValueError):
    """A value in the environment cannot be used."""


@dataclass(frozen=True)
class SignOnSettings:
    """The OpenID Connect provider; `claim` is what an account's `subject` is compared with."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    claim: str = "sub"
    scope: str = "openid"
    ca_file: Path | None = None


@dataclass(frozen=True)
class Deployment:
    """`home` holds the embedded database; `database_url` names a server to use instead of it."""

    home: Path
    port: int
    host: str
    database_url: str | None
    admin_token_file: Path | None
    schema: str = "district"
    proxy: str | None = None
    """The address that browsers use, where a proxy stands before the service and ends TLS."""
    proxy_from: str = "127.0.0.1"
    """The proxy's own addresses, as they are believed about whom it speaks for (X-Forwarded-For), separated by commas."""
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    sign_on: SignOnSettings | None = None
    evidence: str | None = None
    """A folder, or s3://bucket/prefix; None: the folder `evidence` in `home`."""
    evidence_bytes: int = 500_000_000
    """The largest file taken."""
    evidence_seconds: int = 1_800
    """In all for a file to arrive: the largest one at 2.2 Mbit/s."""
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key: str | None = field(default=None, repr=False)
    s3_secret_key: str | None = field(default=None, repr=False)
    s3_virtual_hosts: bool = False
    """Whether the bucket is part of the host's name, as Aliyun OSS wants it, not of the path."""
    s3_ca_file: Path | None = None
    account_rate: int = 500
    """Requests a second that one person may make in the long run, with whatever tokens; 20 times as many at once."""
    address_rate: int = 2_000
    """The same of one address: a whole office may be behind one, or all behind a proxy."""
    requests_at_once: int = 100
    """Worked on by one process; one more is told to try again."""
    feed_listeners: int = 100
    """Who may listen to the feed at once, in one process."""
    seal_key_file: Path | None = None
    """Seals what must be kept and used (authenticators' keys); None: `seal.key` in `home`, made when absent."""
    security_log: str | None = None
    """A folder, or `-` for stdout; None: the folder `security` in `home`."""
    security_log_days: int = 190
    """How long its files are kept: 网络安全法 art. 21 (3) wants six months at least."""


def deployment() -> Deployment:
    """Read LIFECYCLE_HOME, _PORT, _HOST, _DATABASE_URL (or _DATABASE_URL_FILE), _ADMIN_TOKEN_FILE, _EVIDENCE… and _S3_….

    And _PROXY, _PROXY_FROM, _TLS_CERTIFICATE_FILE, _TLS_KEY_FILE, _OIDC_…, _SECURITY_LOG…. Raises BadSetting.
    """
    environ = os.environ
    state = environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    home = Path(environ.get("LIFECYCLE_HOME") or os.path.join(state, "lifecycle")).absolute()
    port = environ.get("LIFECYCLE_PORT") or "8000"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadSetting(f"LIFECYCLE_PORT 须为 1–65535 的端口号 / must be a port number from 1 to 65535: {port!r}")
    token = environ.get("LIFECYCLE_ADMIN_TOKEN_FILE")
    return Deployment(
        home=home,
        port=int(port),
        host=environ.get("LIFECYCLE_HOST") or "127.0.0.1",
        proxy=_proxy(),
        proxy_from=environ.get("LIFECYCLE_PROXY_FROM") or Deployment.proxy_from,
        tls_certificate_file=_path("LIFECYCLE_TLS_CERTIFICATE_FILE"),
        tls_key_file=_path("LIFECYCLE_TLS_KEY_FILE"),
        sign_on=_sign_on(),
        database_url=_database_url(),
        admin_token_file=Path(token).absolute() if token else None,
        evidence=environ.get("LIFECYCLE_EVIDENCE") or None,
        evidence_bytes=_number("LIFECYCLE_EVIDENCE_BYTES", Deployment.evidence_bytes),
        evidence_seconds=_number("LIFECYCLE_EVIDENCE_SECONDS", Deployment.evidence_seconds),
        account_rate=_number("LIFECYCLE_ACCOUNT_RATE", Deployment.account_rate),
        address_rate=_number("LIFECYCLE_ADDRESS_RATE", Deployment.address_rate),
        requests_at_once=_number("LIFECYCLE_REQUESTS_AT_ONCE", Deployment.requests_at_once),
        feed_listeners=_number("LIFECYCLE_FEED_LISTENERS", Deployment.feed_listeners),
        seal_key_file=_path("LIFECYCLE_SEAL_KEY_FILE"),
        security_log=environ.get("LIFECYCLE_SECURITY_LOG") or None,
        security_log_days=_number("LIFECYCLE_SECURITY_LOG_DAYS", Deployment.security_log_days),
        s3_endpoint=environ.get("LIFECYCLE_S3_ENDPOINT") or None,
        s3_region=environ.get("LIFECYCLE_S3_REGION") or Deployment.s3_region,
        s3_access_key=_secret("LIFECYCLE_S3_ACCESS_KEY_FILE"),
        s3_secret_key=_secret("LIFECYCLE_S3_SECRET_KEY_FILE"),
        s3_virtual_hosts=environ.get("LIFECYCLE_S3_VIRTUAL_HOSTS") == "1",
        s3_ca_file=Path(authority).absolute() if (authority := environ.get("LIFECYCLE_S3_CA_FILE")) else None,
    )


def _database_url() -> str | None:
    url = os.environ.get("LIFECYCLE_DATABASE_URL")
    if file := os.environ.get("LIFECYCLE_DATABASE_URL_FILE"):
        try:
            url = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as away:
            raise BadSetting(f"LIFECYCLE_DATABASE_URL_FILE 不可读 / cannot be read: {away}") from away
    try:
        conninfo_to_dict(url or "")
    except ProgrammingError:  # its words repeat the address, and a password with it
        raise BadSetting(
            "LIFECYCLE_DATABASE_URL 不是 PostgreSQL 地址 / is no address of PostgreSQL: postgresql://用户@主机/库"
        ) from None
    return url or None


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value).absolute() if value else None


def _address(name: str) -> str | None:
    """https://host[:port], without a path; http only on this machine, where nobody listens in."""
    value = (os.environ.get(name) or "").rstrip("/")
    found = urlsplit(value)
    here = found.hostname in ("localhost", "127.0.0.1", "::1")
    if value and not (found.netloc and (found.scheme == "https" or (found.scheme == "http" and here))):
        raise BadSetting(f"{name} 须为 https://… 地址（本机可用 http）/ must be an https://… address (http on this machine)")
    return value or None


def _proxy() -> str | None:
    found = _address("LIFECYCLE_PROXY")
    if found is not None and urlsplit(found).path:
        raise BadSetting(
            "LIFECYCLE_PROXY 只含协议、主机与端口 / has scheme, host and port only, such as https://ledger.example"
        )
    return found


def _sign_on() -> SignOnSettings | None:
    """The issuer as the provider writes it, a slash at its end included."""
    if _address("LIFECYCLE_OIDC_ISSUER") is None:
        return None
    client = os.environ.get("LIFECYCLE_OIDC_CLIENT_ID")
    if not client:
        raise BadSetting("请设 LIFECYCLE_OIDC_CLIENT_ID / set it too: the provider knows this service by it")
    return SignOnSettings(
        issuer=os.environ["LIFECYCLE_OIDC_ISSUER"],
        client_id=client,
        client_secret=_secret("LIFECYCLE_OIDC_CLIENT_SECRET_FILE"),
        claim=os.environ.get("LIFECYCLE_OIDC_CLAIM") or SignOnSettings.claim,
        scope=os.environ.get("LIFECYCLE_OIDC_SCOPE") or SignOnSettings.scope,
        ca_file=_path("LIFECYCLE_OIDC_CA_FILE"),
    )


def _number(name: str, otherwise: int) -> int:
    text = os.environ.get(name) or str(otherwise)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 10**12):
        raise BadSetting(f"{name} 须为正整数 / must be a whole number above zero: {text!r}")
    return int(text)


def _secret(name: str) -> str | None:
    """The content of the file that a variable names."""
    file = os.environ.get(name)
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}: {error}") from error
