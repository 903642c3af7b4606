"""`lifecycle backup` and `lifecycle restore`, as a script runs them: words, exit codes, a ledger that goes on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.app import create_app
from api.cli import main
from api.services import over
from store.database import as_role, drop, opened
from store.evidence import Folder
from store.manifest import DUMP, MANIFEST, copied_part, evidence_part, read_manifest
from tests import files
from tests.api.conftest import District, P

ENTRIES = copied_part("entry")
ARRIVED = {
    "act": "receive",
    "occurred_on": "2026-02-01",
    "amount": {"amount": "5000.00", "currency": "CNY"},
    "voucher": "V-001",
}


@pytest.fixture(autouse=True)
def _this_district(monkeypatch: pytest.MonkeyPatch, database: str, district: District, tmp_path: Path):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def elsewhere(server: str, database: str) -> Iterator[str]:
    """An empty database, as on another machine."""
    name = f"{conninfo_to_dict(database)['dbname']}_elsewhere"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield make_conninfo(server, dbname=name)
        drop(connection, name)


def lived_in(district: District) -> str:
    """Some money, a correction, a file on the signing; its SHA-256."""
    district.recorded(f"{P}/funds", ARRIVED)
    headers = {"Authorization": f"Bearer {district.tokens['clerk']}"}
    answer = district.client.post("/evidence?name=合同.pdf", content=files.PDF, headers=headers)
    digest: str = answer.json()["sha256"]
    district.recorded(f"{P}/evidence", {"act": "attach", "target": 4, "sha256": digest, "sort": "contract"}, "clerk")
    return digest


def backed_up(into: Path) -> Path:
    assert main(["backup", "--to", str(into)]) == 0
    return max(into.glob("lifecycle-*"))


def test_a_restored_ledger_answers_as_before_and_goes_on(
    district: District,
    elsewhere: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    digest = lived_in(district)
    before = {path: district.get(path, "office").json() for path in (P, f"{P}/timeline", f"{P}/entries", "/portfolio")}
    last = district.entries()
    folder = backed_up(tmp_path / "backups")
    told = capsys.readouterr().out
    assert f"{last} entries, up to @{last}; 1 files of evidence" in told
    assert "the manifest's checksum, to be kept elsewhere: " in told
    assert str(tmp_path / "evidence") in (folder / "settings.json").read_text()
    for wrong in (tmp_path / "nowhere", folder / ENTRIES):
        assert main(["restore", str(wrong), "--drill"]) == 1
        assert "This is no whole backup" in capsys.readouterr().err
    assert main(["restore", str(folder)]) == 1
    assert "none is restored over it" in capsys.readouterr().err

    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", elsewhere)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(tmp_path / "other"))
    assert main(["restore", str(folder)]) == 0
    assert f"{last} entries are byte for byte as they were backed up" in capsys.readouterr().out
    projecting = as_role(elsewhere, "lifecycle_projector")
    with opened(elsewhere, size=4) as pools, psycopg.connect(projecting, autocommit=True) as connection:
        services = over(pools, elsewhere, evidence=Folder(tmp_path / "other"))
        with TestClient(create_app(services)) as client:
            restored = District(client, services, connection, district.tokens)
            assert {path: restored.get(path, "office").json() for path in before} == before
            content = client.get(f"/evidence/{digest}", headers={"Authorization": f"Bearer {district.tokens['office']}"})
            assert content.content == files.PDF
            again = restored.recorded(f"{P}/funds", {**ARRIVED, "voucher": "V-002"})
            assert again["position"] == last + 1
            entries = restored.get(f"{P}/entries", "office").json()["entries"]
            times = [entry["recorded_at"] for entry in entries]
            assert times == sorted(times)
    assert main(["restore", str(folder)]) == 1


def test_a_drill_compares_with_the_live_ledger_and_leaves_it_alone(
    district: District, tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str, elsewhere: str
):
    lived_in(district)
    district.project()
    folder = backed_up(tmp_path / "backups")
    position = read_manifest(folder).position
    district.recorded(f"{P}/funds", {**ARRIVED, "voucher": "V-later"})
    said = {"target": 5, "reads": {"kind": "funds_received", **ARRIVED, "amount": {"amount": "7", "currency": "CNY"}}}
    said["reads"].pop("act")  # type: ignore[attr-defined]
    district.recorded(f"{P}/corrections", {**said, "because": "笔误"})
    district.recorded(f"{P}/approvals", {"act": "approve", "proposal": 8}, "second")
    district.project()
    capsys.readouterr()
    assert main(["restore", str(folder), "--drill"]) == 0
    told = capsys.readouterr().out
    assert f"the same as the live ledger up to @{position}: {position} entries, byte for byte." in told
    assert "the rebuilt read model is the same as the live one" in told
    assert "the drill passed" in told
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE '%_drill'").fetchone() == (0,)
        connection.execute("UPDATE district_read.fact SET amount = 3 WHERE amount = 500000")
    assert main(["restore", str(folder), "--drill"]) == 1
    assert "the rebuilt read model is not the same as the live one" in capsys.readouterr().err
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE district.entry DISABLE TRIGGER entry_is_for_ever")
        connection.execute("UPDATE district.entry SET topic = 'signed' WHERE position = 5")
    assert main(["restore", str(folder), "--drill"]) == 1
    told = capsys.readouterr().err
    assert "differs: " in told
    assert "(@5)" in told
    assert "1 entries differ" in told


def test_a_drill_names_every_part_that_is_missing_or_altered(
    district: District,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    digest = lived_in(district)
    folder = backed_up(tmp_path / "backups")

    def drilled(change: str, name: str, content: bytes | None) -> tuple[int, str]:
        copy = tmp_path / change
        shutil.copytree(folder, copy)
        (copy / name).unlink()
        if content is not None:
            (copy / name).write_bytes(content)
        capsys.readouterr()
        return main(["restore", str(copy), "--drill"]), capsys.readouterr().err

    evidence, dump = evidence_part(digest), (folder / ENTRIES).read_bytes()
    for change, name, content, word in (
        ("evidence gone", evidence, None, f"missing: {evidence}"),
        ("evidence altered", evidence, files.PDF + b" ", f"altered: {evidence}"),
        ("ledger gone", ENTRIES, None, f"missing: {ENTRIES}"),
        ("ledger altered", ENTRIES, dump[:99] + bytes([dump[99] ^ 1]) + dump[100:], f"altered: {ENTRIES}"),
        ("tables gone", DUMP, None, f"missing: {DUMP}"),
        ("settings altered", "settings.json", b"{}", "altered: settings.json"),
    ):
        code, told = drilled(change, name, content)
        assert code == 1
        assert word in told
        assert "the drill FAILED" in told
    code, told = drilled("manifest gone", MANIFEST, None)
    assert (code, "This is no whole backup" in told) == (1, True)
    code, told = drilled("manifest altered", MANIFEST, (folder / MANIFEST).read_bytes().replace(b"true", b"false"))
    assert (code, "The backup's manifest was altered" in told) == (1, True)

    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    place = tmp_path / evidence
    place.unlink()
    assert main(["backup", "--to", str(tmp_path / "later")]) == 3
    told = capsys.readouterr().err
    assert f"缺失：{digest} 合同.pdf ← XM-2026-001#6" in told
    later = max((tmp_path / "later").glob("lifecycle-*"))
    assert main(["restore", str(later), "--drill"]) == 3
    assert "备份时即已缺失" in capsys.readouterr().err
