"""月报: a unit's statement about its projects for a period: submitted 报送, signed 签发, accepted 受理 or sent back 退回.

Its facts stand in the projects' own streams, count from the submission on, and name it in their envelopes. A return that
is submitted again states the whole anew: what is as it was stays, what is left out is annulled, the rest is recorded.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializeAsAny, ValidationInfo, WithJsonSchema, field_validator, model_validator
from pydantic_core import to_json

from domain.command import TABLE, Action, Command, Context, Load, Part, StatesFact, deed, nouns, reader
from domain.entry import Event, Role, cite
from domain.errors import NotPermitted, Refused, SelfApproval, UnknownEntry
from domain.fact import Fact
from domain.history import History
from domain.judgement import Accepted, Endorsed, Recalled, SentBack
from domain.office.period import AlreadyClosed, PeriodClosed, opening
from domain.office.returned import Reporting, Return, ReturnSubmitted, ever_returned, facts_of, returns
from domain.values import EntryNumber, Frozen, ProjectCode, Prose, UnitCode, Word


class AlreadySubmitted(Refused):
    """The unit's return is in; recall it first to change it."""

    zh = "本单位月报已经报送；如需修改请先撤回。"


class AlreadyAccepted(Refused):
    """The unit's return has been accepted; its facts are corrected one by one, with approval."""

    zh = "本单位月报已受理；所报事实须逐条更正并经审批。"


class NoReturn(Refused):
    """There is no return of this unit to rule on."""

    zh = "该单位没有可办理的月报。"


class NotSigned(Refused):
    """The return is not signed yet by another person of the unit (POST …/endorsements)."""

    zh = "该月报尚未由本单位负责人签发（POST …/endorsements）。"


class NothingReported(Refused):
    """A return states facts, says which projects have no change, or says 本月无变化 for all (`nothing_to_report`)."""

    zh = "月报须填报事实、列明无变化的项目，或声明本月无变化（nothing_to_report）。"
    sort = "invalid"


class TwoThingsAboutOne(Refused):
    """A project has either facts or no change."""

    zh = "同一项目不能既有填报又称无变化。"
    sort = "invalid"


class NotAFact(Refused):
    """A return states facts of projects' lives; this is none."""

    zh = "月报只填报项目事实，此项不属于。"
    sort = "invalid"


class ReturnLine(Frozen):
    """One fact of one project, as it would be posted to the project's own address `…/{noun}`."""

    project: ProjectCode
    noun: Word
    command: Annotated[SerializeAsAny[Command], WithJsonSchema({"type": "object", "additionalProperties": True})]
    entry: EntryNumber | None = None
    """In a return submitted again: the entry number of the fact that this line revises, which then keeps its number."""

    @field_validator("noun")
    @classmethod
    def _states_facts(cls, noun: str) -> str:
        found = nouns("project").get(noun, [])
        if not any(issubclass(d.command, StatesFact) and d.action is Action.RECORD for d in found):
            raise ValueError("no noun of facts of a project / 不是项目事实的类别")
        return noun

    @field_validator("command", mode="before")
    @classmethod
    def _of_the_noun(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, Command) or "noun" not in info.data:
            return value
        return reader("project", info.data["noun"]).validate_json(to_json(value))


class SubmitReturn(Reporting, StatesFact):
    """Submit a unit's return: every fact is recorded with it, or none. After the deadline a reason is needed."""

    act: Literal["submit"]
    unit: UnitCode | None = None
    """The actor's own unit when absent; the office may submit for another."""
    lines: Annotated[tuple[ReturnLine, ...], Field(max_length=2_000)] = ()

    def looks_at(self) -> tuple[str, ...]:
        return (*(line.project for line in self.lines), *self.no_change)

    @model_validator(mode="after")
    def _once(self) -> Self:
        entries = [(line.project, line.entry) for line in self.lines if line.entry is not None]
        if len(entries) != len(set(entries)):
            raise ValueError("one entry is revised by one line / 一条记录只能由一行修改")
        return self


class SignReturn(Command):
    """Sign the unit's return (签发): another person than the one who submitted it."""

    act: Literal["sign"]
    unit: UnitCode | None = None
    note: Prose | None = None


class RecallReturn(Command):
    """Take the unit's return back before it is accepted; all its facts are annulled."""

    act: Literal["recall"]
    unit: UnitCode | None = None
    because: Prose


class AcceptReturn(Command):
    """Receive a unit's return."""

    act: Literal["accept"]
    unit: UnitCode
    note: Prose | None = None


class SendBackReturn(Command):
    """Return it for revision, for a reason."""

    act: Literal["send_back"]
    unit: UnitCode
    because: Prose


def own_unit(unit: str | None, context: Context) -> str:
    """Raises NotPermitted for another unit's return, unless the office acts for it."""
    unit = unit or context.by.unit
    if unit != context.by.unit and context.by.role is not Role.OFFICE:
        raise NotPermitted(unit, pointer="/unit")
    return unit


def the_return(past: History, unit: str) -> Return:
    """Raises NoReturn, NoPeriod."""
    opening(past.now)
    found = returns(past.now).get(unit)
    if found is None:
        raise NoReturn(unit, pointer="/unit")
    return found


