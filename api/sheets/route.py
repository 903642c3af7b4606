"""A snapshot sent over HTTP: what it proposes is shown first, and recorded when it is sent again without `dry_run`."""

import tempfile
from base64 import b64decode
from binascii import Error
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.access.doors import Body, By, Running, asks, body_of, router
from api.keys import Key, asked
from api.services import Services
from api.sheets.importing import Work, propose, record_snapshot, renamed, report
from api.sheets.mapping import SHIPPED, Mapping, SnapshotMapping, parsed
from api.sheets.reading import BadFile, Snapshot, read_snapshot
from api.working import Prefer, Unwatched, Watch, WorkAnswer, Workshop, later
from domain.command import Action
from domain.entry import Actor, Entry
from domain.errors import Refused
from store.ledger import Asked, Recorded

made: APIRouter = router(tags=["imports"])
OPERATION = "import_snapshot"
Dry = Annotated[bool, Query(description="试算：只看会记录什么 / what would be recorded; nothing is")]


class NothingSent(Refused):
    """Send a mapping, the file's name and its content, or name the trial whose file is to be recorded."""

    zh = "请给出映射、文件名与文件内容，或给出已核对的那次试算（checked）。"
    sort = "invalid"


class SnapshotSent(BaseModel):
    """`mapped_by`: the name of one that comes with the program, or the text of a mapping file (TOML); `content`: the file's
    bytes in base64. Or `checked` alone: the trial (`dry_run`, `Prefer: respond-async`) whose file is now to be recorded.
    Several megabytes are for `lifecycle import`: a request is at most 1 MiB."""

    model_config = ConfigDict(extra="forbid", strict=True)
    mapped_by: Annotated[str, Field(max_length=200_000)] | None = None
    file: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\\]+$")] | None = None
    content: Annotated[str, Field(max_length=1_048_576)] | None = None
    checked: Annotated[UUID, Field(strict=False)] | None = None


class NotReadCell(BaseModel):
    file: str
    row: int
    column: str
    project: str
    value: str
    reason: str


class ProposedFact(BaseModel):
    """`states` is what the entry says, as it would be kept."""

    entry: str
    topic: str
    row: int | None
    states: dict[str, Any]


class RefusedRow(BaseModel):
    """`code` is the refusal's stable name, `zh` and `en` say it to people."""

    row: int | None
    project: str
    code: str
    zh: str
    en: str


class ImportAnswer(BaseModel):
    """`counts`: for each fact how many cells were read, blank in each way, not read, in a row left out; together all.
    `renamed`: pairs of names that look like one project's; confirm them in the mapping. `position` is null when nothing
    was recorded: for a dry run, for a file that brings nothing new, and where anything was refused."""

    file: str
    sha256: str
    appearances: int
    as_at: str
    counts: dict[str, dict[str, int]]
    skipped: list[int]
    not_read: list[NotReadCell]
    proposed: list[ProposedFact]
    refused: list[RefusedRow]
    renamed: list[tuple[str, str]]
    position: int | None


class MappingsAnswer(BaseModel):
    """The names of the mappings that come with the program."""

    mappings: list[str]


@made.get(
    "/imports/mappings", response_model=MappingsAnswer, operation_id="list_mappings", openapi_extra=asks(Action.SETTLE)
)
def list_mappings() -> MappingsAnswer:
    """What `mapped_by` may name."""
    return MappingsAnswer(mappings=sorted(file.stem for file in SHIPPED.glob("*.toml")))


@made.post(
    "/imports",
    response_model=ImportAnswer,
    responses={202: {"model": WorkAnswer, "description": "Prefer: respond-async：见 Location / see Location"}},
    operation_id=OPERATION,
    openapi_extra=asks(Action.SETTLE) | body_of("SnapshotSent"),
)
def import_snapshot(
    request: Request,
    services: Running,
    by: By,
    body: Body,
    key: Key = None,
    prefer: Prefer = None,
    dry_run: Dry = False,
) -> Response:
    """Compare a dated snapshot of a table with what the ledger holds, and record what it brings: all of it or nothing.

    What cannot be read is told at once; with `Prefer: respond-async` the comparison is told of under /work.
    """
    sent = SnapshotSent.model_validate_json(body)
    table: Table | None = None
    if sent.checked is not None and sent.content is None:
        sent = SnapshotSent.model_validate_json(services.works.body(sent.checked, by, OPERATION))  # it could be read then
    else:
        table = read(sent)
    known = asked(request, by, key, body)

    def do(watch: Watch) -> Response:
        answer = imported(services, by, table or read(sent), watch, known, dry=dry_run)
        return Response(to_json(answer), media_type="application/json")

    if not later(prefer):
        return do(Unwatched())
    workshop: Workshop = request.app.state.workshop
    return workshop.take(request, by, known, sent.file or "", sent.model_dump_json().encode(), do, trial=dry_run)


class Table(NamedTuple):
    """A snapshot that was read, and the mapping it was read with."""

    mapping: Mapping
    settings: SnapshotMapping
    snapshot: Snapshot


def read(sent: SnapshotSent) -> Table:
    """Raises NothingSent, BadMapping, BadFile."""
    if sent.mapped_by is None or sent.file is None or sent.content is None:
        raise NothingSent
    shipped = SHIPPED / f"{sent.mapped_by}.toml"
    known = sent.mapped_by.replace("_", "").isalnum() and shipped.exists()
    mapping = parsed(shipped.read_text("utf-8") if known else sent.mapped_by, shipped.name if known else "mapping")
    settings = named(mapping, sent.file)
    try:
        content = b64decode(sent.content, validate=True)
    except (Error, ValueError):
        raise BadFile("not base64 / 不是 base64", pointer="/content") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        path.write_bytes(content)
        snapshot = read_snapshot(path, settings, mapping).model_copy(update={"file": sent.file})
    return Table(mapping, settings, snapshot)


def named(mapping: Mapping, file: str) -> SnapshotMapping:
    """Raises BadFile where the mapping does not speak of a file of this name."""
    for settings in mapping.snapshots:
        if Path(file).match(settings.file):
            return settings
    known = ", ".join(s.file for s in mapping.snapshots)
    raise BadFile(f"{file}: the mapping names / 映射中的文件名为 {known}", pointer="/file")


def imported(services: Services, by: Actor, table: Table, watch: Watch, key: Asked | None, *, dry: bool) -> ImportAnswer:
    mapping, settings, snapshot = table
    work = Work(services, mapping, settings, snapshot, watch, give_up=not dry)
    deciding = services.ledger.deciding()
    recorded = services.ledger.repeated(key) if key is not None and not dry else None
    if dry:
        propose(work, snapshot, by, deciding)
        watch("report")
    elif recorded is None:
        recorded = record_snapshot(services, work, snapshot, by, key)
    entries = stored(services, recorded) if recorded is not None and recorded.repeated else work.proposed
    return ImportAnswer(
        **report(snapshot, entries, work.refused),
        renamed=renamed(entries, deciding),
        position=recorded.position if recorded else None,
    )


def stored(services: Services, recorded: Recorded) -> list[Entry]:
    """What a request recorded before."""
    places = [citation.rpartition("#") for citation in recorded.entries]
    histories = services.ledger.records.histories(list(dict.fromkeys(label for label, _, _ in places)))
    found = (histories[label].entry(int(number)) for label, _, number in places)
    return [entry for entry in found if entry is not None]
