"""表格: a workbook made to be filled in, read back cell by cell, and handed back with what is wrong marked in it.

A sheet is a command, a column one of its plain fields.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, NamedTuple

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

from api.pages.fielding import Tongue
from api.pages.filling import plain, sized
from api.pages.opening import SheetTooLarge, rows_of_csv, tables
from api.pages.shapes import Asked, Shape
from domain.errors import Refused

MOST_BYTES = 2 * 1_048_576
MOST_COMMANDS = 200
"""As many as one batch holds."""
PLAIN = frozenset(("text", "prose", "day", "whole", "decimal", "money", "choice", "unit", "person", "flag"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROJECT = "project"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NoSheetKnown(Refused):
    """No sheet bears the name of a form; download the template and fill it in."""

    zh = "没有一个工作表是本系统模板中的表，请下载模板填写。"
    sort = "invalid"


class Column(NamedTuple):
    """`pointer` in the command; `shape` says how a cell is read; the project's own column has none."""

    header: str
    pointer: str
    shape: Shape | None


class Cell(NamedTuple):
    """Where something is wrong: sheet, row and column as people count them, from 1; column 0 is the whole row."""

    sheet: str
    row: int
    column: int


@dataclass
class Row:
    """One command as a row says it; `places`: the column of each pointer."""

    sheet: str
    number: int
    asked: Asked
    project: str
    body: dict[str, Any]
    places: dict[str, int] = field(default_factory=dict)

    def cell(self, pointer: str) -> Cell:
        """The cell that a mistake in the command is about; the row, where there is none."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return Cell(self.sheet, self.number, self.places.get(pointer, 0))


@dataclass
class Book:
    """What was read: the rows in their order, and the cells that could not be."""

    rows: list[Row] = field(default_factory=list)
    wrong: list[tuple[Cell, str]] = field(default_factory=list)


def columns(asked: Asked, tongue: Tongue) -> list[Column]:
    """The project, then every plain field; money in 万元 of its own column, its currency the district's unless stated."""
    words = {"zh": ("项目", "（万元）", "币种"), "en": ("Project", " (10,000)", "currency")}[tongue.language]
    found = [Column(words[0], PROJECT, None)]
    for shape in (*asked.main, *(s for s in asked.more if s.name == "reason")):
        for each, at, label in flat(shape, f"/{shape.name}", tongue.label(shape), tongue):
            found.append(Column(label + (words[1] if each.sort == "money" else ""), at, each))
    return found


def flat(shape: Shape, at: str, label: str, tongue: Tongue) -> Iterator[tuple[Shape, str, str]]:
    """A field, or those of a group; what cannot stand in a cell is left to the form."""
    if shape.sort in PLAIN or (shape.sort == "word" and shape.required):
        yield shape, at, label
    elif shape.sort == "group" and shape.required:
        for inner in shape.fields:
            yield from flat(inner, f"{at}/{inner.name}", f"{label} · {tongue.label(inner)}", tongue)


def fits(asked: Asked) -> bool:
    """Whether all that a command needs can stand in cells."""
    return all(
        s.sort in (*PLAIN, "const") or (s.sort == "group" and all(f.sort in PLAIN for f in s.fields))
        for s in asked.fields
        if s.required
    )


# the template


def template(commands: Sequence[Asked], tongue: Tongue, names: Mapping[str, str], guide: Sequence[str]) -> bytes:
    """One sheet for each command, and the projects to copy from; `names`: of the commands."""
    made = BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        head = book.add_format({"bold": True, "bg_color": "#E3EEF5", "text_wrap": True, "valign": "top", "border": 1})
        needed = book.add_format({"bold": True, "bg_color": "#FDF0DC", "text_wrap": True, "valign": "top", "border": 1})
        text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
        first = book.add_worksheet({"zh": "说明", "en": "How to"}[tongue.language])
        first.set_column(0, 0, 100)
        for n, line in enumerate(guide):
            first.write_string(n, 0, line)
        for asked in commands:
            sheet = book.add_worksheet(names[asked.name][:31])
            sheet.freeze_panes(1, 1)
            for n, column in enumerate(columns(asked, tongue)):
                shape = column.shape
                required = shape is None or shape.required
                sheet.write_string(0, n, column.header, needed if required else head)
                sheet.set_column(
                    n,
                    n,
                    18,
                    day
                    if shape and shape.sort == "day"
                    else None
                    if shape and shape.sort in ("money", "decimal", "whole")
                    else text,
                )
                if shape is not None and (help := tongue.help(shape)):
                    sheet.write_comment(0, n, help)
                if shape is not None and shape.sort in ("choice", "word"):
                    listed = [option.text for option in tongue.options(shape)]
                    if len(",".join(listed)) < 250:
                        sheet.data_validation(1, n, 500, n, {"validate": "list", "source": listed, "ignore_blank": True})
    return made.getvalue()


def names_of(commands: Sequence[Asked], words: Mapping[str, str]) -> dict[str, str]:
    """What the sheets are called."""
    return {asked.name: words[asked.name] for asked in commands}


# reading


def read(
    raw: bytes, name: str, commands: Sequence[Asked], tongues: Sequence[Tongue], words: Sequence[Mapping[str, str]]
) -> Book:
    """In either language. Raises NotASheet, SheetTooLarge, NoSheetKnown."""
    book, known = Book(), False
    for title, table in tables(raw, name):
        found = _sheet(title, table, commands, tongues, words)
        if found is None:
            continue
        known = True
        asked, tongue, places = found
        for number, cells in enumerate(table[1:], 2):
            if any(cell not in ("", None) for cell in cells):
                _row(book, title, number, cells, asked, tongue, places)
        if len(book.rows) > MOST_COMMANDS:
            raise SheetTooLarge(str(len(book.rows)))
    if not known:
        raise NoSheetKnown
    return book


