"""自批（事后发现）: decisions that are one person's own on what they recorded, once two references prove to be one human.

Nothing is undone by it: the decision stays in force, marked, until somebody annuls or corrects what it decided.
"""

from collections.abc import Iterable, Iterator

from domain.command import Same
from domain.entry import Entry
from domain.history import Matter, View
from domain.judgement import Accepted, Endorsed, SentBack, VerdictGiven

DECIDING = VerdictGiven | Endorsed | Accepted | SentBack


def self_approved(view: View, same: Same) -> Iterator[tuple[int, str]]:
    """The number of the fact that was decided on, and what exactly: the decision's citation and the references."""
    if same is frozenset:
        return
    for number, entry in view.decided.items():
        asked, proposal = view.proposals[number]
        matter = view.matters[proposal.target]
        yield from _shared(proposal.target, entry, (asked, *_worded(matter, entry)), same)
    for number, matter in view.matters.items():
        for entry, said in matter.beside:
            if isinstance(said, DECIDING):
                yield from _shared(number, entry, _worded(matter, entry), same)
        approver = matter.current.fact.approved_by()
        if approver is not None:
            wording = matter.current.wording
            if (recorders := same([approver]) & wording.envelope.actor.people) and approver not in recorders:
                yield number, f"{wording.citation}: {approver} = {', '.join(sorted(recorders))}"


def _worded(matter: Matter, before: Entry) -> tuple[Entry, ...]:
    """The entries that worded the fact before another one."""
    return tuple(s.wording for s in matter.wordings if s.wording.number < before.number)


def _shared(number: int, decision: Entry, involved: Iterable[Entry], same: Same) -> Iterator[tuple[int, str]]:
    deciding = decision.envelope.actor.people
    joined = same(deciding)
    others = sorted({p for e in involved for p in e.envelope.actor.people if p in joined and p not in deciding})
    if others:
        yield number, f"{decision.citation}: {', '.join(sorted(deciding))} = {', '.join(others)}"
