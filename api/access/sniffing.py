"""What a file is, told from its content alone: the name and the declared type only have to agree with it.

A table of our own (docs/decisions/0011): thirteen kinds are taken, everything else is refused.
"""

import codecs
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from domain.errors import Refused

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
STARTS: Sequence[tuple[bytes, str]] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
NOT_TAKEN: Sequence[tuple[bytes, str]] = (
    (b"MZ", "Windows 程序 / a Windows program"),
    (b"\x7fELF", "Linux 程序 / a Linux program"),
    (b"\xfe\xed\xfa\xce", "macOS 程序 / a macOS program"),
    (b"\xfe\xed\xfa\xcf", "macOS 程序 / a macOS program"),
    (b"\xce\xfa\xed\xfe", "macOS 程序 / a macOS program"),
    (b"\xcf\xfa\xed\xfe", "macOS 程序 / a macOS program"),
    (b"\xca\xfe\xba\xbe", "macOS 或 Java 程序 / a macOS or Java program"),
    (b"#!", "脚本 / a script"),
    (b"Rar!", "压缩包 / an archive"),
    (b"7z\xbc\xaf", "压缩包 / an archive"),
    (b"\x1f\x8b", "压缩包 / an archive"),
)
"""What people may be told of by name; anything else unknown is refused as well."""
ALSO_CALLED: Mapping[str, frozenset[str]] = {
    "application/ofd": frozenset({"application/vnd.ofd", "application/x-ofd"}),
    "image/heic": frozenset({"image/heif"}),
    "image/jpeg": frozenset({"image/jpg", "image/pjpeg"}),
    "application/msword": frozenset({"application/kswps", "application/wps-office.doc", "application/wps-office.wps"}),
    "application/vnd.ms-excel": frozenset({"application/kset", "application/wps-office.xls", "application/wps-office.et"}),
    "text/csv": frozenset({"text/plain", "application/csv", "application/vnd.ms-excel"}),  # Windows says the last
}
UNDECLARED = frozenset({"", "application/octet-stream"})
"""What clients say that do not know."""
MOST_DIRECTORY = 1_048_576
"""Bytes of a zip's directory that are read: some ten thousand files in it."""
MOST_SECTORS = 64
"""Sectors of an OLE file's directory that are read."""
PIECE = 1_048_576
CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


class TypeNotTaken(Refused):
    """Evidence is PDF, OFD, an image (JPEG, PNG, TIFF, HEIC, WebP), a Word or Excel file without macros, or plain text."""

    zh = "佐证只接受 PDF、OFD、图片（JPEG、PNG、TIFF、HEIC、WebP）、不含宏的 Word 或 Excel 文件和纯文本。"
    sort = "invalid"

    def said(self, chinese: bool) -> str:
        """`about` is given in both languages, `中文 / English`."""
        zh, _, en = self.about.partition(" / ")
        return f"{self.zh.rstrip('。')}；此文件是{zh}。" if chinese else f"{self.english.rstrip('.')}; this file is {en}."


class TypeDisagrees(Refused):
    """The declared type (Content-Type) is not what the file contains."""

    zh = "声明的类型（Content-Type）与文件内容不符。"
    sort = "invalid"


def sniffed(path: Path, extension: str) -> str:
    """The media type of a file's content; `extension` (lower case) only tells plain text from CSV. Raises TypeNotTaken."""
    with path.open("rb") as file:
        head = file.read(64)
        for start, what in NOT_TAKEN:
            if head.startswith(start):
                raise TypeNotTaken(what)
        for start, found in STARTS:
            if head.startswith(start):
                return found
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "image/webp"
        if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
            return "image/heic"
        if head.startswith(b"PK\x03\x04"):
            return _zipped(file)
        if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return _compound(file)
        _plain(file)
        return "text/csv" if extension == "csv" else "text/plain"


def check_declared(declared: str, media_type: str) -> None:
    """Raises TypeDisagrees unless a Content-Type says the same, or that it does not know."""
    essence = declared.partition(";")[0].strip().lower()
    if essence not in UNDECLARED and essence != media_type and essence not in ALSO_CALLED.get(media_type, ()):
        raise TypeDisagrees(media_type)


