"""单位: streets, towns, bureaus, parks; opened, renamed, closed."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered
from domain.fact import Fact, Kind, Particulars
from domain.history import History
from domain.values import Line, UnitCode


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
