"""What a deployment may set, all from the environment; a secret comes as the name of a file, never as a value."""

import os
from dataclasses import dataclass
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


class BadSetting(ValueError):
    """A value in the environment cannot be used."""


@dataclass(frozen=True)
class Deployment:
    """`home` holds the embedded database; `database_url` names a server to use instead of it."""

    home: Path
    port: int
    host: str
    database_url: str | None
    admin_token_file: Path | None
    schema: str = "district"


def deployment() -> Deployment:
    """Read LIFECYCLE_HOME, _PORT, _HOST, _DATABASE_URL (or _DATABASE_URL_FILE) and _ADMIN_TOKEN_FILE. Raises BadSetting."""
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
        database_url=_database_url(),
        admin_token_file=Path(token).absolute() if token else None,
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
