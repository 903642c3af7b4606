"""What a deployment may set, all from the environment; a secret comes as the name of a file, never as a value."""

import os
from dataclasses import dataclass
from pathlib import Path


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
    port = environ.get("LIFECYCLE_PORT", "8000")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadSetting(f"LIFECYCLE_PORT 须为 1–65535 的端口号 / must be a port number from 1 to 65535: {port!r}")
    url = environ.get("LIFECYCLE_DATABASE_URL")
    if file := environ.get("LIFECYCLE_DATABASE_URL_FILE"):
        url = Path(file).read_text(encoding="utf-8").strip()
    token = environ.get("LIFECYCLE_ADMIN_TOKEN_FILE")
    return Deployment(
        home=home,
        port=int(port),
        host=environ.get("LIFECYCLE_HOST", "127.0.0.1"),
        database_url=url or None,
        admin_token_file=Path(token).absolute() if token else None,
    )
