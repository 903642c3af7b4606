"""What people ask for: commands, the context they are decided in, and the table of all of them."""

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar, cast, get_args

from pydantic import Field, TypeAdapter

from domain.entry import Actor, Event
from domain.errors import InTheFuture, IsAnnulled, RateNeeded, RateNotWanted, Refused, SelfApproval, UnknownEntry
from domain.fact import Fact, Particulars, StreamKind
from domain.history import History
from domain.settings import Settings
from domain.values import Exchange, Frozen, Line, Money, PersonRef, Prose
from domain.working_days import NO_ARRANGEMENTS, WorkCalendar


class AfterAnotherDay(Refused):
    """`after` orders facts within a day; the fact it names is of another day."""

    zh = "after 只用于同一天内的先后，所指事实不在同一天。"
    sort = "invalid"


class AfterInACircle(Refused):
    """Facts cannot wait for each other: one that another names in `after` does not come after a later number itself."""

    zh = "事实的先后不能互相等待：被 after 所指的事实，自身不能再排在编号更后的事实之后。"
    sort = "invalid"


class Action(StrEnum):
    """What the role table speaks of. Figures (what stands, and who says so) are read apart from the entries behind them."""

    ENTER = "enter"
    RECORD = "record"
    PROPOSE = "propose"
    APPROVE = "approve"
    REGISTER = "register"
    SETTLE = "settle"
    FIGURES = "figures"
    ENTRIES = "entries"
    DIRECTORY = "directory"
    TOKENS = "tokens"
    RECOGNISE = "recognise"
    ENDORSE = "endorse"
    REPORT = "report"
    ACCEPT = "accept"
    ATTEST = "attest"
    ISSUE = "issue"
    AUDIT = "audit"
    RECTIFY = "rectify"
    INSTRUCT = "instruct"
    ANSWER = "answer"


class Command(Frozen):
    """What every command may carry besides its own particulars; it goes into the envelope."""

    erasable: ClassVar[tuple[str, ...]] = ()
    """Fields that reach neither an entry nor the digest of a request: a person's name, which may have to be erased."""
    document: Line | None = None
    """The paper it rests on."""
    reason: Prose | None = None
    """Why, where something irregular is recorded all the same."""
    confidentiality: Line | None = None
    on_behalf_of: PersonRef | None = None
    """The person a stand-in (AB岗) acts for: only while an appointment on record covers the day (domain.acting)."""
    under: Line | None = None
    """The document that lets the stand-in act; the appointment's own when absent."""

    def begins(self) -> str | None:
        """The label of the stream it begins, where the command itself settles it."""
        return None

    def looks_at(self) -> tuple[str, ...]:
        """Labels of other streams it speaks of: those that many of are read at once."""
        return ()


class StatesFact(Command, Particulars):
    """A command that asks for a fact."""


Load = Callable[[str], History]
Same = Callable[[Iterable[str]], frozenset[str]]
"""The references given, and every other that is known to mean one of the same people."""


@dataclass(frozen=True)
class KeptFile:
    """A file in the store of evidence, as it was found to be when it was uploaded; `size` in bytes."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Context:
    """Who asks, on which day (Asia/Shanghai), under which settings."""

    by: Actor
    today: date
    settings: Settings = field(default_factory=Settings)
    calendar: WorkCalendar = NO_ARRANGEMENTS
    together: frozenset[tuple[str, str]] = frozenset()
    """(act, citation) of every judgement in the same request: counterparts are judged together or not at all."""
    imported: bool = False
    alone: bool = False
    """Whether the target came in a return of the actor's own unit that is not accepted yet: theirs to put right alone."""
    bureau: bool = False
    """Whether the actor's unit is the project's recognising bureau (认定部门) today."""
    answerable: tuple[str, ...] = ()
    """The units that lead the projects a command names on the day it speaks of."""
    same: Same = frozenset
    """Who was entered twice and joined (domain.office.identities) is one person."""
    load: Load = History
    """Any other stream as it is now, for decisions that rest on several."""
    new_code: Callable[[int], str] | None = None
    """The next free code for a project of a year."""
    file: KeptFile | None = None
    """The file that the command names by its SHA-256; None where no such file is kept."""

    @property
    def people(self) -> frozenset[str]:
        """Every reference of everybody whose act this is: none of them decides on what any of them recorded."""
        return self.same(self.by.people)


C = TypeVar("C", bound=Command)
Decide = Callable[[History, C, Context], Sequence[Event]]


def carried(command: Command) -> dict[str, Any]:
    """What the parts of an act over several streams take over from the command that asks for it."""
    return {name: getattr(command, name) for name in ("document", "reason", "confidentiality")}


@dataclass(frozen=True)
class Part:
    """What a command does in another stream, in the same request; `pointer` is the place in its body that asks for it."""

    label: str
    command: Command
    pointer: str = ""


Follow = Callable[[History, C, Context, Load], Sequence[Part]]
"""The parts of a command over several streams, in order; the history is the command's own stream, its entries included."""


