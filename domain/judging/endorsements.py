"""签发: a leader signs for what somebody of the unit recorded; a mark on the fact, which counts without it."""

from domain.command import Action, Command, Context, deed
from domain.entry import Event, Role, cite
from domain.errors import IsAnnulled, NotPermitted, Refused, SelfApproval
from domain.history import History
from domain.judgement import Endorsed
from domain.judging.corrections import the_matter
from domain.values import EntryNumber, Prose


class AlreadyEndorsed(Refused):
    """You have signed this already."""

    zh = "您已签发过此项。"


class Endorse(Command):
    """Sign for a fact: another person of the unit that recorded it, or of the office."""

    target: EntryNumber
    note: Prose | None = None


@deed("endorsements", stream=None, action=Action.ENDORSE)
def endorse(past: History, command: Endorse, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, command.target), pointer="/target")
    if any(context.people & w.wording.envelope.actor.people for w in matter.wordings):
        raise SelfApproval(cite(past.label, command.target))
    if context.by.role is not Role.OFFICE and context.by.unit != matter.current.original.envelope.actor.unit:
        raise NotPermitted(matter.current.original.envelope.actor.unit)
    if any(e.envelope.actor.person == context.by.person for e, _ in matter.said(Endorsed)):
        raise AlreadyEndorsed(cite(past.label, command.target))
    return [Endorsed(target=command.target, note=command.note)]
