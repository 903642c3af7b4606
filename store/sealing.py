"""Secrets that must be computed with, and so cannot be hashed, are sealed in the database under a key kept in a file.

AES-256-GCM, bound to the row it belongs to: whoever can only read the database, or a backup, cannot use them.
"""

import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

from store.settings import BadSetting, Deployment

MARK = "s1."
"""What is sealed begins so; a key of an authenticator (base32) never does."""
NONCE = 12
KEY = 32


class NotOurs(Exception):
    """This was sealed with another key, for another row, or was altered."""


class Seal:
    def __init__(self, key: bytes | None = None) -> None:
        """Without a key, one that nobody else has and that goes with this process."""
        self._key = key or secrets.token_bytes(KEY)

    def close(self, clear: str, row: str) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # what few requests need

        nonce = secrets.token_bytes(NONCE)
        return MARK + urlsafe_b64encode(nonce + AESGCM(self._key).encrypt(nonce, clear.encode(), row.encode())).decode()

    def open(self, sealed: str, row: str) -> str:
        """What was kept before there were seals is in clear. Raises NotOurs."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not sealed.startswith(MARK):
            return sealed
        kept = urlsafe_b64decode(sealed.removeprefix(MARK))
        try:
            return AESGCM(self._key).decrypt(kept[:NONCE], kept[NONCE:], row.encode()).decode()
        except InvalidTag:
            raise NotOurs from None


def kept_seal(settings: Deployment) -> Seal:
    """The deployment's, from the file that is named, or else `seal.key` in its home, made at the first start.

    Raises BadSetting.
    """
    path = settings.seal_key_file or settings.home / "seal.key"
    try:
        if settings.seal_key_file is None and not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as away:
        raise BadSetting(f"LIFECYCLE_SEAL_KEY_FILE 不可用 / cannot be used: {path}: {type(away).__name__}") from None
    if len(key) != KEY:
        raise BadSetting(
            f"LIFECYCLE_SEAL_KEY_FILE 须为 64 位十六进制（openssl rand -hex 32）/ must be 64 hex digits: {path}"
        )
    return Seal(key)


def _make(path: Path) -> None:
    """Whole and readable by its owner alone, once, however many start at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(KEY) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(partial, path)
    partial.unlink()
