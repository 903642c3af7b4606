"""项目总览: the portfolio as a list."""

from collections.abc import Iterable
from datetime import date

from domain.fact import Stage
from domain.history import View
from domain.project.classes import classes
from domain.project.listings import lists
from domain.project.responsibilities import ResponsibilityRole, tenures_in
from domain.questions.attributes import word
from domain.questions.stages import ending_of, pause_of, stage_of
from domain.questions.status import light
from domain.values import Frozen


class ProjectRow(Frozen):
    """One project in a list. Units are codes; `light` is the word, or how it is blank."""

    code: str
    name: str | None
    name_en: str | None
    stage: Stage
    stage_since: date
    category: str | None
    industry: str | None
    lead_unit: str | None
    introducing_unit: str | None
    hosting_unit: str | None
    light: str | None
    light_on: date | None
    ended: str | None
    paused: bool
    lists: tuple[str, ...]
    yearly_class: str | None
    """年度分类 for the year of `on`."""


def unit_answering(view: View, role: ResponsibilityRole, day: date) -> str | None:
    """The unit that answers on a day; of several holders the one whose tenure began last."""
    holding = [t for t in tenures_in(view) if t.role == role and t.covers(day)]
    return holding[-1].holder.unit if holding else None


def project_row(view: View) -> ProjectRow | None:
    """None for a project that no visible fact brings to any stage."""
    stage = stage_of(view)
    if stage is None:
        return None
    on = view.viewpoint.on
    own, ending = light(view), ending_of(view)
    return ProjectRow(
        code=view.label,
        name=word(view, "name"),
        name_en=word(view, "name_en"),
        stage=stage.stage,
        stage_since=stage.since,
        category=word(view, "category"),
        industry=word(view, "industry"),
        lead_unit=unit_answering(view, "lead_unit", on),
        introducing_unit=unit_answering(view, "introducing_unit", on),
        hosting_unit=unit_answering(view, "hosting_unit", on),
        light=(own.light or own.blank) if own else None,
        light_on=own.as_at if own else None,
        ended=getattr(ending.fact, "how", None) if ending else None,
        paused=pause_of(view) is not None,
        lists=tuple(sorted(lists(view))),
        yearly_class=stated.fact.yearly_class if (stated := classes(view).get(on.year)) else None,
    )


def projects(views: Iterable[View]) -> list[ProjectRow]:
    """Every project at one viewpoint, by code."""
    rows = [row for view in views if (row := project_row(view)) is not None]
    return sorted(rows, key=lambda row: row.code)
