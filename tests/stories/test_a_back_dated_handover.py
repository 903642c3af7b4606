"""Assigned on 5 January; on 20 April somebody enters that it was handed over on 20 March. Who answers for 31 March?

Asked as known on 15 April the first holder, as known on 21 April the second: DESIGN §3.11, from the command line to HTTP.
"""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.cli import main
from api.services import over
from projections.runner import Projecting
from store.database import opened
from tests.projections.worlds import projector

BY = {"person": "p-office", "unit": "office", "post": "科长"}
P = "XH-2026-001"
LINES: list[tuple[str, str | None, str, dict[str, Any]]] = [
    ("2026-01-04", None, "units", {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲街道"}),
    ("2026-01-04", None, "units", {"occurred_on": "2026-01-01", "code": "street-b", "name": "乙街道"}),
    ("2026-01-04", None, "people", {"occurred_on": "2026-01-01", "ref": "p-zhao", "name": "赵某"}),
    ("2026-01-04", None, "people", {"occurred_on": "2026-01-01", "ref": "p-qian", "name": "钱某"}),
    ("2026-01-05", None, "projects", {"occurred_on": "2026-01-03", "name": "西湖里", "code": P, "lead_unit": "street-a"}),
    (
        "2026-01-05",
        P,
        "responsibilities",
        {
            "act": "assign",
            "occurred_on": "2026-01-05",
            "role": "project_officer",
            "holder": {"unit": "street-a", "person": "p-zhao"},
        },
    ),
    (
        "2026-04-20",
        P,
        "responsibilities",
        {
            "act": "hand_over",
            "occurred_on": "2026-03-20",
            "role": "project_officer",
            "outgoing": {"person": "p-zhao"},
            "incoming": {"unit": "street-a", "person": "p-qian"},
            "document": "会议纪要〔2026〕7号",
        },
    ),
]


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    file = tmp_path / "past.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for day, stream, noun, command in LINES:
            line = {"stated": f"{day}T09:00:00+08:00", "by": BY, "stream": stream, "noun": noun, "command": command}
            out.write(json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=False) + "\n")
    return file


def holder(client: TestClient, headers: dict[str, str], on: str, known: str) -> tuple[Any, ...]:
    asked = client.get(f"/projects/{P}/responsibility", params={"on": on, "known": known}, headers=headers).json()
    held = [h for h in asked["responsibility"]["held"] if h["role"] == "project_officer" and h["until"] is None]
    assert len(held) == 1
    person = held[0]["holder"]["person"]
    return asked["names"]["persons"][person], held[0]["since"], held[0]["sources"]


def test_who_answered_on_31_march_depends_on_when_it_was_asked(
    database: str, commands: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    assert main(["import", "--backfill", str(commands)]) == 0
    assert main(["open"]) == 0
    capsys.readouterr()
    with opened(database, size=4) as pools, projector(database) as connection:
        Projecting(connection).catch_up()
        services = over(pools, database)
        token = services.accounts.first_administrator()
        headers = {"Authorization": f"Bearer {token}"}
        with TestClient(create_app(services)) as client:
            before = holder(client, headers, "2026-03-31", "2026-04-15")
            after = holder(client, headers, "2026-03-31", "2026-04-21")
            on_the_eve = holder(client, headers, "2026-03-19", "2026-04-21")
            on_the_day = holder(client, headers, "2026-03-20", "2026-04-21")
    assert before == ("赵某", "2026-01-05", [f"{P}#3"])
    assert after == ("钱某", "2026-03-20", [f"{P}#4"])
    assert on_the_eve == ("赵某", "2026-01-05", [f"{P}#3"])
    assert on_the_day == after


def test_no_name_of_the_command_file_is_kept_where_entries_are(
    database: str, commands: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", database)
    assert main(["import", "--backfill", str(commands)]) == 0
    assert main(["open"]) == 0
    with psycopg.connect(database) as connection:
        kept = connection.execute(
            "SELECT count(*) FROM district.entry WHERE strpos(convert_from(state, 'UTF8'), '赵某') > 0"
        )
        assert kept.fetchone() == (0,)
