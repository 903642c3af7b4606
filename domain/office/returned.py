"""月报 as they stand: what each unit submitted in a period, and what was ruled on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.entry import Entry
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, Matter, View
from domain.judgement import Accepted, Endorsed, Recalled, SentBack
from domain.office.period import deadline
from domain.values import ProjectCode, Prose, UnitCode

State = Literal["submitted", "signed", "sent_back", "accepted"]


class Reporting(Particulars):
    no_change: Annotated[tuple[ProjectCode, ...], Field(max_length=2_000)] = ()
    """Projects of which the unit says that nothing changed (本月无变化)."""
    nothing_to_report: bool = False
    """本月无变化 for all of the unit's projects."""
    note: Prose | None = None


class ReturnSubmitted(Reporting, Fact):
    """月报报送."""

    kind: ClassVar = Kind(235, "return_submitted", "period")
    unit: UnitCode
    projects: tuple[ProjectCode, ...]
    """Those that the return states facts of."""
    facts: int
    """How many."""

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,), projects=(*self.projects, *self.no_change))


@dataclass(frozen=True)
class Return:
    """A unit's return as it stands: its submissions since the last recall, the newest last."""

    unit: str
    submissions: tuple[Matter, ...]

    @property
    def newest(self) -> Matter:
        return self.submissions[-1]

    @property
    def number(self) -> int:
        return self.newest.current.number

    @property
    def first(self) -> Entry:
        """What lateness is told by."""
        return self.submissions[0].current.original

    @property
    def state(self) -> State:
        state: State = "submitted"
        for _, said in self.newest.beside:
            match said:
                case Accepted():
                    state = "accepted"
                case SentBack():
                    state = "sent_back"
                case Endorsed():
                    state = "signed"
                case _:
                    pass
        return state

    def said(self, matter: Matter) -> ReturnSubmitted:
        fact = matter.current.fact
        assert isinstance(fact, ReturnSubmitted)
        return fact

    @property
    def citations(self) -> frozenset[str]:
        """What the envelopes of its facts name."""
        return frozenset(m.current.original.citation for m in self.submissions)

    @property
    def projects(self) -> tuple[str, ...]:
        """Every project that some submission states facts of."""
        return tuple(dict.fromkeys(p for m in self.submissions for p in self.said(m).projects))

    @property
    def is_empty(self) -> bool:
        """本月无变化: reported, and there was nothing to report."""
        return self.said(self.newest).facts == 0


def returns(view: View) -> dict[str, Return]:
    """Every unit's return at a period's view; recalled ones are none."""
    last = {unit: made[-1] for unit, made in ever_returned(view).items()}
    return {unit: made for unit, made in last.items() if not made.newest.said(Recalled)}


def ever_returned(view: View) -> dict[str, list[Return]]:
    """Every unit's returns one after another: a recall ends one, and what is submitted then begins another."""
    found: dict[str, list[Return]] = {}
    for standing in sorted(view.of(ReturnSubmitted), key=lambda s: s.number):
        made, matter = found.setdefault(standing.fact.unit, []), view.matters[standing.number]
        if made and not made[-1].newest.said(Recalled):
            made[-1] = Return(standing.fact.unit, (*made[-1].submissions, matter))
        else:
            made.append(Return(standing.fact.unit, (matter,)))
    return found


def is_theirs(period: History, number: int, unit: str) -> bool:
    """Whether what came in this submission is the unit's own to put right alone: its return is not accepted."""
    matter = period.now.matters.get(number)
    if matter is None or not isinstance(matter.current.fact, ReturnSubmitted) or matter.current.fact.unit != unit:
        return False
    standing = returns(period.now).get(unit)
    return standing is None or standing.state != "accepted"


def facts_of(citations: frozenset[str], histories: Iterator[History]) -> dict[tuple[str, int], Fact]:
    """The facts in force that came in these submissions, by project and number."""
    return {
        (history.label, number): matter.current.fact
        for history in histories
        for number, matter in history.now.matters.items()
        if matter.annulled_by is None and matter.current.original.envelope.returned_in in citations
    }


def late(view: View, unit: str, day: date) -> bool:
    """Whether a return submitted on this day is late (逾期报送): one that was sent back, by its first submission's day."""
    standing = returns(view).get(unit)
    first = standing.first.recorded_on if standing else None
    return (first or day) > deadline(view, unit)
