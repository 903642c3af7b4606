"""What a backup says of itself: every part with its size and SHA-256, and where the ledger stood."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.errors import Refused
from store.disk import private
from store.evidence import CHUNK

FORMAT = "lifecycle-backup/1"
MANIFEST = "manifest.json"
SUM = "manifest.json.sha256"
DUMP = "tables.dump"
"""pg_dump's: the schema, and every table's rows but those of COPIED."""
COPIED = ("entry", "stream", "request", "migration")
"""Tables whose rows are parts of their own; the last is loaded last, and says that all was."""
SETTINGS = "settings.json"


class NotABackup(Refused):
    """This is no whole backup: it holds no manifest; name the folder that `lifecycle backup` told of."""

    zh = "这不是完整的备份：其中没有清单；请指明 lifecycle backup 所告知的文件夹。"
    sort = "invalid"


class ManifestDamaged(Refused):
    """The backup's manifest was altered, or its checksum is missing; take another backup."""

    zh = "备份清单被改动，或其校验值缺失；请改用另一份备份。"


class FormatUnknown(Refused):
    """This backup was made by a newer version of this program; restore it with that version."""

    zh = "此备份由本程序的更新版本生成，请用该版本恢复。"


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Written):
    """A file of the backup, by its path in it."""

    name: str
    bytes: int
    sha256: str


class Table(_Written):
    """A table's rows and their fingerprint (store.fingerprints) at the backup's snapshot."""

    rows: int
    sha256: str


class Migration(_Written):
    name: str
    sha256: str


class Owned(_Written):
    """Something of the schema that belongs to the role nobody logs in as."""

    sort: Literal["table", "view", "function", "sequence", "procedure", "materialized view"]
    identity: str


class WrongFile(_Written):
    """A file of evidence that the backup could not take whole, by the name and the entries that tell of it."""

    sha256: str
    state: Literal["missing", "altered", "away"]
    name: str
    cited: tuple[str, ...]


class Manifest(_Written):
    """`position`, `entries` and `fingerprint` are the ledger's: all that was acknowledged before `taken_at` is in it.

    `postgresql` is the server's major version, `pg_dump` that of the program that wrote the ledger's part.
    """

    format: str
    product: str
    taken_at: datetime
    schema_name: str
    postgresql: int
    pg_dump: int
    server: str
    position: int
    entries: int
    fingerprint: str
    recorded_at: datetime | None
    opened: bool
    migrations: tuple[Migration, ...]
    tables: dict[str, Table]
    owned: tuple[Owned, ...]
    wrong: tuple[WrongFile, ...]
    parts: tuple[Part, ...]

    def ledger(self) -> list[Part]:
        """What the database is made of."""
        return [part for part in self.parts if part.name == DUMP or part.name.endswith(".copy.gz")]

    def evidence(self) -> Iterator[Part]:
        return (part for part in self.parts if part.name.startswith("evidence/"))


class Damage(NamedTuple):
    """A part that is not as the manifest says."""

    name: str
    state: Literal["missing", "altered"]


def copied_part(table: str) -> str:
    """What COPY … (FORMAT binary) answered, compressed."""
    return f"{table}.copy.gz"


def evidence_part(digest: str) -> str:
    return f"evidence/{digest[:2]}/{digest[2:4]}/{digest}"


def ignoring(done: int) -> None:
    """Hears how much is done, and does nothing."""


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner reads, on the disk for good once this returns."""
    private(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write(folder: Path, name: str, content: bytes) -> Part:
    with writing(folder / name) as file:
        file.write(content)
    return Part(name=name, bytes=len(content), sha256=sha256(content).hexdigest())


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Beside it its checksum, as `sha256sum -c` reads it; answers it."""
    part = write(folder, MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    write(folder, SUM, f"{part.sha256}  {MANIFEST}\n".encode())
    return part.sha256


def read_manifest(folder: Path) -> Manifest:
    """Raises NotABackup, ManifestDamaged, FormatUnknown."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotABackup(str(folder)) from None
    try:
        told = (folder / SUM).read_text("ascii", "replace").split()[:1]
    except FileNotFoundError:
        raise ManifestDamaged(str(folder / SUM)) from None
    if told != [sha256(content).hexdigest()]:
        raise ManifestDamaged(str(folder / MANIFEST))
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        raise FormatUnknown(str(folder)) from None


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(CHUNK):
            yield piece


def damages(folder: Path, parts: Iterable[Part], advance: Callable[[int], None] = ignoring) -> list[Damage]:
    """Those parts, each read to its end, that are not as the manifest says; `advance` hears the bytes read so far."""
    found: list[Damage] = []
    read = 0
    for part in parts:
        hashed = sha256()
        try:
            for piece in pieces(folder / part.name):
                hashed.update(piece)
                read += len(piece)
                advance(read)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            found.append(Damage(part.name, "missing"))
        except OSError:  # a disk that does not give it back any more
            found.append(Damage(part.name, "altered"))
        else:
            if hashed.hexdigest() != part.sha256:
                found.append(Damage(part.name, "altered"))
    return found
