"""帮助: what each page shows and what can be done there; and the API for whoever writes programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi import Path as InPath

from api.pages.helping import TOPICS
from api.pages.visit import PAGE, Here, pages
from domain.errors import NotFound

made: APIRouter = pages()
Name = Annotated[str, InPath(max_length=80)]
METHODS = ("get", "post", "put", "delete")


@made.get("/pages/help", openapi_extra=PAGE)
async def contents(visit: Here) -> Response:
    return await visit.page("help.html", topics=TOPICS, topic=None)


@made.get("/pages/help/{name}", openapi_extra=PAGE)
async def topic(visit: Here, name: Name) -> Response:
    if name not in TOPICS:
        raise NotFound(name)
    return await visit.page("help.html", topics=TOPICS, topic=name)


@made.get("/pages/api", openapi_extra=PAGE)
async def operations(visit: Here) -> Response:
    """Every operation of the API by what it is about."""
    document = await visit.api.get("/openapi.json")
    by_tag: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if (operation := methods.get(method)) is not None:
                by_tag[operation["tags"][0]].append({"method": method.upper(), "path": path, **operation})
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    return await visit.page("api.html", by_tag=by_tag, tags=tags)


@made.get("/pages/api/{name}", openapi_extra=PAGE)
async def operation(visit: Here, name: Name) -> Response:
    """One operation: its parameters, an example of its body, what it answers."""
    document = await visit.api.get("/openapi.json")
    for path, methods in document["paths"].items():
        for method in METHODS:
            if methods.get(method, {}).get("operationId") == name:
                return await visit.page("api_operation.html", method=method.upper(), path=path, operation=methods[method])
    raise NotFound(name)
