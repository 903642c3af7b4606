"""A file is what its content says; the name and the declared type have to agree."""

from pathlib import Path

import pytest

from api.access.sniffing import TypeDisagrees, TypeNotTaken, check_declared, sniffed
from domain.judging.evidence import EXTENSIONS, NameDisagrees, check_name
from tests import files

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def told(tmp_path: Path, content: bytes, extension: str = "pdf") -> str:
    file = tmp_path / "file"
    file.write_bytes(content)
    return sniffed(file, extension)


TAKEN = [
    (files.PDF, "application/pdf"),
    (files.OFD, "application/ofd"),
    (files.JPEG, "image/jpeg"),
    (files.PNG, "image/png"),
    (files.TIFF, "image/tiff"),
    (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
    (files.HEIC, "image/heic"),
    (files.WEBP, "image/webp"),
    (files.DOCX, WORD),
    (files.XLSX, EXCEL),
    (files.DOC, "application/msword"),
    (files.XLS, "application/vnd.ms-excel"),
    (files.compound("a", "b", "c", "Workbook", before=20_000), "application/vnd.ms-excel"),
    (files.CSV.encode(), "text/plain"),
    (files.CSV.encode("utf-8-sig"), "text/plain"),
    (files.CSV.encode("gb18030"), "text/plain"),
]


@pytest.mark.parametrize(("content", "kind"), TAKEN, ids=[f"{n}-{kind}" for n, (_, kind) in enumerate(TAKEN)])
def test_each_kind_of_evidence_is_known_by_its_content_whatever_it_is_called(tmp_path: Path, content: bytes, kind: str):
    assert told(tmp_path, content) == kind


REFUSED = {
    "a Windows program": files.PE,
    "a Linux program": files.ELF,
    "a macOS program": files.MACH_O,
    "a universal macOS program": b"\xca\xfe\xba\xbe\x00\x00\x00\x02",
    "a script": files.SCRIPT,
    "a script after a byte order mark": b"\xef\xbb\xbf" + files.SCRIPT,
    "a web page": files.HTML,
    "a web page after blank lines": b"\n\n  " + files.HTML,
    "an SVG": files.SVG,
    "XML": b'<?xml version="1.0"?><a/>',
    "a bare archive": files.zipped("setup.exe"),
    "a Word file with macros": files.DOCM,
    "a truncated archive": files.DOCX[:-30],
    "an archive with a wrong directory": files.DOCX[:-6] + b"\xff\xff\xff\x7f\x00\x00",
    "an installer": files.MSI,
    "an old Excel file with macros": files.compound("Workbook", "_VBA_PROJECT_CUR", "VBA"),
    "a compound file that ends at once": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "a video": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom",
    "a gzip": b"\x1f\x8b\x08\x00",
    "zeros": b"\x00" * 100,
    "text with a control character": b"abc\x00def",
    "random bytes": bytes(range(128, 256)),
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("extension", ["pdf", "txt"])
def test_what_is_not_evidence_is_refused_whatever_it_is_called(tmp_path: Path, content: bytes, extension: str):
    with pytest.raises(TypeNotTaken):
        told(tmp_path, content, extension)


def test_a_program_before_a_pdf_is_a_program_and_a_pdf_before_a_program_is_kept_as_a_download_only(tmp_path: Path):
    with pytest.raises(TypeNotTaken, match="Windows"):
        told(tmp_path, files.PE + files.PDF)
    assert told(tmp_path, files.PDF + files.PE) == "application/pdf"


def test_an_archive_of_ten_thousands_of_files_is_refused_before_its_directory_is_read(tmp_path: Path):
    many = files.zipped("OFD.xml", *(f"{n:0100}" for n in range(10_000)))
    with pytest.raises(TypeNotTaken, match="too many"):
        told(tmp_path, many)


def test_a_directory_that_leads_in_circles_ends(tmp_path: Path):
    circle = bytearray(files.XLS)
    circle[48:52] = b"\x00\x00\x00\x00"
    place = circle.find(b"\x01\x00\x00\x00\xfe\xff\xff\xff")
    circle[place : place + 4] = b"\x00\x00\x00\x00"
    with pytest.raises(TypeNotTaken):
        told(tmp_path, bytes(circle))


def test_plain_text_is_csv_where_its_name_says_so(tmp_path: Path):
    assert told(tmp_path, files.CSV.encode("gb18030"), "csv") == "text/csv"


@pytest.mark.parametrize("declared", ["application/pdf", "Application/PDF; q=1", "application/octet-stream", ""])
def test_a_declared_type_agrees_or_says_that_it_does_not_know(declared: str):
    check_declared(declared, "application/pdf")


@pytest.mark.parametrize("declared", ["image/png", "text/html", "application/pdfx", "pdf"])
def test_a_declared_type_that_disagrees_is_refused(declared: str):
    with pytest.raises(TypeDisagrees):
        check_declared(declared, "application/pdf")


@pytest.mark.parametrize("name", ["进账单.pdf", "A.PDF", "a.b.pdf"])
def test_a_name_ends_as_its_content_wants_it(name: str):
    check_name(name, "application/pdf")


@pytest.mark.parametrize(
    "name", ["进账单", "进账单.exe", "进账单.pdf.exe", "../a.pdf", "C:\\a.pdf", "fdp.\u202eexe.pdf", "pdf"]
)
def test_a_name_that_hides_what_the_file_is_is_refused(name: str):
    with pytest.raises(NameDisagrees):
        check_name(name, "application/pdf")


def test_every_kind_that_is_told_has_its_extensions():
    assert {kind for _, kind in TAKEN} | {"text/csv"} == set(EXTENSIONS)
