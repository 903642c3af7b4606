"""Tables that people take away: a workbook or CSV, written row by row, in which nothing is ever a formula."""

import csv
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter
from starlette.concurrency import run_in_threadpool

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula, wherever the text came from."""
LONGEST = 32_767
"""Characters that a cell of a workbook holds."""
DAY = "yyyy-mm-dd"
PIECE = 262_144
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {0: 16, 1: 36, 2: 24, 8: 22}
BOM = "\ufeff"


class Heading(NamedTuple):
    """`above`: lines that say what the table shows, and at what viewpoint."""

    name: str
    above: Sequence[Sequence[Any]]
    columns: Sequence[str]


async def workbook(heading: Heading, parts: AsyncIterator[list[list[Any]]]) -> AsyncIterator[bytes]:
    """Written on disk, whatever its length in the memory of one row, and sent once it is whole.

    The answer has begun by then, so that browsers show a download that can be stopped; nothing is left of it either way.
    """
    with tempfile.TemporaryDirectory(prefix="lifecycle-") as folder:
        path = Path(folder) / "workbook"
        await _written(path, heading, parts)
        with path.open("rb") as file:
            while piece := await run_in_threadpool(file.read, PIECE):
                yield piece


async def _written(path: Path, heading: Heading, parts: AsyncIterator[list[list[Any]]]) -> None:
    book = xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)})
    sheet = book.add_worksheet(heading.name[:31])
    try:
        bold, day = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": DAY})
        for column, width in WIDTHS.items():
            sheet.set_column(column, column, width)
        at = 0
        for line in heading.above:
            _line(sheet, at, line, day)
            at += 1
        at += 1
        for column, name in enumerate(heading.columns):
            sheet.write_string(at, column, name, bold)
        sheet.freeze_panes(at + 1, 2)
        async for rows in parts:
            await run_in_threadpool(_lines, sheet, at + 1, rows, day)
            at += len(rows)
    except BaseException:
        sheet.row_data_fh.close()
        raise
    await run_in_threadpool(book.close)


def _lines(sheet: Any, at: int, rows: list[list[Any]], day: Any) -> None:
    for place, row in enumerate(rows):
        _line(sheet, at + place, row, day)


def _line(sheet: Any, at: int, row: Sequence[Any], day: Any) -> None:
    for column, value in enumerate(row):
        if isinstance(value, int | Decimal):
            sheet.write_number(at, column, float(value))  # fifteen digits: more than a project's money has
        elif (when := _day(value)) is not None:
            sheet.write_datetime(at, column, when, day)
        elif value:
            sheet.write_string(at, column, str(value)[:LONGEST])


def _day(value: Any) -> date | None:
    """A day as answers write it; every other text is a text."""
    if not isinstance(value, str) or len(value) != len("2026-06-30"):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


async def csv_lines(heading: Heading, parts: AsyncIterator[list[list[Any]]]) -> AsyncIterator[bytes]:
    yield (BOM + _csv([*heading.above, [], heading.columns])).encode()
    async for rows in parts:
        yield _csv(rows).encode()


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([[harmless(value) for value in row] for row in rows])
    return written.getvalue()


def harmless(value: Any) -> Any:
    """A text that would be taken for a formula gets an apostrophe before it, which makes it a text; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
