"""人员与职务: a person is an opaque reference; the name is kept apart, where it can be erased."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, NoDocument, Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, View
from domain.values import Line, PersonRef, Prose, UnitCode

ERASED = "已依法删除 / erased by law"
"""What answers say instead of a name that was erased, at every viewpoint."""


class NamesErased(Refused):
    """This person's names were erased by law; no name is recorded for them any more."""

    zh = "该人员姓名已依法删除，不再登记姓名。"


class NameInEntries(Refused):
    """The name stands in the text of these entries, and nothing takes it out of them; say in `reason` why it is erased."""

    zh = "下列记录的文字中含该姓名，记录不可更改、无法从中删除；仍要删除姓名的，请在 reason 中说明。"


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


class PersonRenamed(Fact):
    """更名: another name from a day on; the name itself is kept under this entry's number, where it can be erased."""

    kind: ClassVar = Kind(223, "person_renamed", "person")


class Erasing(Particulars):
    ground: Prose
    """The legal ground, never the name."""


class PersonErased(Erasing, Fact):
    """姓名依法删除: every name of the person is gone, at every viewpoint; what they did stays, under the reference."""

    kind: ClassVar = Kind(225, "person_erased", "person")
    annulled: ClassVar = False


class EnterPerson(StatesFact):
    """Enter a person; the name never reaches an entry. With unit and title their first post is recorded too."""

    erasable: ClassVar = ("name",)
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


class RenamePerson(StatesFact):
    """Give a person another name from a day on; the name never reaches an entry."""

    erasable: ClassVar = ("name",)
    name: Line


class ErasePerson(Erasing, StatesFact):
    """Erase every name of a person, under a document; this cannot be undone."""


@deed("names", stream="person", action=Action.REGISTER)
def rename_person(past: History, command: RenamePerson, context: Context) -> list[Event]:
    if erased(past):
        raise NamesErased(past.label)
    return [PersonRenamed.of(command)]


@deed("erasures", stream="person", action=Action.SETTLE)
def erase_person(past: History, command: ErasePerson, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    if erased(past):
        raise NamesErased(past.label)
    return [PersonErased.of(command)]


NAMING = (PersonEntered, PersonRenamed)
"""Whose names are kept, by the number of the entry."""


def erased(past: History) -> bool:
    """Whether the names are gone: once they are, they are at every viewpoint."""
    return any(isinstance(entry.event, PersonErased) for entry in past.entries)


def naming_numbers(view: View) -> list[int]:
    """The entry numbers under which the person's names are kept, in order, the last in force at the viewpoint."""
    return [s.number for s in view.facts if isinstance(s.fact, NAMING)]
