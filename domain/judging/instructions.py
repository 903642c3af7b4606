"""批示: a district leader's instruction about any fact, from its giving to its closing; no figure changes by it."""

from typing import Literal

from domain.command import Action, Command, Context, deed
from domain.entry import Entry, Event, Role, cite
from domain.errors import IsAnnulled, Refused, SelfApproval, UnknownEntry, UnknownPerson
from domain.history import History, Matter
from domain.judgement import AboutInstruction, Instructed, InstructionAnswered, InstructionClosed, InstructionSentBack
from domain.judging.corrections import the_matter
from domain.values import Day, EntryNumber, PersonRef, Prose


class LeaderCited(Refused):
    """The office gives no instructions of its own: name the leader (`leader`) and cite the paper (`document`)."""

    zh = "重大项目办代录批示，须写明批示领导（leader）并引用其文件（document）。"
    sort = "invalid"


class OwnInstruction(Refused):
    """A leader records their own instructions; the office records another's, citing the paper."""

    zh = "领导只录本人的批示；他人的批示由重大项目办引用文件代录。"
    sort = "invalid"


class DueBefore(Refused):
    """The day by which it is to be done lies before today."""

    zh = "办结期限早于今天。"
    sort = "invalid"


State = Literal["open", "answered", "closed"]
"""待落实, 已反馈待办结, 已办结."""


class NotTheirInstruction(Refused):
    """The leader who gave an instruction closes it or sends it back, or the office does."""

    zh = "批示由作出批示的领导或重大项目办办结或退回。"
    sort = "forbidden"


class NotAnswered(Refused):
    """What was done about this instruction has not been reported, or not since it was sent back."""

    zh = "该批示的落实情况尚未反馈（或退回后尚未重新反馈）。"


class InstructionClosedAlready(Refused):
    """This instruction was closed already."""

    zh = "该批示已经办结。"


class Instruct(Command):
    """Give an instruction about a fact; about a project as a whole: its first entry (target 1)."""

    target: EntryNumber
    text: Prose
    leader: PersonRef | None = None
    """Whose instruction it is, where the office records it from a paper; the actor when absent."""
    due: Day | None = None
    """The day by which the leader wants it done."""


class AnswerInstruction(Command):
    """Report what was done about an instruction, by the entry number that gave it."""

    instruction: EntryNumber
    text: Prose


class CloseInstruction(Command):
    """Close an instruction that was carried out: the leader who gave it, or the office, and not who reported it."""

    act: Literal["close"]
    instruction: EntryNumber
    note: Prose | None = None


class SendInstructionBack(Command):
    """Ask for more: what was done does not suffice."""

    act: Literal["send_back"]
    instruction: EntryNumber
    because: Prose
    due: Day | None = None
    """Another day by which it is to be done; the one before stays where none is named."""


@deed("instructions", stream=None, action=Action.INSTRUCT)
def instruct(past: History, command: Instruct, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, command.target), pointer="/target")
    if command.due is not None and command.due < context.today:
        raise DueBefore(str(command.due), pointer="/due")
    leader = command.leader or context.by.person
    if context.by.role is Role.OFFICE:
        if command.leader is None or command.document is None:
            raise LeaderCited(pointer="/leader" if command.leader is None else "/document")
        if not context.load(f"person:{leader}").version:
            raise UnknownPerson(leader, pointer="/leader")
    elif leader != context.by.person:
        raise OwnInstruction(leader, pointer="/leader")
    return [Instructed(target=command.target, text=command.text, leader=leader, due=command.due)]


@deed("instruction-answers", stream=None, action=Action.ANSWER)
def answer_instruction(past: History, command: AnswerInstruction, context: Context) -> list[Event]:
    """Whether it is carried out is for the leader or the office to say: more may be reported until then."""
    target = _still_open(past, command.instruction).target
    return [InstructionAnswered(target=target, instruction=command.instruction, text=command.text)]


@deed("instruction-closings", stream=None, action=Action.INSTRUCT)
def close_instruction(past: History, command: CloseInstruction, context: Context) -> list[Event]:
    target = _answered_by_another(past, command.instruction, context)
    return [InstructionClosed(target=target, instruction=command.instruction, note=command.note)]


@deed("instruction-closings", stream=None, action=Action.INSTRUCT)
def send_instruction_back(past: History, command: SendInstructionBack, context: Context) -> list[Event]:
    target = _answered_by_another(past, command.instruction, context)
    if command.due is not None and command.due < context.today:
        raise DueBefore(str(command.due), pointer="/due")
    return [InstructionSentBack(target=target, instruction=command.instruction, reason=command.because, due=command.due)]


def _still_open(past: History, number: int) -> Instructed:
    """Raises UnknownEntry, IsAnnulled, InstructionClosedAlready."""
    entry = past.entry(number)
    if entry is None or not isinstance(entry.event, Instructed):
        raise UnknownEntry(cite(past.label, number), pointer="/instruction")
    matter = past.now.matters[entry.event.target]
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, entry.event.target), pointer="/instruction")
    if state(matter, number) == "closed":
        raise InstructionClosedAlready(cite(past.label, number), pointer="/instruction")
    return entry.event


def _answered_by_another(past: History, number: int, context: Context) -> int:
    """The fact that it is about. Raises UnknownEntry, IsAnnulled, InstructionClosedAlready, NotTheirInstruction,
    NotAnswered, SelfApproval.
    """
    said = _still_open(past, number)
    matter = past.now.matters[said.target]
    if context.by.role is not Role.OFFICE and context.people.isdisjoint(context.same([said.leader])):
        raise NotTheirInstruction(cite(past.label, number), pointer="/instruction")
    if state(matter, number) != "answered":
        raise NotAnswered(cite(past.label, number), pointer="/instruction")
    for answer, about in acts_about(matter, number):
        if isinstance(about, InstructionAnswered) and context.people & answer.envelope.actor.people:
            raise SelfApproval(answer.citation)
    return said.target


def acts_about(matter: Matter, number: int) -> list[tuple[Entry, AboutInstruction]]:
    """What followed an instruction, in order."""
    return [(e, said) for e, said in matter.beside if isinstance(said, AboutInstruction) and said.instruction == number]


def state(matter: Matter, number: int) -> State:
    """By the last act: what was sent back is to be carried out anew."""
    acts = acts_about(matter, number)
    match acts[-1][1] if acts else None:
        case InstructionClosed():
            return "closed"
        case InstructionAnswered():
            return "answered"
    return "open"
