"""`lifecycle import` and `lifecycle open`, as people use them: shown first, staged, opened, then kept up to date."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.cli import main
from api.services import Services, over
from domain.entry import Source
from domain.project.plans import RevisePlan
from domain.project.ratings import Remark
from domain.questions.status import Status
from domain.values import Money, Withheld
from domain.viewpoint import Viewpoint
from store.database import opened
from tests.given import actor

MAPPING = """
list = "key"
title = "重点项目"
{more}
[district]
label = "XH"
lights = [{{ word = "green", zh = "绿", en = "green", rank = 0 }}, {{ word = "red", zh = "红", en = "red", rank = 1 }}]
[blanks]
withheld = ["涉密.*"]
none_provided = ["未定"]
[units]
street-a = {{ name = "甲街道", spellings = ["甲街"] }}
street-b = {{ name = "乙街道" }}
[columns]
name = {{ header = "项目名称" }}
unit = {{ header = "责任单位" }}
completion = {{ header = "计划竣工*", formats = ["%Y-%m-%d"] }}
investment = {{ header = "总投资*", currency = "CNY", scale = "万", strip = "[,]" }}
light = {{ header = "亮灯", words = {{ "绿" = "green", "红" = "red" }} }}
[[snapshots]]
file = "2025.csv"
label = "2025"
as_at = 2025-06-30
recorded = 2025-07-05T09:00:00+08:00
[[snapshots]]
file = "2026.csv"
label = "2026"
as_at = 2026-06-30
recorded = 2026-07-05T09:00:00+08:00
"""
OTHER_LAYOUT = """
list = "key"
title = "重点项目"
[units]
street-a = { name = "甲街道", spellings = ["A"] }
street-b = { name = "乙街道", spellings = ["B"] }
[[snapshots]]
file = "board.txt"
label = "2026-09"
as_at = 2026-09-30
recorded = 2026-10-05T09:00:00+08:00
layout = "columns"
delimiter = ";"
encodings = ["gb18030"]
[snapshots.columns]
name = { header = "Project" }
unit = { header = "Who" }
completion = { header = "Done by", formats = ["%d %b %Y"], none_provided = ["\\\\?"] }
light = { header = "RAG", words = { "G" = "green", "R" = "red" } }
"""
FIRST = "项目名称,责任单位,计划竣工时间,总投资 (万元),亮灯\n西湖里,甲街道,2027-12-31,12000.5,绿\n象湖城,甲街,未定,涉密,紫\n"
SECOND = "项目名称,责任单位,计划竣工时间,总投资,亮灯\n西湖里,乙街道,2028-06-30,12000.5,红\n朝阳站,甲街道,2027-01-01,500,绿\n"
BOARD = "Project;西湖里;朝阳站\nWho;B;A\nDone by;?;01 Jan 2027\nRAG;R;R\n"

HOSTILE = """
list = "key"
title = "重点项目"
scheme = "district"
skip = ["[一二三]、.*", "小计|合计", "注[:：].*"]
repeated = "added_up"
[units]
street-a = { name = "甲街道" }
street-b = { name = "乙街道" }
[blanks]
none_provided = ["待定"]
[[snapshots]]
file = "十一.txt"
label = "2026-09"
as_at = 2026-09-30
recorded = 2026-10-05T09:00:00+08:00
layout = "columns"
delimiter = "\\t"
header_row = 2
ignore = ["序号"]
[snapshots.columns]
number = { header = ["办", "号"], join = "-" }
name = { header = "项目名称" }
unit = { header = "责任单位", fill_down = true }
category = { header = "类别" }
start = { header = "开工", formats = ["%Y年%m月", "%Y/%m/%d", "%d-%b-%y"] }
completion = { header = "竣工", formats = ["%Y年%m月", "Q%q %Y"], day = "last", dates = { "2027年底前" = 2027-12-31 } }
investment = { header = "总投资（万元）", currency = "CNY", scale = "万", strip = "[,]" }
light = { header = "亮灯", words = { "●" = "green", "红灯" = "red" } }
"""
ELEVENTH = """
2026年重点项目表
\t序号\t办\t号\t项目名称\t责任单位\t类别\t开工\t竣工\t总投资（万元）\t亮灯
\t一、产业类
\t1\t甲\t01\t西湖里\t乙街道\t待定\t2024年3月\t２０２８年６月\t1２，０00.5\t●
\t2\t甲\t02\t南湖城\t\t文旅\t2024/3/5\tQ3 2027\t1,000\t红灯
\t3\t甲\t02\t南湖城\t\t文旅\t\t\t500\t红灯
\t4\t乙\t01\t朝阳站\t甲街道\t交通\t31-Mar-24\t2027年底前\t待定\t○
\t小计\t\t\t\t\t\t\t\t13,500.5
\t
\t注：金额含税
"""

Lifecycle = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lifecycle(monkeypatch: pytest.MonkeyPatch, database: str, capsys: pytest.CaptureFixture[str]) -> Lifecycle:
    """The command line on this test's database: (exit code, what it said, what went to standard error)."""
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def run(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 2
            print(left.code)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def ledger(database: str) -> Iterator[Services]:
    with opened(database, size=2) as pools:
        yield over(pools, database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2025.csv").write_text(FIRST, encoding="utf-8-sig")
    (tmp_path / "2026.csv").write_text(SECOND, encoding="utf-8")
    (tmp_path / "board.txt").write_text(BOARD, encoding="gb18030")
    (tmp_path / "m.toml").write_text(MAPPING.format(more=""), encoding="utf-8")
    (tmp_path / "other.toml").write_text(OTHER_LAYOUT, encoding="utf-8")
    return tmp_path


def importing(folder: Path, *files: str, mapping: str = "m.toml") -> list[object]:
    return ["import", "--mapping", folder / mapping, *(folder / f for f in files)]


def status(ledger: Services, code: str, on: str = "2026-12-31") -> Status:
    return ledger.questions.project.status(code, Viewpoint(date.fromisoformat(on)))


def completion(found: Status) -> object:
    return next(f.in_force.value or f.in_force.blank for f in found.plan if f.field == "completion")


def test_a_dry_run_shows_the_proposal_and_what_it_could_not_read_and_stages_nothing(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    code, said, _ = lifecycle(*importing(folder, "2025.csv", "2026.csv"), "--backfill", "--dry-run")
    assert code == 0
    assert "2025.csv: would record" in said
    assert 'XH-2026-001 project_entered row=3 {"occurred_on":"2026-06-30"'.replace("-001 ", "-001#1 ") in said
    assert "responsibility_handed_over" in said
    assert "not read: 2025.csv 3 '亮灯' '象湖城': '紫'" in said
    assert "a rename?" not in said
    assert (ledger.reading.staged(), ledger.reading.head().position) == (0, 0)


def test_past_snapshots_are_staged_once_and_opened_with_their_own_times(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    assert lifecycle(*importing(folder, "2025.csv"), "--backfill")[0] == 0
    code, said, _ = lifecycle(*importing(folder, "2025.csv", "2026.csv"), "--backfill")
    assert code == 0
    assert "3 rows staged (3 were already)" in said
    assert lifecycle("open", "--dry-run")[0] == 0
    assert not ledger.reading.head().opened
    code, said, _ = lifecycle("open")
    assert (code, "the ledger is open" in said) == (0, True)
    assert completion(status(ledger, "XH-2025-001")) == date(2028, 6, 30)
    assert completion(status(ledger, "XH-2025-001", "2025-12-31")) == date(2027, 12, 31)
    assert completion(status(ledger, "XH-2025-002")) == "none_provided"
    assert status(ledger, "XH-2025-002").lists == ()
    moments = [e.recorded_at for e in ledger.ledger.records.history("XH-2025-001").entries]
    assert {m.date().isoformat() for m in moments if m} == {"2025-07-05", "2026-07-05"}
    code, _, complaint = lifecycle("open")
    assert (code, "ledger is open" in complaint) == (1, True)
    code, _, complaint = lifecycle(*importing(folder, "2025.csv"), "--backfill")
    assert (code, "ledger is open" in complaint) == (1, True)


def test_another_layout_needs_a_mapping_file_and_the_same_again_proposes_nothing(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    lifecycle(*importing(folder, "2025.csv", "2026.csv"), "--backfill")
    lifecycle("open")
    before = ledger.reading.head().position
    dry = lifecycle(*importing(folder, "board.txt", mapping="other.toml"), "--dry-run")
    assert (dry[0], "would record" in dry[1], ledger.reading.head().position) == (0, True, before)
    code, said, _ = lifecycle(*importing(folder, "board.txt", mapping="other.toml"))
    assert (code, "recorded" in said) == (0, True)
    assert completion(status(ledger, "XH-2025-001")) == "none_provided"
    after = ledger.reading.head().position
    assert after > before
    (folder / "board.txt").write_text(BOARD.replace("\n", "\r\n"), encoding="gb18030")
    code, said, _ = lifecycle(*importing(folder, "board.txt", mapping="other.toml"))
    assert (code, "nothing new" in said, ledger.reading.head().position) == (0, True, after)


def eleventh(folder: Path) -> Path:
    """Transposed, tab separated, GB18030: the text above stands on its side in the file."""
    rows = [line.split("\t") for line in ELEVENTH.strip("\n").split("\n")]
    turned = [[row[i] if i < len(row) else "" for row in rows] for i in range(len(rows[1]))]
    (folder / "十一.txt").write_text("".join("\t".join(row) + "\r\n" for row in turned), encoding="gb18030")
    (folder / "hostile.toml").write_text(HOSTILE, encoding="utf-8")
    return folder


@pytest.mark.parametrize("live", [True, False])
def test_a_hostile_layout_of_its_own_needs_a_mapping_file_alone(
    lifecycle: Lifecycle, folder: Path, ledger: Services, live: bool
):
    assert lifecycle(*importing(folder, "2025.csv", "2026.csv"), "--backfill")[0] == 0
    if live:
        lifecycle("open")
    code, said, complaint = lifecycle(
        *importing(eleventh(folder), "十一.txt", mapping="hostile.toml"), *([] if live else ["--backfill"])
    )
    assert code == 0, complaint
    assert "rows the mapping skips: 3, 8, 10" in said
    assert "1 cells not read" in said
    assert "not read: 十一.txt 7 '亮灯' '朝阳站': '○'" in said
    if not live:
        lifecycle("open")
    assert ledger.reading.labels("XH-") == ["XH-2025-001", "XH-2025-002", "XH-2026-001", "XH-2026-002"]
    lake, station, city = (status(ledger, code) for code in ("XH-2025-001", "XH-2026-001", "XH-2026-002"))
    assert [
        (p.field, p.in_force.value or p.in_force.blank) for f in (lake, city, station) for p in f.plan if p.in_force
    ] == [
        ("start", date(2024, 3, 1)),
        ("completion", date(2028, 6, 30)),
        ("operation", "not_mentioned"),
        ("investment", wan("12000.5")),
        ("start", date(2024, 3, 5)),
        ("completion", date(2027, 9, 30)),
        ("operation", "not_mentioned"),
        ("investment", wan("1500")),
        ("start", date(2024, 3, 31)),
        ("completion", date(2027, 12, 31)),
        ("operation", "not_mentioned"),
        ("investment", "none_provided"),
    ]
    assert [[h.holder.unit for h in found.responsible] for found in (lake, city, station)] == [
        ["street-b"],
        ["street-b"],
        ["street-a"],
    ]
    assert [found.light and found.light.light for found in (lake, city, station)] == ["green", "red", "green"]
    before = ledger.reading.head().position
    again = lifecycle(*importing(folder, "十一.txt", mapping="hostile.toml"))
    assert (again[0], "nothing new" in again[1], ledger.reading.head().position) == (0, True, before)


NUMBERED = MAPPING.replace("{more}", 'scheme = "district"').replace("[columns]", '[columns]\nnumber = {{ header = "编号" }}')


def numbered(folder: Path, first: str, second: str) -> Path:
    """Two snapshots of (编号, 项目名称), one project a line."""
    for name, lines in (("2025.csv", first), ("2026.csv", second)):
        rows = "".join(f"{line},,,,\n" for line in lines.split())
        (folder / name).write_text("编号,项目名称,责任单位,计划竣工时间,总投资,亮灯\n" + rows, encoding="utf-8")
    (folder / "m.toml").write_text(NUMBERED.format(), encoding="utf-8")
    return folder


def test_a_number_is_surer_than_a_name_also_when_the_name_comes_first(lifecycle: Lifecycle, folder: Path, ledger: Services):
    numbered(folder, "A-1,西湖里 A-2,象湖城", "A-9,西湖里 a-1,西湖里东 A-2,西湖里")
    assert lifecycle(*importing(folder, "2025.csv"))[0] == 0
    assert lifecycle(*importing(folder, "2026.csv"))[0] == 0
    names = {code: status(ledger, code).name for code in ledger.reading.labels("XH-")}
    assert {code: name and name.value for code, name in names.items()} == {
        "XH-2025-001": "西湖里东",
        "XH-2025-002": "西湖里",
        "XH-2026-001": "西湖里",
    }
    before = ledger.reading.head().position
    assert "nothing new" in lifecycle(*importing(folder, "2026.csv"))[1]
    assert ledger.reading.head().position == before


def test_a_number_that_changed_is_told_by_the_name(lifecycle: Lifecycle, folder: Path, ledger: Services):
    numbered(folder, "A-1,西湖里", "B-7,西湖里")
    lifecycle(*importing(folder, "2025.csv"))
    lifecycle(*importing(folder, "2026.csv"))
    assert ledger.reading.labels("XH-") == ["XH-2025-001"]
    assert [c.value for c in status(ledger, "XH-2025-001").codes] == ["A-1", "B-7"]


def test_a_name_of_several_projects_and_no_number_is_refused_not_guessed(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    numbered(folder, "A-1,西湖里 A-2,西湖里", ",西湖里")
    lifecycle(*importing(folder, "2025.csv"))
    before = ledger.reading.head().position
    code, _, complaint = lifecycle(*importing(folder, "2026.csv"))
    assert (code, "Several projects bear this name" in complaint, ledger.reading.head().position) == (1, True, before)


def test_a_second_row_of_a_project_is_listed_and_never_becomes_another_one(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    numbered(folder, "A-1,西湖里 A-1,西湖里二期 A-2,象湖城", "A-1,西湖里")
    for _ in range(2):
        code, said, _ = lifecycle(*importing(folder, "2025.csv"))
        assert (code, "not read: 2025.csv 3 '' '西湖里二期': 'A-1 西湖里二期'" in said) == (0, True)
        assert ledger.reading.labels("XH-") == ["XH-2025-001", "XH-2025-002"]
    assert "nothing new" in said


def test_what_was_recorded_of_later_days_is_not_undone_by_a_snapshot(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2026.csv"))
    later = RevisePlan(act="revise", occurred_on=date(2026, 7, 20), completion=date(2029, 1, 1), reason="会议纪要")
    ledger.ledger.record("XH-2026-001", later, by=actor("p-office"), source=Source(door="api"))
    assert "nothing new" in lifecycle(*importing(folder, "2026.csv"))[1]
    assert completion(status(ledger, "XH-2026-001")) == date(2029, 1, 1)


def test_an_attribute_that_is_withheld_is_kept_with_its_reason(lifecycle: Lifecycle, folder: Path, ledger: Services):
    (folder / "2026.csv").write_text(SECOND.replace("甲街道", "涉密，另报"), encoding="utf-8")
    lifecycle(*importing(folder, "2026.csv"))
    light = status(ledger, "XH-2026-002").light
    assert light is not None
    assert light.remarks == (Remark(about="unit", text=Withheld(reason="涉密，另报")),)


def wan(amount: str) -> Money:
    return Money(amount=Decimal(amount) * 10_000, currency="CNY")


def test_a_snapshot_older_than_what_was_imported_is_refused(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2026.csv"))
    before = ledger.reading.head().position
    code, _, complaint = lifecycle(*importing(folder, "2025.csv"))
    assert (code, "newer snapshot" in complaint, ledger.reading.head().position) == (1, True, before)


def test_a_snapshot_of_which_anything_is_refused_is_not_half_recorded(lifecycle: Lifecycle, folder: Path, ledger: Services):
    settings = MAPPING.format(more="").replace("2026-0", "2099-0")
    (folder / "m.toml").write_text(settings, encoding="utf-8")
    code, _, complaint = lifecycle(*importing(folder, "2026.csv"))
    assert (code, "nothing of this snapshot was recorded" in complaint) == (1, True)
    assert "recorded and stay" not in complaint
    assert ledger.reading.head().position == 0


def test_of_several_snapshots_those_before_a_refused_one_stand_and_are_named(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    (folder / "m.toml").write_text(MAPPING.format(more="").replace("2026-0", "2099-0"), encoding="utf-8")
    both = [*importing(folder, "2025.csv"), str(folder / "2026.csv")]
    code, _, complaint = lifecycle(*both)
    assert (code, "the files before it are recorded and stay: 2025.csv" in complaint) == (1, True)
    first = ledger.reading.head().position
    assert first > 0
    (folder / "m.toml").write_text(MAPPING.format(more=""), encoding="utf-8")
    code, said, _ = lifecycle(*both)
    assert (code, "2025.csv: nothing new, nothing proposed" in said) == (0, True)
    assert ledger.reading.head().position > first


def test_a_rename_is_suggested_and_counts_once_it_is_confirmed(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2025.csv"), "--backfill")
    (folder / "2026.csv").write_text(SECOND.replace("西湖里", "西湖里（二期）"), encoding="utf-8")
    said = lifecycle(*importing(folder, "2026.csv"), "--backfill", "--dry-run")[1]
    assert "a rename? '西湖里' → '西湖里（二期）'" in said
    confirmed = MAPPING.format(more='renames = [{ old = "西湖里", new = "西湖里（二期）" }]')
    (folder / "m.toml").write_text(confirmed, encoding="utf-8")
    assert lifecycle(*importing(folder, "2026.csv"), "--backfill")[0] == 0
    assert lifecycle("open")[0] == 0
    name = status(ledger, "XH-2025-001").name
    assert (name and name.value) == "西湖里（二期）"
    assert ledger.reading.labels("XH-2026-") == ["XH-2026-001"]


def test_a_file_staged_again_corrected_or_re_saved_takes_the_place_of_the_earlier_one(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    line = {"stated": "2025-03-01T09:00:00+08:00", "by": {"person": "p-wang", "unit": "office"}, "noun": "units"}
    opens = [line | {"command": {"occurred_on": "2025-01-01", "code": c, "name": c}} for c in ("park-a", "park-b")]
    (folder / "past.jsonl").write_text("".join(json.dumps(o) + "\n" for o in opens), encoding="utf-8")
    lifecycle(*importing(folder, "2025.csv", "past.jsonl"), "--backfill")
    (folder / "2025.csv").write_text(FIRST.replace("\n", "\r\n").replace("紫", "红"), encoding="gb18030")
    (folder / "past.jsonl").write_text(json.dumps(opens[0]), encoding="utf-8")
    shown = lifecycle(*importing(folder, "2025.csv", "past.jsonl"), "--backfill", "--dry-run")
    assert (shown[0], ledger.reading.staged()) == (0, 5)
    code, said, _ = lifecycle(*importing(folder, "2025.csv", "past.jsonl"), "--backfill")
    assert (code, "5 rows staged earlier of files of these names are replaced" in said) == (0, True)
    assert "4 rows staged (0 were already)" in said
    assert lifecycle("open")[0] == 0
    assert ledger.reading.labels("unit:park") == ["unit:park-a"]
    light = status(ledger, "XH-2025-002").light
    assert (light and light.light) == "red"


def test_what_is_staged_can_be_dropped(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2025.csv"), "--backfill")
    assert ledger.reading.staged() == 3
    assert lifecycle("import", "--discard")[0] == 0
    assert ledger.reading.staged() == 0


def test_wrong_arguments_are_told_in_a_sentence(lifecycle: Lifecycle, folder: Path):
    (folder / "a.jsonl").write_text("{}\n", encoding="utf-8")
    by = '"by": {"person": "p-wang", "unit": "office"}'
    line = f'{{"stated": "2025-01-01T09:00:00+08:00", {by}, "noun": "gifts", "command": {{}}}}'
    ahead = MAPPING.format(more="").replace("2025-07-05", "2099-07-05")
    (folder / "ahead.toml").write_text(ahead, encoding="utf-8")
    (folder / "b.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    for arguments, code, said in (
        (["import", folder / "2025.csv"], 2, "--mapping go together"),
        (["import", folder / "a.jsonl"], 2, "with --backfill"),
        (["import", "--backfill", folder / "a.jsonl"], 1, "a.jsonl 1: stated: is wanted / 缺少此项"),
        (["import", "--backfill", folder / "b.jsonl"], 1, "b.jsonl 2: gifts"),
        (importing(folder, "m.toml"), 2, "file = 2025.csv, 2026.csv"),
        ([*importing(folder, "2025.csv", mapping="ahead.toml"), "--backfill", "--dry-run"], 1, "lies in the future"),
        (["import", "--mapping", folder / "none.toml", folder / "2025.csv"], 1, "none.toml"),
    ):
        found, out, complaint = lifecycle(*arguments)
        assert (found, said in out + complaint) == (code, True), (arguments, out, complaint)


def test_a_cell_with_a_phone_number_is_shown_and_refused_unless_the_mapping_says_why_it_is_kept(
    lifecycle: Lifecycle, folder: Path, ledger: Services
):
    table = "项目名称,责任单位,备注\n西湖里,甲街道,联系人13812345678\n朝阳站,乙街道,凭证13812345678\n"
    (folder / "2026.csv").write_text(table, encoding="utf-8")
    columns = (
        '[columns]\nname = { header = "项目名称" }\nunit = { header = "责任单位" }\n"remark.note" = { header = "备注" }\n'
    )
    units, snapshots = MAPPING.format(more="").partition("[units]")[2].split("[columns]")
    last = "[[snapshots]]" + snapshots.rpartition("[[snapshots]]")[2]
    for more, expected in (("", 1), ('personal_data = "公开的招商热线"\n', 0)):
        mapping = f'list = "key"\ntitle = "重点项目"\n{more}[units]{units}{columns}{last}'
        (folder / "m.toml").write_text(mapping, encoding="utf-8")
        code, _, complaint = lifecycle(*importing(folder, "2026.csv"))
        assert code == expected
        if expected:
            assert "refused: 2026.csv 2 '西湖里' /remarks/0/text" in complaint
            assert "mobile number" in complaint
            assert "13812345678" not in complaint
            assert "朝阳站" not in complaint
            assert ledger.reading.head().position == 0
    entries = ledger.ledger.records.history("XM-2026-001").entries
    marked = [[(i.rule, i.reason) for i in e.envelope.irregular] for e in entries if e.envelope.irregular]
    assert marked == [[("personal_number", "公开的招商热线")]]
