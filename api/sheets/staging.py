"""Snapshots and command files as staged rows, and back again when the ledger is opened (DESIGN §3.14)."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.sheets.mapping import Mapping, SnapshotMapping, told
from api.sheets.proposing import Importing, Refusal
from api.sheets.reading import Row, Snapshot
from domain.command import BEGINNINGS, TABLE, Command
from domain.entry import Actor, Role, Source, stream_kind
from domain.errors import Refused
from domain.office.identities import PREFIX as PERSON
from domain.values import Instant, Line, PersonRef, UnitCode, clean
from store.backfill import Staged
from store.counterparts import together_in
from store.deciding import Asking, Deciding

IMPORTER = Actor(person="importer", unit="office", post="台账启用", role=Role.OFFICE, signed_in="command line")
"""Who a snapshot's entries are by when the ledger is opened; a command file names its own people."""


class BadCommandFile(Refused):
    """A line of the command file cannot be read; nothing was staged."""

    zh = "命令文件中有无法读取的行，未暂存任何内容。"
    sort = "invalid"


class Said(BaseModel):
    """Who acted then."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: PersonRef
    unit: UnitCode
    post: Line = "—"
    role: Annotated[Role, Field(strict=False)] = Role.OFFICE


class CommandLine(BaseModel):
    """One line: at the stated time somebody asked for a command of a noun, in a stream (absent where it begins one)."""

    model_config = ConfigDict(extra="forbid")
    stated: Instant
    by: Said
    stream: str | None = None
    noun: str
    command: dict[str, object]


class Head(BaseModel):
    """Row 0 of a staged snapshot: everything about it but its rows."""

    snapshot: Snapshot
    settings: SnapshotMapping
    mapping: Mapping


def staged_snapshot(snapshot: Snapshot, settings: SnapshotMapping, mapping: Mapping) -> list[Staged]:
    bare = mapping.model_copy(update={"snapshots": ()})
    head = Head(snapshot=snapshot.model_copy(update={"rows": (), "unread": ()}), settings=settings, mapping=bare)
    digest = bytes.fromhex(snapshot.sha256)
    rows = [Staged(digest, snapshot.file, snapshot.recorded, 0, "snapshot", head.model_dump_json().encode())]
    for row in snapshot.rows:
        content = row.model_dump_json().encode()
        rows.append(Staged(digest, snapshot.file, snapshot.recorded, row.place, "row", content))
    return rows


def staged_commands(path: Path) -> list[Staged]:
    """Raises BadCommandFile naming the first bad line."""
    raw = path.read_bytes()
    digest = sha256(raw).digest()
    staged = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            try:
                said = CommandLine.model_validate_json(line)
                the_command(said)
            except ValidationError as error:
                raise BadCommandFile(f"{path.name} {number}: {told(error)}") from None
            except BadCommandFile as unknown:
                raise BadCommandFile(f"{path.name} {number}: {unknown.about}") from None
            staged.append(Staged(digest, path.name, said.stated, number, "command", line.strip()))
    return staged


def the_command(said: CommandLine) -> Command:
    """The command a line asks for. Raises BadCommandFile for an unknown noun or act."""
    kind = BEGINNINGS.get(said.noun) if said.stream is None else stream_kind(said.stream)
    for deed in TABLE.values():
        if deed.noun == said.noun and deed.stream in (kind, None) and deed.act == said.command.get("act"):
            return deed.command.model_validate_json(json.dumps(said.command))
    raise BadCommandFile(f"{said.noun} {said.command.get('act', '')}".strip())


class Opening:
    """Decides staged requests; refusals are collected so that all are known before anything is recorded."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.names: dict[tuple[str, int], str] = {}
        """Names of people by reference and entry number: kept once the opening is done, or they would be of nobody."""

    def decide(self, rows: Sequence[Staged], deciding: Deciding, asking: Asking) -> None:
        if rows[0].kind == "snapshot":
            self._snapshot(rows, deciding, asking)
        else:
            for row in rows:
                self._command(row, rows, deciding, asking)

    def _snapshot(self, rows: Sequence[Staged], deciding: Deciding, asking: Asking) -> None:
        head = Head.model_validate_json(rows[0].content)
        read = tuple(Row.model_validate_json(row.content) for row in rows[1:])
        snapshot = head.snapshot.model_copy(update={"rows": read})
        projects = [label for label in deciding.streams.known() if stream_kind(label) == "project"]
        importing = Importing(deciding, head.mapping, projects)
        importing.propose(snapshot, head.settings, asking, backfill=True)
        self.refusals.extend(importing.refusals)

    def _command(self, row: Staged, rows: Sequence[Staged], deciding: Deciding, asking: Asking) -> None:
        said = CommandLine.model_validate_json(row.content)
        source = Source(door="command_file", file=row.file, row=row.row, sha256=row.sha256.hex())
        by = Actor(**said.by.model_dump(), signed_in="command file")
        mine = Asking(by, source, asking.moment, asking.request, asking.batch, imported=True)
        try:
            command = the_command(said)
            beside = [CommandLine.model_validate_json(r.content) for r in rows]
            together = together_in([(b.stream, the_command(b)) for b in beside], deciding.past)
            entries = deciding.decide(said.stream, command, mine, together)
            for name in command.erasable:
                self.names[entries[0].stream.removeprefix(PERSON), entries[0].number] = clean(getattr(command, name))
        except Refused as error:
            self.refusals.append(Refusal(row.file, row.row, said.stream or said.noun, error))
