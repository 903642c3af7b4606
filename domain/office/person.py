"""人员与职务: a person is an opaque reference; the name is kept apart, where it can be erased."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History
from domain.values import Line, PersonRef, UnitCode


class PersonEntered(Fact):
    """人员登记: the reference exists."""

    kind: ClassVar = Kind(220, "person_entered", "person")
    begins: ClassVar = True


class TakingPost(Particulars):
    unit: UnitCode
    title: Line


class PostTaken(TakingPost, Fact):
    """任职."""

    kind: ClassVar = Kind(221, "post_taken", "person")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,))


class PostLeft(TakingPost, Fact):
    """离任: ends nothing on any project; the gap shows (DESIGN §3.11)."""

    kind: ClassVar = Kind(222, "post_left", "person")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=(self.unit,))


class EnterPerson(StatesFact):
    """Enter a person; the name never reaches an entry. With unit and title their first post is recorded too."""

    ref: PersonRef | None = None
    name: Line
    unit: UnitCode | None = None
    title: Line | None = None

    def begins(self) -> str | None:
        return f"person:{self.ref}" if self.ref else None


class TakePost(TakingPost, StatesFact):
    """Record that a person took a post."""

    act: Literal["take"]


class LeavePost(TakingPost, StatesFact):
    """Record that a person left a post."""

    act: Literal["leave"]


@deed("people", stream="person", action=Action.REGISTER, begins=True)
def enter_person(past: History, command: EnterPerson, context: Context) -> list[Event]:
    if past.version:
        raise AlreadyEntered(command.ref or "", pointer="/ref")
    events: list[Event] = [PersonEntered.of(command)]
    if command.unit is not None:
        title = command.title or "工作人员"
        events.append(PostTaken(occurred_on=command.occurred_on, unit=command.unit, title=title))
    return events


@deed("posts", stream="person", action=Action.REGISTER)
def take_post(past: History, command: TakePost, context: Context) -> list[Event]:
    return [PostTaken.of(command)]


@deed("posts", stream="person", action=Action.REGISTER)
def leave_post(past: History, command: LeavePost, context: Context) -> list[Event]:
    return [PostLeft.of(command)]