@dataclass(frozen=True)
class Deed:
    """One line of the table of commands: `POST …/{noun}` with this body is decided by this function."""

    command: type[Command]
    decide: Decide[Any]
    stream: StreamKind | None
    """None for judgements: they are made in every sort of stream alike."""
    noun: str
    act: str | None
    action: Action
    begins: bool
    """Whether it begins its stream; all others need the stream to exist."""
    follow: Follow[Any] | None = None
    joint: bool = False
    """Whether its parts are one act, whose entries are each other's counterparts (DESIGN §3.13)."""


TABLE: dict[type[Command], Deed] = {}
"""Every command that can be asked for; filled by importing `domain.kinds`."""


def deed(
    noun: str,
    *,
    stream: StreamKind | None = "project",
    action: Action = Action.RECORD,
    begins: bool = False,
    follow: Follow[Any] | None = None,
    joint: bool = False,
) -> Callable[[Decide[C]], Decide[C]]:
    """Enter a decision, and with it its command, in the table. The command is the decision's second parameter."""

    def enter(decide: Decide[C]) -> Decide[C]:
        command = cast("type[Command]", decide.__annotations__["command"])
        act = get_args(command.model_fields["act"].annotation)[0] if "act" in command.model_fields else None
        TABLE[command] = Deed(command, decide, stream, noun, act, action, begins, follow, joint)
        return decide

    return enter


def stating(noun: str, command: type[StatesFact], fact: type[Fact]) -> None:
    """Enter a command that asks for nothing but its fact: all its rules are the fact's own `check`."""

    def decide(past: History, command: StatesFact, context: Context) -> list[Event]:
        return [fact.of(command)]

    decide.__annotations__["command"] = command
    deed(noun, stream=fact.kind.stream)(decide)


def nouns(stream: StreamKind) -> dict[str, list[Deed]]:
    """What can be asked for in one sort of stream, by noun, in the order of the table."""
    found: dict[str, list[Deed]] = {}
    for entry in TABLE.values():
        if entry.stream in (stream, None):
            found.setdefault(entry.noun, []).append(entry)
    return found


BEGINNINGS: dict[str, StreamKind] = {
    "projects": "project",
    "units": "unit",
    "people": "person",
    "periods": "period",
    "targets": "targets",
    "audits": "audit",
}
"""The nouns that begin a stream, for doors that name no stream then."""


@functools.cache
def reader(stream: StreamKind, noun: str) -> TypeAdapter[Command]:
    """Reads a body as the noun's command, or the one its `act` names. Raises KeyError for no such noun."""
    commands = [d.command for d in nouns(stream)[noun]]
    if len(commands) == 1:
        return TypeAdapter(commands[0])
    union: Any = functools.reduce(operator.or_, commands)
    return TypeAdapter(Annotated[union, Field(discriminator="act")])


def check_fact(past: History, fact: Fact, context: Context, *, without: int | None = None) -> None:
    """What every fact must satisfy, whether newly recorded, corrected or reinstated.

    Raises the Refused of the rule broken.
    """
    if fact.occurred_on > context.today and not fact.may_begin_later:
        raise InTheFuture(str(fact.occurred_on), pointer="/occurred_on")
    begun = past.now.matters.get(1)
    if begun is not None and begun.current.fact.begins and begun.annulled_by is not None and without != 1:
        raise IsAnnulled(begun.current.original.citation)
    check_order(past, fact, without)
    check_currency(fact, context.settings)
    approver = fact.approved_by()
    if approver is not None:
        recorded_by = context.by if without is None else past.now.matters[without].current.original.envelope.actor
        if context.same([approver]) & recorded_by.people:
            raise SelfApproval(pointer="/approver")
    fact.check(past.now if without is None else past.now.without(without), context.settings)


def check_order(past: History, fact: Fact, number: int | None) -> None:
    """`after` names another fact of the same day, and its turn agrees with everybody's `after`; `number` of an older fact.

    An elder that itself waits for a later-numbered fact has nobody after it: so every `after` is kept by turns alone.
    """
    matters = past.now.matters
    before = matters[number].current.fact if number is not None else None
    unchanged = before is not None and (before.occurred_on, before.after) == (fact.occurred_on, fact.after)
    if fact.after is None or unchanged:
        return
    elder = matters.get(fact.after)
    if elder is None or fact.after == number:
        raise UnknownEntry(f"#{fact.after}", pointer="/after")
    if elder.current.fact.occurred_on != fact.occurred_on:
        raise AfterAnotherDay(f"#{fact.after}: {elder.current.fact.occurred_on}", pointer="/after")
    if (elder.current.fact.after or 0) > fact.after:
        raise AfterInACircle(f"#{fact.after}", pointer="/after")
    if number is not None and fact.after > number:
        waiting = [f"#{n}" for n, m in matters.items() if m.current.fact.after == number]
        if waiting:
            raise AfterInACircle(", ".join(waiting), pointer="/after")


def check_currency(fact: Fact, settings: Settings) -> None:
    """An actual amount is in the district's currency, or carries a rate and its date."""
    if not fact.converts:
        return
    exchange: Exchange | None = fact.__dict__.get("exchange")
    for name, money in fact.__dict__.items():
        if type(money) is not Money:
            continue
        if money.currency != settings.currency and exchange is None:
            raise RateNeeded(money.currency, pointer=f"/{name}")
        if money.currency == settings.currency and exchange is not None:
            raise RateNotWanted(money.currency, pointer="/exchange")
