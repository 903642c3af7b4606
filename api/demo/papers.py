"""Small files of our own making that stand for evidence; each says 演示 / DEMO on its face."""

import struct
import zlib
from collections.abc import Sequence
from hashlib import sha256

LETTERS = {
    "D": ("1110", "1001", "1001", "1001", "1110"),
    "E": ("1111", "1000", "1110", "1000", "1111"),
    "M": ("10001", "11011", "10101", "10001", "10001"),
    "O": ("0110", "1001", "1001", "1001", "0110"),
}
SCALE = 12


def paper(words: Sequence[str]) -> bytes:
    """A page of PDF, 演示 at its head. The typeface is one that every reader brings for Chinese (ISO 32000-1, 9.7.5.2)."""
    lines = ["演示 · 虚构材料，无任何效力", "DEMO - made up, without any effect", *words]
    text = b"".join(
        b"BT /F1 14 Tf 60 %d Td <%s> Tj ET\n" % (770 - 26 * n, line.encode("utf-16-be").hex().encode())
        for n, line in enumerate(lines)
    )
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    )
    made, places = b"%PDF-1.4\n%\xe6\xbc\x94\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return made + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(made),
    )


def photograph(about: str) -> bytes:
    """A picture with DEMO across it, in colours of its own for what it is about."""
    hue = sha256(about.encode()).digest()
    back, front = bytes(128 + byte // 4 for byte in hue[:3]), bytes((180, 20, 20))
    rows = ["0".join(LETTERS[letter][n] for letter in "DEMO") for n in range(5)]
    rows = ["0" * len(rows[0]), *rows, "0" * len(rows[0])]
    pixels = [b"".join((front if dot == "1" else back) * SCALE for dot in f"0{row}0") for row in rows]
    raw = b"".join(b"\x00" + line for line in pixels for _ in range(SCALE))
    header = struct.pack(">IIBBBBB", len(pixels[0]) // 3, len(rows) * SCALE, 8, 2, 0, 0, 0)
    said = b"Comment\x00\x00\x00\x00\x00" + f"演示 DEMO {about}".encode()
    chunks = ((b"IHDR", header), (b"iTXt", said), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    name, body = part
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
