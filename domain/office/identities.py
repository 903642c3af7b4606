"""同一人: one human entered under two references, joined: whatever one may not decide, the other may not either."""

from collections.abc import Iterable
from typing import ClassVar

from domain.command import Action, Context, Load, Part, StatesFact, carried, deed
from domain.entry import Event
from domain.errors import NoDocument, Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History
from domain.values import PersonRef

PREFIX = "person:"


class JoinedWithItself(Refused):
    """A person is joined with another reference, not with their own."""

    zh = "须与另一个人员编号合并，不能与自身合并。"
    sort = "invalid"


class JoinedAlready(Refused):
    """These references are known to be one person already."""

    zh = "这些人员编号已认定为同一人。"


class Joining(Particulars):
    other: PersonRef
    """The other reference of the same human."""


class PersonsJoined(Joining, Fact):
    """认定为同一人: stated in the streams of both; undone only by annulling both, with approval."""

    kind: ClassVar = Kind(224, "persons_joined", "person")
    joint: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(persons=(self.other,))

    def jointly(self) -> object:
        return self.occurred_on, self.other


class JoinPersons(Joining, StatesFact):
    """State, under a document, that this person and another are one human who was entered twice."""


def join_follow(past: History, command: JoinPersons, context: Context, load: Load) -> list[Part]:
    """The same, said in the other's stream."""
    mine = JoinPersons(occurred_on=command.occurred_on, other=past.label.removeprefix(PREFIX), **carried(command))
    return [Part(PREFIX + command.other, mine, "/other")]


@deed("identities", stream="person", action=Action.SETTLE, follow=join_follow, joint=True)
def join_persons(past: History, command: JoinPersons, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    own = past.label.removeprefix(PREFIX)
    if command.other == own:
        raise JoinedWithItself(own, pointer="/other")
    if command.other in context.same([own]):
        raise JoinedAlready(f"{own} = {command.other}", pointer="/other")
    return [PersonsJoined.of(command)]


def joined_with(load: Load, refs: Iterable[str]) -> frozenset[str]:
    """These references and all that they are joined with, over any number of steps.

    A joining holds for every day: who is one person now always was.
    """
    found: set[str] = set()
    waiting = list(refs)
    while waiting:
        ref = waiting.pop()
        if ref not in found:
            found.add(ref)
            waiting.extend(s.fact.other for s in load(PREFIX + ref).now.of(PersonsJoined))
    return frozenset(found)
