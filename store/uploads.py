"""What is known of kept files: who uploaded them, which entries name them, what the last verification found."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal, cast

from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.command import Action, KeptFile
from domain.entry import Actor, cite
from domain.judgement import EvidenceAttached
from domain.permissions import allows
from domain.questions.evidence import FileState
from store.evidence import Evidence, EvidenceAway
from store.mapper import decode_event
from store.recorder import ROWS, Row

REMEMBER = """
INSERT INTO upload (sha256, person, unit, name, media_type, size) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (sha256, person) DO UPDATE
SET unit = excluded.unit, name = excluded.name, media_type = excluded.media_type, uploaded_at = now()
"""
FIND = """
SELECT name, media_type, size FROM upload WHERE sha256 = %(sha256)s AND (%(any)s OR unit = %(unit)s OR person = %(person)s)
ORDER BY person = %(person)s DESC, uploaded_at DESC LIMIT 1
"""
OWN = "SELECT name, media_type, size FROM upload WHERE sha256 = %s AND person = %s"
DIGEST = """substring(e.state FROM position('"sha256":"'::bytea IN e.state) + 10 FOR 64)"""
"""As the index entry_evidence has it."""
NAMING = f"{ROWS} WHERE e.topic = 'evidence_attached' AND {DIGEST} = convert_to(%s, 'UTF8') ORDER BY e.position"
NAMED = f"""
{ROWS} WHERE e.topic = 'evidence_attached' AND {DIGEST} IN (
    SELECT DISTINCT {DIGEST} AS digest FROM entry e
    WHERE e.topic = 'evidence_attached' AND {DIGEST} > convert_to(%s, 'UTF8') ORDER BY digest LIMIT %s
) ORDER BY {DIGEST}, e.position
"""
COUNT = f"SELECT count(DISTINCT {DIGEST}) FROM entry e WHERE e.topic = 'evidence_attached'"
FOUND = "SELECT sha256, state FROM evidence_finding WHERE sha256 = ANY(%s)"
CLEAR = "DELETE FROM evidence_finding WHERE %s::text IS NULL OR sha256 = %s"
FINDING = (
    "INSERT INTO evidence_finding (sha256, state) VALUES (%s, %s) ON CONFLICT (sha256) DO UPDATE SET state = excluded.state"
)
VERIFIED = """
INSERT INTO evidence_verification (files, missing, altered, orphans) VALUES (%s, %s, %s, %s) RETURNING *
"""
LAST = "SELECT * FROM evidence_verification ORDER BY finished_at DESC LIMIT 1"

Wrong = Literal["missing", "altered"]


@dataclass(frozen=True)
class NamedFile:
    """A file that entries name: by whichever name and size the first of them stated."""

    sha256: str
    name: str
    media_type: str
    size: int
    citations: tuple[str, ...]


@dataclass(frozen=True)
class Verification:
    """How many files entries name, and of them are missing and altered; how many are kept that no entry names."""

    finished_at: datetime
    files: int
    missing: int
    altered: int
    orphans: int


class Uploads:
    def __init__(self, writing: ConnectionPool, reading: ConnectionPool, evidence: Evidence) -> None:
        self._writing = writing
        self._reading = reading
        self._evidence = evidence

    def remember(self, by: Actor, sha256: str, file: KeptFile) -> None:
        """The name that a person uploads the same file under last stays; what was found wrong with it is put right."""
        with self._writing.connection() as connection, connection.transaction():
            connection.execute(REMEMBER, (sha256, by.person, by.unit, file.name, file.media_type, file.size))
            connection.execute(CLEAR, (sha256, sha256))

    def find(self, sha256: str, by: Actor) -> KeptFile | None:
        """Uploaded by the actor first, their unit, or anybody for those who read everything; and there in its whole length.

        Whoever only knows a digest does not get at another unit's file by attaching it. Raises EvidenceAway.
        """
        asked = {"sha256": sha256, "person": by.person, "unit": by.unit, "any": allows(by.role, Action.ENTRIES)}
        with self._writing.connection() as connection, connection.cursor(row_factory=class_row(KeptFile)) as cursor:
            found = cursor.execute(FIND, asked).fetchone()
        if found is None or self._evidence.sizes([sha256]).get(sha256) != found.size:
            return None
        return found

    def own(self, sha256: str, by: Actor) -> KeptFile | None:
        """What the actor uploaded."""
        with self._writing.connection() as connection, connection.cursor(row_factory=class_row(KeptFile)) as cursor:
            return cursor.execute(OWN, (sha256, by.person)).fetchone()

    def named(self, sha256: str) -> NamedFile | None:
        """The file as the entries tell of it; None where none does."""
        with self._reading.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
            return _told(sha256, cursor.execute(NAMING.encode(), (sha256,)).fetchall())

    def all_named(self, page: int = 500) -> Iterator[NamedFile]:
        """Every file that any entry names, by digest; no transaction stays open between them."""
        last = ""
        while True:
            with self._reading.connection() as connection, connection.cursor(row_factory=class_row(Row)) as cursor:
                rows = cursor.execute(NAMED.encode(), (last, page)).fetchall()
            if not rows:
                return
            for last, same in groupby(rows, key=lambda row: _attached(row).sha256):
                yield cast("NamedFile", _told(last, list(same)))

    def count_named(self) -> int:
        with self._reading.connection() as connection:
            found = connection.execute(COUNT.encode()).fetchone()
            return int(found[0]) if found else 0

    def states(self, sizes: Mapping[str, int]) -> dict[str, FileState]:
        """Of files by digest and the size they had when attached: a look at the store, and what was found last."""
        if not sizes:
            return {}
        try:
            there = self._evidence.sizes(sizes)
        except EvidenceAway:
            return dict.fromkeys(sizes, "unknown")
        wrong = self.found(sizes)
        return {
            digest: "missing"
            if digest not in there
            else "altered"
            if there[digest] != size or wrong.get(digest) == "altered"
            else "present"
            for digest, size in sizes.items()
        }

    def found(self, digests: Collection[str]) -> dict[str, Wrong]:
        """What was wrong with any of these when last read."""
        with self._reading.connection() as connection:
            return dict(connection.execute(FOUND, (list(digests),)).fetchall())

    def find_wrong(self, sha256: str, state: Wrong) -> None:
        """Keep what somebody came upon while reading."""
        with self._writing.connection() as connection:
            connection.execute(FINDING, (sha256, state))

    def verified(self, wrong: Iterable[tuple[str, Wrong]], files: int, orphans: int) -> Verification:
        """Keep the findings of a whole verification in place of all earlier ones."""
        findings = list(wrong)
        missing = sum(state == "missing" for _, state in findings)
        with (
            self._writing.connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=class_row(Verification)) as cursor,
        ):
            cursor.execute(CLEAR, (None, None))
            cursor.executemany(FINDING, findings)
            done = cursor.execute(VERIFIED, (files, missing, len(findings) - missing, orphans)).fetchone()
        return cast("Verification", done)

    def last_verification(self) -> Verification | None:
        with self._reading.connection() as connection, connection.cursor(row_factory=class_row(Verification)) as cursor:
            return cursor.execute(LAST).fetchone()


def _attached(row: Row) -> EvidenceAttached:
    return cast("EvidenceAttached", decode_event(row))


def _told(sha256: str, rows: list[Row]) -> NamedFile | None:
    if not rows:
        return None
    said = _attached(rows[0])
    citations = tuple(cite(row.label, row.originator_version) for row in rows)
    return NamedFile(sha256, said.name, said.media_type, said.size, citations)
