"""The OpenAPI 3.1 document: FastAPI's, with the strictly read bodies that it does not see, examples and problems."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from api.access.doors import asks, router
from api.access.sessions import COOKIE, FORM_TOKEN
from api.access.tokens import NewToken
from api.rest import accounts, sessions
from api.rest.commands import schemas
from api.rest.examples import by_path
from api.rest.links import link
from api.rest.parameters import formed
from api.rest.periods import ReturnDraft, Submission
from api.rest.problems import Problem
from domain.fact import KINDS

DESCRIPTION = """
重大项目全程账：记录项目全过程，任何问题都带视角（`on` 情况截至，`known` 按何时已报）。
Every question takes a viewpoint: `on`, the world up to a date; `known`, as the ledger knew it then.
Money is written as strings in the currency's main unit; dates are civil dates in Asia/Shanghai.
Commands answer with the entries they recorded; a repeat with the same `Idempotency-Key` hears the first answer again.
"""
TAGS = [
    {
        "name": "commands",
        "description": "记录 / recording: one route per noun; `act` names the command where there are several",
    },
    {"name": "questions", "description": "查询 / asking: at any viewpoint, every figure with its sources"},
    {"name": "evidence", "description": "佐证文件 / files of evidence: uploaded first, then attached to facts"},
    {"name": "drafts", "description": "草稿 / drafts of monthly returns: no entries until they are submitted"},
    {"name": "imports", "description": "导入 / snapshots of a table against the ledger"},
    {"name": "work", "description": "工作 / what takes long: how far it is, what came of it, a way to stop it"},
    {"name": "tokens", "description": "令牌 / tokens: made by the administrator"},
    {"name": "sessions", "description": "登录与会话 / signing in, and one's own sessions"},
    {
        "name": "accounts",
        "description": "账号 / accounts: kept by the administrator; password and authenticator by their owner",
    },
    {"name": "health", "description": "运行状况 / health: for people, orchestrators and Prometheus"},
]
WITH_A_COOKIE = f"""
POST /session sets it. Whatever is not GET then needs Origin, as browsers send it, and {FORM_TOKEN} from GET /session/form.
"""
KEPT_BY_HAND: tuple[type[BaseModel], ...] = (
    NewToken,
    ReturnDraft,
    Submission,
    sessions.SignIn,
    sessions.GiveCode,
    sessions.ActIn,
    accounts.NewAccount,
    accounts.NewPost,
    accounts.ChangePassword,
    accounts.SetUpTotp,
    accounts.ResetAccount,
    accounts.CloseAccount,
)
"""Bodies of routes that are not made from the table of commands."""
REF = "#/components/schemas/"
Schema = dict[str, Any]


def served(app: FastAPI, *bodies: type[BaseModel]) -> APIRouter:
    """The route that answers with the document; `bodies` of routes of other doors, which read them themselves too."""
    app.state.bodies = (*KEPT_BY_HAND, *bodies)
    made = router(tags=["health"])

    @made.get("/openapi.json", operation_id="openapi", openapi_extra=asks("public"))
    def openapi() -> Schema:
        """This document."""
        return document(app)

    return made


def document(app: FastAPI) -> Schema:
    """Made once per app."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        separate_input_output_schemas=True,
    )
    components = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)  # ours are problems
    bodies = _add_bodies(components, app.state.bodies)
    _, problem = models_json_schema([(Problem, "serialization")], ref_template=REF + "{model}")
    components.update(problem["$defs"])
    made["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": WITH_A_COOKIE},
    }
    shown = by_path()
    for path, operations in made["paths"].items():
        for operation in operations.values():
            _problems(operation)
            for parameter in operation.get("parameters", ()):
                formed(path, parameter)
            if "requestBody" in operation and "application/json" in operation["requestBody"]["content"]:
                content = operation["requestBody"]["content"]["application/json"]
                content["schema"] = bodies.get(content["schema"]["$ref"].removeprefix(REF), content["schema"])
                content["examples"] = shown[path]
    link(made["paths"])
    for schema in components.values():
        _decimals(schema)
    app.openapi_schema = made
    return made


