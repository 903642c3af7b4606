"""本区设置: the district's settings, and what is expected from which stage on, as the ledger knew them."""

from fastapi import APIRouter, Response

from api.pages.visit import PAGE, Viewed, pages

made: APIRouter = pages()


@made.get("/pages/settings", openapi_extra=PAGE)
async def settings(visit: Viewed) -> Response:
    found, gates, _ = await visit.ask_all(visit.ask("/district/settings"), visit.ask("/district/gates"), visit.directory())
    return await visit.page("settings.html", settings=found["settings"], gates=gates)
