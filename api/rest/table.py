"""总览的底表: the projects as a sorted table with their figures, what wants attention, and how many stood in each stage."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import READS, Answer, At, Limit, answer
from domain.errors import Refused
from domain.fact import AUTHORITIES, MEASURES, Authority, Stage
from domain.project.classes import YearlyClass
from domain.questions.attention import Concern
from domain.questions.projects import ProjectRow
from projections.questions.table import Sort, TableRow, WantedTable
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Role = Literal["lead", "introducing", "hosting"]
Wants = Literal["not_started_when_due", "completion_overdue", "unowned", "not_judged", "irregular"]
CONCERNS: tuple[Concern, ...] = ("not_started_when_due", "completion_overdue", "unowned", "not_judged")
Word = Annotated[str | None, Query(max_length=300)]
MOST_CHOICES = 300


class TooManyToFold(Refused):
    """Which of so many projects are irregular is not reckoned at once; GET /irregularities tells it page by page."""

    zh = "项目过多，不能一次推算全部不合常规的情形，请用 GET /irregularities 分页查询。"
    sort = "invalid"


class FigureRow(BaseModel):
    """One measure of a project in its three 口径; null where nobody states one."""

    measure: str
    unit: Literal["money", "count", "percent"]
    reported: str | None
    recognised: str | None
    statistical: str | None


class ProjectInTable(ProjectRow):
    """`concerns`: what wants attention, but for irregular facts, which a fold tells."""

    figures: list[FigureRow]
    concerns: list[Concern]


class Choices(BaseModel):
    """What projects are called at the viewpoint, for filters; the first 300 of each."""

    unit: tuple[str, ...]
    category: tuple[str, ...]
    industry: tuple[str, ...]
    list: tuple[str, ...]
    light: tuple[str, ...]


class TableAnswer(Answer):
    """`matching`: how many projects there are on all pages of `limit`; money in `currency`."""

    projects: list[ProjectInTable]
    matching: int
    page: int
    currency: str
    choices: Choices | None


class Attention(BaseModel):
    """`projects` is null where there are too many to tell; `facts` counts what waits to be judged."""

    mark: Wants
    projects: int | None
    facts: int | None


class AttentionAnswer(Answer):
    attention: list[Attention]


class MonthEnd(BaseModel):
    """How many projects had reached each stage and no further; `ended`: how many of all of them had ended."""

    day: date
    counts: dict[Stage, int]
    ended: int


class StagesAnswer(Answer):
    months: list[MonthEnd]


@made.get("/portfolio/projects", response_model=TableAnswer, operation_id="portfolio_projects", openapi_extra=READS)
def portfolio_projects(
    services: Running,
    at: At,
    stage: Stage | None = None,
    unit: Annotated[str | None, Query(max_length=64)] = None,
    role: Role = "lead",
    category: Word = None,
    industry: Word = None,
    list: Word = None,
    light: Annotated[str | None, Query(max_length=40)] = None,
    yearly_class: YearlyClass | None = None,
    state: Literal["open", "going_on", "paused", "ended"] | None = None,
    wants: Wants | None = None,
    q: Annotated[
        str | None, Query(max_length=100, description="名称、代码或拼音首字母 / name, code or pinyin initials")
    ] = None,
    sort: Sort = "code",
    down: bool = False,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    limit: Limit = 50,
    choices: bool = False,
) -> Response:
    """The projects as a table, each with its figures. An empty unit, category, industry or light asks for those without one.

    `wants`: what they want attention for; `state=open`: what has not ended. `q` finds 西湖里 by xhl. Sorted by what is
    reported (调度数) where `sort` names a measure; what has none comes last.
    """
    settings = services.questions.project.settings(at.viewpoint)
    among = None if wants is None else wanting(services, at, wants)
    wanted = WantedTable(
        *(stage, unit, role, category, list, light, q, None, limit, yearly_class),
        industry=industry,
        state=state,
        among=among,
        sort=sort,
        down=down,
        skip=(page - 1) * limit,
    )
    found = services.questions.table(at, wanted, settings)
    concerns: dict[int, Any] = {row.number: [] for row in found.rows}
    for project, mark, _ in services.questions.concerned(at, settings, [*concerns]):
        concerns[project].append(mark)
    words = services.questions.choices(at, role) if choices else None
    body = {
        "projects": [written(row) | {"concerns": sorted(concerns[row.number])} for row in found.rows],
        "matching": found.matching,
        "page": min(page, max(1, -(-found.matching // limit))),
        "currency": settings.currency,
        "choices": {name: each[:MOST_CHOICES] for name, each in words.items()} if words else None,
    }
    return answer(services, at, body, units=words["unit"][:MOST_CHOICES] if words else ())


def written(row: TableRow) -> dict[str, Any]:
    """As the answer writes it: figures in the order of the measures."""
    figures: dict[str, dict[Authority, str]] = {}
    for (name, authority), amount in row.figures.items():
        figures.setdefault(name, {})[authority] = str(MEASURES[name].value(amount))
    told: list[dict[str, Any]] = [
        {"measure": name, "unit": measure.unit, **{a: figures[name].get(a) for a in AUTHORITIES}}
        for name, measure in MEASURES.items()
        if name in figures
    ]
    return row.row.model_dump(mode="json") | {"figures": told}


def wanting(services: Running, at: Resolved, wants: Wants) -> tuple[int, ...]:
    """The numbers of the projects that want attention for this. Raises TooManyToFold."""
    if wants == "irregular":
        odd = services.questions.irregular(at)
        if odd is None:
            raise TooManyToFold
        return tuple(services.questions.numbers(odd).values())
    settings = services.questions.project.settings(at.viewpoint)
    return tuple(c.project for c in services.questions.concerned(at, settings) if c.mark == wants)


@made.get("/portfolio/attention", response_model=AttentionAnswer, operation_id="portfolio_attention", openapi_extra=READS)
def portfolio_attention(services: Running, at: At) -> Response:
    """How many projects want attention, for what; `GET /portfolio/projects?wants=` lists them."""
    found = services.questions.concerned(at, services.questions.project.settings(at.viewpoint))
    odd = services.questions.irregular(at)
    counted: list[dict[str, Any]] = [
        {
            "mark": mark,
            "projects": sum(c.mark == mark for c in found),
            "facts": sum(c.facts for c in found if c.mark == mark) if mark == "not_judged" else None,
        }
        for mark in CONCERNS
    ]
    counted.append({"mark": "irregular", "projects": None if odd is None else len(odd), "facts": None})
    return answer(services, at, {"attention": counted})


@made.get("/portfolio/stages", response_model=StagesAnswer, operation_id="portfolio_stages", openapi_extra=READS)
def portfolio_stages(
    services: Running, at: At, months: Annotated[int, Query(ge=1, le=120, description="几个月 / how many months")] = 24
) -> Response:
    """How many projects stood in each stage at the end of each month up to `on`, and at `on`, all as known at `known`."""
    found = services.questions.stood(at, month_ends(at.on, months))
    told = [{"day": s.day, "counts": {stage.value: n for stage, n in s.counts.items()}, "ended": s.ended} for s in found]
    return answer(services, at, {"months": told})


def month_ends(on: date, months: int) -> list[date]:
    """The last days of the months before that of `on`, and `on` itself: so many in all, oldest first."""
    days = [on]
    while len(days) < months:
        days.append(days[-1].replace(day=1) - timedelta(days=1))
    return days[::-1]
