"""更正与审批: any fact as it reads, with what was proposed about it and waits; both versions side by side."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from domain.entry import Actor, Entry
from domain.history import Matter, View
from domain.judgement import CorrectionProposed, Proposal
from domain.questions.evidence import EvidenceNow, evidence_of
from domain.questions.recognition import JudgedFigure, judged_figures
from domain.settings import Settings
from domain.values import Frozen


class ProposalNow(Frozen):
    """A proposal that nobody has decided; `reads`: the whole fact as a correction wants it. `stale`: another version
    has come into force since, so that it can only be declined."""

    entry: str
    number: int
    kind: str
    target: int
    by: Actor
    position: int
    recorded_at: datetime | None
    document: str | None
    reason: str
    reads: dict[str, Any] | None
    stale: bool


class FactNow(Frozen):
    """A fact of any stream as it reads; `version` is the entry that words it, `recorded_by` everybody who worded it."""

    entry: str
    stream: str
    number: int
    version: int
    kind: str
    occurred_on: date
    recorded_at: datetime | None
    position: int
    by: Actor
    recorded_by: tuple[str, ...]
    document: str | None
    returned_in: str | None
    counterparts: tuple[str, ...]
    states: dict[str, Any]
    annulled_by: str | None
    figures: tuple[JudgedFigure, ...]
    evidence: tuple[EvidenceNow, ...]
    pending: tuple[ProposalNow, ...]


class Waiting(Frozen):
    """A proposal with the fact that it is about."""

    fact: FactNow
    proposal: ProposalNow


def fact_now(view: View, matter: Matter, settings: Settings) -> FactNow:
    current, entry, annulled = matter.current, matter.current.original, matter.annulled_by
    said = [w.wording for w in matter.wordings]
    return FactNow(
        entry=entry.citation,
        stream=view.label,
        number=entry.number,
        version=current.wording.number,
        kind=current.fact.kind.topic,
        occurred_on=current.fact.occurred_on,
        recorded_at=entry.recorded_at,
        position=entry.position,
        by=entry.envelope.actor,
        recorded_by=tuple(dict.fromkeys(p for e in said for p in sorted(e.envelope.actor.people))),
        document=entry.envelope.document,
        returned_in=entry.envelope.returned_in,
        counterparts=entry.envelope.counterparts,
        states=current.fact.model_dump(mode="json", exclude_none=True),
        annulled_by=annulled.citation if annulled else None,
        figures=tuple(judged_figures(matter, settings)),
        evidence=evidence_of(matter),
        pending=tuple(_proposal(e, p, matter) for e, p in view.pending() if p.target == entry.number),
    )


def facts_now(view: View, settings: Settings) -> Iterator[FactNow]:
    """Every fact that the ledger knew, the annulled and those dated later too, by number."""
    return (fact_now(view, view.matters[number], settings) for number in sorted(view.matters))


def waiting(view: View, settings: Settings) -> list[Waiting]:
    """What waits for a decision in one stream, in the order it was asked for."""
    found = []
    for entry, proposal in view.pending():
        matter = view.matters[proposal.target]
        found.append(Waiting(fact=fact_now(view, matter, settings), proposal=_proposal(entry, proposal, matter)))
    return found


def _proposal(entry: Entry, proposal: Proposal, matter: Matter) -> ProposalNow:
    correction = proposal if isinstance(proposal, CorrectionProposed) else None
    decided = [matter.current.approval or matter.current.wording, *(turn for turn, _ in matter.turns)]
    overtaken = correction is not None and matter.current.wording.number != correction.replaces
    return ProposalNow(
        entry=entry.citation,
        number=entry.number,
        kind=proposal.topic,
        target=proposal.target,
        by=entry.envelope.actor,
        position=entry.position,
        recorded_at=entry.recorded_at,
        document=entry.envelope.document,
        reason=proposal.reason,
        reads=correction.reads.model_dump(mode="json", exclude_none=True) if correction is not None else None,
        stale=overtaken or any(d.number > entry.number for d in decided),
    )
