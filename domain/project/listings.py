"""清单: being on a published list and leaving it. Leaving is no ending; some come back."""

from typing import ClassVar, Literal

from domain.command import Context, StatesFact, deed
from domain.entry import Event
from domain.errors import Refused
from domain.fact import Fact, Kind, Particulars
from domain.history import History, Standing, View
from domain.values import Line


class OnTheList(Refused):
    """The project is on this list already."""

    zh = "项目已在该清单中。"


class NotOnTheList(Refused):
    """The project is not on this list."""

    zh = "项目不在该清单中。"


class Listing(Particulars):
    list: Line
    """The list's code, such as `key-projects-2026`; the district's stream says under which document it was published."""


class ListJoined(Listing, Fact):
    """列入清单."""

    kind: ClassVar = Kind(170, "list_joined")


class ListLeft(Listing, Fact):
    """退出清单."""

    kind: ClassVar = Kind(171, "list_left")


class JoinList(Listing, StatesFact):
    """Put the project on a list."""

    act: Literal["join"]


class LeaveList(Listing, StatesFact):
    """Take the project off a list."""

    act: Literal["leave"]


def lists(view: View) -> dict[str, Standing[Fact]]:
    """The lists the project is on, with the fact that put it there."""
    on: dict[str, Standing[Fact]] = {}
    for standing in view.facts:
        if isinstance(standing.fact, ListJoined):
            on[standing.fact.list] = standing
        elif isinstance(standing.fact, ListLeft):
            on.pop(standing.fact.list, None)
    return on


@deed("listings")
def join_list(past: History, command: JoinList, context: Context) -> list[Event]:
    if command.list in lists(past.now):
        raise OnTheList(command.list, pointer="/list")
    return [ListJoined.of(command)]


@deed("listings")
def leave_list(past: History, command: LeaveList, context: Context) -> list[Event]:
    if command.list not in lists(past.now):
        raise NotOnTheList(command.list, pointer="/list")
    return [ListLeft.of(command)]
