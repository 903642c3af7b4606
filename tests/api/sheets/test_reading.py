"""Files as people send them: transposed, in several encodings, with other separators, twice the same header."""

from decimal import Decimal
from pathlib import Path

import pytest

from api.sheets.mapping import BadMapping, load_mapping
from api.sheets.reading import BadFile, Snapshot, read_snapshot
from domain.values import Money, NoneProvided, Withheld

MAPPING = """
list = "key"
title = "重点项目"
[blanks]
withheld = ["涉密.*", "exempt.*"]
none_provided = ["未定", "tbc"]
[columns]
name = { header = ["项目名称", "project name"] }
unit = { header = ["责任单位", "department"] }
completion = { header = ["计划竣工*", "end date"], formats = ["%Y-%m-%d", "%d/%m/%Y"] }
investment = { header = ["总投资*", "cost"], currency = "CNY", scale = "万", strip = "[,]" }
light = { header = ["亮灯", "rating"], words = { "绿" = "green", "红" = "red", "Green" = "green" } }
[units]
street-a = { name = "甲街道", spellings = ["甲街", "Street A"] }
"""
ROWS = "序号,项目名称,责任单位,计划竣工\n时间,总投资（万元）,亮灯\n"


SNAPSHOT = """
[[snapshots]]
file = "a.csv"
label = "一"
as_at = 2026-01-31
recorded = 2026-02-05T09:00:00+08:00
ignore = ["序号", "no"]
"""


def snapshot(tmp_path: Path, content: bytes, extra: str = "", name: str = "a.csv") -> Snapshot:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "m.toml").write_text(
        MAPPING + SNAPSHOT.replace("a.csv", name) + extra,
        encoding="utf-8",
    )
    mapping = load_mapping(tmp_path / "m.toml")
    return read_snapshot(tmp_path / name, mapping.snapshots[0], mapping)


TABLE = [
    ["序号", "项目名称", "责任单位", "计划竣工时间", "总投资（万元）", "亮灯"],
    ["1", "西湖里", "甲街道", "2027-12-31", "12,000.5", "绿"],
    ["2", "象湖城", "甲街", "未定", "涉密，不公开", ""],
    ["3", "朝阳站", "乙街道", "31/02/2027", "约一亿", "紫"],
]


def csv(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(f'"{c}"' if delimiter in c or "\n" in c else c for c in row) + "\n" for row in rows)


def test_every_cell_is_accounted_for(tmp_path: Path):
    found = snapshot(tmp_path, csv(TABLE).encode())
    assert [r.name for r in found.rows] == ["西湖里", "象湖城", "朝阳站"]
    assert found.rows[1].cells["completion"] == NoneProvided(note="未定")
    assert found.rows[1].cells["investment"] == Withheld(reason="涉密，不公开")
    assert found.counts["light"] == {"read": 1, "not_mentioned": 1, "not_read": 1}
    assert all(sum(count.values()) == 3 for count in found.counts.values())
    unread = [(u.file, u.row, u.column, u.project, u.value) for u in found.unread]
    assert unread == [
        ("a.csv", 4, "责任单位", "朝阳站", "乙街道"),
        ("a.csv", 4, "计划竣工时间", "朝阳站", "31/02/2027"),
        ("a.csv", 4, "总投资（万元）", "朝阳站", "约一亿"),
        ("a.csv", 4, "亮灯", "朝阳站", "紫"),
    ]


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\\t"])
def test_the_same_table_re_saved_reads_the_same(tmp_path: Path, encoding: str, named: str, delimiter: str):
    real = delimiter.replace("\\t", "\t")
    extra = f'encodings = ["{named}"]\ndelimiter = "{delimiter}"'
    content = csv(TABLE, real).replace("\n", "\r\n").encode(encoding)
    assert snapshot(tmp_path, content, extra).rows == snapshot(tmp_path, csv(TABLE).encode()).rows


def test_a_transposed_table_reads_the_same(tmp_path: Path):
    turned = [list(column) for column in zip(*TABLE, strict=True)]
    turned[3][0] = "计划竣工\n时间"
    found = snapshot(tmp_path, csv(turned).encode(), 'layout = "columns"')
    assert [r.cells for r in found.rows] == [r.cells for r in snapshot(tmp_path, csv(TABLE).encode()).rows]
    assert found.rows[0].place == 2


def test_title_rows_and_empty_rows_are_left_out(tmp_path: Path):
    rows = [["某区重点项目台账", *[""] * 5], [""] * 6, TABLE[0], TABLE[1], [""] * 6]
    found = snapshot(tmp_path, csv(rows).encode(), "header_row = 3")
    assert [(r.place, r.name) for r in found.rows] == [(4, "西湖里")]


def test_an_english_layout_of_its_own_needs_a_mapping_alone(tmp_path: Path):
    rows = [
        ["no", "Project Name", "Department", "End Date", "Cost", "Rating"],
        ["1", "X", "Street A", "31/12/2027", "5", "Green"],
    ]
    found = snapshot(tmp_path, csv(rows).encode())
    assert found.rows[0].cells["light"] == "green"
    assert found.unread == ()


def test_a_column_nobody_mapped_is_told_not_lost(tmp_path: Path):
    rows = [[*row, extra] for row, extra in zip(TABLE, ["备注", "x", "", ""], strict=True)]
    with pytest.raises(BadFile, match="备注"):
        snapshot(tmp_path, csv(rows).encode())


def test_a_missing_column_is_told_with_what_there_is(tmp_path: Path):
    with pytest.raises(BadFile, match=r"总投资.*项目名称"):
        snapshot(tmp_path, csv([row[:4] for row in TABLE]).encode())


