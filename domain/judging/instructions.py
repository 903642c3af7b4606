"""批示: a district leader's instruction about a project or any fact; no figure changes by it."""

from domain.command import Action, Command, Context, deed
from domain.entry import Event, Role, cite
from domain.errors import IsAnnulled, Refused, UnknownPerson
from domain.history import History
from domain.judgement import Instructed
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


class Instruct(Command):
    """Give an instruction about a fact; about a project as a whole: its first entry (target 1)."""

    target: EntryNumber
    text: Prose
    leader: PersonRef | None = None
    """Whose instruction it is, where the office records it from a paper; the actor when absent."""
    due: Day | None = None
    """The day by which the leader wants it done."""


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
