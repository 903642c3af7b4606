"""Files of evidence, outside the ledger: named by the SHA-256 of their bytes, in a folder or in S3-compatible storage."""

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from domain.errors import Refused
from store.disk import private, settle
from store.settings import BadSetting, Deployment

CHUNK = 1_048_576
"""Bytes read or written at once."""
FORGOTTEN = 86_400.0
"""Seconds after which a file that never arrived whole is left over from a process that was killed."""


class FileTooLarge(Refused):
    """The file is larger than this deployment takes (LIFECYCLE_EVIDENCE_BYTES)."""

    zh = "文件超过本系统的上限（LIFECYCLE_EVIDENCE_BYTES）。"
    sort = "invalid"


class FileMissing(Refused):
    """This file is no longer where it was kept; upload the same file again to put it right."""

    zh = "该文件已不在保管处；重新上传同一文件即可补回。"
    sort = "missing"


class EvidenceAway(Refused):
    """The files of evidence cannot be reached or written just now; try again shortly."""

    zh = "佐证文件的存储暂时不可用，请稍后重试。"


@dataclass(frozen=True)
class Limits:
    """The largest file taken, and the seconds it may take to arrive."""

    most_bytes: int
    seconds: float


class Evidence(Protocol):
    """Where files are kept. Every method may raise EvidenceAway."""

    incoming: Path
    """A folder for what is still arriving, from which `put` takes."""

    def put(self, file: Path, digest: str, *, anew: bool = False) -> None:
        """Keep a whole file under its SHA-256; it is there for good once this returns. What is kept already in its whole
        length is not written twice, unless `anew`: what is there is known to be altered."""
        ...

    def open(self, digest: str) -> Iterator[bytes]:
        """The bytes, in pieces of about CHUNK. Raises FileMissing before the first of them."""
        ...

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        """The size of each file that is there; a cheap look, nothing is read."""
        ...

    def all(self) -> Iterator[str]:
        """The SHA-256 of every file that is kept."""
        ...


def opened(deployment: Deployment) -> Evidence:
    """The store that the deployment names. Raises BadSetting."""
    where = deployment.evidence
    if where is None:
        return Folder(deployment.home / "evidence")
    if where.startswith("s3://"):
        from store.s3 import bucket

        return bucket(where, deployment)
    if "://" in where:
        raise BadSetting(f"LIFECYCLE_EVIDENCE 须为文件夹或 s3://桶/前缀 / must be a folder or s3://bucket/prefix: {where!r}")
    return Folder(Path(where).absolute())


class Arriving:
    """A file while it arrives: hashed and written under a name of its own, gone again unless it was put away.

    Raises FileTooLarge as soon as it is, EvidenceAway where it cannot be written.
    """

    def __init__(self, incoming: Path, most: int) -> None:
        self._most = most
        self._hash = sha256()
        self.size = 0
        try:
            private(incoming)
            self.path = incoming / secrets.token_hex(16)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def write(self, piece: bytes | bytearray) -> None:
        self.size += len(piece)
        if self.size > self._most:
            raise FileTooLarge(f"{self._most:,}")
        self._hash.update(piece)
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error

    def finish(self) -> str:
        """On the disk for good; answers the SHA-256."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error
        self._file.close()
        return self._hash.hexdigest()


def forget(incoming: Path) -> int:
    """Remove what began to arrive long ago and never did; answers how many."""
    gone = 0
    for file in incoming.glob("*"):
        if file.is_file() and time.time() - file.stat().st_mtime > FORGOTTEN:
            file.unlink(missing_ok=True)
            gone += 1
    return gone


class Folder:
    """Two levels of folders by the first digits, readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / "incoming"

    def _place(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest

    def put(self, file: Path, digest: str, *, anew: bool = False) -> None:
        place = self._place(digest)
        try:
            if not anew and place.is_file() and place.stat().st_size == file.stat().st_size:
                return
            private(place.parent)
            file.replace(place)
            settle(place.parent)
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error

    def open(self, digest: str) -> Iterator[bytes]:
        try:
            file = self._place(digest).open("rb", buffering=0)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise FileMissing(digest) from None
        except OSError as error:
            raise EvidenceAway(error.strerror or "") from error
        return _pieces(file)

    def sizes(self, digests: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for digest in digests:
            try:
                there = self._place(digest).stat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise EvidenceAway(error.strerror or "") from error
            if S_ISREG(there.st_mode):
                found[digest] = there.st_size
        return found

    def all(self) -> Iterator[str]:
        for first in self._root.glob("[0-9a-f][0-9a-f]"):
            for second in first.glob("[0-9a-f][0-9a-f]"):
                yield from (file.name for file in second.iterdir() if len(file.name) == 64)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
