"""A file becomes rows of cells, with an account of every cell: read, blank in which way, or not read."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from api.sheets.cells import Cell, Unread, read
from api.sheets.mapping import Column, Mapping, SnapshotMapping, folded, kind_of, matches
from domain.errors import Refused, in_one
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
    """`counts`: for each fact, how many cells were read, blank in each way, not read or in a row left out; together all
    cells of the rows that the mapping does not skip."""

    file: str
    sha256: str
    label: str
    as_at: date
    recorded: datetime
    rows: tuple[Row, ...]
    unread: tuple[NotRead, ...]
    skipped: tuple[int, ...] = ()
    """The rows that are no projects, as the mapping says."""
    counts: dict[str, dict[str, int]]


def read_snapshot(path: Path, snapshot: SnapshotMapping, mapping: Mapping) -> Snapshot:
    """Raises BadFile when a column is missing or unknown, or the bytes are no text."""
    raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    if raw is None:
        raise BadFile(f"{path.name}: over {MOST_BYTES} bytes / 文件过大")
    header, body, places = _laid_out(raw, path.name, snapshot, mapping)
    units = {folded(s): code for code, unit in mapping.units.items() for s in (code, unit.name, *unit.spellings)}
    account = _Account(path.name, header, places)
    rows: dict[str, Row] = {}
    above: dict[str, str] = {}
    for place, texts in enumerate(body, start=snapshot.header_row + 1):
        if not any(text.strip() for text in texts):
            continue
        if _no_project(texts, places["name"], (*mapping.skip, *snapshot.skip)):
            account.skipped.append(place)
            continue
        found: dict[str, Cell] = {}
        for fact, columns in places.items():
            column = mapping.column(snapshot, fact)
            text = _text(texts, columns, column)
            if column.fill_down:
                text = above[fact] = text if text.strip() else above.get(fact, "")
            found[fact] = read(text, kind_of(fact), column, mapping.blanks, units)
        name, number = found["name"], found.get("number")
        if not isinstance(name, str):
            en, zh = (f": {in_one(name.reason, chinese)}" if isinstance(name, Unread) else "" for chinese in (False, True))
            account.row(place, texts, "", f"a row without a project's name{en} / 此行没有项目名称{zh}")
            continue
        cells = {
            fact: cell
            for fact, cell in found.items()
            if cell is not None and not isinstance(cell, Unread) and fact not in ("name", "number")
        }
        row = Row(place=place, number=number if isinstance(number, str) else None, name=name, cells=cells)
        first = rows.setdefault(folded(row.number or row.name), row)
        again = f"the same project as in row {first.place} / 与第 {first.place} 行为同一项目"
        if first is not row and mapping.repeated == "left_out":
            account.row(place, texts, name, again)
            continue
        if first is not row:
            rows[folded(row.number or row.name)], other = _added(first, row)
            found |= {fact: Unread(text=text, reason=again) for fact, text in other.items()}
        account.cells(place, name, found)
    if not rows:
        raise BadFile(f"{path.name}: not one project in it / 文件中没有任何项目")
    return Snapshot(
        file=path.name,
        sha256=sha256(raw).hexdigest(),
        label=snapshot.label,
        as_at=snapshot.as_at,
        recorded=snapshot.recorded,
        rows=tuple(rows.values()),
        unread=tuple(account.unread),
        skipped=tuple(account.skipped),
        counts={fact: dict(count) for fact, count in account.counts.items()},
    )


class _Account:
    """What became of every cell."""

    def __init__(self, file: str, header: list[str], places: dict[str, list[int]]) -> None:
        self._file = file
        self._headers = {fact: " ".join(header[columns[0]].split()) for fact, columns in places.items()}
        self.counts: dict[str, Counter[str]] = {fact: Counter() for fact in places}
        self.unread: list[NotRead] = []
        self.skipped: list[int] = []

    def cells(self, place: int, project: str, found: dict[str, Cell]) -> None:
        for fact, cell in found.items():
            self.counts[fact][_sort(cell)] += 1
            if isinstance(cell, Unread):
                self._not_read(place, self._headers[fact], project, cell.text, cell.reason)

    def row(self, place: int, texts: list[str], project: str, reason: str) -> None:
        """A row of which nothing is taken: listed once, whole."""
        for count in self.counts.values():
            count["left_out"] += 1
        whole = " ".join(" ".join(text.split()) for text in texts if text.strip())
        self._not_read(place, "", project, whole[:500], reason)

    def _not_read(self, row: int, column: str, project: str, value: str, reason: str) -> None:
        lost = NotRead(file=self._file, row=row, column=column, project=project, value=value, reason=reason)
        self.unread.append(lost)


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


def _no_project(texts: list[str], names: list[int], patterns: tuple[str, ...]) -> bool:
    """Whether the row's first written cell or its name is what the mapping skips."""
    first = next(text for text in texts if text.strip())
    told = {" ".join(text.split()) for text in (first, *(texts[i] for i in names))}
    return any(re.fullmatch(p, text, re.IGNORECASE) for p in patterns for text in told)


