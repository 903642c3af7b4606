"""对比与重放: two viewpoints of a project side by side with the entries that moved it; its record entry by entry."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.pages.asking import Told
from api.pages.stating import Stating
from api.pages.visit import PAGE, Here, ViewDay, Viewed, ViewKnown, pages
from api.telling import QUIET_ENDS

made: APIRouter = pages()
Code = Annotated[str, Path(max_length=64)]
Cursor = Annotated[int, Query(ge=0, le=2_000_000_000)]
STEPS = 30
"""Entries on one page of a replay."""
PARTS = (
    "stage",
    "ending",
    "paused",
    "light",
    "marks",
    "measures",
    "plan",
    "period_plans",
    "responsible",
    "gaps",
    "overlaps",
)
"""The parts of a status that a reader compares first; the rest follows in the order of the answer."""


@made.get("/pages/projects/{code}/compare", openapi_extra=PAGE)
async def compare(
    visit: Here,
    code: Code,
    from_on: ViewDay = None,
    from_known: ViewKnown = None,
    to_on: ViewDay = None,
    to_known: ViewKnown = None,
) -> Response:
    """Nothing filled in yet is a form to fill in; so is what the API cannot make out, with its words."""
    asked = {"from_on": from_on, "from_known": from_known, "to_on": to_on, "to_known": to_known}
    given = {name: value or None for name, value in asked.items()}
    visit.viewed_at(given["to_on"], given["to_known"], None)
    periods = (await visit.viewpoints())["periods"][::-1]
    if not (given["from_on"] or given["from_known"]):
        return await visit.page("project_compare.html", code=code, given=given, periods=periods, found=None, wrong=None)
    try:
        found = visit.heard(await visit.api.get(f"/projects/{code}/changes", **given))
    except Told as told:
        if told.status != 422:
            raise
        return await visit.page(
            "project_compare.html", told.status, code=code, given=given, periods=periods, found=None, wrong=told
        )
    to = found["to"]
    at = {"on": to["on"], "known": f"@{to['known']['position']}", "after": None}
    status, settings = await visit.ask_all(visit.ask(f"/projects/{code}", **at), visit.ask("/district/settings", **at))
    stating = Stating(visit, settings)
    visit.viewed_at(to["on"], f"@{to['known']['position']}", None)
    changed = [row(stating, one) for one in worth(found["changes"]["figures"])]
    visit.viewpoint = None  # two, not one: the page says both itself
    return await visit.page(
        "project_compare.html",
        code=code,
        given=given,
        periods=periods,
        found=found,
        wrong=None,
        name=status["status"]["name"],
        changed=sorted((r for r in changed if not r["restated"]), key=lambda r: r["order"]),
        restated=[r for r in changed if r["restated"]],
        same=unchanged(stating, status["status"], {tuple(one["figure"]) for one in found["changes"]["figures"]}),
        entries=found["changes"]["entries"],
        stating=stating,
        turned=visit.link(f"/pages/projects/{code}/compare", **turned(given), on=None, known=None),
    )


def turned(given: dict[str, str | None]) -> dict[str, str | None]:
    """The same two the other way round."""
    return {
        "from_on": given["to_on"],
        "from_known": given["to_known"],
        "to_on": given["from_on"],
        "to_known": given["from_known"],
    }


def worth(figures: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What tells a reader something: not what follows from other rows, nor what waits for a verdict that no bureau gives."""
    recognised = {one["figure"][1]: one for one in figures if one["figure"][2:] == ["recognised"]}
    for one in figures:
        path = one["figure"]
        if path[-1] in QUIET_ENDS and not (path[-1] == "not_judged" and path[1] in recognised):
            continue
        if "bureaus" in path and path[1] in recognised and _values(one) == _values(recognised[path[1]]):
            continue
        yield one


def _values(one: dict[str, Any]) -> list[Any]:
    return [side and side["value"].get("value") for side in (one["before"], one["after"])]


def row(stating: Stating, one: dict[str, Any]) -> dict[str, Any]:
    """One figure at both viewpoints."""
    path = tuple(one["figure"])
    sides = [one["before"], one["after"]]
    return {
        "label": stating.label(path),
        "said": [None if side is None else stating.value(path, side["value"]) or stating.label(path) for side in sides],
        "sources": [[] if side is None else side["sources"] for side in sides],
        "moved_by": one["moved_by"],
        "by_time": one["by_time"],
        "restated": one["restated"],
        "order": PARTS.index(path[0]) if path[0] in PARTS else len(PARTS),
    }


def unchanged(stating: Stating, status: dict[str, Any], changed: set[tuple[str, ...]]) -> list[dict[str, Any]]:
    """What a reader asks for first and is the same at both."""
    found: list[tuple[tuple[str, ...], dict[str, Any], list[str]]] = []
    for part in ("stage", "light", "ending", "paused"):
        if status[part] is not None and (part,) not in changed:
            found.append(((part,), status[part], status[part]["sources"]))
    for measure in status["measures"]:
        for authority in ("reported", "recognised", "statistical"):
            path = ("measures", measure["measure"], authority)
            if measure[authority] is not None and path not in changed:
                found.append((path, measure[authority], measure[authority]["sources"]))
    for field in status["plan"]:
        path = ("plan", field["field"], "in_force")
        if field["in_force"]["value"] is not None and path not in changed:
            found.append((path, field["in_force"], field["in_force"]["sources"]))
    for held in status["responsible"]:
        if not any(path[:2] == ("responsible", held["role"]) for path in changed):
            found.append((("responsible", held["role"]), held, held["sources"]))
    return [
        {"label": stating.label(at), "said": stating.value(at, _present(value)), "sources": cited}
        for at, value, cited in found
    ]


def _present(value: dict[str, Any]) -> dict[str, Any]:
    """As answers about changes write it: what is not there is left out."""
    return {name: inner for name, inner in value.items() if inner is not None and name not in ("until", "sources")}


@made.get("/pages/projects/{code}/replay", openapi_extra=PAGE)
async def replay(visit: Viewed, code: Code, cursor: Cursor = 0) -> Response:
    found = await visit.ask(f"/projects/{code}/replay", cursor=cursor, limit=STEPS)
    settings = await visit.ask("/district/settings")
    visit.heard(found)
    stating = Stating(visit, settings)
    steps = [
        step | {"effects": effects(stating, step["moved"]), "falls": effects(stating, step["meanwhile"])}
        for step in found["replay"]
    ]
    return await visit.page(
        "project_replay.html", code=code, steps=steps, next=found["next"], cursor=cursor, limit=STEPS, stating=stating
    )


def effects(stating: Stating, moved: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a reader of the whole story wants to know of each figure that reads otherwise."""
    found = []
    for one in moved:
        path = tuple(one["figure"])
        if path[-1] in QUIET_ENDS or path[0] in ("gates", "awaiting_decision") or "bureaus" in path:
            continue
        before, after = (
            None if side is None else stating.value(path, side["value"]) for side in (one["before"], one["after"])
        )
        if before != after:
            found.append({"label": stating.label(path), "before": before, "after": after})
    return found
