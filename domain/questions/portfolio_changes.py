"""汇总的变化: which facts came into a total or left it between two viewpoints, and which entries did that."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from domain.entry import Entry
from domain.history import Matter, View
from domain.judgement import VerdictGiven
from domain.project.responsibilities import ResponsibilityRole
from domain.project.shares import terms_on
from domain.questions.acts import Act
from domain.questions.answers import Sourced
from domain.questions.changes import Between
from domain.questions.measures import Counted, counted, counting_figures, counting_verdicts
from domain.questions.portfolio import Attribute, By, group_of
from domain.questions.projects import project_row, unit_answering
from domain.settings import Settings

Place = tuple[str | None, str, str]
"""Group, measure, and 口径 or `bureau:CODE`."""
Contribution = tuple[str, int, int, object]
"""Project, fact, the position since which it counts as it does, and the share terms it is divided by."""


class MovedFact(Sourced):
    """A fact that came into a total or left it, or both; `sources`: the entries that did that, `entries` the same told."""

    fact: str
    came: bool
    left: bool
    entries: tuple[Act, ...] | None
    """Null for whoever may not read the project's entries."""


def contributions(
    views: Iterable[View], by: By, role: ResponsibilityRole, attribute: Attribute, settings: Settings
) -> dict[Place, set[Contribution]]:
    """What each total is made of."""
    found: dict[Place, set[Contribution]] = {}
    for view in views:
        row = project_row(view)
        now = group_of(view, row, by, role) if row is not None else None
        judged = [(f"bureau:{bureau}", figure) for bureau, figure, _ in counting_verdicts(view)]
        figures = [(f.authority, f) for f in counting_figures(counted(view, settings))]
        for whose, figure in (*figures, *judged):
            since = _since(view.matters[figure.standing.number], figure, settings, whose)
            for group, terms in _groups(view, figure, by, role, attribute, now):
                place = (group, figure.measure.name, str(whose))
                found.setdefault(place, set()).add((view.label, figure.standing.number, since, terms))
    return found


def _groups(
    view: View, figure: Counted, by: By, role: ResponsibilityRole, attribute: Attribute, now: str | None
) -> Iterator[tuple[str | None, object]]:
    if figure.measure.sort == "level" or by != "unit":
        yield now, None
        return
    day = figure.standing.fact.occurred_on
    terms = terms_on(view, role, day)
    if terms is None:
        yield (unit_answering(view, role, day) if attribute == "then" else now), None
        return
    for share in terms.fact.shares:
        yield share.unit, (share.ratio, share.unit == terms.fact.remainder)


def _since(matter: Matter, figure: Counted, settings: Settings, whose: str) -> int:
    """When it began to count as it does: its wording, its reinstatement, the verdict."""
    wording = matter.current.approval or matter.current.wording
    since = [wording.position, *(entry.position for entry, annulled in matter.turns if not annulled)]
    if figure.verdict is not None:
        since.append(figure.verdict.position)
        if whose == "recognised" and figure.measure.name not in settings.recognising:
            since += [e.position for e, said in matter.said(VerdictGiven) if said.measure == figure.measure.name]
    return max(since)


def of_the_whole(found: Mapping[Place, set[Contribution]]) -> dict[Place, set[Contribution]]:
    """All groups together, each fact once."""
    whole: dict[Place, set[Contribution]] = {}
    for (_, measure, whose), facts in found.items():
        whole.setdefault((None, measure, whose), set()).update((code, fact, since, None) for code, fact, since, _ in facts)
    return whole


def moved(before: Mapping[Place, set[Contribution]], after: Mapping[Place, set[Contribution]]) -> Counter[Place]:
    """Of each total how many came and how many left: a corrected fact does both."""
    nobody: set[Contribution] = set()
    found = {p: len(before.get(p, nobody) ^ after.get(p, nobody)) for p in (*before, *after)}
    return Counter({place: count for place, count in found.items() if count})


def moved_fact(between: Between, number: int, measure: str, verdicts: bool, came: bool, left: bool) -> MovedFact:
    """`verdicts`: whether the total is of what was recognised."""
    entries = entries_of(between, number, measure, verdicts)
    label = between.after.view.label
    sources = tuple(e.citation for e in entries)
    return MovedFact(fact=f"{label}#{number}", came=came, left=left, entries=between.acts(entries), sources=sources)


def entries_of(between: Between, number: int, measure: str, verdicts: bool) -> tuple[Entry, ...]:
    """About the fact itself; where it stands as it stood, whatever else moved in its project: whose it is, what is last."""
    return between.about(number, measure, verdicts) or between.all_moved()
