"""The routes of every command, made from the table of commands: `POST …/{noun}` is `noun`'s file."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from api.access.doors import Body, By, Running, asks, body_of, router
from api.keys import Key, asked
from api.services import Services
from domain.command import BEGINNINGS, Action, Command, Deed, nouns, reader
from domain.entry import Actor, Role, Source, stream_kind
from domain.errors import NotFound, Refused
from domain.fact import StreamKind
from domain.permissions import READING, of_stream
from domain.working_days import Basis, LastDayOff
from store.ledger import Proposed, Recorded
from store.mapper import topic_of

API, PAGE = Source(door="api"), Source(door="page")


def source_of(request: Request) -> Source:
    """Whether a program asked, or one of our pages for its reader."""
    return PAGE if request.scope.get("page") else API


class UnknownNoun(Refused):
    """There is no such command for this sort of stream."""

    zh = "此类对象没有这个命令。"
    sort = "invalid"


class BadPrecondition(Refused):
    """If-Match takes the number of the last entry you saw, in quotes."""

    zh = "If-Match 须为您所见最后一条记录的编号（加引号）。"
    sort = "invalid"


class RecordedAnswer(BaseModel):
    """`entry` is the citation of what was asked for; `entries` all that came of it, at `position`."""

    entry: str
    entries: list[str]
    stream: str
    position: int
    recorded_at: datetime


def answered(recorded: Recorded) -> Response:
    """The answer as RecordedAnswer describes it, written at once: FastAPI would check it anew in another thread."""
    said = {name: getattr(recorded, name) for name in RecordedAnswer.model_fields}
    return Response(to_json(said), 201, media_type="application/json")


class BrokenRule(BaseModel):
    """A rule of irregularity with its words; `about` says what exactly, where there is more to say."""

    rule: str
    zh: str
    en: str
    about: str | None


class LastDayOffAdvice(BaseModel):
    """The last day that `field` sets is a day off: `holiday` names it where an arrangement does. Nothing is refused for it;
    `rests_on` `weekends` says that no arrangement is loaded for a day on the way to the next working day."""

    advice: Literal["last_day_off"]
    field: str
    day: date
    holiday: str | None
    next_working_day: date
    rests_on: Basis
    zh: str
    en: str


class ProposedEntry(BaseModel):
    """`entry` is the citation it would have if nobody else recorded anything first."""

    entry: str
    kind: str
    irregular: list[BrokenRule]
    advice: list[LastDayOffAdvice]


class ProposedAnswer(BaseModel):
    """What would be recorded; nothing was. `reason_needed`: something is irregular and no reason was given for it."""

    dry_run: Literal[True]
    entries: list[ProposedEntry]
    reason_needed: bool


def advice_of(off: LastDayOff) -> LastDayOffAdvice:
    return LastDayOffAdvice(
        advice="last_day_off",
        field=off.field,
        day=off.told.day,
        holiday=off.told.name,
        next_working_day=off.next_working.day,
        rests_on=off.rests_on,
        zh=off.zh,
        en=off.en,
    )


def proposed(found: Proposed) -> Response:
    entries = [
        ProposedEntry(
            entry=entry.citation,
            kind=topic_of(entry.event),
            irregular=[
                BrokenRule(**r._asdict() | {"about": r.about or None}) for r in found.irregular.get(entry.citation, ())
            ],
            advice=[advice_of(one) for one in found.advice.get(entry.citation, ())],
        )
        for entry in found.entries
    ]
    body = ProposedAnswer(dry_run=True, entries=entries, reason_needed=found.reason_needed)
    return Response(body.model_dump_json(), media_type="application/json")


class BatchItem(BaseModel):
    """`stream` is absent, or "new", where the command begins one (projects, units, people)."""

    model_config = ConfigDict(extra="forbid", strict=True)
    stream: Annotated[str, Field(max_length=64)] | None = None
    noun: Annotated[str, Field(max_length=40)]
    command: dict[str, Any]


class Batch(BaseModel):
    """All commands in one request, or none. `joint`: one act over several streams, whose entries are counterparts."""

    model_config = ConfigDict(extra="forbid", strict=True)
    commands: Annotated[list[BatchItem], Field(min_length=1, max_length=200)]
    joint: bool = True


Match = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=120,
        description='所见最后一条记录的编号，如 "7"；已有变化则 412 / the number of the last entry you saw; stale: 412',
    ),
]

Dry = Annotated[
    bool,
    Query(description="试算：只问会记录什么、何处不合常规 / what would be recorded, and what is irregular; nothing is"),
]
DRY: dict[int | str, dict[str, Any]] = {
    200: {"model": ProposedAnswer, "description": "dry_run: what would be recorded / 试算结果"}
}

WRITING = tuple(action for action in Action if action not in READING and action is not Action.TOKENS)
"""A batch may hold any command; each is permitted on its own."""


def schema_name(stream: StreamKind, noun: str) -> str:
    return f"{stream}_{noun}_command"


def expected(match: str | None) -> int | None:
    if match is None or match == "*":
        return None
    number = match.strip().removeprefix("W/").strip('"').rpartition("#")[2]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise BadPrecondition
    return int(number)


def commands() -> APIRouter:
    """One route per noun and sort of stream, and /batches."""
    made = router(tags=["commands"])
    _begin(made, "project", "projects", "/projects")
    _begin(made, "unit", "units", "/units")
    _begin(made, "person", "people", "/people")
    _begin(made, "period", "periods", "/periods")
    _begin(made, "targets", "targets", "/targets")
    _begin(made, "audit", "audits", "/audits")
    for stream, path, label in (
        ("project", "/projects/{code}", "{code}"),
        ("unit", "/units/{code}", "unit:{code}"),
        ("person", "/people/{code}", "person:{code}"),
        ("period", "/periods/{code}", "period:{code}"),
        ("targets", "/targets/{code}", "targets:{code}"),
        ("audit", "/audits/{code}", "audit:{code}"),
        ("district", "/district", "district"),
    ):
        for noun, deeds in nouns(stream).items():  # type: ignore[arg-type]  # the four literals above
            if not deeds[0].begins:
                _follow(made, stream, noun, path, label, deeds)  # type: ignore[arg-type]
    made.add_api_route(
        "/batches",
        batches,
        methods=["POST"],
        status_code=201,
        response_model=RecordedAnswer,
        responses=DRY,
        operation_id="record_batch",
        summary="Several commands, all or none",
        openapi_extra=asks(*WRITING) | body_of("Batch"),
    )
    return made


def _begin(made: APIRouter, stream: StreamKind, noun: str, path: str) -> None:
    deed = nouns(stream)[noun][0]

    def begin(request: Request, body: Body, services: Running, by: By, key: Key = None, dry_run: Dry = False) -> Response:
        command = reader(stream, noun).validate_json(body)
        if dry_run:
            return proposed(services.ledger.propose([(None, command)], by=by, source=source_of(request)))
        known = asked(request, by, key, body, [(field,) for field in command.erasable])
        recorded = services.ledger.record(None, command, by=by, source=source_of(request), key=known)
        return answered(recorded)

    made.add_api_route(
        path,
        begin,
        methods=["POST"],
        status_code=201,
        response_model=RecordedAnswer,
        responses=DRY,
        operation_id=f"record_{noun}",
        summary=(deed.command.__doc__ or "").split("\n")[0],
        openapi_extra=asks(deed.action) | body_of(schema_name(stream, noun)),
    )


def _follow(made: APIRouter, stream: StreamKind, noun: str, path: str, label: str, deeds: list[Deed]) -> None:
    def write(
        request: Request,
        body: bytes,
        services: Services,
        by: Actor,
        label: str,
        key: str | None,
        match: str | None,
        dry: bool,
    ) -> Response:
        if stream_kind(label) != stream:
            raise NotFound(label)
        command = reader(stream, noun).validate_json(body)
        if dry:
            return proposed(
                services.ledger.propose([(label, command)], by=by, source=source_of(request), expected=expected(match))
            )
        known = asked(request, by, key, body, [(field,) for field in command.erasable])
        recorded = services.ledger.record(
            label, command, by=by, source=source_of(request), key=known, expected=expected(match)
        )
        return answered(recorded)

    def record(
        request: Request,
        body: Body,
        services: Running,
        by: By,
        code: Annotated[str, Path(max_length=64)],
        key: Key = None,
        match: Match = None,
        dry_run: Dry = False,
    ) -> Response:
        return write(request, body, services, by, label.replace("{code}", code), key, match, dry_run)

    def record_district(
        request: Request,
        body: Body,
        services: Running,
        by: By,
        key: Key = None,
        match: Match = None,
        dry_run: Dry = False,
    ) -> Response:
        return write(request, body, services, by, label, key, match, dry_run)

    made.add_api_route(
        f"{path}/{noun}",
        record if "{code}" in path else record_district,
        methods=["POST"],
        status_code=201,
        response_model=RecordedAnswer,
        responses=DRY,
        operation_id=f"record_{stream}_{noun}",
        summary=" · ".join((d.command.__doc__ or "").split("\n")[0] for d in deeds),
        openapi_extra=asks(*dict.fromkeys(of_stream(d.action, stream, role) for d in deeds for role in Role))
        | body_of(schema_name(stream, noun)),
    )


def batches(request: Request, body: Body, services: Running, by: By, key: Key = None, dry_run: Dry = False) -> Response:
    """Each command as it would be posted alone; nobody sees half of it."""
    batch = Batch.model_validate_json(body)
    items = _items(batch)
    erasable = [("commands", n, "command", field) for n, (_, command) in enumerate(items) for field in command.erasable]
    try:
        if dry_run:
            return proposed(services.ledger.propose(items, by=by, source=source_of(request), joint=batch.joint))
        known = asked(request, by, key, body, erasable)
        return answered(services.ledger.record_all(items, by=by, source=source_of(request), key=known, joint=batch.joint))
    except Refused as refused:
        if refused.item is not None:
            place = "" if refused.pointer is None else f"/command{refused.pointer}"
            refused.pointer = f"/commands/{refused.item}{place}"
        raise


def _items(batch: Batch) -> list[tuple[str | None, Command]]:
    """Every command with its stream. Raises RequestValidationError with what is wrong in any of them, UnknownNoun."""
    found: list[tuple[str | None, Command]] = []
    errors: list[Any] = []
    unknown: list[UnknownNoun] = []
    for n, item in enumerate(batch.commands):
        try:
            found.append((_stream(item), _command(n, item)))
        except RequestValidationError as error:
            errors += error.errors()
        except UnknownNoun as error:
            unknown.append(error)
    if errors:
        raise RequestValidationError(errors)
    if unknown:
        raise unknown[0]
    return found


def _stream(item: BatchItem) -> str | None:
    return None if item.stream in (None, "new") else item.stream


def _command(number: int, item: BatchItem) -> Command:
    stream = _stream(item)
    kind = BEGINNINGS.get(item.noun) if stream is None else stream_kind(stream)
    if kind is None or item.noun not in nouns(kind) or nouns(kind)[item.noun][0].begins != (stream is None):
        raise UnknownNoun(item.noun[:40], pointer=f"/commands/{number}/noun")
    try:
        return reader(kind, item.noun).validate_json(to_json(item.command))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**found, "loc": ("commands", number, "command", *found["loc"])} for found in errors]
        ) from None


def schemas() -> dict[str, TypeAdapter[Any]]:
    """The bodies by the name their schemas carry in the OpenAPI document."""
    found: dict[str, TypeAdapter[Any]] = {"Batch": TypeAdapter(Batch)}
    for stream in get_args(StreamKind):
        for noun in nouns(stream):
            found[schema_name(stream, noun)] = reader(stream, noun)
    return found
