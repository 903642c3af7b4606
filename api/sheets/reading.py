"""A file becomes rows of cells, with an account of every cell: read, blank in which way, or not read."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from api.sheets.cells import Cell, Unread, read
from api.sheets.mapping import Mapping, SnapshotMapping, folded, kind_of, matches
from domain.errors import Refused
from domain.values import Money, NoneProvided, Withheld

MOST_BYTES = 200_000_000


class BadFile(Refused):
    """The file cannot be read with this mapping; nothing was taken from it."""

    zh = "文件无法按此映射读取，未取用任何内容。"
    sort = "invalid"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Row(Model):
    """One project's appearance. `place` is its row (column, when transposed) as a person counts it in the file."""

    place: int
    number: str | None
    name: str
    cells: dict[str, str | date | Money | Withheld | NoneProvided]
    """Stated values and the two spoken blanks; what is not mentioned or not read is absent."""

    @field_validator("cells", mode="after")
    @classmethod
    def _days(cls, cells: dict[str, Any]) -> dict[str, Any]:
        """Read back from JSON, where a day is a text like any other: the fact tells them apart."""
        return {
            fact: date.fromisoformat(cell) if isinstance(cell, str) and kind_of(fact) == "date" else cell
            for fact, cell in cells.items()
        }


class NotRead(Model):
    """A cell that could not be read; it proposes nothing."""

    file: str
    row: int
    column: str
    project: str
    value: str
    reason: str


class Snapshot(Model):
    """`counts`: for each fact, how many cells were read, blank in each way, or not read; together all cells."""

    file: str
    sha256: str
    label: str
    as_at: date
    recorded: datetime
    rows: tuple[Row, ...]
    unread: tuple[NotRead, ...]
    counts: dict[str, dict[str, int]]


def read_snapshot(path: Path, snapshot: SnapshotMapping, mapping: Mapping) -> Snapshot:
    """Raises BadFile when a column is missing or unknown, or the bytes are no text."""
    raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    if raw is None:
        raise BadFile(f"{path.name}: over {MOST_BYTES} bytes / 文件过大")
    table = _table(raw, path.name, snapshot)
    header, body = table[0], table[1:]
    places = _places(path.name, header, body, snapshot, mapping)
    units = {folded(s): code for code, unit in mapping.units.items() for s in (code, unit.name, *unit.spellings)}
    rows: list[Row] = []
    unread: list[NotRead] = []
    counts: dict[str, Counter[str]] = {fact: Counter() for fact in places}
    first = snapshot.header_row + 1
    for place, texts in enumerate(body, start=first):
        if not any(text.strip() for text in texts):
            continue
        found: dict[str, Cell] = {}
        for fact, columns in places.items():
            column = mapping.column(snapshot, fact)
            text = next((texts[c] for c in columns if texts[c].strip()), "")
            cell = read(text, kind_of(fact), column, mapping.blanks, units)
            found[fact] = cell
            counts[fact][_sort(cell)] += 1
        name, number = found.get("name"), found.get("number")
        shown = name if isinstance(name, str) else ""
        for fact, cell in found.items():
            if isinstance(cell, Unread):
                header_text = " ".join(header[places[fact][0]].split())
                unread.append(_not_read(path.name, place, header_text, shown, cell.text, cell.reason))
        if not isinstance(name, str):
            reason = "a row without a project's name / 此行没有项目名称"
            unread.append(_not_read(path.name, place, "", "", " ".join(t for t in texts if t.strip())[:200], reason))
            continue
        cells = {
            fact: cell
            for fact, cell in found.items()
            if cell is not None and not isinstance(cell, Unread) and fact not in ("name", "number")
        }
        rows.append(
            Row(
                place=place,
                number=number if isinstance(number, str) else None,
                name=" ".join(name.split()),
                cells=cells,
            )
        )
    unread.extend(_twice(path.name, rows))
    return Snapshot(
        file=path.name,
        sha256=sha256(raw).hexdigest(),
        label=snapshot.label,
        as_at=snapshot.as_at,
        recorded=snapshot.recorded,
        rows=tuple(rows),
        unread=tuple(unread),
        counts={fact: dict(count) for fact, count in counts.items()},
    )


