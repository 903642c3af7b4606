"""履历: everything a person or a unit held and did, over all projects, and what was open at each of their handovers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import cast

from domain.entry import Actor, Entry, Event, cite
from domain.fact import Fact
from domain.history import History, Standing, View
from domain.judgement import JUDGEMENTS, Accepted, Approved, Declined
from domain.project.endings import ProjectEnded, ProjectRevived
from domain.project.intake import ProjectDescribed
from domain.project.responsibilities import (
    Holder,
    ProjectTransferred,
    ResponsibilityAssigned,
    ResponsibilityEnded,
    ResponsibilityHandedOver,
)
from domain.questions.acts import kind_of
from domain.questions.answers import Sourced
from domain.questions.attributes import word
from domain.questions.people import Post, posts
from domain.questions.planning import overdue
from domain.questions.recognition import judged_figures
from domain.questions.responsibilities import HeldRole, Span, gaps_and_overlaps, held_roles
from domain.questions.stages import ending_of
from domain.settings import Settings
from domain.values import Frozen
from domain.viewpoint import Viewpoint


@dataclass(frozen=True)
class Party:
    """A person by reference or a unit by code."""

    person: str | None = None
    unit: str | None = None

    def holds(self, holder: Holder) -> bool:
        """A unit holds what it or anybody in a post of it holds."""
        return holder.person == self.person if self.person is not None else holder.unit == self.unit

    def acted(self, entry: Entry) -> bool:
        """A person acts also through whoever acts for them."""
        actor = entry.envelope.actor
        return self.person in actor.people if self.person is not None else actor.unit == self.unit


class HeldIn(HeldRole):
    """A tenure of a role in one project."""

    project: str
    name: str | None


class SpanIn(Span):
    """A gap or an overlap of a role that the party held at some time."""

    project: str


class OpenFigure(Frozen):
    """A figure that its authority had not judged."""

    entry: str
    measure: str


class OpenPlan(Sourced):
    """What was due and not done."""

    mark: str
    due: date


class Handover(Sourced):
    """One handover, and the open matters: those it lists itself, and those the ledger knew of at the end of its day."""

    project: str
    name: str | None
    role: str
    day: date
    outgoing: Holder
    incoming: Holder
    document: str | None
    stated: tuple[str, ...]
    awaiting_decision: tuple[str, ...]
    not_judged: tuple[OpenFigure, ...]
    returns_not_accepted: tuple[str, ...]
    """Submissions of monthly returns with facts of the project."""
    overdue: tuple[OpenPlan, ...]


class Done(Frozen):
    """How often they did what, by kind of entry."""

    what: str
    count: int
    kinds: dict[str, int]


class Held(Frozen):
    """What the party held, and what that came to; by project."""

    held: tuple[HeldIn, ...]
    gaps: tuple[SpanIn, ...]
    overlaps: tuple[SpanIn, ...]
    handovers: tuple[Handover, ...]


class DoneEntry(Frozen):
    """One entry that they recorded."""

    entry: str
    stream: str
    what: str
    kind: str
    position: int
    recorded_at: datetime | None
    person: str
    unit: str
    post: str
    on_behalf_of: str | None


class Record(Held):
    """`posts`: of a person; `recorded`: a page of what they did, in position order."""

    posts: tuple[Post, ...]
    done: tuple[Done, ...]
    recorded: tuple[DoneEntry, ...]


WHAT = {
    **dict.fromkeys(("correction_proposed", "annulment_proposed", "reinstatement_proposed"), "proposed"),
    **dict.fromkeys(("corrected", "annulled"), "put_right"),
    **dict.fromkeys(("evidence_attached", "evidence_withdrawn"), "evidence"),
    "verdict_given": "recognised",
    "return_submitted": "submitted",
}
"""What a judgement is to the one who gave it, where its own name does not say; all facts are recorded."""


def what_of(kind: str) -> str:
    """By the entry's kind: recorded, submitted, proposed, approved, declined, recognised, endorsed, accepted, sent_back …"""
    return WHAT.get(kind, kind if kind in JUDGEMENTS else "recorded")


def done(kinds: Mapping[str, int]) -> tuple[Done, ...]:
    """From how many entries of each kind there are; the most frequent first."""
    of: dict[str, dict[str, int]] = {}
    for kind in sorted(kinds):
        of.setdefault(what_of(kind), {})[kind] = kinds[kind]
    made = [Done(what=what, count=sum(own.values()), kinds=own) for what, own in of.items()]
    return tuple(sorted(made, key=lambda d: (-d.count, d.what)))


def done_entry(stream: str, number: int, kind: str, position: int, recorded_at: datetime | None, by: Actor) -> DoneEntry:
    return DoneEntry(
        entry=cite(stream, number),
        stream=stream,
        what=what_of(kind),
        kind=kind,
        position=position,
        recorded_at=recorded_at,
        person=by.person,
        unit=by.unit,
        post=by.post,
        on_behalf_of=by.on_behalf_of,
    )


def _told(entry: Entry) -> DoneEntry:
    at = (entry.position, entry.recorded_at, entry.envelope.actor)
    return done_entry(entry.stream, entry.number, kind_of(entry.event), *at)


