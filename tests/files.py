"""Files as people would upload them, each just enough to be one."""

import io
import struct
import zipfile

PDF = "%PDF-1.7\n% 进账单\n%%EOF\n".encode()
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 20 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 17
TIFF = b"II*\x00\x08\x00\x00\x00\x00\x00"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L" + b"\x00" * 14
CSV = "凭证号,金额\nV-1,5000.00\n"
PE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 56 + b"PE\x00\x00"
ELF = b"\x7fELF\x02\x01\x01" + b"\x00" * 9
MACH_O = b"\xcf\xfa\xed\xfe\x07\x00\x00\x01"
SCRIPT = b"#!/bin/sh\nrm -rf ~\n"
HTML = "<!DOCTYPE html><title>进账单</title><script>alert(1)</script>".encode()
SVG = b'\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def zipped(*names: str, bulk: int = 0) -> bytes:
    """An archive of these files, each with as many bytes that do not compress."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * bulk)
    return made.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml")
DOCM = zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
OFD = zipped("OFD.xml", "Doc_0/Document.xml")


def compound(*names: str, before: int = 0) -> bytes:
    """An OLE compound file with these streams in its directory, which begins after so many other sectors.

    The FAT follows the directory's rule: four names a sector, sectors one after another, the last ends the chain.
    """
    entries = ["Root Entry", *names]
    pages = [entries[at : at + 4] for at in range(0, len(entries), 4)]
    first = before
    total = before + len(pages)
    tables = -(-(total + 200) // 128)
    table = [0xFFFFFFFF] * (tables * 128)
    for n in range(len(pages)):
        table[first + n] = first + n + 1 if n + 1 < len(pages) else 0xFFFFFFFE
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 48, first)
    extra = max(0, tables - 109)
    lists = -(-extra // 127)
    struct.pack_into("<I", header, 68, total + tables if lists else 0xFFFFFFFE)
    where = [total + n for n in range(tables)]
    for n in range(109):
        struct.pack_into("<I", header, 76 + 4 * n, where[n] if n < tables else 0xFFFFFFFF)
    body = b"\x00" * (512 * before)
    for page in pages:
        body += b"".join(_entry(name) for name in page).ljust(512, b"\x00")
    body += struct.pack(f"<{len(table)}I", *table)
    for n in range(lists):
        rest = where[109 + 127 * n : 109 + 127 * (n + 1)]
        rest += [0xFFFFFFFF] * (127 - len(rest))
        body += struct.pack("<128I", *rest, total + tables + n + 1 if n + 1 < lists else 0xFFFFFFFE)
    return bytes(header) + body


def _entry(name: str) -> bytes:
    text = (name + "\x00").encode("utf-16-le")
    return text.ljust(64, b"\x00") + struct.pack("<HB", len(text), 2) + b"\x00" * 61


DOC = compound("WordDocument", "1Table", "\x05SummaryInformation")
XLS = compound("\x05SummaryInformation", "\x05DocumentSummaryInformation", "a", "b", "Workbook")
MSI = compound("\u4840\u3f3f\u4577", "\x05SummaryInformation")