def lines_follow(past: History, command: SubmitReturn, context: Context, load: Load) -> list[Part]:
    """The new submission's difference from what earlier ones of the same return still say."""
    unit = own_unit(command.unit, context)
    standing = returns(past.now)[unit]
    older = standing.citations - {standing.newest.current.original.citation}
    existing = facts_of(older, map(load, standing.projects)) if older else {}
    kept: set[tuple[str, int]] = set()
    parts: list[Part] = []
    for n, line in enumerate(command.lines):
        place = f"/lines/{n}/command"
        fact = _stated(line, context, load) if existing else None
        if line.entry is not None:
            key = (line.project, line.entry)
            if key not in existing or fact is None:
                raise UnknownEntry(cite(*key), pointer=f"/lines/{n}/entry")
            kept.add(key)
            if fact != existing[key]:
                because = command.note or command.reason or "退回修改 / revised"
                parts.append(
                    Part(line.project, _command("corrections", target=line.entry, reads=fact, because=because), place)
                )
            continue
        same = [k for k, f in existing.items() if k not in kept and k[0] == line.project and f == fact]
        if same:
            kept.add(same[0])
        else:
            parts.append(Part(line.project, line.command, place))
    left_out = [k for k in existing if k not in kept]
    return [*_annulments(left_out, command.note or command.reason or "重新报送时未再填报 / not stated again"), *parts]


def recall_follow(past: History, command: RecallReturn, context: Context, load: Load) -> list[Part]:
    recalled = ever_returned(past.now)[own_unit(command.unit, context)][-1]
    return _annulments(list(facts_of(recalled.citations, map(load, recalled.projects))), command.because)


def _annulments(facts: Sequence[tuple[str, int]], because: str) -> list[Part]:
    """The newest first: what depends on another fact goes before it."""
    return [
        Part(label, _command("annulments", target=number, because=because))
        for label, number in sorted(facts, key=lambda f: (f[0], -f[1]))
    ]


def _command(noun: str, **stated: object) -> Command:
    return reader("project", noun).validate_python(stated)


def _stated(line: ReturnLine, context: Context, load: Load) -> Fact | None:
    """The one fact a line comes to, where it comes to one."""
    try:
        events = TABLE[type(line.command)].decide(load(line.project), line.command, context)
    except Refused:
        return None
    return events[0] if len(events) == 1 and isinstance(events[0], Fact) else None


@deed("returns", stream="period", action=Action.REPORT, follow=lines_follow)
def submit_return(past: History, command: SubmitReturn, context: Context) -> list[Event]:
    unit = own_unit(command.unit, context)
    opening(past.now)
    if past.now.of(PeriodClosed):
        raise AlreadyClosed(past.label)
    standing = returns(past.now).get(unit)
    if standing is not None and standing.state == "accepted":
        raise AlreadyAccepted(cite(past.label, standing.number))
    if standing is not None and standing.state != "sent_back":
        raise AlreadySubmitted(cite(past.label, standing.number))
    projects = tuple(dict.fromkeys(line.project for line in command.lines))
    if both := set(projects) & set(command.no_change):
        raise TwoThingsAboutOne(", ".join(sorted(both)), pointer="/no_change")
    if not command.lines and not command.no_change and not command.nothing_to_report:
        raise NothingReported(pointer="/lines")
    stated = {name: getattr(command, name) for name in Reporting.model_fields}
    return [ReturnSubmitted.model_construct(**stated, unit=unit, projects=projects, facts=len(command.lines))]


@deed("returns", stream="period", action=Action.REPORT, follow=recall_follow)
def recall_return(past: History, command: RecallReturn, context: Context) -> list[Event]:
    standing = the_return(past, own_unit(command.unit, context))
    if standing.state == "accepted":
        raise AlreadyAccepted(cite(past.label, standing.number))
    return [Recalled(target=standing.number, reason=command.because)]


@deed("returns", stream="period", action=Action.ENDORSE)
def sign_return(past: History, command: SignReturn, context: Context) -> list[Event]:
    unit = command.unit or context.by.unit
    if unit != context.by.unit:
        raise NotPermitted(unit, pointer="/unit")
    return [Endorsed(target=_waiting(past, unit, context).number, note=command.note)]


@deed("returns", stream="period", action=Action.ACCEPT)
def accept_return(past: History, command: AcceptReturn, context: Context) -> list[Event]:
    standing = _waiting(past, command.unit, context)
    if context.settings.returns_need_signature and standing.state != "signed":
        raise NotSigned(cite(past.label, standing.number), pointer="/unit")
    return [Accepted(target=standing.number, note=command.note)]


@deed("returns", stream="period", action=Action.ACCEPT)
def send_back_return(past: History, command: SendBackReturn, context: Context) -> list[Event]:
    return [SentBack(target=_waiting(past, command.unit, context).number, reason=command.because)]


def _waiting(past: History, unit: str, context: Context) -> Return:
    """A return that waits for another person than who submitted it. Raises NoReturn, AlreadyAccepted, SelfApproval."""
    standing = the_return(past, unit)
    if standing.state == "accepted":
        raise AlreadyAccepted(cite(past.label, standing.number), pointer="/unit")
    if standing.state == "sent_back":
        raise NoReturn(cite(past.label, standing.number), pointer="/unit")
    if any(context.people & m.current.original.envelope.actor.people for m in standing.submissions):
        raise SelfApproval(cite(past.label, standing.number))
    return standing
