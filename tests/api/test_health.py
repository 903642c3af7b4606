"""Health is told to whoever asks, and tells what is wrong by name."""

from datetime import datetime, timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.services import Services
from domain.entry import SHANGHAI, Role, Source
from store.backfill import Backfill
from store.reading import Head
from tests.api.conftest import District
from tests.given import actor
from tests.projections.worlds import projector


def test_a_stopped_read_model_names_the_entry_and_is_not_ready(district: District):
    district.project()
    district.connection.execute("UPDATE progress SET failure = 'XM-2026-001#4 (@15): ValueError: broken'")
    answer = district.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["projection"]["failure"].startswith("XM-2026-001#4")
    assert "lifecycle_projection_failed 1" in district.client.get("/metrics").text


def test_how_far_the_read_model_lags_is_told(district: District):
    district.project()
    district.recorded("/projects/XM-2026-001/jobs", {"occurred_on": "2026-02-01", "count": 3})
    assert district.client.get("/readyz").json()["projection"]["lag"] == 1


def test_a_read_model_that_lags_is_ready_and_one_that_has_read_nothing_yet_is_not(
    district: District, monkeypatch: pytest.MonkeyPatch
):
    told = district.client.get("/readyz")
    assert (told.status_code, told.json()["ready"]) == (200, True)
    district.connection.execute("UPDATE progress SET position = 1")
    told = district.client.get("/readyz")
    assert (told.status_code, told.json()["projection"]["lag"] > 1) == (200, True)
    district.connection.execute("UPDATE progress SET position = 0")
    assert district.client.get("/readyz").status_code == 200, "the first entries of a new ledger switch nothing off"
    filled = Head(6_717, datetime.now(SHANGHAI), True)
    monkeypatch.setattr(district.services.reading, "head", lambda: filled)
    told = district.client.get("/readyz")
    assert (told.status_code, told.json()["ready"], told.json()["projection"]["position"]) == (503, False, 0)
    assert "lifecycle_projection_failed 0" in district.client.get("/metrics").text


def test_a_clock_that_was_set_back_raises_the_alarm(district: District, monkeypatch: pytest.MonkeyPatch):
    assert district.client.get("/readyz").json()["clock_frozen"] is False
    ahead = Head(district.entries(), datetime.now(SHANGHAI) + timedelta(hours=1), True)
    monkeypatch.setattr(district.services.reading, "head", lambda: ahead)
    assert district.client.get("/readyz").json()["clock_frozen"] is True
    assert "lifecycle_clock_frozen 1" in district.client.get("/metrics").text


def test_without_a_database_the_process_lives_and_is_not_ready(district: District, monkeypatch: pytest.MonkeyPatch):
    def away() -> Head:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(district.services.reading, "head", away)
    assert district.client.get("/livez").status_code == 200
    answer = district.client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.headers["retry-after"]) == (503, False, "1")
    assert district.client.get("/metrics").status_code == 503


def test_a_ledger_opened_as_synthetic_says_so_in_every_answer_for_good(running: Services, database: str):
    """Before the opening's own position too, and whatever a correction of the opening says."""
    backfill = Backfill(running.database.writing, running.reading)
    clerk = actor("p-office", "office", Role.OFFICE)
    backfill.open(backfill.decide_all(lambda *_: None, clerk, more=()), clerk, Source(door="cli"), synthetic=True)
    with projector(database) as connection, TestClient(create_app(running)) as client:
        token, _ = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
        made = District(client, running, connection, {"office": token, "reader": token})
        assert client.get("/readyz").json()["synthetic"] is True
        reads = {"kind": "ledger_opened", "occurred_on": "2026-01-01", "staged_requests": 0, "staged_entries": 0}
        made.recorded("/district/corrections", {"target": 1, "reads": reads, "because": "并非演示"})
        other, _ = running.accounts.make("p-second", "office", "科员", Role.OFFICE)
        made.tokens["second"] = other
        made.recorded("/district/approvals", {"act": "approve", "proposal": 2}, "second")
        assert made.get("/portfolio").json()["viewpoint"]["synthetic"] is True
        assert made.get("/portfolio?known=@0").json()["viewpoint"]["synthetic"] is True


def test_any_other_ledger_is_not_synthetic(district: District):
    assert district.client.get("/readyz").json()["synthetic"] is False
    assert district.get("/portfolio").json()["viewpoint"]["synthetic"] is False