def record(
    party: Party,
    histories: Mapping[str, History],
    viewpoint: Viewpoint,
    settings: Settings,
    after: int = 0,
    limit: int = 200,
) -> Record:
    """The fold over all streams; entries after a position, at most `limit`."""
    entries = [e for h in histories.values() for e in h.entries if e.position <= viewpoint.known and party.acted(e)]
    own = held(party, histories, [label for label in sorted(histories) if ":" not in label], viewpoint, settings)
    listed = sorted((e for e in entries if e.position > after), key=lambda e: e.position)[:limit]
    return Record(
        posts=tuple(posts(histories[f"person:{party.person}"].at(viewpoint))) if party.person is not None else (),
        **dict(own),
        done=done(Counter(kind_of(e.event) for e in entries)),
        recorded=tuple(_told(e) for e in listed),
    )


def held(
    party: Party, histories: Mapping[str, History], projects: Sequence[str], viewpoint: Viewpoint, settings: Settings
) -> Held:
    """`histories`: of these projects, and of the periods in which facts of them were returned."""
    roles: list[HeldIn] = []
    gaps: list[SpanIn] = []
    overlaps: list[SpanIn] = []
    handovers: list[Handover] = []
    for label in projects:
        view = View(label, viewpoint, _of_roles(histories[label]))
        tenures = held_roles(view)
        own = [h for h in tenures if party.holds(h.holder)]
        name = word(view, "name")
        roles.extend(HeldIn(**dict(h), project=label, name=name) for h in own)
        if own:
            mine = {h.role for h in own}
            found = gaps_and_overlaps(view, settings)
            gaps.extend(SpanIn(**dict(s), project=label) for s in found[0] if s.role in mine)
            overlaps.extend(SpanIn(**dict(s), project=label) for s in found[1] if s.role in mine)
        for standing in _handovers(view, party, own):
            handovers.append(_handover(standing, name, histories, viewpoint, settings))
    return Held(held=tuple(roles), gaps=tuple(gaps), overlaps=tuple(overlaps), handovers=tuple(handovers))


@cache
def _tells(kind: type[Event]) -> bool:
    """Whether facts of a kind bear on roles: who holds them, the stages they fall in, the ending, the name."""
    return issubclass(kind, Fact) and (kind.stage is not Fact.stage or issubclass(kind, BEARING))


BEARING = (
    *(ResponsibilityAssigned, ResponsibilityHandedOver, ResponsibilityEnded, ProjectTransferred),
    *(ProjectDescribed, ProjectEnded, ProjectRevived),
)


def _of_roles(history: History) -> Iterator[Entry]:
    """The entries that bear on roles, and what was said about them: of a hundred receipts none is folded."""
    kept: set[int] = set()
    for entry in history.entries:
        event = entry.event
        if isinstance(event, Fact):
            about = entry.number if _tells(type(event)) else 0
        elif isinstance(event, Approved | Declined):
            about = event.proposal
        else:
            about = event.target
        if about in kept or about == entry.number:
            kept.add(entry.number)
            yield entry


Handing = ResponsibilityHandedOver | ProjectTransferred


def _handovers(view: View, party: Party, own: Iterable[HeldRole]) -> Iterator[Standing[Handing]]:
    """Those that named the party, or ended or began a tenure of theirs."""
    cited = {c for h in own for c in h.sources}
    for standing in view.facts:
        fact = standing.fact
        if isinstance(fact, ResponsibilityHandedOver | ProjectTransferred):
            named = party.holds(fact.outgoing) or party.holds(fact.incoming)
            if named or standing.original.citation in cited:
                yield cast("Standing[Handing]", standing)


def _handover(
    standing: Standing[Handing],
    name: str | None,
    histories: Mapping[str, History],
    viewpoint: Viewpoint,
    settings: Settings,
) -> Handover:
    fact, history = standing.fact, histories[standing.original.stream]
    view = _then(history, fact.occurred_on, viewpoint)
    return Handover(
        project=history.label,
        name=name,
        role=fact.role,
        day=fact.occurred_on,
        outgoing=fact.outgoing,
        incoming=fact.incoming,
        document=standing.original.envelope.document,
        stated=fact.open_matters,
        awaiting_decision=tuple(entry.citation for entry, _ in view.pending()),
        not_judged=tuple(
            OpenFigure(entry=s.original.citation, measure=j.measure)
            for s in view.figures
            for j in judged_figures(view.matters[s.number], settings)
            if j.state == "not_judged"
        ),
        returns_not_accepted=tuple(_not_accepted(view, histories, viewpoint)),
        overdue=()
        if ending_of(view)
        else tuple(OpenPlan(mark=mark, due=due, sources=act.sources) for mark, _, due, act in overdue(view)),
        sources=standing.sources,
    )


def _then(history: History, day: date, viewpoint: Viewpoint) -> View:
    """The stream on a day, as the ledger knew it at the day's end, or at the viewpoint where that is earlier."""
    known = (e.position for e in history.entries if e.recorded_on is not None and e.recorded_on <= day)
    return history.at(Viewpoint(day, min(viewpoint.known, max(known, default=0))))


def _not_accepted(view: View, histories: Mapping[str, History], viewpoint: Viewpoint) -> Iterator[str]:
    returned = {s.original.envelope.returned_in for s in view.facts}
    for citation in sorted(c for c in returned if c is not None):
        label, _, number = citation.rpartition("#")
        matter = _then(histories[label], view.viewpoint.on, viewpoint).matters.get(int(number))
        if matter is not None and matter.annulled_by is None and not matter.said(Accepted):
            yield citation


def periods_of(histories: Iterable[History]) -> list[str]:
    """The periods in whose returns facts of these projects came."""
    named = {e.envelope.returned_in for h in histories for e in h.entries} - {None}
    return sorted({citation.rpartition("#")[0] for citation in named if citation is not None})
