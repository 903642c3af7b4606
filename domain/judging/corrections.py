"""更正, 作废, 恢复 and their approval: asked by one person, decided by another (DESIGN §3.3).

Only what came in a return that is not accepted yet is its own unit's to put right alone, at once.
"""

from typing import Literal

from domain.command import Action, Command, Context, check_fact, deed
from domain.entry import Entry, Event, cite, stream_kind
from domain.errors import IsAnnulled, Refused, SelfApproval, UnknownEntry
from domain.fact import Fact
from domain.history import History, Matter
from domain.judgement import (
    Annulled,
    AnnulmentProposed,
    Approved,
    Corrected,
    CorrectionProposed,
    Declined,
    Proposal,
    ReinstatementProposed,
    WholeFact,
)
from domain.values import EntryNumber, Prose


class AnotherKind(Refused):
    """A correction states the same kind of fact; for another kind annul this one and record that one in one batch."""

    zh = "更正不能改变事实种类；如需更换种类，请在同一批次中作废并另行记录。"
    sort = "invalid"


class CitedAnew(Refused):
    """A cited figure is not ours to correct: cite it anew, or annul a citation that stands in the wrong place."""

    zh = "所引用的统计数不得更正，只能重新引用；引错项目的可作废。"


class NothingChanges(Refused):
    """The correction reads exactly as the fact already does."""

    zh = "更正内容与现有记录完全相同。"
    sort = "invalid"


class NotAnnulled(Refused):
    """The fact is in force; there is nothing to reinstate."""

    zh = "该事实现行有效，无需恢复。"


class Stale(Refused):
    """Another version has come into force since this was proposed; propose anew against the one in force."""

    zh = "提出之后已有其他版本生效，请针对现行版本重新提出。"


class AlreadyDecided(Refused):
    """This proposal has already been decided."""

    zh = "该申请已经办结。"


class OtherUnitNeeded(Refused):
    """This district wants approval by another unit than the one that asked."""

    zh = "本区要求由提出单位以外的单位审批。"
    sort = "forbidden"


class CounterpartsTogether(Refused):
    """This entry has counterparts in other projects: judge them all in one batch, or none."""

    zh = "该记录在其他项目中有关联记录，须在同一批次中一并办理。"


class OthersRestOnIt(Refused):
    """Other facts rest on this one as it is; correct or annul them first."""

    zh = "其他事实以此为前提，请先更正或作废那些事实。"


class BeginsItsStream(Refused):
    """What begins a unit, a person or the district's ledger is never annulled; record its closing or leaving instead."""

    zh = "单位、人员及本区台账的首条记录不能作废，请改为登记撤销或离任。"


class NeverAnnulled(Refused):
    """What this states cannot be undone, so the entry is never annulled."""

    zh = "所记之事不可逆，该记录不能作废。"


class CorrectedAsAWhole(Refused):
    """This is part of one act over several projects: annul all of it, and record it anew with the approval."""

    zh = "该记录是跨项目一事中的一部分，须全部作废，并在批准的同一批次中重新记录。"


class ProposeCorrection(Command):
    """Ask that a fact shall read otherwise: the whole fact, with its kind."""

    target: EntryNumber
    replaces: EntryNumber | None = None
    """The entry number of the version it replaces; the one in force when absent."""
    reads: WholeFact
    because: Prose


class ProposeAnnulment(Command):
    """Ask that a fact shall not count."""

    target: EntryNumber
    because: Prose


class ProposeReinstatement(Command):
    """Ask that an annulled fact shall count again."""

    target: EntryNumber
    because: Prose


class Approve(Command):
    """Put a proposal in force."""

    act: Literal["approve"]
    proposal: EntryNumber
    note: Prose | None = None


class Decline(Command):
    """Refuse a proposal."""

    act: Literal["decline"]
    proposal: EntryNumber
    because: Prose


def the_matter(past: History, target: int, pointer: str = "/target") -> Matter:
    """Everything said about a fact. Raises UnknownEntry where the number is no fact."""
    matter = past.now.matters.get(target)
    if matter is None:
        raise UnknownEntry(cite(past.label, target), pointer=pointer)
    return matter


def together(act: str, entry: Entry, context: Context) -> None:
    """Counterparts are judged in one request. Raises CounterpartsTogether."""
    missing = [c for c in entry.envelope.counterparts if (act, c) not in context.together]
    if missing:
        raise CounterpartsTogether(", ".join(missing[:5]))


