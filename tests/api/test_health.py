"""Health is told to whoever asks, and tells what is wrong by name."""

from datetime import datetime, timedelta

import psycopg
import pytest

from domain.entry import SHANGHAI
from store.reading import Head
from tests.api.conftest import District


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
