"""`lifecycle import` and `lifecycle open`, as people use them: shown first, staged, opened, then kept up to date."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from api.cli import main
from api.services import Services, over
from domain.questions.status import Status
from domain.viewpoint import Viewpoint
from store.database import opened

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


def test_a_snapshot_older_than_what_was_imported_is_refused(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2026.csv"))
    before = ledger.reading.head().position
    code, _, complaint = lifecycle(*importing(folder, "2025.csv"))
    assert (code, "newer snapshot" in complaint, ledger.reading.head().position) == (1, True, before)


def test_a_snapshot_of_which_anything_is_refused_is_not_half_recorded(lifecycle: Lifecycle, folder: Path, ledger: Services):
    settings = MAPPING.format(more="").replace("2026-06-30", "2099-06-30")
    (folder / "m.toml").write_text(settings, encoding="utf-8")
    code, _, complaint = lifecycle(*importing(folder, "2026.csv"))
    assert (code, "nothing of this snapshot was recorded" in complaint) == (1, True)
    assert ledger.reading.head().position == 0


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


def test_what_is_staged_can_be_dropped(lifecycle: Lifecycle, folder: Path, ledger: Services):
    lifecycle(*importing(folder, "2025.csv"), "--backfill")
    assert ledger.reading.staged() == 3
    assert lifecycle("import", "--discard")[0] == 0
    assert ledger.reading.staged() == 0


def test_wrong_arguments_are_told_in_a_sentence(lifecycle: Lifecycle, folder: Path):
    (folder / "a.jsonl").write_text("{}\n", encoding="utf-8")
    by = '"by": {"person": "p-wang", "unit": "office"}'
    line = f'{{"stated": "2025-01-01T09:00:00+08:00", {by}, "noun": "gifts", "command": {{}}}}'
    (folder / "b.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    for arguments, code, said in (
        (["import", folder / "2025.csv"], 2, "--mapping go together"),
        (["import", folder / "a.jsonl"], 2, "with --backfill"),
        (["import", "--backfill", folder / "a.jsonl"], 1, "a.jsonl 1: stated: Field required"),
        (["import", "--backfill", folder / "b.jsonl"], 1, "b.jsonl 2: gifts"),
        (importing(folder, "m.toml"), 2, ""),
        (["import", "--mapping", folder / "none.toml", folder / "2025.csv"], 1, "none.toml"),
    ):
        found, out, complaint = lifecycle(*arguments)
        assert (found, said in out + complaint) == (code, True), (arguments, out, complaint)