def _zipped(file: BinaryIO) -> str:
    """By the names in the archive; nothing in it is unpacked."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))  # the directory's end, its longest comment before it
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22 or tail[end - 20 : end - 16] == b"PK\x06\x07":  # the last: a zip64 directory
        raise TypeNotTaken("不完整的压缩文件 / an incomplete archive")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > MOST_DIRECTORY:
        raise TypeNotTaken("含过多文件的压缩包 / an archive of too many files")
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise TypeNotTaken("损坏的压缩文件 / a broken archive") from None
    if not found or min(info.header_offset for info in found):
        raise TypeNotTaken("损坏的压缩文件 / a broken archive")
    names = {info.filename for info in found}
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" in names:
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise TypeNotTaken("含宏的 Office 文件 / an Office file with macros")
        if "word/document.xml" in names:
            return DOCX
        if "xl/workbook.xml" in names:
            return XLSX
    raise TypeNotTaken("压缩包 / an archive")


def _compound(file: BinaryIO) -> str:
    """OLE compound files (MS-CFB): by the streams in the directory; an installer (.msi) is one too, and not taken."""
    names = set(_streams(file))
    if names & {"Macros", "_VBA_PROJECT_CUR", "VBA"}:
        raise TypeNotTaken("含宏的 Office 文件 / an Office file with macros")
    if "WordDocument" in names:
        return "application/msword"
    if names & {"Workbook", "Book"}:
        return "application/vnd.ms-excel"
    raise TypeNotTaken("其他复合文档 / a compound file of another kind")


def _streams(file: BinaryIO) -> Iterator[str]:
    """The names in the directory (MS-CFB §2.6), following its chain of sectors through the header's part of the FAT."""
    file.seek(0)
    header = file.read(512)
    shift = int.from_bytes(header[30:32], "little")
    if len(header) < 512 or shift not in (9, 12):
        return
    size, sector = 1 << shift, int.from_bytes(header[48:52], "little")
    for _ in range(MOST_SECTORS):
        if sector >= 0xFFFFFFFA:
            return
        file.seek((sector + 1) << shift)
        page = file.read(size)
        for at in range(0, len(page) - 127, 128):
            length = int.from_bytes(page[at + 64 : at + 66], "little")
            if 2 <= length <= 64 and page[at + 66]:
                yield page[at : at + length - 2].decode("utf-16-le", "replace")
        table, place = divmod(sector, size // 4)
        sector = _word(file, (_fat_sector(file, header, table, shift) + 1 << shift) + 4 * place)


def _fat_sector(file: BinaryIO, header: bytes, table: int, shift: int) -> int:
    """Where the FAT's nth sector lies: the first 109 stand in the header, the others in sectors of their own (§2.5)."""
    if table < 109:
        return int.from_bytes(header[76 + 4 * table : 80 + 4 * table], "little")
    entries = (1 << shift) // 4 - 1
    steps, place = divmod(table - 109, entries)
    listed = int.from_bytes(header[68:72], "little")
    for _ in range(min(steps, MOST_SECTORS)):
        listed = _word(file, (listed + 1 << shift) + 4 * entries)
    return _word(file, (listed + 1 << shift) + 4 * place)


def _word(file: BinaryIO, at: int) -> int:
    """Four bytes; beyond the file's end what ends a chain."""
    file.seek(at)
    return int.from_bytes(file.read(4).ljust(4, b"\xff"), "little")


def _plain(file: BinaryIO) -> None:
    """Text in UTF-8 or GB 18030 without markup or control characters. Raises TypeNotTaken."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            if _reads_as(file, encoding):
                return
        except UnicodeDecodeError:
            continue
        break
    raise TypeNotTaken("未知类型 / of an unknown kind")


def _reads_as(file: BinaryIO, encoding: str) -> bool:
    """Whether it holds text and nothing else. Raises UnicodeDecodeError; TypeNotTaken for markup."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    begun = False
    while True:
        piece = file.read(PIECE)
        text = decoder.decode(piece, final=not piece)
        if CONTROLS.search(text):
            return False
        if not begun and (first := text.lstrip().lstrip("\ufeff")):
            begun = True
            if first[0] == "<":
                raise TypeNotTaken("网页或 XML / a web page or XML")
            if first.startswith("#!"):
                raise TypeNotTaken("脚本 / a script")
        if not piece:
            return begun
