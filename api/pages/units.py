"""单位: every unit, and of each its names, what became of it, its people, projects, returns, exemptions, and what it did."""

from typing import Any, Literal

from fastapi import APIRouter, Response

from api.pages.asking import Told
from api.pages.holding import Shown, record_of
from api.pages.people import Cursor, Searched, matches
from api.pages.visit import PAGE, Viewed, Visit, pages

made: APIRouter = pages()
MOST_PERIODS = 6
"""Of its returns at first: each period is a question of its own."""


@made.get("/pages/units", openapi_extra=PAGE)
async def units(visit: Viewed, q: Searched = "") -> Response:
    answer = await visit.ask("/units")
    found = [one for one in answer["units"] if matches(q, [one["name"], one["unit"]])]
    return await visit.page("units.html", units=found, q=q, count=len(found))


@made.get("/pages/units/{code}", openapi_extra=PAGE)
async def unit(visit: Viewed, code: str, cursor: Cursor = 0, returns: Literal["all"] | None = None) -> Response:
    answer, exempted, record, projects, periods = await visit.ask_all(
        visit.ask(f"/units/{code}"),
        allowed(visit, f"/units/{code}/exemptions"),
        record_of(visit, f"/units/{code}", cursor),
        allowed(visit, "/projects", unit=code, limit=1_000),
        visit.viewpoints(),
    )
    now, names = answer["unit"], periods["periods"]
    shown = names if returns else names[-MOST_PERIODS:]
    boards = await visit.ask_all(*(allowed(visit, f"/periods/{period}") for period in reversed(shown)))
    rows = [
        row | {"period": board["period"]["period"]}
        for board in boards
        if board is not None
        for row in board["period"]["rows"]
        if row["unit"] == code
    ]
    named = {row["code"]: row["name"] for row in (projects or {"projects": []})["projects"]}
    named |= {one["project"]: one["name"] for one in (record["record"]["held"] if record else ())}
    return await visit.page(
        "units_one.html",
        now=now,
        holds=by_role(now["holds"], named),
        returns=rows,
        more=len(shown) < len(names),
        exemptions=exempted["exemptions"] if exempted else [],
        shown=Shown(visit, record, now["name"]) if record is not None else None,
        cursor=cursor,
    )


async def allowed(visit: Visit, path: str, **params: str | int) -> Any:
    """None where the reader's role does not ask it."""
    try:
        return await visit.ask(path, **params)
    except Told as told:
        if told.status not in (403, 404):
            raise
        return None


def by_role(holds: list[dict[str, Any]], names: dict[str, str | None]) -> dict[str, list[dict[str, Any]]]:
    """The projects of each role, every project once."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for one in holds:
        found.setdefault(one["held"]["role"], {}).setdefault(
            one["project"], {"project": one["project"], "name": names.get(one["project"])} | one["held"]
        )
    return {role: list(projects.values()) for role, projects in found.items()}