def _add_bodies(components: Schema, kept: tuple[type[BaseModel], ...]) -> Schema:
    """Adds the models of bodies; answers the bodies that are one model, for a name that only refers puzzles generators.

    Where an answer has a model of the same name but another shape, the body's is `…Input`.
    """
    adapters: dict[str, TypeAdapter[Any]] = {
        **schemas(),
        **{model.__name__: TypeAdapter(model) for model in kept},
    }
    made, whole = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()], ref_template=REF + "{model}"
    )
    definitions: Schema = whole.get("$defs", {})
    facts = _whole_facts(definitions)
    for found in _walk(definitions):
        if "default" in found and found["default"] is None:
            del found["default"]  # as FastAPI does for answers: absent says the same
    clashing = {name for name in definitions if name in components and components[name] != definitions[name]}
    bodies = {name: made[name, "validation"] for name in adapters}
    for schema in (*definitions.values(), *bodies.values()):
        _rename(schema, lambda name: f"{name}Input" if name in clashing else name)
    for name, schema in definitions.items():
        own = f"{name}Input" if name in clashing else name
        components[own] = schema | {"title": own}
    for name, schema in bodies.items():
        if "$ref" not in schema:
            components.setdefault(name, schema)
    components["WholeFact"] = facts
    return {name: schema for name, schema in bodies.items() if "$ref" in schema}


def _whole_facts(definitions: Schema) -> Schema:
    """What a correction states: one schema for each kind, told apart by `kind`."""
    mapping: dict[str, str] = {}
    for topic, kind in sorted(KINDS.items()):
        schema = kind.model_json_schema(ref_template=REF + "{model}")
        definitions.update(schema.pop("$defs", {}))
        schema["properties"] = {"kind": {"type": "string", "const": topic}} | schema["properties"]
        schema["required"] = ["kind", *schema.get("required", [])]
        definitions[kind.__name__] = schema
        mapping[topic] = REF + kind.__name__
    definitions["ProposeCorrection"]["properties"]["reads"] = {"$ref": REF + "WholeFact"}
    refs = [{"$ref": ref} for ref in mapping.values()]
    return {"oneOf": refs, "discriminator": {"propertyName": "kind", "mapping": mapping}}


def _walk(value: Any) -> Iterator[Schema]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as found:
                yield found
                waiting.extend(found.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass


def _rename(schema: Schema, name: Callable[[str], str]) -> None:
    for found in _walk(schema):
        if isinstance(found.get("$ref"), str):
            found["$ref"] = REF + name(found["$ref"].removeprefix(REF))
        mapping = found.get("mapping")
        if isinstance(mapping, dict):
            found["mapping"] = {k: REF + name(str(v).removeprefix(REF)) for k, v in mapping.items()}


def _decimals(schema: Schema) -> None:
    """Exact numbers are strings: pydantic's own words for their digits become a pattern that every client knows."""
    for found in _walk(schema):
        if found.get("type") == "string" and "max_digits" in found:
            places, digits = found.pop("decimal_places"), found.pop("max_digits")
            sign = "" if "minimum" in found or "exclusiveMinimum" in found else "-?"
            for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
                found.pop(bound, None)
            found["pattern"] = rf"^{sign}[0-9]{{1,{digits - places}}}(\.[0-9]{{1,{places}}})?$"


def _problems(operation: Schema) -> None:
    content = {"application/problem+json": {"schema": {"$ref": REF + "Problem"}}}
    answers = {
        "414": "the address is too long / 地址过长",
        "500": "unexpected / 意外错误",
        "503": "not available just now, see Retry-After / 暂时不可用",
    }
    if operation.get("x-action") != "public":
        answers |= {
            "401": "no valid token / 令牌无效",
            "403": "not permitted / 无权办理",
            "404": "no such record / 没有这条记录",
            "422": "not acceptable / 不符合要求",
            "429": "too many requests, see Retry-After / 请求过多",
        }
    if set(operation["tags"]) & {"sessions", "accounts"}:
        answers |= sessions.NEEDS
    if operation["operationId"] in ("leave_for_sign_on", "return_from_sign_on"):
        answers |= {"404": "no single sign-on here / 未设单点登录"}
    if operation["operationId"] == "stop_work":
        answers |= {"409": "ended, or recording / 已结束或已开始写入"}
    if any(parameter["name"] == "after" for parameter in operation.get("parameters", ())):
        answers |= {"409": "not there yet, see Retry-After / 尚未更新到此位置"}
    if "requestBody" in operation:
        answers |= {"400": "not strict JSON / JSON 不合要求", "408": "too slow / 超时", "409": "conflict / 冲突"}
        answers |= {
            "412": "changed meanwhile / 已有变化",
            "413": "too large / 过大",
            "415": "another type is wanted / 类型不符",
        }
    for status, words in answers.items():
        operation.setdefault("responses", {})[status] = {"description": words, "content": content}
