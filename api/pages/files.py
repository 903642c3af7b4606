"""The files that pages load (style, script), the way in, and the choice of language."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.pages.showing import static
from api.pages.visit import LANGUAGE, PUBLIC, Here, pages
from domain.errors import NotFound

made: APIRouter = pages()
FOR_EVER = "public, max-age=31536000, immutable"


@made.get("/", openapi_extra=PUBLIC)
@made.get("/pages", openapi_extra=PUBLIC)
@made.get("/pages/", openapi_extra=PUBLIC)
async def way_in(visit: Here) -> Response:
    """The address that people type."""
    return visit.leave("/pages/portfolio")


@made.get("/pages/static/{digest}/{name}", openapi_extra=PUBLIC)
async def file(
    request: Request, digest: Annotated[str, Path(max_length=16)], name: Annotated[str, Path(max_length=40)]
) -> Response:
    """Kept by browsers for ever: another content has another address."""
    found = static().get(name)
    if found is None or found.address != request.scope["path"]:
        raise NotFound(name)
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers=headers | {"content-encoding": "gzip"})
    return Response(found.body, media_type=found.kind, headers=headers)


@made.get("/pages/language", openapi_extra=PUBLIC)
async def language(to: Literal["zh", "en"], back: Annotated[str, Query(max_length=2_000)] = "/pages/") -> Response:
    """Remembered by the browser, for this service only."""
    response = RedirectResponse(back if ours(back) else "/pages/", 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(LANGUAGE, to, max_age=31_536_000, path="/", httponly=True, samesite="lax")
    return response


def ours(address: str) -> bool:
    """Whether it leads to a page of this service and nowhere else."""
    return address.startswith("/pages/") and "//" not in address and "\\" not in address and address.isprintable()
