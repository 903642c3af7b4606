"""What a project's figures come to at a viewpoint: flows are summed, of a level the last statement counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from domain.entry import Entry
from domain.fact import AUTHORITIES, MEASURES, Authority, Fact, Measure
from domain.history import Standing, View
from domain.project.statistics import StatisticCited
from domain.questions.recognition import disputed, recognised_lines, recognitions
from domain.settings import Settings


class Counted(NamedTuple):
    """One figure in force, and the verdict's entry where it is a recognised one."""

    standing: Standing[Fact]
    measure: Measure
    authority: Authority
    amount: int
    verdict: Entry | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The entries of its fact, and the verdict's."""
        return (*self.standing.sources, self.verdict.citation) if self.verdict else self.standing.sources


@dataclass(frozen=True)
class Total:
    """One measure in one 口径, with the facts that make it; `amount` in hundredths or whole numbers."""

    measure: Measure
    authority: Authority
    amount: int
    facts: tuple[Standing[Fact], ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class BureauTotal:
    """What one bureau recognises of one measure; `disputed` counts the facts of which another recognises another amount."""

    measure: Measure
    bureau: str
    amount: int
    facts: tuple[Standing[Fact], ...]
    disputed: int
    sources: tuple[str, ...]


def stated(view: View) -> Iterator[Counted]:
    """Every figure that facts state and that counts, in order."""
    for standing in stating(view):
        for line in standing.lines:
            yield Counted(standing, line.measure, line.authority, line.amount)


def stating(view: View, among: Iterable[Standing[Fact]] | None = None) -> Iterator[Standing[Fact]]:
    """The facts (or some of them) whose figures count, in order; of citations of one statistical period only the last."""
    facts = view.figures if among is None else among
    cited = view.of(StatisticCited)
    if not cited:
        return iter(facts)
    last = {(c.fact.measure, c.fact.period): c.number for c in cited}
    replaced = {c.number for c in cited} - set(last.values())
    return (standing for standing in facts if standing.number not in replaced)


def counted(view: View, settings: Settings) -> Iterator[Counted]:
    """Every figure in force, those that the headline authorities recognise included."""
    yield from stated(view)
    for standing in view.facts:
        for line, by in recognised_lines(view.matters[standing.number], settings):
            yield Counted(standing, line.measure, line.authority, line.amount, by.entry)


def by_bureau(view: View) -> Iterator[tuple[str, Counted, bool]]:
    """Every figure that some bureau recognises, whether or not it is the headline one, and whether it is disputed."""
    for standing in view.facts:
        standing_verdicts = recognitions(view.matters[standing.number])
        for one in standing_verdicts:
            figure = Counted(standing, one.measure, "recognised", one.amount, one.entry)
            yield one.authority, figure, disputed(standing_verdicts, one.measure)


def totals(view: View, settings: Settings) -> list[Total]:
    """In the order of the measures, then of the authorities; measures nothing is stated of are left out."""
    found: dict[tuple[str, Authority], list[Counted]] = {}
    for figure in counting_figures(counted(view, settings)):
        found.setdefault((figure.measure.name, figure.authority), []).append(figure)
    return [
        Total(measure, authority, sum(c.amount for c in of), _facts(of), _sources(of))
        for name, measure in MEASURES.items()
        for authority in AUTHORITIES
        if (of := found.get((name, authority)))
    ]


def bureau_totals(view: View) -> list[BureauTotal]:
    """By measure and bureau."""
    found: dict[tuple[int, str], list[tuple[Counted, bool]]] = {}
    for bureau, figure, split in counting_verdicts(view):
        found.setdefault((figure.measure.number, bureau), []).append((figure, split))
    made = []
    for (_, bureau), of in sorted(found.items()):
        figures = [figure for figure, _ in of]
        amount, disputes = sum(f.amount for f in figures), sum(split for _, split in of)
        made.append(BureauTotal(figures[0].measure, bureau, amount, _facts(figures), disputes, _sources(figures)))
    return made


def counting_figures(figures: Iterable[Counted]) -> Iterator[Counted]:
    """Those that count: of a flow all, of a level the last in each 口径."""
    levels: dict[tuple[str, Authority], Counted] = {}
    for figure in figures:
        if figure.measure.sort == "flow":
            yield figure
        else:
            levels[figure.measure.name, figure.authority] = figure
    yield from levels.values()


def counting_verdicts(view: View) -> Iterator[tuple[str, Counted, bool]]:
    """The same of what each bureau recognises."""
    levels: dict[tuple[str, str], tuple[str, Counted, bool]] = {}
    for bureau, figure, split in by_bureau(view):
        if figure.measure.sort == "flow":
            yield bureau, figure, split
        else:
            levels[figure.measure.name, bureau] = bureau, figure, split
    yield from levels.values()


def _facts(figures: Iterable[Counted]) -> tuple[Standing[Fact], ...]:
    return tuple(f.standing for f in figures)


def _sources(figures: Iterable[Counted]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for f in figures for c in f.sources))