def test_bytes_of_no_listed_encoding_are_refused(tmp_path: Path):
    with pytest.raises(BadFile, match="ascii"):
        snapshot(tmp_path, csv(TABLE).encode("gb18030"), 'encodings = ["ascii"]')


def test_two_columns_of_one_fact_are_read_where_the_first_is_empty(tmp_path: Path):
    rows = [[*TABLE[0], "亮灯"], [*TABLE[1][:5], "", "红"], [*TABLE[2][:5], "绿", ""]]
    extra = '[snapshots.columns]\nlight = { header = "亮灯", also = ["亮灯"] }'
    assert [r.cells["light"] for r in snapshot(tmp_path, csv(rows).encode(), extra).rows] == ["red", "green"]


def test_a_project_twice_in_one_snapshot_is_listed_and_the_first_row_read(tmp_path: Path):
    again = [*TABLE[1][:4], "5", "红"]
    found = snapshot(tmp_path, csv([TABLE[0], TABLE[1], again]).encode())
    assert [u.reason.split(" / ")[0] for u in found.unread] == ["the same project as in row 2"]
    assert [(r.name, r.cells["light"]) for r in found.rows] == [("西湖里", "green")]
    assert found.counts["light"] == {"read": 1, "left_out": 1}


def test_the_rows_of_one_project_can_be_added_up(tmp_path: Path):
    again = [*TABLE[1][:4], "5", "红"]
    (tmp_path / "a.csv").write_text(csv([TABLE[0], TABLE[1], again]), encoding="utf-8")
    text = MAPPING.replace("[blanks]", 'repeated = "added_up"\n[blanks]') + SNAPSHOT
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    mapping = load_mapping(tmp_path / "m.toml")
    found = read_snapshot(tmp_path / "a.csv", mapping.snapshots[0], mapping)
    assert [r.cells["investment"] for r in found.rows] == [Money(amount=Decimal("120055000.00"), currency="CNY")]
    assert [(u.column, u.value) for u in found.unread] == [("亮灯", "red")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_table_re_saved_by_a_spreadsheet_needs_no_other_mapping(tmp_path: Path, delimiter: str, encoding: str):
    content = (csv(TABLE, delimiter) + "\n\n").replace("\n", "\r\n").encode(encoding)
    assert snapshot(tmp_path, content).rows == snapshot(tmp_path, csv(TABLE).encode()).rows


def test_a_row_whose_name_is_longer_than_a_name_is_listed(tmp_path: Path):
    found = snapshot(tmp_path, csv([TABLE[0], ["1", "长" * 301, *TABLE[1][2:]], TABLE[2]]).encode())
    assert [r.name for r in found.rows] == ["象湖城"]
    assert [(u.row, u.value[:3]) for u in found.unread] == [(2, "1 长")]


def test_merged_cells_read_what_stands_above_them(tmp_path: Path):
    extra = "[snapshots.columns]\nunit = { fill_down = true }"
    rows = [TABLE[0], TABLE[1], [*TABLE[2][:2], "", *TABLE[2][3:]]]
    assert [r.cells["unit"] for r in snapshot(tmp_path, csv(rows).encode(), extra).rows] == ["street-a", "street-a"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("colour = 3", "colour"),
        ("[columns.surprise]\nheader = 'x'", "surprise"),
        ("[columns.start]\nscale = 'dozen'", "scale"),
        ("[columns.number]\nheader = ['a', 'b']\njoin = '-'\nalso = ['c']", "join"),
        ("[columns.'remark.']\nheader = 'x'", "remark"),
    ],
)
def test_a_mapping_names_what_is_wrong_in_it(tmp_path: Path, line: str, named: str):
    (tmp_path / "m.toml").write_text('list = "x"\ntitle = "y"\nsnapshots = []\n' + line, encoding="utf-8")
    with pytest.raises(BadMapping, match=named):
        load_mapping(tmp_path / "m.toml")


def test_what_a_period_column_speaks_of_must_be_told(tmp_path: Path):
    text = MAPPING + SNAPSHOT + '[snapshots.columns]\nperiod_investment = { header = "年度计划", currency = "CNY" }\n'
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadMapping, match="缺少 period"):
        load_mapping(tmp_path / "m.toml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("header_row = 0", "header_row"),
        ('delimiter = ";;"', "delimiter"),
        ("recorded = 2026-01-01T00:00:00+08:00", "recorded 早于 as_at"),
        ('[snapshots.columns]\ncompletion = { header = "竣工", formats = ["%Y-%Z%"] }', "日期格式有误"),
        ('[snapshots.columns]\ncompletion = { header = "竣工", format = "%Y" }', "completion.format: an unknown key"),
    ],
)
def test_a_snapshots_settings_name_what_is_wrong_in_them(tmp_path: Path, line: str, told: str):
    key = line.partition(" =")[0]
    kept = "".join(f"{old}\n" for old in SNAPSHOT.splitlines() if not old.startswith(f"{key} ="))
    (tmp_path / "m.toml").write_text(MAPPING + kept + line, encoding="utf-8")
    with pytest.raises(BadMapping, match=told):
        load_mapping(tmp_path / "m.toml")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "row 1 holds no headers"),
        (csv(TABLE[:1]), "not one project"),
        (csv(TABLE[:2]) + '"3,西湖外,甲街道,,,\n', "line 3.*引号"),
    ],
)
def test_a_file_that_would_empty_the_list_or_swallow_its_rows_is_refused(tmp_path: Path, content: str, told: str):
    with pytest.raises(BadFile, match=told):
        snapshot(tmp_path, content.encode())
