"""What other streams say that bears on a project: units that were dissolved, people who were entered twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from domain.command import Same
from domain.history import History, View
from domain.office.identities import PREFIX as PERSON
from domain.office.identities import joined_with
from domain.office.unit import PREFIX as UNIT
from domain.office.unit import UnitMerged, dissolved
from domain.project.responsibilities import Holder, tenures_in
from domain.questions.answers import Sourced
from domain.viewpoint import Viewpoint


class Dissolved(Sourced):
    """`into`: the unit it was merged into; null where it was closed."""

    since: date
    into: str | None


@dataclass(frozen=True)
class Around:
    """`dissolved`: the units that were by the viewpoint; `same`: who is one person, as the ledger knew then."""

    dissolved: Mapping[str, Dissolved] = field(default_factory=dict)
    same: Same = frozenset


ALONE = Around()


def around(histories: Iterable[History], viewpoint: Viewpoint) -> Around:
    """From the streams of units that were dissolved and of people who were joined; others add nothing."""
    units: dict[str, Dissolved] = {}
    people: dict[str, History] = {}
    for history in histories:
        if history.label.startswith(UNIT):
            ended = dissolution(history.at(viewpoint))
            if ended is not None:
                units[history.label.removeprefix(UNIT)] = ended
        elif history.label.startswith(PERSON):
            known = tuple(e for e in history.entries if e.position <= viewpoint.known)
            people[history.label] = History(history.label, known)
    if not people:
        return Around(units)
    return Around(units, lambda refs: joined_with(lambda label: people.get(label, History(label)), refs))


def dissolution(unit: View) -> Dissolved | None:
    """How the unit ended by the viewpoint, if it did."""
    ended = dissolved(unit)
    if ended is None:
        return None
    into = ended.fact.into if isinstance(ended.fact, UnitMerged) else None
    return Dissolved(since=ended.fact.occurred_on, into=into, sources=ended.sources)


class HolderDissolved(Sourced):
    """责任单位已撤销: a role still held by a unit that was dissolved, until a handover or a transfer is recorded.

    `since`: from when on nobody is there to answer; `merged_into`: who was to take the unit's tasks over.
    """

    role: str
    holder: Holder
    since: date
    merged_into: str | None


def holders_dissolved(view: View, around: Around) -> tuple[HolderDissolved, ...]:
    """The roles held on the day of the viewpoint, in the order the tenures began."""
    if not around.dissolved:
        return ()
    found = []
    for tenure in tenures_in(view):
        ended = around.dissolved.get(tenure.holder.unit or "")
        if ended is not None and tenure.covers(view.viewpoint.on):
            found.append(
                HolderDissolved(
                    role=tenure.role,
                    holder=tenure.holder,
                    since=max(tenure.since, ended.since),
                    merged_into=ended.into,
                    sources=tuple(dict.fromkeys((*tenure.sources, *ended.sources))),
                )
            )
    return tuple(found)
