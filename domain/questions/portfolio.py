"""汇总: totals over the portfolio, by unit, stage, category or industry (DESIGN §3.12)."""

from collections.abc import Iterable
from typing import Literal

from domain.fact import MEASURES, Authority
from domain.history import View
from domain.project.responsibilities import ResponsibilityRole
from domain.questions.measures import counted, totals
from domain.questions.projects import ProjectRow, project_row, unit_answering
from domain.values import Frozen

By = Literal["unit", "stage", "category", "industry"]
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


def portfolio(
    views: Iterable[View], by: By, role: ResponsibilityRole, attribute: Attribute
) -> tuple[list[GroupCount], list[GroupTotal]]:
    """The fold over all projects. By unit and `then`, a flow belongs to the unit answering on the fact's own day;
    everything else, and counts and levels always, to the group at `on`. What a project in no stage states still counts."""
    counts: dict[str | None, int] = {}
    sums: dict[tuple[str | None, str, Authority], tuple[int, int]] = {}
    for view in views:
        row = project_row(view)
        now = group_of(view, row, by, role) if row is not None else None
        if row is not None:
            counts[now] = counts.get(now, 0) + 1
        for standing, measure, authority, amount in counted(view):
            if measure.sort == "flow":
                then = by == "unit" and attribute == "then"
                group = unit_answering(view, role, standing.fact.occurred_on) if then else now
                _add(sums, (group, measure.name, authority), amount, 1)
        for total in totals(view):
            if total.measure.sort == "level":
                _add(sums, (now, total.measure.name, total.authority), total.amount, 1)
    return (
        [GroupCount(group=g, count=n) for g, n in sorted(counts.items(), key=lambda x: _order(x[0]))],
        [
            GroupTotal(group=g, measure=m, authority=a, amount=amount, sources=n)
            for (g, m, a), (amount, n) in sorted(
                sums.items(), key=lambda x: (_order(x[0][0]), MEASURES[x[0][1]].number, x[0][2])
            )
        ],
    )


def _order(group: str | None) -> tuple[bool, str]:
    return group is None, group or ""


Key = tuple[str | None, str, Authority]


def _add(sums: dict[Key, tuple[int, int]], key: Key, amount: int, sources: int) -> None:
    before = sums.get(key, (0, 0))
    sums[key] = (before[0] + amount, before[1] + sources)
