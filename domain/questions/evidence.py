"""佐证: the files that speak for a fact at a viewpoint; whether they are still as attached, only the store can tell."""

from datetime import date

from domain.history import Matter
from domain.judgement import EvidenceAttached, EvidenceWithdrawn
from domain.values import Frozen


class EvidenceNow(Frozen):
    """One file, named by the SHA-256 of its bytes."""

    sha256: str
    name: str
    media_type: str
    size: int
    sort: str
    dated: date | None
    note: str | None
    entry: str


def evidence_of(matter: Matter) -> tuple[EvidenceNow, ...]:
    """Attached and not withdrawn, in order."""
    files: dict[str, EvidenceNow] = {}
    for entry, said in matter.beside:
        match said:
            case EvidenceAttached():
                stated = said.model_dump(exclude={"target"})
                files[said.sha256] = EvidenceNow(**stated, entry=entry.citation)
            case EvidenceWithdrawn():
                files.pop(said.sha256, None)
            case _:
                pass
    return tuple(files.values())