Found = tuple[Asked, Tongue, list[Column | None]]


def _sheet(
    title: str,
    table: list[list[Any]],
    commands: Sequence[Asked],
    tongues: Sequence[Tongue],
    words: Sequence[Mapping[str, str]],
) -> Found | None:
    """Which command a sheet is of: by its name, or, of a file that has none, by its columns."""
    headers = [str(cell).strip() for cell in table[0]] if table else []
    named = [
        (asked, tongue)
        for tongue, names in zip(tongues, words, strict=True)
        for asked in commands
        if names[asked.name][:31] == title
    ]
    for asked, tongue in named or [(asked, tongue) for tongue in tongues for asked in commands]:
        known = {column.header: column for column in columns(asked, tongue)}
        needed = {c.header for c in known.values() if c.shape is None or c.shape.required}
        if needed <= set(headers) and (named or {h for h in headers if h} <= set(known)):
            return asked, tongue, [known.get(header) for header in headers]
    return None


def _row(
    book: Book, title: str, number: int, cells: Sequence[Any], asked: Asked, tongue: Tongue, places: Sequence[Column | None]
) -> None:
    row = Row(title, number, asked, "", {s.name: s.default for s in asked.fields if s.sort == "const"})
    for n, (cell, column) in enumerate(zip(cells, places, strict=False), 1):
        if column is None or cell in ("", None):
            continue
        row.places[column.pointer] = n
        if column.shape is None:
            said = written(cell)
            row.project = tongue.names.code("project", said) or said
            continue
        value, wrong = value_of(cell, column.shape, tongue)
        if wrong is not None:
            book.wrong.append((Cell(title, number, n), wrong))
        else:
            _put(row.body, column.pointer, value)
    book.rows.append(row)


def _put(body: dict[str, Any], pointer: str, value: Any) -> None:
    *groups, last = pointer.split("/")[1:]
    for group in groups:
        body = body.setdefault(group, {})
    body[last] = value


def value_of(cell: Any, shape: Shape, tongue: Tongue) -> tuple[Any, str | None]:
    """A cell as the command wants it, or why it cannot be; numbers are taken as they are shown, never rounded."""
    text = written(cell)
    match shape.sort:
        case "money":
            return {"amount": sized(plain(text), "万"), "currency": tongue.settings["currency"]}, None
        case "day":
            return day(text), None
        case "whole":
            number = plain(text)
            return (int(number) if number.lstrip("-").isdigit() and number.isascii() else text), None
        case "decimal":
            return plain(text), None
        case "flag":
            return text.strip().lower() in ("是", "yes", "true", "1", "√", "y"), None
        case "choice" | "word":
            options = tongue.options(shape)
            chosen = next((o.value for o in options if text.casefold() in (o.text.casefold(), o.value)), None)
            either = {"zh": "须为：", "en": "must be one of: "}[tongue.language] + "、".join(o.text for o in options[:20])
            return (chosen, None) if chosen is not None else (None, either)
        case "unit" | "person":
            code = tongue.names.code(shape.sort, text)
            missing = {"zh": "没有（或不止一个）叫这个名称的", "en": "nobody, or more than one, is called so"}[
                tongue.language
            ]
            return (code, None) if code is not None else (None, missing)
    return text, None


def written(cell: Any) -> str:
    """As it is seen: 5000, not 5000.0; a day as ISO 8601."""
    match cell:
        case bool():
            return "true" if cell else "false"
        case datetime() | date():
            return f"{cell:%Y-%m-%d}"
        case float():
            return f"{Decimal(repr(cell)).normalize():f}"
        case _:
            return str(cell).strip()


def day(text: str) -> str:
    """2026/6/3, 2026.6.3 and 2026年6月3日 are 2026-06-03; what is none of them stays as it is."""
    parts = [
        p
        for p in text.replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-").split("-")
        if p
    ]
    if len(parts) == 3 and all(p.strip().isdigit() and p.isascii() for p in parts):
        year, month, last = (int(p) for p in parts)
        return f"{year:04d}-{month:02d}-{last:02d}"
    return text


# handing back


def marked(raw: bytes, wrong: Sequence[tuple[Cell, str]]) -> bytes:
    """The user's own file with the bad cells coloured and a comment in each; of a CSV, with a column of what is wrong."""
    if not raw.startswith(b"PK\x03\x04"):
        return _marked_csv(raw, wrong)
    book = load_workbook(BytesIO(raw))
    fill = PatternFill("solid", fgColor="FFFBC9C5")
    said: dict[tuple[str, str], list[str]] = {}
    for cell, text in wrong:
        said.setdefault((cell.sheet, f"{get_column_letter(max(cell.column, 1))}{cell.row}"), []).append(text)
    for (sheet, place), texts in said.items():
        found = book[sheet][place]
        found.fill = fill
        found.comment = Comment("\n".join(dict.fromkeys(texts))[:2_000], "lifecycle")
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def _marked_csv(raw: bytes, wrong: Sequence[tuple[Cell, str]]) -> bytes:
    table, said = rows_of_csv(raw), dict[int, list[str]]()
    for cell, text in wrong:
        said.setdefault(cell.row, []).append(text)
    made = StringIO(newline="")
    out = csv.writer(made)
    for number, cells in enumerate(table, 1):
        note = "；".join(said.get(number, ())) or ("" if number > 1 else "问题 / problem")
        out.writerow([guarded(cell) for cell in (*cells, note)])
    return made.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """No cell that we write becomes a formula."""
    return f"'{text}" if text.startswith(FORMULA) and not plain(text).lstrip("-+").replace(".", "", 1).isdigit() else text
