"""A spreadsheet that somebody sent, opened as rows of values: it is looked at whole before anything unpacks it."""

import csv
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import IO, Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from domain.errors import Refused

MOST_UNPACKED = 40 * 1_048_576
MOST_PARTS = 500
MOST_ROWS, MOST_COLUMNS = 5_000, 200
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MACROS = "vbaproject.bin"


class NotASheet(Refused):
    """This is no spreadsheet that can be read: XLSX without macros, or CSV in UTF-8 or GB18030."""

    zh = "无法读取此文件：请用不含宏的 XLSX，或 UTF-8、GB18030 编码的 CSV。"
    sort = "invalid"


class SheetTooLarge(Refused):
    """This spreadsheet is larger than can be taken at once (2 MiB, 5,000 rows, 200 columns, 200 rows to record)."""

    zh = "表格过大：一次至多 2 MiB、5,000 行、200 列、记录 200 行，请分开提交。"
    sort = "invalid"


def tables(raw: bytes, name: str) -> Iterator[tuple[str, list[list[Any]]]]:
    """Every sheet as rows of values. Raises NotASheet, SheetTooLarge."""
    if not raw.startswith(b"PK\x03\x04"):
        yield name.rpartition(".")[0] or name, rows_of_csv(raw)
        return
    guard(raw)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(raw)) as book:
            for title in book.sheet_names:
                yield title, book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError):
        raise NotASheet from None


def guard(raw: bytes) -> None:
    """Everything unpacked once, piece by piece and counted, before any library makes tables of it; and no cell so far out
    that an empty table up to it would fill the memory. Raises NotASheet, SheetTooLarge."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise SheetTooLarge
            if any(part.compress_type not in PACKED or part.filename.lower().endswith(MACROS) for part in parts):
                raise NotASheet
            room = MOST_UNPACKED
            for part in parts:
                with archive.open(part) as opened:
                    room -= _looked_at(part.filename, opened, room)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, OSError, EOFError, ValueError, RuntimeError):
        raise NotASheet from None


def _looked_at(name: str, opened: IO[bytes], room: int) -> int:
    """How much a part is, unpacked. Raises SheetTooLarge, NotASheet."""
    extent = _Extent(cells=name.startswith("xl/worksheets/")) if name.endswith((".xml", ".rels")) else None
    unpacked = 0
    while piece := opened.read(65_536):
        unpacked += len(piece)
        if unpacked > room:
            raise SheetTooLarge
        if extent is not None:
            extent.feed(piece)
    return unpacked


class _Extent:
    """Looks at where a sheet's cells are, as its XML is read; in no part are there definitions that could unfold."""

    def __init__(self, *, cells: bool) -> None:
        self._parser = expat.ParserCreate()
        if cells:
            self._parser.StartElementHandler = self._element
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._rows = 0

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def _doctype(self, *_: object) -> None:
        raise NotASheet

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local not in ("c", "row"):
            return
        self._rows += local == "row"
        where = attributes.get("r", "")
        letters = where.rstrip("0123456789")
        column = 0
        for letter in letters.upper()[:4]:
            column = column * 26 + ord(letter) - 64
        digits = where[len(letters) :]
        if column > MOST_COLUMNS or len(digits) > 7 or int(digits or 0) > MOST_ROWS or self._rows > MOST_ROWS:
            raise SheetTooLarge


def rows_of_csv(raw: bytes) -> list[list[Any]]:
    """Raises NotASheet, SheetTooLarge."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            table = [list(row) for row in csv.reader(StringIO(text, newline=""), strict=True)]
        except csv.Error:
            break
        if len(table) > MOST_ROWS or any(len(row) > MOST_COLUMNS for row in table):
            raise SheetTooLarge
        return table
    raise NotASheet
