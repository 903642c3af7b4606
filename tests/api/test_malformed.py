"""Thousands of requests that nobody should send, over sockets to `lifecycle serve`: it stays up, as small as it was, and
serves others meanwhile; nothing of them is recorded. `--long` sends 10,000."""

import json
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from api.services import Services
from domain.entry import Role
from tests.api.malformed import Malformed, Shapes
from tests.api.serving import Served, lifecycle
from tests.bench.measuring import show

MEGABYTE = 1_000_000
SEED = 5
SLOW = 1.5
"""Seconds for a request to arrive in, here; the service as it is shipped waits longer."""
UNLIMITED = {"ACCOUNT_RATE": "1000000", "ADDRESS_RATE": "1000000"}
"""Being told to wait would spare the service the requests."""


@pytest.fixture
def service(running: Services, database: str, tmp_path: Path) -> Iterator[tuple[Served, str]]:
    token, _ = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
    with lifecycle(database, tmp_path, SLOW, **UNLIMITED) as served:
        yield served, token


def send(service: Served, made: Malformed) -> int:
    """The status of the first answer; 0 where the connection was closed without one."""
    with service.connect() as connection:
        connection.settimeout(20)
        with suppress(OSError):  # whoever is refused while still sending is cut off
            for piece in made.pieces:
                if isinstance(piece, float):
                    time.sleep(piece)
                else:
                    connection.sendall(piece)
            if not waits_for_nothing(made):
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while len(answer) < 12 and (more := connection.recv(65_536)):
                answer += more
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def waits_for_nothing(made: Malformed) -> bool:
    """What says itself that it is whole; whoever sends too little is gone after it."""
    return not made.sort.endswith(("announced", "nothing", "noise", "protocols"))


ASKING = """
import json, select, socket, sys, time
port, question, took, heard = int(sys.argv[1]), sys.argv[2].encode(), [], []
while select.select([sys.stdin], [], [], 0.02)[0] == []:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(question)
        answer = b""
        while more := connection.recv(65_536):
            answer += more
    took.append(time.monotonic() - began)
    heard.append(int(answer.split()[1]))
json.dump([took, heard], sys.stdout)
"""


class Others:
    """Somebody who asks on, in a process of their own: whoever sends the thousands must not keep them waiting here."""

    def __init__(self, service: Served, token: str) -> None:
        question = f"GET /units HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        command = [sys.executable, "-c", ASKING, str(service.port), question]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def heard(self) -> tuple[list[float], set[int]]:
        """How long each answer took, in seconds, and their statuses, once they have stopped."""
        told, _ = self._process.communicate(b"enough")
        took, statuses = json.loads(told)
        return sorted(took), set(statuses)


def sent(service: Served, token: str, number: int, seed: int = SEED, at_once: int = 8) -> Counter[tuple[str, int]]:
    """How often each sort was answered by which status."""
    made = Shapes(seed, token).corpus(number)
    with ThreadPoolExecutor(at_once) as senders:
        return Counter(senders.map(lambda one: (one.sort, send(service, one)), made))


@pytest.mark.timeout(3_600)
def test_it_stays_up_and_small_serves_others_and_records_nothing(
    service: tuple[Served, str], running: Services, request: pytest.FixtureRequest
):
    served, token = service
    sent(served, token, 300, seed=SEED + 1)  # what libraries load at their first use is no growth
    before = served.memory()
    others = Others(served, token)
    answers = sent(served, token, 10_000 if request.config.getoption("--long") else 1_000)
    took, statuses = others.heard()
    wrong = {(sort, status): times for (sort, status), times in answers.items() if status and not 400 <= status < 500}
    assert wrong == {}, "each is refused, or its connection is closed"
    assert took
    assert statuses == {200}
    assert served.memory() - before < 20 * MEGABYTE
    assert running.reading.head().position == 0
    assert running.reading.staged() == 0


@pytest.mark.bench
def test_others_are_served_within_twice_their_usual_p99_meanwhile(service: tuple[Served, str]):
    served, token = service
    sent(served, token, 100, seed=SEED + 1)
    usual = Others(served, token)
    time.sleep(15)
    before, _ = usual.heard()
    others = Others(served, token)
    sent(served, token, 1_000, at_once=2)
    meanwhile, _ = others.heard()
    seen = {"usual": before[len(before) * 99 // 100] * 1_000, "meanwhile": meanwhile[len(meanwhile) * 99 // 100] * 1_000}
    show("p99 of others while malformed requests come", seen, " ms")
    assert seen["meanwhile"] < 2 * seen["usual"]
