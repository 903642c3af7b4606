"""佐证: the files that speak for a fact at a viewpoint; whether they are still as attached, only the store can tell."""

from datetime import date
from typing import Literal

from domain.history import Matter, View
from domain.judgement import EvidenceAttached, EvidenceWithdrawn
from domain.values import Frozen

FileState = Literal["present", "missing", "altered", "unknown"]
"""在, 缺失, 被改动, 未能查看: how a file is kept at the moment of answering, whatever the viewpoint."""


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
    kept: FileState | None = None
    """Told by the doors, which can look; None where nobody looked."""


class FactEvidence(EvidenceNow):
    """One file with the fact it speaks for."""

    fact: str


def evidence_in(view: View) -> tuple[FactEvidence, ...]:
    """Of every fact in force, in the facts' order."""
    return tuple(
        FactEvidence(**dict(file), fact=standing.original.citation)
        for standing in view.facts
        for file in evidence_of(view.matters[standing.number])
    )


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