@deed("corrections", stream=None, action=Action.PROPOSE)
def propose_correction(past: History, command: ProposeCorrection, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    current = matter.current
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, command.target), pointer="/target")
    if type(command.reads) is not type(current.fact):
        raise AnotherKind(current.fact.kind.topic, pointer="/reads/kind")
    if not current.fact.corrected:
        raise CitedAnew(cite(past.label, command.target), pointer="/target")
    if command.replaces is not None and command.replaces != current.wording.number:
        raise Stale(cite(past.label, current.wording.number), pointer="/replaces")
    if command.reads == current.fact:
        raise NothingChanges(cite(past.label, command.target), pointer="/reads")
    if command.reads.approved_by() in context.people:
        raise SelfApproval(cite(past.label, command.target), pointer="/reads/approver")
    bound = current.fact.joint or current.original.envelope.causation is not None
    if bound and command.reads.jointly() != current.fact.jointly():
        raise CorrectedAsAWhole(", ".join(current.original.envelope.counterparts[:5]), pointer="/reads")
    check_fact(past, command.reads, context, without=command.target)
    if context.alone:
        check_rest(past, command.target, command.reads, context)
    event = Corrected if context.alone else CorrectionProposed
    return [event(target=command.target, replaces=current.wording.number, reads=command.reads, reason=command.because)]


@deed("annulments", stream=None, action=Action.PROPOSE)
def propose_annulment(past: History, command: ProposeAnnulment, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, command.target), pointer="/target")
    if matter.current.fact.begins and stream_kind(past.label) != "project":
        raise BeginsItsStream(past.label, pointer="/target")
    if not matter.current.fact.annulled:
        raise NeverAnnulled(cite(past.label, command.target), pointer="/target")
    together("annul", matter.current.original, context)
    if context.alone:
        check_rest(past, command.target, None, context)
    event = Annulled if context.alone else AnnulmentProposed
    return [event(target=command.target, reason=command.because)]


@deed("reinstatements", stream=None, action=Action.PROPOSE)
def propose_reinstatement(past: History, command: ProposeReinstatement, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    if matter.annulled_by is None:
        raise NotAnnulled(cite(past.label, command.target), pointer="/target")
    together("reinstate", matter.current.original, context)
    return [ReinstatementProposed(target=command.target, reason=command.because)]


def the_proposal(past: History, number: int) -> tuple[Entry, Proposal]:
    """An undecided proposal. Raises UnknownEntry or AlreadyDecided."""
    found = past.now.proposals.get(number)
    if found is None:
        raise UnknownEntry(cite(past.label, number), pointer="/proposal")
    decided = past.now.decided.get(number)
    if decided is not None:
        raise AlreadyDecided(decided.citation, pointer="/proposal")
    return found


def independent(entry: Entry, matter: Matter, context: Context) -> None:
    """Who decides had no part in it: neither asked, nor recorded the fact or any wording of it."""
    involved = [entry, *(s.wording for s in matter.wordings)]
    if any(context.people & e.envelope.actor.people for e in involved):
        raise SelfApproval(entry.citation)
    if context.settings.approval_by_other_unit and entry.envelope.actor.unit == context.by.unit:
        raise OtherUnitNeeded(entry.envelope.actor.unit)


def overtaken(entry: Entry, matter: Matter) -> None:
    """Raises Stale where something was decided about the fact after this was asked."""
    decided = [matter.current.approval or matter.current.wording, *(turn for turn, _ in matter.turns)]
    later = [d for d in decided if d.number > entry.number]
    if later:
        raise Stale(later[-1].citation, pointer="/proposal")


def check_rest(past: History, target: int, reads: Fact | None, context: Context) -> None:
    """What other facts need is still there once the target reads so (None: is annulled). Raises OthersRestOnIt."""
    current = past.now.matters[target].current
    left = past.now.without(target) if reads is None else past.now.with_fact(current.original, reads)
    for other in left.facts:
        if other.number == target:
            continue
        if reads is None and current.fact.begins:
            raise OthersRestOnIt(cite(past.label, other.number), pointer="/proposal")
        if isinstance(current.fact, other.fact.rests_on):
            try:
                other.fact.check(left.without(other.number), context.settings)
            except Refused as refused:
                raise OthersRestOnIt(cite(past.label, other.number), pointer="/proposal") from refused


@deed("approvals", stream=None, action=Action.APPROVE)
def approve(past: History, command: Approve, context: Context) -> list[Event]:
    entry, proposal = the_proposal(past, command.proposal)
    matter = the_matter(past, proposal.target)
    independent(entry, matter, context)
    match proposal:
        case CorrectionProposed():
            if matter.annulled_by is not None or matter.current.wording.number != proposal.replaces:
                raise Stale(cite(past.label, matter.current.wording.number), pointer="/proposal")
            check_fact(past, proposal.reads, context, without=proposal.target)
            check_rest(past, proposal.target, proposal.reads, context)
        case AnnulmentProposed():
            overtaken(entry, matter)
            check_rest(past, proposal.target, None, context)
            together(f"approve {proposal.topic}", matter.current.original, context)
        case ReinstatementProposed():
            overtaken(entry, matter)
            check_fact(past, matter.current.fact, context, without=proposal.target)
            together(f"approve {proposal.topic}", matter.current.original, context)
    return [Approved(proposal=command.proposal, note=command.note)]


@deed("approvals", stream=None, action=Action.APPROVE)
def decline(past: History, command: Decline, context: Context) -> list[Event]:
    entry, proposal = the_proposal(past, command.proposal)
    independent(entry, the_matter(past, proposal.target), context)
    return [Declined(proposal=command.proposal, reason=command.because)]
