"""Files that come with a form: its fields are read first, the file itself only piece by piece, as whoever takes it asks."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.access import doors
from api.access.doors import TooSlow
from api.access.strict import MOST_BYTES, TooLarge, printable
from api.pages.forms import MOST_FIELDS, Form, NotAForm

MULTIPART = "multipart/form-data"


class Attached:
    """A file that is still arriving; no field of the form comes after it."""

    def __init__(self, name: str, media_type: str, reader: "_Reader") -> None:
        self.name, self.media_type = name, media_type
        self._reader = reader

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes, as they come. Raises NotAForm where they end before the file does."""
        while True:
            for piece in self._reader.taken():
                yield piece
            if self._reader.whole:
                return
            if not await self._reader.more():
                raise NotAForm

    async def whole(self, most: int) -> bytes | None:
        """All of it; None where it is larger: the rest is let come and dropped, up to a sixteenfold."""
        found = bytearray()
        async for piece in self.pieces():
            found += piece
            if len(found) > most:
                await self.drain(16 * most)
                return None
        return bytes(found)

    async def drain(self, most: int) -> None:
        """Lets the rest come and drops it: a browser that is still sending would not look at an answer."""
        seen = 0
        try:
            async with asyncio.timeout(doors.READ_DEADLINE):
                async for piece in self.pieces():
                    seen += len(piece)
                    if seen > most:
                        return
        except (NotAForm, TimeoutError):
            return


class _Reader:
    """`fields` of the form, then `file` (its name and type), then its data, `whole` once it has ended."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", "").encode("latin-1"))
        if kind != MULTIPART.encode() or not options.get(b"boundary"):
            raise NotAForm
        self.fields: list[tuple[str, str]] = []
        self.file: tuple[str, str] | None = None
        self.whole = self.ended = False
        self.seen = 0
        self._stream = request.stream().__aiter__()
        self._held: list[bytes] = []
        self._headers: dict[str, bytes] = {}
        self._header, self._value = bytearray(), bytearray()
        self._part = bytearray()
        self._of_file = self._late = False
        names = (
            "part_begin",
            "part_data",
            "part_end",
            "header_field",
            "header_value",
            "header_end",
            "headers_finished",
            "end",
        )
        callbacks: Any = {f"on_{name}": getattr(self, f"_{name}") for name in names}
        self._parser = MultipartParser(options[b"boundary"], callbacks)

    async def more(self) -> bool:
        """Reads on; False at the end. Raises NotAForm, TimeoutError when nothing comes."""
        async with asyncio.timeout(doors.READ_DEADLINE):
            piece = await anext(self._stream, None)
        if piece is None:
            return False
        try:
            self._parser.write(piece)
        except FormParserError:
            raise NotAForm from None
        return True

    def taken(self) -> list[bytes]:
        held, self._held = self._held, []
        return held

    # what the parser tells

    def _part_begin(self) -> None:
        self._headers, self._part = {}, bytearray()
        self._of_file, self._late = False, self.file is not None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = text(options.get(b"name", b""))
        name = options.get(b"filename")
        if name and not self._late:
            self._of_file = True
            named = text(name).replace("\\", "/").rpartition("/")[2]
            self.file = named, self._headers.get("content-type", b"").decode("latin-1")
        self._skipped = name is not None or self._late

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._of_file:
            self._held.append(data[start:end])
        elif not self._skipped:
            self.seen += end - start
            if self.seen > MOST_BYTES or len(self.fields) > MOST_FIELDS:
                raise TooLarge
            self._part += data[start:end]

    def _part_end(self) -> None:
        if self._of_file:
            self.whole = True
        elif not self._skipped:
            self.fields.append((self._name, text(bytes(self._part)).replace("\r\n", "\n")))

    def _end(self) -> None:
        self.ended = True


def text(raw: bytes) -> str:
    """Raises NotAForm for what no record can hold."""
    try:
        found = raw.decode()
    except UnicodeDecodeError:
        raise NotAForm from None
    if not printable(found):
        raise NotAForm
    return found


async def read_sent(request: Request) -> tuple[Form, Attached | None]:
    """The fields, and the file if one was chosen. Raises NotAForm, TooLarge, TooSlow."""
    reader = _Reader(request)
    try:
        async with asyncio.timeout(doors.READ_DEADLINE):
            while reader.file is None and not reader.ended:
                if not await reader.more():
                    raise NotAForm
    except TimeoutError:
        raise TooSlow from None
    file = None if reader.file is None else Attached(*reader.file, reader)
    return Form(reader.fields), file


def sent_with_file(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART
