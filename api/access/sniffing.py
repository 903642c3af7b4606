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

from domain.errors import Refused, in_one

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
    (b"MZ", "a Windows program / Windows 程序"),
    (b"\x7fELF", "a Linux program / Linux 程序"),
    (b"\xfe\xed\xfa\xce", "a macOS program / macOS 程序"),
    (b"\xfe\xed\xfa\xcf", "a macOS program / macOS 程序"),
    (b"\xce\xfa\xed\xfe", "a macOS program / macOS 程序"),
    (b"\xcf\xfa\xed\xfe", "a macOS program / macOS 程序"),
    (b"\xca\xfe\xba\xbe", "a macOS or Java program / macOS 或 Java 程序"),
    (b"#!", "a script / 脚本"),
    (b"Rar!", "an archive / 压缩包"),
    (b"7z\xbc\xaf", "an archive / 压缩包"),
    (b"\x1f\x8b", "an archive / 压缩包"),
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
        """`about` is given in both languages, `English / 中文`."""
        what = in_one(self.about, chinese)
        return (
            f"{self.zh.rstrip('。')}；此文件是{what}。" if chinese else f"{self.english.rstrip('.')}; this file is {what}."
        )


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
        raise TypeNotTaken("an incomplete archive / 不完整的压缩文件")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > MOST_DIRECTORY:
        raise TypeNotTaken("an archive of too many files / 含过多文件的压缩包")
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise TypeNotTaken("a broken archive / 损坏的压缩文件") from None
    if not found or min(info.header_offset for info in found):
        raise TypeNotTaken("a broken archive / 损坏的压缩文件")
    names = {info.filename for info in found}
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" in names:
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise TypeNotTaken("an Office file with macros / 含宏的 Office 文件")
        if "word/document.xml" in names:
            return DOCX
        if "xl/workbook.xml" in names:
            return XLSX
    raise TypeNotTaken("an archive / 压缩包")


def _compound(file: BinaryIO) -> str:
    """OLE compound files (MS-CFB): by the streams in the directory; an installer (.msi) is one too, and not taken."""
    names = set(_streams(file))
    if names & {"Macros", "_VBA_PROJECT_CUR", "VBA"}:
        raise TypeNotTaken("an Office file with macros / 含宏的 Office 文件")
    if "WordDocument" in names:
        return "application/msword"
    if names & {"Workbook", "Book"}:
        return "application/vnd.ms-excel"
    raise TypeNotTaken("a compound file of another kind / 其他复合文档")


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
    raise TypeNotTaken("of an unknown kind / 未知类型")


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
                raise TypeNotTaken("a web page or XML / 网页或 XML")
            if first.startswith("#!"):
                raise TypeNotTaken("a script / 脚本")
        if not piece:
            return begun
