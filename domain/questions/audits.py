"""审计事项: what was found, asked for or checked, where it stands at a viewpoint, and what is overdue."""

from datetime import date
from typing import Literal

from domain.history import View
from domain.office.audit import (
    PREFIX,
    AuditClosed,
    AuditFound,
    AuditOpening,
    MaterialsRequested,
    RectificationSentBack,
    Rectified,
    State,
    deadline,
    state,
)
from domain.questions.answers import Sourced
from domain.questions.evidence import EvidenceNow, evidence_of
from domain.values import Frozen

AuditSort = Literal["finding", "request", "site_check"]


class AuditStep(Sourced):
    """One act of an audit, and who it is by."""

    entry: str
    kind: str
    occurred_on: date
    person: str
    unit: str
    text: str | None
    deadline: date | None
    entries: tuple[str, ...]
    evidence: tuple[EvidenceNow, ...]


class Audit(Sourced):
    """`deadline` as it stands; `overdue` while a rectification is awaited after it; `late`: one came after its deadline."""

    audit: str
    sort: AuditSort
    title: str
    projects: tuple[str, ...]
    units: tuple[str, ...]
    entries: tuple[str, ...]
    occurred_on: date
    state: State
    deadline: date | None
    overdue: bool
    late: bool
    rectified_on: date | None
    closed_on: date | None
    person: str
    """The auditor who recorded it."""


class AuditWhole(Frozen):
    now: Audit
    text: str
    steps: tuple[AuditStep, ...]


def audit(view: View) -> Audit | None:
    """None before it was recorded."""
    begun = view.of(AuditOpening)
    if not begun:
        return None
    said, due, stands = begun[0].fact, deadline(view), state(view)
    last_day = due.fact.deadline if due is not None and isinstance(due.fact, AWAITED) else None
    rectified, closed = view.last_of(Rectified), view.last_of(AuditClosed)
    return Audit(
        audit=view.label.removeprefix(PREFIX),
        sort="finding"
        if isinstance(said, AuditFound)
        else "request"
        if isinstance(said, MaterialsRequested)
        else "site_check",
        title=said.title,
        projects=said.projects,
        units=said.units,
        entries=said.entries,
        occurred_on=said.occurred_on,
        state=stands,
        deadline=last_day,
        overdue=stands == "open" and last_day is not None and last_day < view.viewpoint.on,
        late=_late(view),
        rectified_on=rectified.fact.occurred_on if rectified else None,
        closed_on=closed.fact.occurred_on if closed else None,
        person=begun[0].original.envelope.actor.person,
        sources=tuple(c for s in view.facts for c in s.sources),
    )


AWAITED = (AuditFound, MaterialsRequested, RectificationSentBack)
"""What sets a deadline."""


def _late(view: View) -> bool:
    last_day: date | None = None
    for standing in view.facts:
        match standing.fact:
            case AuditFound() | MaterialsRequested() | RectificationSentBack() as setting:
                last_day = setting.deadline
            case Rectified() as done if last_day is not None and done.occurred_on > last_day:
                return True
            case _:
                pass
    return False


def audit_whole(view: View) -> AuditWhole | None:
    now = audit(view)
    if now is None:
        return None
    steps = [
        AuditStep(
            entry=s.original.citation,
            kind=s.fact.kind.topic,
            occurred_on=s.fact.occurred_on,
            person=s.original.envelope.actor.person,
            unit=s.original.envelope.actor.unit,
            text=getattr(s.fact, "text", None) or getattr(s.fact, "because", None) or getattr(s.fact, "note", None),
            deadline=getattr(s.fact, "deadline", None),
            entries=getattr(s.fact, "entries", ()),
            evidence=evidence_of(view.matters[s.number]),
            sources=s.sources,
        )
        for s in view.facts
    ]
    return AuditWhole(now=now, text=view.of(AuditOpening)[0].fact.text, steps=tuple(steps))
