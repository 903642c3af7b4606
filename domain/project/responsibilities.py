"""责任: who answers for what, each role an interval `[from, until)` naming person, post and unit (DESIGN §3.11)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar, Literal, Self, cast, get_args

from pydantic import Field, model_validator

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import Fact, Kind, Mentions, Others, Particulars
from domain.history import Standing
from domain.settings import Settings
from domain.values import Day, Frozen, Line, PersonRef, Prose, UnitCode

ResponsibilityRole = Literal[
    "sponsoring_leader",
    "principal_leader",
    "deputy_leader",
    "lead_unit",
    "assisting_unit",
    "resource_department",
    "project_officer",
    "stand_in",
    "team",
    "introducing_unit",
    "hosting_unit",
    "project_owner",
    "recognising_bureau",
]
ROLES: tuple[ResponsibilityRole, ...] = get_args(ResponsibilityRole)


class EndsBeforeItBegins(Refused):
    """A tenure ends after the day it begins."""

    zh = "责任的止日须晚于起日。"
    sort = "invalid"


class AlreadyHolds(Refused):
    """This holder already has this role on that day."""

    zh = "该责任人当日已担任此项责任。"


class Holder(Frozen):
    """A person in a post of a unit, a unit alone, or a body outside the district by its name."""

    person: PersonRef | None = None
    post: Line | None = None
    unit: UnitCode | None = None
    outside: Line | None = None
    """The name of an enterprise or body that is no unit of the district (a 业主, say)."""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.person is None and self.unit is None and self.outside is None:
            raise ValueError("name a person, a unit or an outside body / 请填写人员、单位或外部主体")
        return self

    def named(self, name: "Holder") -> bool:
        """Whether `name` means this holder: by person if it names one, else by unit, else by outside name."""
        if name.person is not None:
            return self.person == name.person
        if name.unit is not None:
            return self.unit == name.unit
        return self.outside == name.outside


class About(Particulars):
    role: ResponsibilityRole


def mentioned(*holders: Holder) -> Mentions:
    return Mentions(units=tuple(h.unit for h in holders if h.unit), persons=tuple(h.person for h in holders if h.person))


class Assigning(About):
    holder: Holder
    until: Day | None = None
    """The first day it no longer holds, where that is settled beforehand."""


class ResponsibilityAssigned(Assigning, Fact):
    """责任确定: the holder answers from `occurred_on` on."""

    kind: ClassVar = Kind(10, "responsibility_assigned")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return mentioned(self.holder)

    def check(self, others: Others, settings: Settings) -> None:
        if self.until is not None and self.until <= self.occurred_on:
            raise EndsBeforeItBegins(str(self.until), pointer="/until")
        for tenure in tenures_in(others):
            if tenure.role == self.role and self.holder.named(tenure.holder) and tenure.covers(self.occurred_on):
                raise AlreadyHolds(self.role, pointer="/holder")


class HandingOver(About):
    outgoing: Holder
    incoming: Holder
    open_matters: Annotated[tuple[Prose, ...], Field(max_length=200)] = ()
    """未结事项 handed over with the role."""


class ResponsibilityHandedOver(HandingOver, Fact):
    """责任移交: the incoming holder answers on the day itself; only the named holder's tenure ends."""

    kind: ClassVar = Kind(11, "responsibility_handed_over")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return mentioned(self.outgoing, self.incoming)


class Ending(About):
    holder: Holder


class ResponsibilityEnded(Ending, Fact):
    """责任终止: from `occurred_on` on the holder no longer answers; a gap shows until somebody does."""

    kind: ClassVar = Kind(12, "responsibility_ended")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return mentioned(self.holder)


class Transferring(Particulars):
    """Moving between units of the district; the project goes on."""

    role: Literal["lead_unit", "hosting_unit", "introducing_unit"] = "lead_unit"
    from_unit: UnitCode
    to_unit: UnitCode
    open_matters: Annotated[tuple[Prose, ...], Field(max_length=200)] = ()


class ProjectTransferred(Transferring, Fact):
    """项目划转: a role on the project moves from one unit of the district to another."""

    kind: ClassVar = Kind(13, "project_transferred")

    def mentions(self) -> Mentions:
        return Mentions(units=(self.from_unit, self.to_unit))

    @property
    def outgoing(self) -> Holder:
        return Holder(unit=self.from_unit)

    @property
    def incoming(self) -> Holder:
        return Holder(unit=self.to_unit)


class AssignResponsibility(Assigning, StatesFact):
    """Name who holds a role from a day on."""

    act: Literal["assign"]


class HandOverResponsibility(HandingOver, StatesFact):
    """Pass a role from one holder to another."""

    act: Literal["hand_over"]


class EndResponsibility(Ending, StatesFact):
    """End one holder's tenure."""

    act: Literal["end"]


class TransferProject(Transferring, StatesFact):
    """Move the project from one unit of the district to another."""


stating("responsibilities", AssignResponsibility, ResponsibilityAssigned)
stating("responsibilities", HandOverResponsibility, ResponsibilityHandedOver)
stating("responsibilities", EndResponsibility, ResponsibilityEnded)
stating("transfers", TransferProject, ProjectTransferred)


@dataclass(frozen=True)
class Tenure:
    """`[since, until)`: one holder's time in one role, and the entries that say so."""

    role: ResponsibilityRole
    holder: Holder
    since: date
    until: date | None
    begun: Standing[Fact]
    ended: Standing[Fact] | None = None

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    @property
    def sources(self) -> tuple[str, ...]:
        return self.begun.sources + (self.ended.sources if self.ended else ())


HOLDING: tuple[type[Fact], ...] = (ResponsibilityAssigned, ResponsibilityHandedOver, ResponsibilityEnded, ProjectTransferred)


def tenures_in(view: Others) -> list[Tenure]:
    """Every tenure at a view, in the order they began."""
    return tenures(cast("Sequence[Standing[Fact]]", view.of(*HOLDING)))


def tenures(facts: Iterable[Standing[Fact]]) -> list[Tenure]:
    """Every tenure these facts make, in the order they began; later facts close earlier ones, never the reverse."""
    found: list[Tenure] = []
    for standing in facts:
        fact = standing.fact
        match fact:
            case ResponsibilityAssigned():
                found.append(Tenure(fact.role, fact.holder, fact.occurred_on, fact.until, standing))
            case ResponsibilityHandedOver() | ProjectTransferred():
                found = list(_closed(found, fact.role, fact.outgoing, standing))
                found.append(Tenure(fact.role, fact.incoming, fact.occurred_on, None, standing))
            case ResponsibilityEnded():
                found = list(_closed(found, fact.role, fact.holder, standing))
            case _:
                pass
    return [t for t in found if t.until is None or t.since < t.until]


def _closed(tenures: list[Tenure], role: ResponsibilityRole, holder: Holder, by: Standing[Fact]) -> Iterator[Tenure]:
    day = by.fact.occurred_on
    for tenure in tenures:
        ends = tenure.role == role and tenure.holder.named(holder) and (tenure.until is None or day < tenure.until)
        yield replace(tenure, until=day, ended=by) if ends else tenure
