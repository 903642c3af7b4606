"""Spreadsheets: the template filled in becomes one batch, or comes back with its bad cells marked; bombs do not go off."""

import base64
import re
import zipfile
from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from api.pages import workbook
from tests.api.conftest import District
from tests.api.pages.filling_in import Reader, forms
from tests.api.pages.test_recording import reader

PAGE = "/pages/record/sheet"
HEADERS = ("项目", "发生日期", "金额（万元）", "进账单号（凭证号）")


@pytest.fixture
def office(district: District) -> Reader:
    district.project()
    return reader(district.client, district.services, "office")


def filled(office: Reader, *rows: tuple[str | int | float | date | None, ...]) -> tuple[Workbook, Worksheet]:
    """The template with rows of funds."""
    book = load_workbook(BytesIO(office.get(f"{PAGE}/template.xlsx").content))
    sheet = book["资金到位"]
    places = [next(cell.column for cell in sheet[1] if cell.value == header) for header in HEADERS]
    for number, row in enumerate(rows, 2):
        for place, value in zip(places, row, strict=True):
            sheet.cell(number, place, value)
    return book, sheet


def saved(book: Workbook) -> bytes:
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def test_a_template_filled_in_is_checked_confirmed_and_recorded_once(district: District, office: Reader):
    book, _ = filled(office, ("西湖里", date(2026, 2, 1), 1234.5, "V-1"), ("XM-2026-001", "2026年1月3日", "５", "V-2"))
    raw, before = saved(book), district.entries()
    answer = office.upload(office.form(PAGE), "到位.xlsx", raw)
    assert "将记录 2 条" in answer.text
    assert "签约前资金到位" in answer.text
    assert district.entries() == before

    shown = next(f for f in forms(answer.text) if f.action.endswith("/recorded"))
    refused = office.send(shown.action, shown.but(reason=""))
    assert refused.status_code == 422
    assert district.entries() == before
    shown = next(f for f in forms(refused.text) if f.action.endswith("/recorded"))
    assert "已全部记录，共 2 条" in office.send(shown.action, shown.but(reason="补录")).text
    after = district.entries()
    assert after == before + 2
    facts = district.get("/streams/XM-2026-001/facts").json()["facts"]
    assert [f["states"]["amount"]["amount"] for f in facts[-2:]] == ["12345000", "50000"]
    assert "已经记录过" in office.upload(office.form(PAGE), "到位.xlsx", raw).text
    assert district.entries() == after


def test_what_is_wrong_comes_back_marked_in_the_users_own_file_and_nothing_is_recorded(district: District, office: Reader):
    before = district.entries()
    book, sheet = filled(
        office,
        ("XM-2026-001", date(2026, 2, 1), 5, "V-1"),
        ("XM-2026-001", date(2026, 2, 1), "一百", "V-2"),
        ("没有这个项目", "2026-02-01", 5, "V-3"),
        (None, "2036-02-01", 5, "V-1"),
        ("XM-2026-001", "2036-02-01", 5, "V-4"),
    )
    sheet["J1"] = "我自己的一列"
    answer = office.upload(office.form(PAGE), "到位.xlsx", saved(book))
    assert answer.status_code == 422
    found = re.search(r'href="data:[^,]+base64,([^"]+)" download="到位-已标注.xlsx"', answer.text)
    assert found is not None
    back = load_workbook(BytesIO(base64.b64decode(found[1])))["资金到位"]
    marked = {cell.coordinate for row in back.iter_rows(min_row=2) for cell in row if cell.comment is not None}
    assert marked == {"C3", "A4", "A5", "B6"}
    assert back["J1"].value == "我自己的一列"
    assert district.entries() == before

    text = "项目,发生日期,金额（万元）,进账单号（凭证号）\nXM-2026-001,2026-02-01,=1+1,V-1\n"
    answer = office.upload(office.form(PAGE), "x.csv", text.encode("gb18030"))
    found = re.search(r'href="data:text/csv;base64,([^"]+)"', answer.text)
    assert found is not None
    assert ",'=1+1," in base64.b64decode(found[1]).decode("utf-8-sig")


def packed(sheet: bytes, **parts: bytes) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in parts.items():
            archive.writestr(f"xl/{name}.xml", content)
    return made.getvalue()


BOMB = b"<worksheet>" + b" " * 100_000_000 + b"</worksheet>"
FAR = b'<worksheet><sheetData><row r="1"><c r="&#88;FD1048576"/></row></sheetData></worksheet>'
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'


def test_no_file_is_unpacked_beyond_its_bounds(office: Reader):
    lying = bytearray(packed(BOMB))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # the size that the archive itself states
        at = lying.find(mark) + place
        lying[at : at + 4] = (10).to_bytes(4, "little")
    for raw, status in (
        (packed(BOMB), 413),
        (bytes(lying), 422),
        (packed(FAR), 413),
        (packed(b"<worksheet/>", sharedStrings=LAUGHS), 422),
        (packed(b"<worksheet/>", vbaProject=b"x").replace(b"vbaProject.xml", b"vbaProject.bin"), 422),
        (b"PK\x03\x04 cut short", 422),
        (b"\x00\xff", 422),
        (b"x" * (workbook.MOST_BYTES + 1), 413),
        ("说明\n没有表头".encode(), 422),
    ):
        answer = office.upload(office.form(PAGE), "x.xlsx", raw)
        assert answer.status_code == status, (raw[:40], answer.status_code)
        assert 'role="alert"' in answer.text
