"""人员: everybody in the ledger, and of each what they hold, held and did, with what was open at their handovers."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.pages.holding import Shown, record_of
from api.pages.visit import PAGE, Viewed, Visit, pages

made: APIRouter = pages()
SIZE = 100
Searched = Annotated[str, Query(max_length=100)]
Number = Annotated[int, Query(ge=1, le=10_000)]
Cursor = Annotated[int, Query(ge=0, le=2**62)]


@made.get("/pages/people", openapi_extra=PAGE)
async def people(visit: Viewed, q: Searched = "", page: Number = 1) -> Response:
    answer = await visit.ask("/people")
    found = [one for one in answer["people"] if matches(q, words_of(visit, one))]
    shown = found[(page - 1) * SIZE : page * SIZE]
    return await visit.page("people.html", people=shown, q=q, count=len(found), page=page, last=-(-len(found) // SIZE))


@made.get("/pages/people/{ref}", openapi_extra=PAGE)
async def person(visit: Viewed, ref: str, cursor: Cursor = 0) -> Response:
    answer, record = await visit.ask_all(visit.ask(f"/people/{ref}"), record_of(visit, f"/people/{ref}", cursor))
    now = answer["person"]
    name = now["name"] or ref
    shown = Shown(visit, record, name) if record is not None else None
    return await visit.page("people_one.html", now=now, name=name, shown=shown, cursor=cursor, left=left_behind(now, visit))


def left_behind(now: dict[str, Any], visit: Visit) -> list[dict[str, Any]]:
    """What is still held for a unit in which the person has no post any more: leaving a post ends nothing silently."""
    assert visit.viewpoint is not None
    serving = {p["unit"] for p in now["posts"] if p["until"] is None or p["until"] > visit.viewpoint["on"]}
    return [one for one in now["holds"] if one["held"]["holder"]["unit"] not in (None, *serving)]


def words_of(visit: Visit, person: dict[str, Any]) -> list[str]:
    posts = [text for post in person["posts"] for text in (visit.unit(post["unit"]), post["unit"], post["title"])]
    return [person["name"] or "", person["person"], *posts]


def matches(wanted: str, texts: list[str]) -> bool:
    """Every word of what is looked for, somewhere."""
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in wanted.casefold().split())
