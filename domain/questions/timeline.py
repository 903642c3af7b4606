"""全程: every fact in order, with what was later said about it."""

from datetime import date, datetime
from typing import Any

from domain.entry import Actor, Irregularity, Source
from domain.fact import Fact
from domain.history import Matter, Standing, View
from domain.judgement import Endorsed
from domain.office.gates import NO_GATES, GatesInForce
from domain.questions.around import ALONE, Around
from domain.questions.evidence import EvidenceNow, evidence_of
from domain.questions.instructions import InstructionNow, instructions_of
from domain.questions.irregularities import irregularities
from domain.questions.recognition import JudgedFigure, judged_figures
from domain.settings import Settings
from domain.values import Frozen


class Wording(Frozen):
    """One version of a fact: in force from the position of its approval (of its recording, for the original)."""

    entry: str
    approved_by: str | None
    in_force_from: int
    states: dict[str, Any]


class Moment(Frozen):
    """One fact. `marks`: corrected, annulled, irregular, backdated …; `irregular` lists the rules at this viewpoint."""

    entry: str
    number: int
    kind: str
    occurred_on: date
    recorded_at: datetime | None
    position: int
    by: Actor
    document: str | None
    source: Source
    batch: str | None
    counterparts: tuple[str, ...]
    stage: str | None
    states: dict[str, Any]
    """The fact as it reads at this viewpoint."""
    sources: tuple[str, ...]
    marks: tuple[str, ...]
    irregular: tuple[str, ...]
    irregular_when_recorded: tuple[Irregularity, ...]
    wordings: tuple[Wording, ...]
    annulled_by: str | None
    pending: tuple[str, ...]
    returned_in: str | None
    """The submission of the monthly return it came in."""
    endorsed_by: tuple[str, ...]
    figures: tuple[JudgedFigure, ...]
    """Its figures, and what was recognised of each."""
    evidence: tuple[EvidenceNow, ...]
    instructions: tuple[InstructionNow, ...]
    """批示 about it, in order; those about the project as a whole stand beside its first fact."""


class Timeline(Frozen):
    code: str
    moments: tuple[Moment, ...]


def timeline(view: View, settings: Settings, gates: GatesInForce = NO_GATES, around: Around = ALONE) -> Timeline:
    """Annulled facts stay in their place, marked; facts after `on` are left out."""
    broken: dict[int, list[str]] = {}
    for mark in irregularities(view, settings, gates, around):
        broken.setdefault(mark.number, []).append(mark.rule)
    pending: dict[int, list[str]] = {}
    for entry, proposal in view.pending():
        pending.setdefault(proposal.target, []).append(entry.citation)
    matters = [m for m in view.matters.values() if m.current.fact.occurred_on <= view.viewpoint.on]
    matters.sort(key=lambda m: m.current.fact.order(m.current.number))
    return Timeline(
        code=view.label,
        moments=tuple(
            _moment(m, broken.get(m.current.number, []), pending.get(m.current.number, []), settings) for m in matters
        ),
    )


def _moment(matter: Matter, broken: list[str], pending: list[str], settings: Settings) -> Moment:
    current, entry = matter.current, matter.current.original
    annulled = matter.annulled_by
    stage = current.fact.stage()
    figures = judged_figures(matter, settings)
    return Moment(
        entry=entry.citation,
        number=entry.number,
        kind=current.fact.kind.topic,
        occurred_on=current.fact.occurred_on,
        recorded_at=entry.recorded_at,
        position=entry.position,
        by=entry.envelope.actor,
        document=entry.envelope.document,
        source=entry.envelope.source,
        batch=str(entry.envelope.batch) if entry.envelope.batch else None,
        counterparts=entry.envelope.counterparts,
        stage=stage.value if stage else None,
        states=current.fact.model_dump(mode="json", exclude_none=True),
        sources=current.sources,
        marks=tuple(_marks(matter, broken, pending, figures)),
        irregular=tuple(broken),
        irregular_when_recorded=_when_recorded(matter),
        wordings=tuple(wording(w) for w in matter.wordings) if len(matter.wordings) > 1 else (),
        annulled_by=annulled.citation if annulled else None,
        pending=tuple(pending),
        returned_in=entry.envelope.returned_in,
        endorsed_by=tuple(e.citation for e, _ in matter.said(Endorsed)),
        figures=tuple(figures),
        evidence=evidence_of(matter),
        instructions=instructions_of(matter),
    )


def _marks(matter: Matter, broken: list[str], pending: list[str], figures: list[JudgedFigure]) -> list[str]:
    marks: list[str] = []
    if len(matter.wordings) > 1:
        marks.append("corrected")
    if matter.annulled_by is not None:
        marks.append("annulled")
    elif matter.turns:
        marks.append("reinstated")
    if broken or _when_recorded(matter):
        marks.append("irregular")
    if pending:
        marks.append("pending")
    if any(i.rule == "after_deadline" for i in matter.current.original.envelope.irregular):
        marks.append("late")
    states = {f.state for f in figures}
    marks.extend(m for m in ("recognised", "not_recognised") if m in states)
    if any(f.judge_again for f in figures):
        marks.append("judge_again")
    if any(f.disputed for f in figures):
        marks.append("disputed")
    return marks


def _when_recorded(matter: Matter) -> tuple[Irregularity, ...]:
    """Of the original and of every correction that came into force."""
    return tuple(i for w in matter.wordings for i in w.wording.envelope.irregular)


def wording(standing: Standing[Fact]) -> Wording:
    """One version, as answers tell of it."""
    return Wording(
        entry=standing.wording.citation,
        approved_by=standing.approval.citation if standing.approval else None,
        in_force_from=(standing.approval or standing.wording).position,
        states=standing.fact.model_dump(mode="json", exclude_none=True),
    )
