"""What takes long is told of while it is done: it happened, was a repeat, was stopped, is nobody else's, died halfway."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from httpx2 import Client, Response

from domain.entry import Role
from tests.api.conftest import District
from tests.api.serving import served
from tests.api.test_imports_api import ROWS, sent

LATER = {"Prefer": "respond-async"}


@pytest.fixture(autouse=True)
def nothing_left_running(district: District) -> Iterator[None]:
    yield
    district.client.app.state.workshop.close()  # type: ignore[attr-defined]


@contextmanager
def held(district: District, table: str = "stream") -> Iterator[None]:
    """Whoever reads or writes this table waits until the end of the block."""
    with psycopg.connect(district.services.dsn) as connection:
        connection.execute(f"LOCK TABLE {district.services.schema}.{table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def asked(district: District, body: Any = None, *, trial: bool = False, key: str | None = None) -> str:
    """Where the work is told of."""
    headers = LATER if key is None else {**LATER, "Idempotency-Key": key}
    answer = district.post(f"/imports{'?dry_run=true' if trial else ''}", body or sent(), **headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    assert answer.json()["answer"] is None
    return answer.headers["location"]


def look(district: District, path: str, who: str = "office") -> Response:
    """Without taking the read model forward, which would wait for what is held."""
    return district.client.get(path, headers={"Authorization": f"Bearer {district.tokens[who]}"})


def until(district: District, path: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found: dict[str, Any] = look(district, path).json()
        if found["state"] in states:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def stopped(district: District, path: str, who: str = "office") -> Response:
    return district.client.delete(path, headers={"Authorization": f"Bearer {district.tokens[who]}"})


def test_it_is_answered_at_once_and_told_of_to_its_end_with_the_answer_the_request_would_have_had(district: District):
    before = district.entries()
    told = district.post("/imports?dry_run=true", sent()).json()
    path = asked(district, trial=True)
    found = look(district, f"{path}?wait=10").json()
    assert (found["state"], found["status"], found["answer"]) == ("ended", 200, told)
    assert (found["operation"], found["about"], found["trial"]) == ("import_snapshot", "projects-2026-06.csv", True)
    assert district.entries() == before

    recorded = look(district, f"{asked(district, {'checked': found['id']})}?wait=10").json()
    assert recorded["answer"]["position"] == district.entries() > before
    assert len(recorded["answer"]["proposed"]) == len(told["proposed"])
    listed = [(w["id"], w["trial"]) for w in look(district, "/work").json()["work"]]
    assert listed == [(recorded["id"], False), (found["id"], True)]


def test_how_far_it_is_can_be_seen_and_once_recording_has_begun_it_is_not_stopped(district: District):
    before = district.entries()
    with held(district):
        path = asked(district)
        found = until(district, path, "running")
        assert found["now"] == {"step": "load", "zh": "读取台账中的项目", "en": "Reading the projects in the ledger"}
        assert found["stoppable"]
        assert found["status"] is None
    with held(district, "request"):
        path = asked(district, sent(ROWS + "北山隧道,甲街道,2028-06-30\n"))
        while (found := until(district, path, "running"))["now"]["step"] != "record":
            time.sleep(0.05)
        assert (found["stoppable"], found["total"] > 3) == (False, True)
        refused = stopped(district, path)
        assert (refused.status_code, refused.json()["code"]) == (409, "no_longer_stopped")
        document = district.client.get("/openapi.json").json()
        assert "409" in document["paths"]["/work/{work}"]["delete"]["responses"]
    assert look(district, f"{path}?wait=10").json()["answer"]["position"] == district.entries() > before


def test_stopped_before_it_records_it_leaves_nothing_behind_whether_it_had_begun_or_waited(district: District):
    before = district.entries()
    with held(district):
        first, second, third = (asked(district) for _ in range(3))
        until(district, second, "running")
        assert until(district, third, "waiting")["stoppable"]
        assert stopped(district, third).json()["state"] == "stopped"
        assert stopped(district, first).json()["state"] == "stopping"
        assert stopped(district, second).status_code == 200
    for path in (first, second, third):
        found = look(district, f"{path}?wait=10").json()
        assert (found["state"], found["status"], found["answer"]) == ("stopped", None, None)
        assert stopped(district, path).json()["state"] == "stopped", "asked twice"
    assert district.entries() == before
    path = asked(district)
    look(district, f"{path}?wait=10")
    assert stopped(district, path).json()["code"] == "no_longer_stopped"


def test_a_repeat_under_the_same_key_is_the_same_work_and_records_once(district: District):
    key = {"Idempotency-Key": "june"}
    with held(district):
        path = asked(district, key="june")
        assert asked(district, key="june") == path
        other = district.post("/imports", sent(ROWS + "北山,甲街道,2028-06-30\n"), **LATER, **key)
        assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    first = look(district, f"{path}?wait=10").json()["answer"]
    after = district.entries()
    assert asked(district, key="june") == path
    assert district.post("/imports", sent(), **key).json() == first, "also of who waits for the answer"
    assert district.entries() == after


def test_what_was_refused_or_stopped_is_begun_anew_under_its_key(district: District):
    newer = district.post("/imports", sent(mapped_by=sent()["mapped_by"].replace("= 2026-06-30", "= 2026-07-01")))
    assert newer.status_code == 200, newer.text
    path = asked(district, key="june")
    found = look(district, f"{path}?wait=10").json()
    assert (found["state"], found["status"], found["answer"]["code"]) == ("ended", 409, "older_than_imported")
    assert found["answer"]["detail"].startswith("台账中已有此清单更新的快照")
    assert asked(district, key="june") != path


def test_nobody_else_sees_or_stops_it_nor_records_what_it_checked(district: District):
    path = asked(district, trial=True)
    work = look(district, f"{path}?wait=10").json()["id"]
    for answer in (
        look(district, path, "second"),
        stopped(district, path, "second"),
        district.post("/imports", {"checked": work}, "second"),
    ):
        assert answer.status_code == 404
    assert look(district, "/work", "second").json() == {"work": []}
    assert look(district, path, "clerk").status_code == 403, "whoever may not import has none"
    district.tokens["elsewhere"], _ = district.services.accounts.make("p-office", "street-b", "科员", Role.OFFICE)
    assert look(district, path, "elsewhere").status_code == 404, "nor the same person in another unit"
    assert district.post("/imports", {}).json()["code"] == "nothing_sent"


def test_nobody_can_ask_for_ever_more_and_a_day_later_it_is_gone(district: District):
    with held(district):
        paths = [asked(district) for _ in range(4)]
        more = district.post("/imports", sent(), **LATER)
        assert (more.status_code, more.json()["code"]) == (409, "too_much_work")
    for path in paths:
        look(district, f"{path}?wait=10")
    with psycopg.connect(district.services.dsn) as connection:
        connection.execute(f"UPDATE {district.services.schema}.work SET asked_at = asked_at - interval '25 hours'".encode())
    assert look(district, paths[0]).status_code == 404
    asked(district)
    with psycopg.connect(district.services.dsn) as connection:
        kept = connection.execute(f"SELECT count(*) FROM {district.services.schema}.work".encode()).fetchone()
    assert kept == (1,)


def test_when_its_process_dies_it_is_interrupted_and_the_same_key_records_once(district: District):
    before = district.entries()
    key = {"Authorization": f"Bearer {district.tokens['office']}", "Idempotency-Key": "june", **LATER}
    with (
        served(district.services.dsn) as service,
        held(district),
        Client(base_url=f"http://127.0.0.1:{service.port}") as client,
    ):
        path = client.post("/imports", json=sent(), headers=key).headers["location"]
        until(district, path, "running")
        os.kill(service.pid, signal.SIGKILL)
    assert look(district, path).json()["state"] == "running", "it may only be slow"
    with psycopg.connect(district.services.dsn) as connection:
        connection.execute(f"UPDATE {district.services.schema}.work SET seen_at = seen_at - interval '15 seconds'".encode())
    found = look(district, f"{path}?wait=10").json()
    assert (found["state"], found["stoppable"], found["status"]) == ("interrupted", False, None)
    assert district.entries() == before
    again = look(district, asked(district, key="june") + "?wait=10").json()
    assert again["answer"]["position"] == district.entries() > before


def test_a_service_that_ends_stops_its_work_first(district: District):
    before = district.entries()
    with held(district):
        path = asked(district)
        until(district, path, "running")
        district.client.app.state.workshop._ending.set()  # type: ignore[attr-defined]  # as closing does first, and then waits
    district.client.app.state.workshop.close()  # type: ignore[attr-defined]
    assert look(district, path).json()["state"] == "interrupted"
    assert district.entries() == before