def _not_read(file: str, row: int, column: str, project: str, value: str, reason: str) -> NotRead:
    return NotRead(file=file, row=row, column=column, project=project, value=value, reason=reason)


def _sort(cell: Cell) -> str:
    match cell:
        case None:
            return "not_mentioned"
        case Withheld():
            return "withheld"
        case NoneProvided():
            return "none_provided"
        case Unread():
            return "not_read"
        case _:
            return "read"


def _table(raw: bytes, name: str, snapshot: SnapshotMapping) -> list[list[str]]:
    """Rows of equal length from the header on, turned if the file is transposed."""
    table = list(csv.reader(io.StringIO(_decoded(raw, name, snapshot), newline=""), delimiter=snapshot.delimiter))
    width = max((len(row) for row in table), default=0)
    table = [row + [""] * (width - len(row)) for row in table]
    if snapshot.layout == "columns":
        table = [list(column) for column in zip(*table, strict=True)]
    table = table[snapshot.header_row - 1 :]
    if not table or not any(text.strip() for text in table[0]):
        raise BadFile(f"{name}: no headers in {snapshot.header_row} / 第 {snapshot.header_row} 行没有表头")
    return table


def _decoded(raw: bytes, name: str, snapshot: SnapshotMapping) -> str:
    for encoding in snapshot.encodings:
        try:
            return as_browsers_do(raw) if encoding == "windows-1252" else raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise BadFile(f"{name}: unknown encoding {encoding} / 未知编码") from None
    raise BadFile(f"{name}: not {', '.join(snapshot.encodings)} / 不是所列编码")


def as_browsers_do(raw: bytes) -> str:
    """windows-1252 as the WHATWG encoding standard has it: its five unassigned bytes are control characters.

    They make a cell unread, not the file; Python's cp1252 refuses the whole file.
    """
    return raw.decode("latin-1").translate(WEB_1252)


WEB_1252 = {b: bytes([b]).decode("cp1252") for b in range(0x80, 0xA0) if b not in b"\x81\x8d\x8f\x90\x9d"}


def _places(
    name: str, header: list[str], body: list[list[str]], snapshot: SnapshotMapping, mapping: Mapping
) -> dict[str, list[int]]:
    """Where each fact stands. Every column that holds anything must be mapped or ignored: nothing is lost in silence."""
    places: dict[str, list[int]] = {}
    taken: set[int] = set()
    for fact in mapping.facts(snapshot):
        column = mapping.column(snapshot, fact)
        found = [i for h in (*column.headers, *column.also) for i in _matching(header, h) if i not in taken]
        if not found:
            raise BadFile(f"{name}: no column {' | '.join(column.headers)} for {fact} / 没有这一列；有：{_shown(header)}")
        if len(found) > 1 and not column.also:
            raise BadFile(f"{name}: {len(found)} columns for {fact} ({_shown([header[i] for i in found])}) / 有多列匹配")
        places[fact] = found
        taken.update(found)
    ignored = (*mapping.ignore, *snapshot.ignore)
    for index, text in enumerate(header):
        if index in taken or any(matches(pattern, text) for pattern in ignored):
            continue
        if text.strip() or any(row[index].strip() for row in body):
            raise BadFile(f"{name}: column {index + 1} {text[:60]!r} is neither mapped nor ignored / 既未映射也未忽略")
    if "name" not in places:
        raise BadFile(f"{name}: the mapping names no column for `name` / 映射缺少 name 列")
    return places


def _matching(header: list[str], pattern: str) -> Iterator[int]:
    return (i for i, text in enumerate(header) if matches(pattern, text))


def _shown(header: list[str]) -> str:
    return ", ".join(" ".join(text.split())[:40] for text in header if text.strip())


def _twice(file: str, rows: list[Row]) -> Iterator[NotRead]:
    """The same project twice in one snapshot: reported, and both rows are taken as they stand."""
    seen: dict[str, int] = {}
    for row in rows:
        key = row.number or folded(row.name)
        if key in seen:
            reason = f"the same project as in row {seen[key]} / 与第 {seen[key]} 行为同一项目"
            yield _not_read(file, row.place, "", row.name, key, reason)
        seen.setdefault(key, row.place)
