"""记录: one entry, how the fact that it is or is about reads, and all that was later said about it."""

from collections.abc import Iterator
from typing import Any

from domain.entry import Entry
from domain.fact import Fact
from domain.history import History, Matter, View
from domain.judgement import Approved, Declined
from domain.questions.acts import Act, act
from domain.questions.timeline import Wording, wording
from domain.values import Frozen
from domain.viewpoint import Viewpoint


class Later(Act):
    """One thing said about the entry afterwards; `states`: what it says itself."""

    states: dict[str, Any]


class EntryTold(Frozen):
    """`wordings`: every version of the fact in the order they came into force, of a judgement those of the fact it is about.

    `in_force`: the entry that words the fact now; null where it is annulled. `pending`: proposals nobody has decided.
    """

    act: Act
    wordings: tuple[Wording, ...]
    in_force: str | None
    annulled_by: str | None
    pending: tuple[str, ...]
    later: tuple[Later, ...]


def entry_told(history: History, number: int, viewpoint: Viewpoint) -> EntryTold | None:
    """None where the ledger did not know the entry; `on` leaves none out, whatever day it tells of."""
    entry, view = history.entry(number), history.at(Viewpoint(known=viewpoint.known))
    if entry is None or entry.position > viewpoint.known:
        return None
    matter = _matter(entry, view)
    annulled = matter.annulled_by if matter else None
    known = [e for e in history.entries if e.position <= viewpoint.known]
    return EntryTold(
        act=act(entry, view),
        wordings=tuple(wording(w) for w in matter.wordings) if matter else (),
        in_force=matter.current.wording.citation if matter and annulled is None else None,
        annulled_by=annulled.citation if annulled else None,
        pending=tuple(e.citation for e, proposal in view.pending() if number in (e.number, proposal.target)),
        later=tuple(
            Later(**dict(act(e, view)), states=e.event.model_dump(mode="json", exclude_none=True))
            for e in _about(entry, view, known)
        ),
    )


def _matter(entry: Entry, view: View) -> Matter | None:
    event = entry.event
    if isinstance(event, Fact):
        return view.matters.get(entry.number)
    if isinstance(event, Approved | Declined):
        return view.matters.get(view.proposals[event.proposal][1].target)
    return view.matters.get(event.target)


def _about(entry: Entry, view: View, known: list[Entry]) -> Iterator[Entry]:
    """Judgements of a fact or proposal, and decisions on the proposals about it, in the order they were recorded."""
    for other in known:
        event = other.event
        if isinstance(event, Fact):
            continue
        if isinstance(event, Approved | Declined):
            if entry.number in (event.proposal, view.proposals[event.proposal][1].target):
                yield other
        elif event.target == entry.number:
            yield other
