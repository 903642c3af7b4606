"""导出: entries as stored, as JSON lines: of some days, or of one stream; never held whole."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from api.pages.asking import Told
from api.pages.units import allowed
from api.pages.visit import PAGE, Viewed, Visit, pages

made: APIRouter = pages()
BITE = 200
Text = Annotated[str | None, Query(max_length=64)]
Day = Annotated[str | None, Query(max_length=10)]
KEPT = ("entry", "position", "recorded_at", "stated", "state")
"""Of each entry: `state` is the text of its exact bytes, and tells all the rest."""


@made.get("/pages/exports", openapi_extra=PAGE)
async def exports(visit: Viewed) -> Response:
    return await _page(visit)


@made.get("/pages/exports/entries.jsonl", openapi_extra=PAGE)
async def entries(visit: Viewed, stream: Text = None, since: Day = None, until: Day = None) -> Response:
    """Newest first, up to the viewpoint. What is wrong with the question is told on the page that asked it."""
    asked = {"stream": stream or None, "since": since or None, "until": until or None}
    try:
        first = await visit.ask("/entries", limit=BITE, **asked)
    except Told as told:
        return await _page(visit, told)
    name = f"entries-{stream.replace(':', '-') if stream else 'all'}-{first['viewpoint']['known']['position']}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{plain(name)}"', "cache-control": "no-store"}
    asked["known"] = f"@{first['viewpoint']['known']['position']}"
    return StreamingResponse(written(visit, first, asked), media_type="application/jsonl", headers=headers)


async def _page(visit: Visit, told: Told | None = None) -> Response:
    """Auditors and administrators see what was taken before."""
    taken = await allowed(visit, "/exports") or await visit.ask("/district/settings")
    return await visit.page("exports.html", told.status if told else 200, wrong=told, taken=taken)


async def written(visit: Visit, answer: dict[str, Any], asked: dict[str, str | None]) -> AsyncIterator[bytes]:
    """A refusal half way breaks the answer off: a file that is not whole must not look as if it were."""
    while True:
        lines = (to_json({name: entry[name] for name in KEPT}) for entry in answer["entries"])
        yield b"".join(line + b"\n" for line in lines)
        if answer["next"] is None:
            return
        answer = await visit.api.get("/entries", limit=BITE, before=answer["next"], **asked)


def plain(name: str) -> str:
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in name)
