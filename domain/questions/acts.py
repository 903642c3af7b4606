"""Entries as answers tell of them: who did what, when, under which document, about which fact."""

from datetime import date, datetime

from domain.entry import Entry, Event
from domain.fact import Fact
from domain.history import View
from domain.judgement import Approved, Declined
from domain.values import Frozen


class Act(Frozen):
    """An entry that moved something. `decides`: the proposal that it puts in force; `about`: the fact that it is about."""

    entry: str
    kind: str
    position: int
    recorded_at: datetime | None
    occurred_on: date | None
    person: str
    unit: str
    post: str
    on_behalf_of: str | None
    document: str | None
    returned_in: str | None
    reason: str | None
    decides: str | None
    about: str | None


def act(entry: Entry, view: View) -> Act:
    """An entry as an answer tells of it."""
    event, by = entry.event, entry.envelope.actor
    target = getattr(event, "target", None)
    decided = view.proposals.get(event.proposal) if isinstance(event, Approved | Declined) else None
    if decided is not None:
        target = decided[1].target
    about = view.matters.get(target) if target is not None else None
    return Act(
        entry=entry.citation,
        kind=kind_of(event),
        position=entry.position,
        recorded_at=entry.recorded_at,
        occurred_on=event.occurred_on if isinstance(event, Fact) else None,
        person=by.person,
        unit=by.unit,
        post=by.post,
        on_behalf_of=by.on_behalf_of,
        document=entry.envelope.document,
        returned_in=entry.envelope.returned_in,
        reason=entry.envelope.reason or getattr(event, "reason", None) or getattr(event, "note", None),
        decides=decided[0].citation if decided else None,
        about=about.wordings[0].original.citation if about else None,
    )


def kind_of(event: Event) -> str:
    return event.kind.topic if isinstance(event, Fact) else event.topic
