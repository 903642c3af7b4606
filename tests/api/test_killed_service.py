"""The service is killed (-9) under load, again and again: whoever repeats with the same key gets one entry of it."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import District, P
from tests.api.serving import Served, served

FORKING = """
import os, signal
from api.app import bound, create_app
from api.access import connections
from api.services import over
from store.database import opened

app, listening = create_app(None), listener()
while True:
    child = os.fork()  # what is imported stays so: a restart takes a tenth of a second
    if not child:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with opened(sys.argv[1], size=4) as pools:
            bound(app, over(pools, sys.argv[1]))
            config = uvicorn.Config(
                app, http=connections.Hurried, log_level="critical", access_log=False, timeout_graceful_shutdown=1
            )  # whom the last round cut off may still hold a line
            uvicorn.Server(config).run(sockets=[listening])
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    _, status = os.waitpid(child, 0)
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        break
"""
SENDERS = 3
"""Who send every key once more each, in an order of their own."""
KEYS = 6
"""In a round: some enter a project, which nothing but the key keeps from happening twice, some report jobs in one."""


@dataclass
class Sender:
    """Sends each key until it is acknowledged; `cut` counts requests whose connection died before an answer."""

    port: int
    token: str
    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    cut: int = 0
    wrong: list[str] = field(default_factory=list)

    def send(self, keys: list[str], until: float) -> None:
        for key in keys:
            while not self._acknowledged(key):
                if time.monotonic() > until:
                    self.wrong.append(f"{key} was not acknowledged in time")
                    return

    def _acknowledged(self, key: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        path, body = asked(key)
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self.cut += 1
            return False
        finally:
            connection.close()
        if answer.status == 201:
            self.answers.append((key, json.loads(said)))
            return True
        if answer.status not in (409, 503):  # somebody was first, or the pools are not open yet
            self.wrong.append(f"{key}: {answer.status} {said.decode()}")
            return True
        return False


def asked(key: str) -> tuple[str, dict[str, Any]]:
    number = int(key.partition("-")[2])
    if number % 2:
        return "/projects", {"occurred_on": "2026-02-01", "name": key}
    return f"{P}/jobs", {"occurred_on": "2026-02-01", "count": number, "reason": "乱序送达"}


def kill_at_work(service: Served) -> None:
    """The child that answers; the parent may just be about to begin another."""
    deadline = time.monotonic() + 20
    while not (children := Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()):
        assert time.monotonic() < deadline, "no child answers any more"
        time.sleep(0.005)
    [child] = children
    os.kill(int(child), signal.SIGKILL)


def stored(district: District, first: int) -> Counter[str]:
    """How often each key's act is in the ledger."""
    found: Counter[str] = Counter()
    after = first
    while rows := district.services.reading.entries(after, 500):
        for row in rows:
            content = json.loads(row.state)["event"]
            found[content.get("name") or f"k-{content.get('count')}"] += 1
        after = rows[-1].position
    return found


@pytest.mark.timeout(900)
def test_kill_9_of_the_service_under_repeated_and_reordered_requests_makes_of_each_key_one_entry(
    district: District, database: str, request: pytest.FixtureRequest
):
    rounds = 200 if request.config.getoption("--long") else 20
    chance, first = random.Random(20_261_126), district.entries()
    answers: dict[str, dict[str, Any]] = {}
    cut, begun = 0, time.monotonic()
    with served(database, FORKING) as service:
        for round_ in range(rounds):
            keys = [f"k-{1_000 + round_ * KEYS + n}" for n in range(KEYS)]
            senders = [Sender(service.port, district.tokens["office"]) for _ in range(SENDERS)]
            until = time.monotonic() + 60
            working = [
                threading.Thread(target=sender.send, args=(chance.sample(keys, KEYS), until), daemon=True)
                for sender in senders
            ]
            for thread in working:
                thread.start()
            time.sleep(chance.uniform(0.01, 0.12))  # later, and a quick machine has answered all
            kill_at_work(service)
            for thread in working:
                thread.join()
            for sender in senders:
                assert sender.wrong == []
                assert len(sender.answers) == KEYS
                for key, answer in sender.answers:
                    assert answers.setdefault(key, answer) == answer, "every sender hears the same answer"
                cut += sender.cut
        with service.connect() as last:  # the parent has another child by then, and waits for it
            last.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert last.recv(100).startswith(b"HTTP/1.1 200")
    print(f"{rounds} rounds, {len(answers)} keys, {cut} requests cut, {time.monotonic() - begun:.1f} s")
    found = stored(district, first)
    assert found == Counter(answers.keys()), "lost, or double"
    assert len({answer["entry"] for answer in answers.values()}) == len(answers)
    assert cut >= rounds, "the service was killed while it worked"
