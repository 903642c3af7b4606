"""汇总: totals over the portfolio, by unit, stage, category, industry or class of the year (DESIGN §3.12)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from domain.fact import MEASURES, Authority
from domain.history import View
from domain.project.responsibilities import ResponsibilityRole
from domain.project.shares import terms_on
from domain.questions.measures import Counted, counted, counting_figures, counting_verdicts
from domain.questions.projects import ProjectRow, project_row, unit_answering
from domain.settings import Settings
from domain.values import Frozen

By = Literal["unit", "stage", "category", "industry", "yearly_class"]
Attribute = Literal["then", "now"]
UNIT_ROLES: dict[str, ResponsibilityRole] = {
    "lead": "lead_unit",
    "introducing": "introducing_unit",
    "hosting": "hosting_unit",
}


class GroupTotal(Frozen):
    """One measure in one 口径 for one group; `amount` in hundredths or whole numbers, `sources` counts the facts."""

    group: str | None
    measure: str
    authority: Authority
    amount: int
    sources: int


class GroupCount(Frozen):
    """How many projects stand in the group at `on`."""

    group: str | None
    count: int


def group_of(view: View, row: ProjectRow, by: By, role: ResponsibilityRole) -> str | None:
    match by:
        case "unit":
            return unit_answering(view, role, view.viewpoint.on)
        case "stage":
            return row.stage.value
        case "category":
            return row.category
        case "industry":
            return row.industry
        case "yearly_class":
            return row.yearly_class


class BureauTotal(Frozen):
    """What one bureau recognises of one measure in one group; `disputed` counts facts others recognise otherwise."""

    group: str | None
    measure: str
    bureau: str
    amount: int
    sources: int
    disputed: int


class Portfolio(Frozen):
    """By group, then by measure; the group None is what belongs to none.

    A fact that units share is among the sources of each of them, and once among those of the whole.
    """

    counts: tuple[GroupCount, ...]
    totals: tuple[GroupTotal, ...]
    bureaus: tuple[BureauTotal, ...]
    whole: tuple[GroupTotal, ...] = ()
    """Of all groups together, each fact once; `group` is None."""
    whole_bureaus: tuple[BureauTotal, ...] = ()


def portfolio(
    views: Iterable[View], by: By, role: ResponsibilityRole, attribute: Attribute, settings: Settings
) -> Portfolio:
    """The fold over all projects. By unit and `then`, a flow belongs to the unit answering on the fact's own day;
    everything else, and counts and levels always, to the group at `on`. Share terms (份额约定) that stand on a flow's
    day divide it among their units, under `then` and `now` alike. What a project in no stage states still counts."""
    counts: Counter[str | None] = Counter()
    sums: defaultdict[tuple[str | None, str, str], Sum] = defaultdict(Sum)
    bureaus: defaultdict[tuple[str | None, str, str], Sum] = defaultdict(Sum)
    whole: defaultdict[tuple[str | None, str, str], Sum] = defaultdict(Sum)
    whole_bureaus: defaultdict[tuple[str | None, str, str], Sum] = defaultdict(Sum)
    for view in views:
        row = project_row(view)
        now = group_of(view, row, by, role) if row is not None else None
        if row is not None:
            counts[now] += 1

        def parts(figure: Counted, view: View = view, now: str | None = now) -> Iterable[tuple[str | None, int]]:
            if figure.measure.sort == "level" or by != "unit":
                return [(now, figure.amount)]
            day = figure.standing.fact.occurred_on
            terms = terms_on(view, role, day)
            if terms is not None:
                return terms.fact.parts(figure.amount)
            return [(unit_answering(view, role, day) if attribute == "then" else now, figure.amount)]

        for total in counting_figures(counted(view, settings)):
            whole[None, total.measure.name, total.authority].add(total.amount)
            for group, amount in parts(total):
                sums[group, total.measure.name, total.authority].add(amount)
        for bureau, figure, split in counting_verdicts(view):
            whole_bureaus[None, figure.measure.name, bureau].add(figure.amount, split)
            for group, amount in parts(figure):
                bureaus[group, figure.measure.name, bureau].add(amount, split)
    return Portfolio(
        counts=tuple(GroupCount(group=g, count=n) for g, n in sorted(counts.items(), key=lambda x: _order(x[0]))),
        totals=_totals(sums),
        bureaus=_bureaus(bureaus),
        whole=_totals(whole),
        whole_bureaus=_bureaus(whole_bureaus),
    )


@dataclass
class Sum:
    amount: int = 0
    sources: int = 0
    disputed: int = 0

    def add(self, amount: int, split: bool = False) -> None:
        self.amount += amount
        self.sources += 1
        self.disputed += split


Sums = dict[tuple[str | None, str, str], Sum]
"""By group, measure and authority or bureau."""


def _totals(sums: Sums) -> tuple[GroupTotal, ...]:
    return tuple(
        GroupTotal(group=g, measure=m, authority=cast("Authority", a), amount=s.amount, sources=s.sources)
        for (g, m, a), s in sorted(sums.items(), key=_place)
    )


def _bureaus(sums: Sums) -> tuple[BureauTotal, ...]:
    return tuple(
        BureauTotal(group=g, measure=m, bureau=b, amount=s.amount, sources=s.sources, disputed=s.disputed)
        for (g, m, b), s in sorted(sums.items(), key=_place)
    )


def _place(item: tuple[tuple[str | None, str, str], Sum]) -> tuple[tuple[bool, str], int, str]:
    (group, measure, who), _ = item
    return _order(group), MEASURES[measure].number, who


def _order(group: str | None) -> tuple[bool, str]:
    return group is None, group or ""
