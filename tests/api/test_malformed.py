"""Thousands of requests that nobody should send, over sockets to `lifecycle serve`: it stays up, as small as it was, and
serves others meanwhile; nothing of them is recorded. `--long` sends 10,000."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
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


@dataclass
class Others:
    """Somebody who asks on, and how long each answer took."""

    service: Served
    token: str
    took: list[float] = field(default_factory=list)
    heard: Counter[int] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        question = f"GET /units HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nConnection: close\r\n\r\n"
        while not self.stop.wait(0.02):
            began = time.monotonic()
            with self.service.connect() as connection:
                connection.sendall(question.encode())
                answer = b""
                while more := connection.recv(65_536):
                    answer += more
            self.took.append(time.monotonic() - began)
            self.heard[int(answer.split()[1])] += 1

    def p99(self) -> float:
        return sorted(self.took)[len(self.took) * 99 // 100]


def sent(service: Served, token: str, number: int, seed: int = SEED, at_once: int = 8) -> Counter[tuple[str, int]]:
    """How often each sort was answered by which status."""
    made = Shapes(seed, token).corpus(number)
    with ThreadPoolExecutor(at_once) as senders:
        return Counter(senders.map(lambda one: (one.sort, send(service, one)), made))


def asked(service: Served, token: str) -> tuple[Others, threading.Thread]:
    others = Others(service, token)
    thread = threading.Thread(target=others.ask)
    thread.start()
    return others, thread


@pytest.mark.timeout(3_600)
def test_it_stays_up_and_small_serves_others_and_records_nothing(
    service: tuple[Served, str], running: Services, request: pytest.FixtureRequest
):
    served, token = service
    sent(served, token, 300, seed=SEED + 1)  # what libraries load at their first use is no growth
    before = served.memory()
    others, thread = asked(served, token)
    answers = sent(served, token, 10_000 if request.config.getoption("--long") else 1_000)
    others.stop.set()
    thread.join()
    wrong = {(sort, status): times for (sort, status), times in answers.items() if status and not 400 <= status < 500}
    assert wrong == {}, "each is refused, or its connection is closed"
    assert set(others.heard) == {200}
    assert served.memory() - before < 20 * MEGABYTE
    assert running.reading.head().position == 0
    assert running.reading.staged() == 0


@pytest.mark.bench
def test_others_are_served_within_twice_their_usual_p99_meanwhile(service: tuple[Served, str]):
    served, token = service
    sent(served, token, 100, seed=SEED + 1)
    usual, thread = asked(served, token)
    time.sleep(15)
    usual.stop.set()
    thread.join()
    meanwhile, thread = asked(served, token)
    sent(served, token, 1_000, at_once=2)
    meanwhile.stop.set()
    thread.join()
    seen = {"usual": usual.p99() * 1_000, "meanwhile": meanwhile.p99() * 1_000}
    show("p99 of others while malformed requests come", seen, " ms")
    assert meanwhile.p99() < 2 * usual.p99()
