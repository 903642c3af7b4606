"""A snapshot sent over HTTP: what it proposes is shown first, and recorded when it is sent again without `dry_run`."""

import tempfile
from base64 import b64decode
from binascii import Error
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.access.doors import Body, By, Running, asks, body_of, router
from api.services import Services
from api.sheets.importing import Work, propose, record_snapshot, renamed, report
from api.sheets.mapping import SHIPPED, Mapping, SnapshotMapping, parsed
from api.sheets.reading import BadFile, Snapshot, read_snapshot
from domain.command import Action
from domain.entry import Actor

made: APIRouter = router(tags=["imports"])
Dry = Annotated[bool, Query(description="试算：只看会记录什么 / what would be recorded; nothing is")]


class SnapshotSent(BaseModel):
    """`mapped_by`: the name of one that comes with the program, or the text of a mapping file (TOML); `content`: the file's
    bytes in base64. Several megabytes are for `lifecycle import`: a request is at most 1 MiB."""

    model_config = ConfigDict(extra="forbid", strict=True)
    mapped_by: Annotated[str, Field(max_length=200_000)]
    file: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\\]+$")]
    content: Annotated[str, Field(max_length=1_048_576)]


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
    row: int | None
    project: str
    why: str


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
    operation_id="import_snapshot",
    openapi_extra=asks(Action.SETTLE) | body_of("SnapshotSent"),
)
def import_snapshot(services: Running, by: By, body: Body, dry_run: Dry = False) -> Response:
    """Compare a dated snapshot of a table with what the ledger holds, and record what it brings: all of it or nothing."""
    sent = SnapshotSent.model_validate_json(body)
    shipped = SHIPPED / f"{sent.mapped_by}.toml"
    known = sent.mapped_by.replace("_", "").isalnum() and shipped.exists()
    mapping = parsed(shipped.read_text("utf-8") if known else sent.mapped_by, shipped.name if known else "mapping")
    settings = named(mapping, sent.file)
    answer = imported(services, by, mapping, settings, read(sent, settings, mapping), dry=dry_run)
    return Response(to_json(answer), media_type="application/json")


def named(mapping: Mapping, file: str) -> SnapshotMapping:
    """Raises BadFile where the mapping does not speak of a file of this name."""
    for settings in mapping.snapshots:
        if Path(file).match(settings.file):
            return settings
    known = ", ".join(s.file for s in mapping.snapshots)
    raise BadFile(f"{file}: the mapping names / 映射中的文件名为 {known}", pointer="/file")


def read(sent: SnapshotSent, settings: SnapshotMapping, mapping: Mapping) -> Snapshot:
    """Raises BadFile."""
    try:
        content = b64decode(sent.content, validate=True)
    except (Error, ValueError):
        raise BadFile("not base64 / 不是 base64", pointer="/content") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        path.write_bytes(content)
        return read_snapshot(path, settings, mapping).model_copy(update={"file": sent.file})


def imported(
    services: Services, by: Actor, mapping: Mapping, settings: SnapshotMapping, snapshot: Snapshot, *, dry: bool
) -> ImportAnswer:
    work, deciding = Work(services, mapping, settings, snapshot, give_up=not dry), services.ledger.deciding()
    recorded = None
    if dry:
        propose(work, snapshot, by, deciding)
    else:
        recorded = record_snapshot(services, work, snapshot, by)
    return ImportAnswer(
        **report(snapshot, work.proposed, work.refused),
        renamed=renamed(work.proposed, deciding),
        position=recorded.position if recorded else None,
    )
