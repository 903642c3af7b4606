"""单位: streets, towns, bureaus, parks; opened, renamed, merged into one another, closed."""

from typing import Annotated, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from domain.command import Action, Context, Load, Part, StatesFact, carried, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, NoDocument, Refused
from domain.fact import Fact, Kind, Mentions, Others, Particulars
from domain.history import History, Standing, View
from domain.settings import Settings
from domain.values import Line, UnitCode

PREFIX = "unit:"


class DissolvedAlready(Refused):
    """This unit was dissolved already: closed, or merged into another."""

    zh = "该单位已经撤销或并入其他单位。"


class MergedWithItself(Refused):
    """A unit is merged into another one, not into itself."""

    zh = "单位不能并入自身。"
    sort = "invalid"


class Naming(Particulars):
    name: Line
    name_en: Line | None = None


class Opening(Naming):
    sort: Literal["street", "town", "bureau", "park", "office", "department", "other"] = "other"
    """街道, 镇, 局, 园区, 办公室, 部门, 其他."""


class UnitOpened(Opening, Fact):
    """单位登记."""

    kind: ClassVar = Kind(210, "unit_opened", "unit")
    begins: ClassVar = True


class UnitRenamed(Naming, Fact):
    """单位更名."""

    kind: ClassVar = Kind(211, "unit_renamed", "unit")


class UnitClosed(Fact):
    """单位撤销."""

    kind: ClassVar = Kind(212, "unit_closed", "unit")

    def check(self, others: Others, settings: Settings) -> None:
        refuse_dissolved(others)


class MergingInto(Particulars):
    into: UnitCode


class UnitMerged(MergingInto, Fact):
    """单位并入: dissolved, its tasks to be taken over by another; what it holds stays its own until that is recorded."""

    kind: ClassVar = Kind(216, "unit_merged", "unit")
    joint: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=(self.into,))

    def jointly(self) -> object:
        return self.occurred_on, self.into

    def check(self, others: Others, settings: Settings) -> None:
        refuse_dissolved(others)


class AbsorbingUnits(Particulars):
    units: Annotated[tuple[UnitCode, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.units)) != len(self.units):
            raise ValueError("each unit once / 每个单位只能出现一次")
        return self


class UnitsAbsorbed(AbsorbingUnits, Fact):
    """单位合并: these units were merged into this one."""

    kind: ClassVar = Kind(215, "units_absorbed", "unit")
    joint: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=self.units)

    def jointly(self) -> object:
        return self.occurred_on, self.units


class OpenUnit(Opening, StatesFact):
    """Enter a unit under its code, which never changes."""

    code: UnitCode

    def begins(self) -> str:
        return f"unit:{self.code}"


class RenameUnit(Naming, StatesFact):
    """Give a unit another name from a day on."""


class CloseUnit(StatesFact):
    """Record that a unit was dissolved."""


@deed("units", stream="unit", action=Action.REGISTER, begins=True)
def open_unit(past: History, command: OpenUnit, context: Context) -> list[Event]:
    if past.version:
        raise AlreadyEntered(command.code, pointer="/code")
    return [UnitOpened.of(command)]


@deed("names", stream="unit", action=Action.REGISTER)
def rename_unit(past: History, command: RenameUnit, context: Context) -> list[Event]:
    return [UnitRenamed.of(command)]


@deed("closings", stream="unit", action=Action.REGISTER)
def close_unit(past: History, command: CloseUnit, context: Context) -> list[Event]:
    return [UnitClosed.of(command)]


class MergeUnit(MergingInto, StatesFact):
    """Merge this unit into another, under a document: both say so, in one act."""

    act: Literal["merge_into"]


class AbsorbUnits(AbsorbingUnits, StatesFact):
    """Merge other units into this one, under a document: each says so, in one act."""

    act: Literal["absorb"]


def merge_follow(past: History, command: MergeUnit, context: Context, load: Load) -> list[Part]:
    """What the other unit records, as if the merger had been asked for there."""
    own = past.label.removeprefix(PREFIX)
    absorb = AbsorbUnits(act="absorb", occurred_on=command.occurred_on, units=(own,), **carried(command))
    return [Part(PREFIX + command.into, absorb, "/into")]


def absorb_follow(past: History, command: AbsorbUnits, context: Context, load: Load) -> list[Part]:
    """Every unit that is merged ends."""
    into = past.label.removeprefix(PREFIX)
    said = carried(command) | {"occurred_on": command.occurred_on, "into": into}
    return [Part(PREFIX + code, MergeUnit(act="merge_into", **said), f"/units/{n}") for n, code in enumerate(command.units)]


@deed("mergers", stream="unit", action=Action.SETTLE, follow=merge_follow, joint=True)
def merge_unit(past: History, command: MergeUnit, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    if PREFIX + command.into == past.label:
        raise MergedWithItself(command.into, pointer="/into")
    return [UnitMerged.of(command)]


@deed("mergers", stream="unit", action=Action.SETTLE, follow=absorb_follow, joint=True)
def absorb_units(past: History, command: AbsorbUnits, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    if past.label.removeprefix(PREFIX) in command.units:
        raise MergedWithItself(past.label.removeprefix(PREFIX), pointer="/units")
    refuse_dissolved(past.now)
    return [UnitsAbsorbed.of(command)]


def refuse_dissolved(others: Others) -> None:
    """Raises DissolvedAlready."""
    for kind in (UnitClosed, UnitMerged):
        if ended := others.of(kind):
            raise DissolvedAlready(str(ended[0].fact.occurred_on))


def dissolved(view: View) -> Standing[UnitClosed] | Standing[UnitMerged] | None:
    """What ended the unit by the viewpoint, if anything did."""
    return view.last_of(UnitMerged) or view.last_of(UnitClosed)


def named(view: View) -> list[Standing[UnitOpened | UnitRenamed]]:
    """Every name in order, the last in force at the viewpoint; empty for a unit not opened by then."""
    found: list[Standing[UnitOpened | UnitRenamed]] = []
    for standing in view.facts:
        if isinstance(standing.fact, UnitOpened | UnitRenamed):
            found.append(cast("Standing[UnitOpened | UnitRenamed]", standing))
    return found
