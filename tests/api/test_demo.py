"""The demonstration district: the same from the same seed, labelled wherever it shows, only into an empty ledger."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import bound
from api.cli import main
from api.demo import papers
from api.demo.filling import Filled, NotEmpty, Written, fill, write
from api.services import Services, over
from domain.entry import Role
from projections.runner import Projecting
from store.database import opened
from store.evidence import Folder
from tests.api.conftest import District
from tests.conftest import cloned
from tests.projections.worlds import projector

SIZE = 16
UNTIL = date(2026, 10, 31)


class Played(NamedTuple):
    written: Written
    filled: Filled
    name: str
    evidence: Path


@pytest.fixture(scope="session")
def played(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """A small demonstration district, made once; tests read it."""
    evidence = tmp_path_factory.mktemp("evidence")
    with cloned(server, template) as address, opened(address, size=4) as pools:
        services = over(pools, address, evidence=Folder(evidence))
        written = write(7, UNTIL, SIZE)
        filled = fill(services, written)
        with projector(address) as connection:
            Projecting(connection).catch_up()
        yield Played(written, filled, address, evidence)


@dataclass
class Seen:
    client: TestClient
    services: Services
    headers: dict[str, str]

    def __call__(self, path: str) -> Any:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def seen(played: Played, app: FastAPI) -> Iterator[Seen]:
    with opened(played.name, size=4) as pools:
        services = over(pools, played.name, evidence=Folder(played.evidence))
        token, _ = services.accounts.make("dm-p003", "office", "督查专员", Role.READER)
        with TestClient(bound(app, services)) as client:
            yield Seen(client, services, {"Authorization": f"Bearer {token}"})


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(played: Played):
    again = write(7, UNTIL, SIZE)
    assert again.lines == played.written.lines
    assert {d: raw for d, (_, raw, _) in again.files.items()} == {d: raw for d, (_, raw, _) in played.written.files.items()}
    assert write(8, UNTIL, 12).lines not in (again.lines, write(9, UNTIL, 12).lines)


def test_two_databases_hold_the_same_events_apart_from_ids(seen: Seen, running: Services, played: Played):
    fill(running, played.written)
    first, second = (
        [
            (r.label, r.originator_version, r.topic, without_ids(r.state), r.recorded_at)
            for r in of.reading.entries(0, 100_000)
        ]
        for of in (seen.services, running)
    )
    assert first[:-1] == second[:-1]  # the opening is dated by the clock
    assert len(first) == played.filled.entries + 1


def without_ids(state: bytes) -> Any:
    said = json.loads(state)
    for name in ("id", "request", "batch"):
        said["envelope"].pop(name, None)
    return said


def test_everything_that_is_shown_says_that_it_is_made_up(seen: Seen, played: Played):
    assert seen.client.get("/readyz").json()["synthetic"] is True
    portfolio = seen("/portfolio?by=unit")
    assert portfolio["viewpoint"]["synthetic"] is True
    assert "演示" in seen("/district/settings")["settings"]["name"]
    assert all("演示" in name for name in portfolio["names"]["units"].values())
    projects = seen("/projects?limit=200")["projects"]
    assert len(projects) == SIZE == played.filled.projects
    assert all(p["code"].startswith("DM-") and p["name"].endswith("（演示）") for p in projects)
    assert all(person["name"].startswith("演示·") for person in seen("/people")["people"] if person.get("name"))
    for file, raw, _ in played.written.files.values():
        assert "演示" in file.name
        assert "演示".encode("utf-16-be").hex().encode() in raw or "演示".encode() in raw
        assert raw.startswith((b"%PDF-", b"\x89PNG"))


def test_a_paper_is_a_whole_pdf_whose_table_finds_every_object():
    raw = papers.paper(["一"])
    start = int(raw.rpartition(b"startxref\n")[2].split()[0])
    assert raw[start:].startswith(b"xref\n0 8\n")
    for number, place in enumerate(raw[start:].split(b"\n")[3:10], start=1):
        assert raw[int(place[:10]) :].startswith(b"%d 0 obj" % number)


def test_it_is_believable(seen: Seen):
    """Reported above recognised above nothing, most under construction, few marks on any project, every month told."""
    by_stage = seen("/portfolio?by=stage")
    counts = {g["group"]: g["count"] for g in by_stage["groups"]}
    assert max(counts, key=lambda stage: counts[stage]) == "under_construction"
    assert {"operating", "signed", "negotiating"} <= counts.keys()
    totals = {m["measure"]: m for m in by_stage["total"]["measures"]}
    for measure in ("received", "invested"):
        reported, recognised = (float(totals[measure][whose]["value"]) for whose in ("reported", "recognised"))
        assert reported > recognised > 0.5 * reported
    assert float(totals["agreed"]["reported"]["value"]) > float(totals["received"]["reported"]["value"])
    irregular = seen("/irregularities?limit=200")["projects"]
    assert max(len(p["marks"]) for p in irregular) < 12
    assert len(seen("/periods")["periods"]) == 24


@pytest.mark.long
def test_what_an_office_meets_is_in_the_whole_district():
    """Each sort of act at least once, so that every page has something to show."""
    told: Counter[tuple[str, str | None]] = Counter()
    for line in write().lines.splitlines():
        said = json.loads(line)
        told[said["noun"], said["command"].get("act")] += 1
        told.update((part["noun"], part["command"].get("act")) for part in said["command"].get("lines", ()))
    for wanted in (
        ("returns", "submit"), ("returns", "send_back"), ("returns", "recall"), ("returns", "accept"), ("extensions", None),
        ("corrections", None), ("annulments", None), ("approvals", "approve"), ("verdicts", None), ("funds", "return"),
        ("responsibilities", "hand_over"), ("responsibilities", "end"),
        ("construction", "pause"), ("construction", "resume"),
        ("endings", "end"), ("endings", "revive"),
        ("plans", "revise"), ("forecasts", None), ("tasks", "issue"), ("tasks", "adjust"),
        ("exemptions", "grant"), ("gates", None), ("evidence", "attach"), ("reconciliations", "object"),
        ("audits", "find"), ("rectifications", None), ("closings", "send_back"), ("closings", "close"),
        ("mergers", "absorb"), ("mergers", "split"), ("identities", None), ("taxes", None), ("jobs", None),
        ("statistics", "cite"), ("capital", "increase"), ("transfers", None),
    ):  # fmt: skip
        assert told[wanted], wanted
    assert told["projects", None] + 1 == 108  # one more is split off


def test_a_ledger_that_holds_anything_is_refused_with_what_to_do(district: District, played: Played):
    before = district.entries()
    with pytest.raises(NotEmpty, match="LIFECYCLE_HOME"):
        fill(district.services, played.written)
    assert district.entries() == before


def test_the_command_fills_and_prints_two_tokens_and_refuses_the_second_time(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert main(["demo", "--projects", "5"]) == 2
    assert main(["demo", "--until", "2199-01-01"]) == 2
    capsys.readouterr()
    assert main(["demo", "--projects", "12", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "12 projects" in said
    assert said.count("lct_") == 2
    assert main(["demo"]) == 1
    assert "LIFECYCLE_HOME" in capsys.readouterr().err