def _text(texts: list[str], columns: list[int], column: Column) -> str:
    """The first that is not empty, or all of them joined."""
    if column.join is None:
        return next((texts[c] for c in columns if texts[c].strip()), "")
    parts = [texts[c].strip() for c in columns]
    return column.join.join(parts) if any(parts) else ""


def _added(first: Row, further: Row) -> tuple[Row, dict[str, str]]:
    """One project over several rows: amounts add up; whatever else they say that the first does not is told."""
    cells, other = dict(first.cells), {}
    if further.name != first.name:
        other["name"] = further.name
    for fact, cell in further.cells.items():
        before = cells.get(fact)
        if before is None:
            cells[fact] = cell
        elif isinstance(before, Money) and isinstance(cell, Money):
            cells[fact] = Money(amount=before.amount + cell.amount, currency=before.currency)
        elif cell != before:
            other[fact] = cell if isinstance(cell, str) else str(cell)
    return first.model_copy(update={"cells": cells}), other


def _laid_out(
    raw: bytes, name: str, snapshot: SnapshotMapping, mapping: Mapping
) -> tuple[list[str], list[list[str]], dict[str, list[int]]]:
    """Headers, rows and where each fact stands. A table re-saved with another separator is still that table."""
    text = _decoded(raw, name, snapshot)
    refused: BadFile | None = None
    for delimiter in dict.fromkeys((snapshot.delimiter, *",;\t|")):
        try:
            header, *body = _table(text, delimiter, name, snapshot)
            return header, body, _places(name, header, body, snapshot, mapping)
        except BadFile as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _table(text: str, delimiter: str, name: str, snapshot: SnapshotMapping) -> list[list[str]]:
    """Rows of equal length from the header on, turned if the file is transposed."""
    try:
        table = list(reader := csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        wrong = f"line {reader.line_num}: {error} (a quotation mark that is not closed?)"
        raise BadFile(f"{name} {wrong} / 第 {reader.line_num} 行引号有误") from None
    width = max((len(row) for row in table), default=0)
    table = [row + [""] * (width - len(row)) for row in table]
    if snapshot.layout == "columns":
        table = [list(column) for column in zip(*table, strict=True)]
    table = table[snapshot.header_row - 1 :]
    if not table or not any(text.strip() for text in table[0]):
        where = ("row", "行") if snapshot.layout == "rows" else ("column", "列")
        raise BadFile(
            f"{name}: {where[0]} {snapshot.header_row} holds no headers / 第 {snapshot.header_row} {where[1]}没有表头"
        )
    return table


MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def _decoded(raw: bytes, name: str, snapshot: SnapshotMapping) -> str:
    """What its mark says; else UTF-8, which other encodings are not by accident; else the first listed that fits."""
    marked = next((encoding for mark, encoding in MARKS.items() if raw.startswith(mark)), "utf-8")
    for encoding in (marked, *snapshot.encodings):
        try:
            return as_browsers_do(raw) if encoding == "windows-1252" else raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise BadFile(f"{name}: unknown encoding {encoding} / 未知编码") from None
    raise BadFile(f"{name}: not UTF-8 nor {', '.join(snapshot.encodings)} / 不是 UTF-8，也不是所列编码")


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
    parts: set[int] = set()  # a part of a joined value may be a fact of its own: the office in a number is the unit
    for fact in mapping.facts(snapshot):
        column = mapping.column(snapshot, fact)
        gone = taken if column.join is None else set[int]()
        each = [[i for i in _matching(header, h) if i not in gone] for h in (*column.headers, *column.also)]
        found = list(dict.fromkeys(i for some in each for i in some))
        if not found or (column.join is not None and not all(each)):
            raise BadFile(
                f"{name}: no column {' | '.join(column.headers)} for {fact}; there are / 没有这一列；有：{_shown(header)}"
            )
        if len(found) > (len(column.headers) if column.join is not None else 1) and not column.also:
            raise BadFile(f"{name}: {len(found)} columns for {fact} ({_shown([header[i] for i in found])}) / 有多列匹配")
        places[fact] = found
        (taken if column.join is None else parts).update(found)
    ignored = (*mapping.ignore, *snapshot.ignore)
    for index, text in enumerate(header):
        if index in taken | parts or any(matches(pattern, text) for pattern in ignored):
            continue
        if text.strip() or any(row[index].strip() for row in body):
            raise BadFile(
                f"{name}: column {index + 1} {text[:60]!r} is neither mapped nor under `ignore` / 既未映射也未列入 ignore"
            )
    if "name" not in places:
        raise BadFile(f"{name}: the mapping names no column for `name` / 映射缺少 name 列")
    return places


def _matching(header: list[str], pattern: str) -> Iterator[int]:
    return (i for i, text in enumerate(header) if matches(pattern, text))


def _shown(header: list[str]) -> str:
    return ", ".join(" ".join(text.split())[:40] for text in header if text.strip())
