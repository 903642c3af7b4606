"""自批（事后发现）: decisions that are one person's own on what they recorded, once two references prove to be one human.

Nothing is undone by it: the decision stays in force, marked, until somebody annuls or corrects what it decided.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.command import Same
from domain.entry import Entry
from domain.history import Matter, View
from domain.judgement import Accepted, Endorsed, SentBack, VerdictGiven

DECIDING = VerdictGiven | Endorsed | Accepted | SentBack


class FoundLater(NamedTuple):
    """`number`: the fact decided on; `decision`: the entry that decided; `people`: the references, the decider's first."""

    number: int
    decision: str
    people: tuple[str, ...]

    def __str__(self) -> str:
        first, *others = self.people
        return f"{self.decision}: {first} = {', '.join(others)}"


def self_approved(view: View, same: Same) -> Iterator[FoundLater]:
    """In no order that means anything."""
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
                yield FoundLater(number, wording.citation, (approver, *sorted(recorders)))


def _worded(matter: Matter, before: Entry) -> tuple[Entry, ...]:
    """The entries that worded the fact before another one."""
    return tuple(s.wording for s in matter.wordings if s.wording.number < before.number)


def _shared(number: int, decision: Entry, involved: Iterable[Entry], same: Same) -> Iterator[FoundLater]:
    deciding = decision.envelope.actor.people
    joined = same(deciding)
    others = sorted({p for e in involved for p in e.envelope.actor.people if p in joined and p not in deciding})
    if others:
        decider = next(p for p in (decision.envelope.actor.person, *sorted(deciding)) if same([p]) & set(others))
        yield FoundLater(number, decision.citation, (decider, *others))
