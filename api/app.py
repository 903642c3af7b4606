"""The composition root: doors, routes, errors and the OpenAPI document over a set of services."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

import domain.kinds  # noqa: F401  (fills the table of commands)
from api.access.doors import asks, router, unguarded
from api.rest import health, problems, questions, tokens, vocabulary
from api.rest.commands import commands, schemas
from api.services import Services

DESCRIPTION = """
重大项目全程账：记录项目全过程，任何问题都带视角（`on` 情况截至，`known` 按何时已报）。
Every question takes a viewpoint: `on`, the world up to a date; `known`, as the ledger knew it then.
Money is written as strings in the currency's main unit; dates are civil dates in Asia/Shanghai.
"""


def create_app(services: Services) -> FastAPI:
    """Raises RuntimeError if any route could be reached without its action being declared."""
    app = FastAPI(
        title="重大项目全程账 · project lifecycle ledger",
        version="0.1.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = services
    for part in (commands(), questions.made, vocabulary.made, tokens.made, health.made, _document(app)):
        app.router.routes.extend(part.routes)  # the guarded routes themselves, not wrapped
    problems.install(app)
    if open_by_omission := unguarded(app):
        raise RuntimeError(f"routes without an action: {open_by_omission}")
    return app


def _document(app: FastAPI) -> Any:
    made = router(tags=["health"])

    @made.get("/openapi.json", operation_id="openapi", openapi_extra=asks("public"))
    def openapi() -> dict[str, Any]:
        """This document."""
        return document(app)

    return made


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with the strictly read bodies that FastAPI does not see, and the problems every route may answer."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = made.setdefault("components", {}).setdefault("schemas", {})
    _add_bodies(components)
    _, problem = models_json_schema([(problems.Problem, "serialization")], ref_template="#/components/schemas/{model}")
    components.update(problem["$defs"])
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path in made["paths"].values():
        for operation in path.values():
            _problems(operation)
    app.openapi_schema = made
    return made


def _add_bodies(components: dict[str, Any]) -> None:
    for name, adapter in {**schemas(), "NewToken": tokens.NEW}.items():
        schema = adapter.json_schema(ref_template="#/components/schemas/{model}")
        components.update(schema.pop("$defs", {}))
        components[name] = schema


def _problems(operation: dict[str, Any]) -> None:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = {"503": "database away / 数据库不可用"}
    if operation.get("x-action") != "public":
        answers |= {
            "401": "no valid token / 令牌无效",
            "403": "not permitted / 无权办理",
            "422": "not acceptable / 不符合要求",
        }
        answers |= {"404": "no such record / 没有这条记录"}
    if "requestBody" in operation:
        answers |= {"400": "not strict JSON / JSON 不合要求", "408": "too slow / 超时", "409": "conflict / 冲突"}
        answers |= {"412": "changed meanwhile / 已有变化", "413": "too large / 过大", "415": "not JSON / 不是 JSON"}
    for status, words in answers.items():
        operation.setdefault("responses", {})[status] = {"description": words, "content": content}
