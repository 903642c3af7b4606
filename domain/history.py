"""The fold: which facts are in force at a viewpoint, and how they read. Every read model must answer as this does."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from itertools import chain
from operator import attrgetter
from typing import Generic, TypeVar, assert_never, cast
from uuid import UUID

from domain.entry import Entry, citations, stream_id
from domain.fact import KINDS, F, F_co, Fact, Line, Stage
from domain.judgement import (
    Accepted,
    Annulled,
    AnnulmentProposed,
    AnyJudgement,
    Approved,
    Beside,
    Corrected,
    CorrectionProposed,
    Declined,
    Endorsed,
    EvidenceAttached,
    EvidenceWithdrawn,
    Instructed,
    InstructionAnswered,
    InstructionClosed,
    InstructionSentBack,
    Judgement,
    Proposal,
    Recalled,
    ReinstatementProposed,
    SentBack,
    VerdictGiven,
)
from domain.viewpoint import EVERYTHING, Viewpoint

B = TypeVar("B", bound=Judgement)


@dataclass(frozen=True, init=False)
class Standing(Generic[F_co]):
    """A fact as it reads: its original entry, the entry that words it now, and the approval that put it in force."""

    original: Entry
    fact: F_co
    wording: Entry
    approval: Entry | None
    place: tuple[date, int, int] = field(repr=False, compare=False)
    """Its place among the facts of its stream: nearly every one is asked for it, and a lazy property locks."""

    def __init__(self, original: Entry, fact: F_co, wording: Entry, approval: Entry | None = None) -> None:
        place = fact.order(original.number)
        self.__dict__.update(original=original, fact=fact, wording=wording, approval=approval, place=place)

    @property
    def number(self) -> int:
        """The original's number; a correction keeps it."""
        return self.original.number

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The figures it states, reckoned once."""
        return tuple(self.fact.lines())

    @property
    def sources(self) -> tuple[str, ...]:
        """The entries that together make the fact read so."""
        said = [e for e in (self.original, self.wording, self.approval) if e is not None]
        return tuple(dict.fromkeys(citations(said)))


@dataclass
class Matter:
    """All that was ever said about one fact: its wordings in the order they came into force, and its annulments."""

    wordings: list[Standing[Fact]]
    turns: list[tuple[Entry, bool]] = field(default_factory=list)
    """The entries that annulled it (True) or reinstated it (False)."""
    beside: list[tuple[Entry, Beside]] = field(default_factory=list)
    """Verdicts, endorsements, evidence and what was ruled on a return, in order."""

    @property
    def current(self) -> Standing[Fact]:
        return self.wordings[-1]

    def copy(self) -> "Matter":
        return Matter([*self.wordings], [*self.turns], [*self.beside])

    def said(self, kind: type[B]) -> list[tuple[Entry, B]]:
        """The judgements of one kind that stand beside the fact, in order."""
        return [(entry, event) for entry, event in self.beside if isinstance(event, kind)]

    def wording(self, number: int) -> Standing[Fact] | None:
        """The version that an entry number names."""
        return next((w for w in self.wordings if w.wording.number == number), None)

    @property
    def annulled_by(self) -> Entry | None:
        return self.turns[-1][0] if self.turns and self.turns[-1][1] else None


PLACE = attrgetter("place")


def inserted(facts: tuple[Standing[Fact], ...], one: Standing[Fact]) -> tuple[Standing[Fact], ...]:
    if not facts or facts[-1].place < one.place:  # most facts come in the order of their days
        return (*facts, one)
    at = bisect(facts, one.place, key=PLACE)
    return (*facts[:at], one, *facts[at:])


@cache
def concrete(kinds: tuple[type[Fact], ...], declared: int) -> tuple[type[Fact], ...]:
    """The kinds among them, and those they are a base of; `declared` is how many there are, should more be."""
    return tuple(kind for kind in KINDS.values() if issubclass(kind, kinds))


@cache
def states_levels(kind: type[Fact]) -> bool:
    """Whether facts of the kind may state how high something stands."""
    return kind.lines is not Fact.lines and not kind.flows


class View:
    """A stream at a viewpoint."""

    def __init__(self, label: str, viewpoint: Viewpoint, entries: Iterable[Entry]) -> None:
        self.label = label
        self.viewpoint = viewpoint
        self.matters: dict[int, Matter] = {}
        self.proposals: dict[int, tuple[Entry, Proposal]] = {}
        self.decided: dict[int, Entry] = {}
        self.last = 0
        for entry in entries:
            if entry.position <= viewpoint.known:
                self._evolve(entry)
                self.last = entry.number

    def _evolve(self, entry: Entry) -> None:
        match event := entry.event:
            case Fact():
                self.matters[entry.number] = Matter([Standing(entry, event, entry)])
            case CorrectionProposed() | AnnulmentProposed() | ReinstatementProposed():
                self.proposals[entry.number] = (entry, event)
            case Approved():
                self.decided[event.proposal] = entry
                self._take_effect(*self.proposals[event.proposal], approval=entry)
            case Declined():
                self.decided[event.proposal] = entry
            case Corrected():
                matter = self.matters[event.target]
                matter.wordings.append(Standing(matter.current.original, event.reads, entry))
            case Annulled():
                self.matters[event.target].turns.append((entry, True))
            case (
                VerdictGiven()
                | Endorsed()
                | Accepted()
                | SentBack()
                | Recalled()
                | EvidenceAttached()
                | EvidenceWithdrawn()
                | Instructed()
                | InstructionAnswered()
                | InstructionSentBack()
                | InstructionClosed()
            ):
                self.matters[event.target].beside.append((entry, event))
            case _:
                assert_never(event)

    def _take_effect(self, wording: Entry, proposal: Proposal, approval: Entry) -> None:
        matter = self.matters[proposal.target]
        match proposal:
            case CorrectionProposed():
                matter.wordings.append(Standing(matter.current.original, proposal.reads, wording, approval))
            case AnnulmentProposed():
                matter.turns.append((approval, True))
            case ReinstatementProposed():
                matter.turns.append((approval, False))
            case _:
                assert_never(proposal)

    @cached_property
    def facts(self) -> tuple[Standing[Fact], ...]:
        """In force and not after `on`, in order: (occurred_on, turn, number)."""
        return tuple(sorted(chain.from_iterable(self.by_kind.values()), key=PLACE))

    @cached_property
    def by_kind(self) -> dict[type[Fact], tuple[Standing[Fact], ...]]:
        """The same facts by their kind, each kind's in order."""
        found: dict[type[Fact], list[Standing[Fact]]] = {}
        for matter in self.matters.values():
            standing = matter.current
            if matter.annulled_by is None and standing.fact.occurred_on <= self.viewpoint.on:
                found.setdefault(type(standing.fact), []).append(standing)
        return {kind: tuple(sorted(facts, key=PLACE)) for kind, facts in found.items()}

    def of(self, *kinds: type[F]) -> Sequence[Standing[F]]:
        """The facts of some kinds (or of a base of several), in order."""
        return cast("Sequence[Standing[F]]", self._those(concrete(kinds, len(KINDS))))

    def _those(self, kinds: Iterable[type[Fact]]) -> Sequence[Standing[Fact]]:
        found = [self.by_kind[kind] for kind in kinds if kind in self.by_kind]
        if not found:
            return ()
        return found[0] if len(found) == 1 else sorted(chain.from_iterable(found), key=PLACE)

    @property
    def stages(self) -> list[tuple[Standing[Fact], Stage]]:
        """The facts that enter a stage, in order, each with its stage."""
        entering = self._those(k for k in self.by_kind if k.stage is not Fact.stage)
        return [(s, stage) for s in entering if (stage := s.fact.stage()) is not None]

    @property
    def figures(self) -> Sequence[Standing[Fact]]:
        """The facts of kinds that state figures, in order."""
        return self._those(k for k in self.by_kind if k.lines is not Fact.lines)

    @property
    def levels(self) -> Sequence[Standing[Fact]]:
        """Those of kinds that may state how high something stands, in order."""
        return self._those(filter(states_levels, self.by_kind))

    def last_of(self, kind: type[F]) -> Standing[F] | None:
        found = self.of(kind)
        return found[-1] if found else None

    def without(self, number: int) -> "View":
        """The same, as if one fact were not there: what a correction of it is checked against."""
        other = self._twin()
        del other.matters[number]
        return other

    def with_fact(self, entry: Entry, fact: Fact) -> "View":
        """The same, as if this fact were corrected to read so."""
        other = self._twin()
        other.matters[entry.number] = Matter([Standing(entry, fact, entry)], beside=self.matters[entry.number].beside)
        return other

    def plus(self, entries: Iterable[Entry]) -> "View":
        """The same with more entries; what stays as it was is shared, not made anew."""
        other = self._twin()
        added: list[Standing[Fact]] | None = []
        for entry in entries:
            if entry.position > self.viewpoint.known:
                continue
            other.last = entry.number
            if isinstance(entry.event, Fact):
                other._evolve(entry)
                if added is not None:
                    added.append(other.matters[entry.number].current)
                continue
            if other.decided is self.decided:
                other.proposals, other.decided = self.proposals.copy(), self.decided.copy()
            target = other._target(entry.event)
            if target in other.matters:
                other.matters[target] = other.matters[target].copy()
                added = None
            other._evolve(entry)
        if added is not None:
            other._insert(self, added)
        return other

    def _twin(self) -> "View":
        """A copy that may have other matters; what is reckoned from them is reckoned anew."""
        other = View.__new__(View)
        other.__dict__.update(self.__dict__)
        other.__dict__.pop("facts", None)
        other.__dict__.pop("by_kind", None)
        other.matters = self.matters.copy()
        return other

    def _insert(self, was: "View", more: Iterable[Standing[Fact]]) -> None:
        """Put new facts in their places among those of the view before, instead of sorting all."""
        if "by_kind" not in was.__dict__:
            return
        self.by_kind = was.by_kind.copy()
        for standing in more:
            if standing.fact.occurred_on <= self.viewpoint.on:
                kind = type(standing.fact)
                self.by_kind[kind] = inserted(self.by_kind.get(kind, ()), standing)

    def _target(self, event: AnyJudgement) -> int:
        """The number of the fact that a judgement is about."""
        if isinstance(event, Approved | Declined):
            return self.proposals[event.proposal][1].target
        return event.target

    def pending(self) -> list[tuple[Entry, Proposal]]:
        """Proposals nobody has decided yet."""
        return [self.proposals[n] for n in sorted(self.proposals) if n not in self.decided]


class History:
    """A stream's entries in order; immutable, grows by `plus`."""

    def __init__(self, label: str, entries: tuple[Entry, ...] = ()) -> None:
        self.label = label
        self.entries = entries

    @property
    def id(self) -> UUID:
        return stream_id(self.label)

    @property
    def version(self) -> int:
        return self.entries[-1].number if self.entries else 0

    def plus(self, entries: Iterable[Entry]) -> "History":
        more = tuple(entries)
        if not more:
            return self
        grown = History(self.label, self.entries + more)
        if "now" in self.__dict__:
            grown.__dict__["now"] = self.now.plus(more)
        return grown

    def entry(self, number: int) -> Entry | None:
        return self.entries[number - 1] if 0 < number <= len(self.entries) else None

    def at(self, viewpoint: Viewpoint) -> View:
        return View(self.label, viewpoint, self.entries)

    @cached_property
    def now(self) -> View:
        """All that is in force, later beginnings included."""
        return self.at(EVERYTHING)
