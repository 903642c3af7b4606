"""变化: what differs between two viewpoints of a project, figure by figure, and which entries moved it (decision 0013)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from domain.entry import Entry, cite
from domain.fact import Fact
from domain.history import Matter, Standing, View
from domain.judgement import EvidenceAttached, EvidenceWithdrawn, VerdictGiven
from domain.office.district import SettingsAdopted
from domain.office.gates import GatesAdopted, GatesInForce
from domain.questions.acts import Act, act
from domain.questions.answers import Sourced
from domain.questions.around import ALONE, Around
from domain.questions.attributes import attribute
from domain.questions.comparing import Difference, Path, Reading, differences, figures
from domain.questions.irregularities import irregularities
from domain.questions.recognition import judged_figures
from domain.questions.status import status
from domain.questions.undoing import ENDS, RULED_BY, anything
from domain.settings import Settings
from domain.values import Frozen


class Side(Sourced):
    """A figure at one of the two viewpoints."""

    value: Any


class Change(Frozen):
    """`before` or `after` is null where there was no such figure. `restated`: it reads the same and rests on other entries.

    `moved_by`: citations of what moved it, in the order they were recorded; empty where the calendar alone did (`by_time`).
    """

    figure: Path
    before: Side | None
    after: Side | None
    restated: bool
    moved_by: tuple[str, ...]
    by_time: bool


class Changes(Frozen):
    """`recorded`: how many entries of the stream the ledger knew at each of the two; most move no figure."""

    code: str
    figures: tuple[Change, ...]
    entries: tuple[Act, ...]
    recorded: tuple[int, int]


class At(NamedTuple):
    """A project, with what the district had settled, at one viewpoint; `district` without a limit of days.

    `bearing`: the streams of units and people that `around` is from.
    """

    view: View
    settings: Settings
    gates: GatesInForce
    district: View
    around: Around = ALONE
    bearing: tuple[View, ...] = ()

    def figures(self) -> dict[Path, Reading]:
        """Of the status; codes are the one thing said there without naming who said it."""
        found = figures(status(self.view, self.settings, self.gates, self.around))
        said = attribute(self.view, "codes")
        if said is not None:
            found[CODES] = found[CODES]._replace(sources=said[1].sources)
        return found


@dataclass(frozen=True)
class Moved:
    """One fact that does not stand the same at both, and the entries between the two that were about it."""

    number: int
    sides: tuple[Fact, ...]
    """As it reads at each viewpoint at which it is in sight."""
    acts: tuple[Entry, ...]
    """Its recording, corrections, annulment, reinstatement; none between, but in sight at one alone: the fact itself."""
    verdicts: tuple[Entry, ...]
    evidence: tuple[Entry, ...]


def changes(before: At, after: At) -> Changes:
    """What differs, in the order of a status answer."""
    return Between(before, after).answer()


class Between:
    """Two viewpoints of one project; whichever is the later, `before` and `after` are told as they were asked."""

    def __init__(self, before: At, after: At) -> None:
        self.before, self.after = before, after
        known = before.view.viewpoint.known, after.view.viewpoint.known
        self._window = min(known), max(known)
        self._later = before if known[0] > known[1] else after
        self._same_day = before.view.viewpoint.on == after.view.viewpoint.on

    def answer(self) -> Changes:
        found = [(one, self.movers(one)) for one in differences(self.before.figures(), self.after.figures())]
        named = {entry.citation: entry for _, entries in found for entry in entries}
        return Changes(
            code=self.after.view.label,
            figures=tuple(self._change(one, entries) for one, entries in found),
            entries=self.acts(sorted(named.values(), key=_place)),
            recorded=(self.before.view.last, self.after.view.last),
        )

    def acts(self, entries: Iterable[Entry]) -> tuple[Act, ...]:
        return tuple(act(entry, self._later.view) for entry in entries)

    def _change(self, one: Difference, entries: tuple[Entry, ...]) -> Change:
        return Change(
            figure=one.path,
            before=_side(one.before),
            after=_side(one.after),
            restated=one.restated,
            moved_by=tuple(e.citation for e in entries),
            by_time=not entries and not self._same_day,
        )

    def movers(self, one: Difference) -> tuple[Entry, ...]:
        """The entries that moved a figure, in the order they were recorded.

        Those between the two viewpoints about a fact that the figure rests on at either, about a fact that ends or
        undoes what it says (ENDS), or of the district where under its settings of before nothing would have moved.
        """
        if one.path[0] == "awaiting_decision":
            return self._deciding(one)
        cited = {self._of[c] for c in one.sources if c in self._of}
        found: list[Entry] = []
        for number, moved in self._moved.items():
            if number in cited:
                found.extend(self._about(one, moved))
            elif any(ENDS.get(one.path[0], anything)(fact, one) for fact in moved.sides):
                found.extend(moved.acts)
            if one.path[0] == "gates" and self._gated(one, moved):
                found.extend((*moved.acts, *moved.evidence))
        if one.path == IRREGULAR:
            found.extend(self._made_irregular(one))
        if one.path in self._by_district:
            found.extend(self._by_district[one.path])
        found.extend(e for c in one.sources for e in self._elsewhere.get(c, ()))
        if not found and one.path[0] in ("gates", "marks"):
            found.extend(self._adoptions)
        if not found and self._same_day:
            found.extend(e for m in self._moved.values() for e in (*m.acts, *m.verdicts, *m.evidence))
        return tuple(sorted({e.citation: e for e in found}.values(), key=_place))

    def about(self, number: int, measure: str, verdicts: bool) -> tuple[Entry, ...]:
        """What was recorded about one fact; verdicts on one of its measures where those are asked for."""
        moved = self._moved.get(number)
        if moved is None:
            return ()
        judged = [e for e in moved.verdicts if verdicts and getattr(e.event, "measure", None) == measure]
        return tuple(sorted((*moved.acts, *judged), key=_place))

    def all_moved(self) -> tuple[Entry, ...]:
        """All that was recorded about any fact of the project that moved."""
        found = {e.citation: e for m in self._moved.values() for e in m.acts}
        return tuple(sorted(found.values(), key=_place))

    def _gated(self, one: Difference, moved: Moved) -> bool:
        """Whether a fact is of a kind that the stage's gate expects at either viewpoint."""
        tables = [at.gates.expected(at.view.viewpoint.on) for at in (self.before, self.after)]
        kinds = {e.kind for table in tables for e in table.expects if e.stage.value == one.path[-1]}
        return any(fact.kind.topic in kinds for fact in moved.sides)

    def _about(self, one: Difference, moved: Moved) -> Iterable[Entry]:
        """Of a fact that the figure rests on; a verdict moves only what was recognised of its own measure."""
        if one.path[0] != "measures" or one.path[2] in ("reported", "statistical"):
            return moved.acts
        verdicts = [e for e in moved.verdicts if getattr(e.event, "measure", None) == one.path[1]]
        if verdicts and one.path[2] in ("not_judged", "not_recognised") and self._verdicts_alone(moved.number):
            return verdicts
        return (*moved.acts, *verdicts)

    def _verdicts_alone(self, number: int) -> bool:
        """Whether the fact's verdicts are judged the same however it reads: then its corrections moved nothing there."""
        early, late = self._matter(self.before, number), self._matter(self.after, number)
        if early is None or late is None or _reads(early, self.before.view) is None or _reads(late, self.after.view) is None:
            return False
        for of, said in ((early, late), (late, early)):
            hybrid = Matter(of.wordings, of.turns, said.beside)
            settings = (self.after if said is late else self.before).settings
            now = [(j.measure, j.state) for j in judged_figures(hybrid, settings)]
            if now != [(j.measure, j.state) for j in judged_figures(said, settings)]:
                return False
        return True

    def _deciding(self, one: Difference) -> tuple[Entry, ...]:
        """Proposals that came to wait, and what decided those that wait no longer."""
        view = self._later.view
        listed = set(one.sources)
        found = [e for e, _ in view.proposals.values() if e.citation in listed and self._new(e)]
        found += [
            view.decided[e.number] for e, _ in view.proposals.values() if e.citation in listed and e.number in view.decided
        ]
        return tuple(sorted((e for e in found if self._new(e)), key=_place))

    def _new(self, entry: Entry) -> bool:
        return self._window[0] < entry.position <= self._window[1]

    def _matter(self, at: At, number: int) -> Matter | None:
        return at.view.matters.get(number)

    @cached_property
    def _moved(self) -> dict[int, Moved]:
        """Every fact of the project that does not stand the same at both."""
        return {m.number: m for m in self._between(self.before.view, self.after.view, self._later.view)}

    def _between(self, before: View, after: View, later: View) -> Iterator[Moved]:
        for number, matter in later.matters.items():
            reads = [_reads(v.matters.get(number), v) for v in (before, after)]
            sides = tuple(s.fact for s in reads if s is not None)
            acts = tuple(e for e in _acts(matter) if self._new(e))
            if _state(reads[0]) == _state(reads[1]):
                acts = ()
            elif not acts:
                acts = (matter.wordings[0].original,)
            verdicts = tuple(e for e, _ in matter.said(VerdictGiven) if self._new(e))
            evidence = tuple(
                e for e, event in matter.beside if isinstance(event, EvidenceAttached | EvidenceWithdrawn) and self._new(e)
            )
            if sides and (acts or verdicts or evidence):
                yield Moved(number, sides, acts, verdicts, evidence)

    @cached_property
    def _of(self) -> dict[str, int]:
        """Which fact an entry that figures name is of."""
        found: dict[str, int] = {}
        for number, matter in self._later.view.matters.items():
            for entry in (*_acts(matter), *(w.wording for w in matter.wordings), *(e for e, _ in matter.beside)):
                found[entry.citation] = number
        return found

    @cached_property
    def _elsewhere(self) -> dict[str, tuple[Entry, ...]]:
        """What moved in the streams of units and people that bear on projects, by the citation of each fact."""
        found: dict[str, tuple[Entry, ...]] = {}
        sides = [{v.label: v for v in at.bearing} for at in (self.before, self.after, self._later)]
        for label, later in sides[2].items():
            for moved in self._between(sides[0].get(label, later), sides[1].get(label, later), later):
                found[cite(label, moved.number)] = moved.acts
        return found

    @cached_property
    def _by_district(self) -> dict[Path, tuple[Entry, ...]]:
        """The figures that read otherwise under the settings and gates of after, and the entries that settled those."""
        acts = (*self._settling, *self._adoptions)
        if not acts:
            return {}
        settled = self.before._replace(settings=self.after.settings, gates=self.after.gates).figures()
        return {d.path: acts for d in differences(self.before.figures(), settled)}

    @cached_property
    def _settling(self) -> tuple[Entry, ...]:
        return self._in_district(SettingsAdopted) if self.before.settings != self.after.settings else ()

    @cached_property
    def _adoptions(self) -> tuple[Entry, ...]:
        """Tables of stage gates adopted between the two, or beginning between the two days."""
        days = [at.gates.adopted_on(at.view.viewpoint.on) for at in (self.before, self.after)]
        named = {s.original.citation: s.original for s in days if s is not None}
        return () if _state(days[0]) == _state(days[1]) else self._in_district(GatesAdopted) or tuple(named.values())

    def _in_district(self, kind: type[Fact]) -> tuple[Entry, ...]:
        of = self._between(self.before.district, self.after.district, self._later.district)
        return tuple(e for moved in of if isinstance(moved.sides[0], kind) for e in moved.acts)

    def _made_irregular(self, one: Difference) -> Iterator[Entry]:
        """Where a fact that did not move itself came to be irregular, or ceased to: what its rule looks at besides."""
        sides = [set(side.sources) if side else set() for side in (one.before, one.after)]
        odd = {self._of[c] for c in sides[0] ^ sides[1] if c in self._of} - self._moved.keys()
        if odd:
            marks = [set(irregularities(at.view, at.settings, at.gates, at.around)) for at in (self.before, self.after)]
            rules = {mark.rule for mark in marks[0] ^ marks[1] if mark.number in odd}
            for moved in self._moved.values():
                if any(RULED_BY.get(rule, anything)(fact, one) for rule in rules for fact in moved.sides):
                    yield from moved.acts
                if "gate_missing" in rules:
                    yield from moved.evidence
            if "self_approved" in rules:
                yield from (e for entries in self._elsewhere.values() for e in entries)


def _side(reading: Reading | None) -> Side | None:
    return None if reading is None else Side(value=reading.value, sources=reading.sources)


def _place(entry: Entry) -> tuple[int, int]:
    return entry.position, entry.number


def _reads(matter: Matter | None, view: View) -> Standing[Fact] | None:
    """The fact where it is in sight."""
    if matter is None or matter.annulled_by is not None or matter.current.fact.occurred_on > view.viewpoint.on:
        return None
    return matter.current


def _state(standing: Standing[Any] | None) -> object:
    return None if standing is None else standing.sources


def _acts(matter: Matter) -> Iterator[Entry]:
    """What changed how the fact stands, from its recording on."""
    for wording in matter.wordings:
        yield wording.approval or wording.wording
    for entry, _ in matter.turns:
        yield entry


CODES: Path = ("codes",)
IRREGULAR: Path = ("marks", "irregular")
