"""不合常规: what is irregular over the portfolio, within projects and across them; what the stages reached lack."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.access.reading import Reads
from api.asking import READS, READS_ENTRIES, Answer, At, BadCursor, answer, cursor_of, uncursor
from domain.errors import Refused
from domain.questions.across import ACROSS, Across, Place
from domain.questions.gates import GatesNow, StageGate, gates_now
from domain.questions.irregularities import RULES, IrregularFact, irregular_facts
from domain.questions.projects import ProjectRow
from projections.questions.across import FIRST
from projections.questions.across import Wanted as WantedAcross
from projections.questions.projects import Wanted
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])


class UnknownRule(Refused):
    """There is no such rule; GET /vocabulary lists them."""

    zh = "没有这条规则，规则见 GET /vocabulary。"
    sort = "invalid"


class IrregularProject(BaseModel):
    """`marks`: its own facts; `across`: what it shares with other projects."""

    project: str
    name: str | None
    lead_unit: str | None
    marks: list[IrregularFact]
    across: list[Across]


class IrregularitiesAnswer(Answer):
    """Projects by code, those without any left out. A page looks at `limit` projects: it may show fewer, or none, while
    `next` tells that there are more to look at."""

    projects: list[IrregularProject]
    next: str | None


class AcrossAnswer(Answer):
    """One line for each word that several projects share. A page may show fewer than `limit`, or none, before the last."""

    across: list[Across]
    next: str | None


class GatesOfProject(BaseModel):
    project: str
    name: str | None
    lead_unit: str | None
    table: str
    stages: list[StageGate]


class GatesOverallAnswer(Answer):
    """Projects that lack something, by code; a page looks at `limit` projects, as in IrregularitiesAnswer."""

    projects: list[GatesOfProject]
    next: str | None


ProjectCode = Annotated[str | None, Query(max_length=64)]
UnitRole = Literal["lead", "introducing", "hosting"]
Unit = Annotated[str | None, Query(max_length=64)]
Rule = Annotated[str | None, Query(max_length=40)]
Cursor = Annotated[str | None, Query(max_length=200)]
Pages = Annotated[int, Query(ge=1, le=200)]


@made.get("/irregularities", response_model=IrregularitiesAnswer, operation_id="irregularities", openapi_extra=READS_ENTRIES)
def irregularities(
    services: Running,
    reads: Reads,
    at: At,
    project: ProjectCode = None,
    unit: Unit = None,
    role: UnitRole = "lead",
    rule: Rule = None,
    cursor: Cursor = None,
    limit: Pages = 100,
) -> Response:
    """Which facts are irregular, at the viewpoint or when they were recorded, by project, with what crosses projects."""
    known_rule(rule)
    rows, following = page(services, at, project, unit, role, cursor, limit)
    theirs = reads.whole(row.code for row in rows)
    rows = [row for row in rows if row.code in theirs]
    codes = [row.code for row in rows]
    views, settings, gates = services.questions.project.several(codes, at.viewpoint)
    across, around = services.questions.concerning(at, codes), services.questions.project.around(at.viewpoint)
    found: list[dict[str, Any]] = []
    for row in rows:
        marks = [m for m in irregular_facts(views[row.code], settings, gates, around) if rule in (None, m.rule)]
        shared = [a for a in across[row.code] if rule in (None, a.rule)]
        if marks or shared:
            told = {
                "marks": [m.model_dump(mode="json") for m in marks],
                "across": [a.model_dump(mode="json") for a in shared],
            }
            found.append(named(row) | told)
    return answer(services, at, {"projects": found, "next": following})


@made.get(
    "/irregularities/across", response_model=AcrossAnswer, operation_id="irregular_across", openapi_extra=READS_ENTRIES
)
def irregular_across(
    services: Running,
    reads: Reads,
    at: At,
    project: ProjectCode = None,
    unit: Unit = None,
    role: UnitRole = "lead",
    rule: Rule = None,
    cursor: Cursor = None,
    limit: Pages = 50,
) -> Response:
    """What no project shows alone: one voucher, enterprise, site, code, name or tax in several."""
    known_rule(rule)
    codes: list[str] | None = None
    if project is not None or unit is not None:
        codes = [row.code for row in rows_of(services, at, project, unit, role, None, MOST)]
    found, following = services.questions.across(at, WantedAcross(rule, codes, place_of(cursor), limit))
    body = {
        "across": [each.model_dump(mode="json") for each in found if reads.any_of({part.project for part in each.parts})],
        "next": cursor_of(f"{following[0]}:{following[1]}") if following else None,
    }
    return answer(services, at, body)


@made.get("/gates", response_model=GatesOverallAnswer, operation_id="gates_overall", openapi_extra=READS)
def gates_overall(
    services: Running,
    at: At,
    project: ProjectCode = None,
    unit: Unit = None,
    role: UnitRole = "lead",
    overdue: bool = False,
    cursor: Cursor = None,
    limit: Pages = 100,
) -> Response:
    """What the stages that projects have reached expect and they lack; `overdue`: only what was due before `on`."""
    rows, following = page(services, at, project, unit, role, cursor, limit)
    views, _, gates = services.questions.project.several([row.code for row in rows], at.viewpoint)
    found: list[dict[str, Any]] = []
    for row in rows:
        now = gates_now(views[row.code], gates)
        stages = lacking(now, overdue)
        if stages:
            found.append(named(row) | {"table": now.table, "stages": stages})
    return answer(services, at, {"projects": found, "next": following})


def lacking(now: GatesNow, overdue: bool) -> list[dict[str, Any]]:
    kept = [s.model_copy(update={"missing": tuple(m for m in s.missing if m.overdue or not overdue)}) for s in now.stages]
    return [stage.model_dump(mode="json") for stage in kept if stage.missing]


def known_rule(rule: str | None) -> None:
    """Raises UnknownRule."""
    if rule is not None and rule not in RULES and rule not in ACROSS:
        raise UnknownRule(rule)


def named(row: ProjectRow) -> dict[str, Any]:
    return {"project": row.code, "name": row.name, "lead_unit": row.lead_unit}


def page(
    services: Running, at: Resolved, project: str | None, unit: str | None, role: str, cursor: str | None, limit: int
) -> tuple[list[ProjectRow], str | None]:
    """The projects of one page, and the cursor of the following one."""
    rows = rows_of(services, at, project, unit, role, uncursor(cursor), limit + 1)
    return rows[:limit], cursor_of(rows[limit - 1].code) if len(rows) > limit else None


def rows_of(
    services: Running, at: Resolved, project: str | None, unit: str | None, role: str, after: str | None, limit: int
) -> list[ProjectRow]:
    wanted = Wanted(unit=unit, role=role, q=project, after_code=after, limit=limit if project is None else MOST)
    return [row for row in services.questions.projects(at, wanted) if project in (None, row.code)]


def place_of(cursor: str | None) -> Place:
    """Raises BadCursor."""
    said = uncursor(cursor)
    if said is None:
        return FIRST
    sort, colon, word = said.partition(":")
    try:
        place = (int(sort), int(word))
    except ValueError:
        raise BadCursor from None
    if not colon or not (0 <= place[0] < 100 and -(2**63) <= place[1] < 2**63):
        raise BadCursor
    return place


MOST = 100_000
