"""The API beside a bare endpoint under the same load, and the past beside the present, over HTTP (docs/performance.md)."""

import http.client
import json
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from api.services import Services
from domain.entry import Role, Source
from store.accounts import Token
from tests.api.serving import Served, served
from tests.given import command

pytestmark = pytest.mark.bench
PROJECTS, CLIENTS, REQUESTS, ROUNDS = 200, 4, 400, 7
API = Source(door="api")
BARE_TABLE = (
    "CREATE TABLE bare (id bigserial PRIMARY KEY, code text NOT NULL, occurred_on date NOT NULL, count int NOT NULL)"
)

SERVICE = """
import threading
from api.app import create_app
from api.services import over
from projections.runner import Runner
from store.database import opened
with opened(sys.argv[1]) as pools:
    stop = threading.Event()
    thread = threading.Thread(target=Runner(sys.argv[1]).run, args=(stop,))
    thread.start()
    config = uvicorn.Config(create_app(over(pools, sys.argv[1])), log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener()])
    stop.set()
    thread.join()
"""
BARE = """
from datetime import date
from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

class Jobs(BaseModel):
    occurred_on: date
    count: int

app = FastAPI()
pool = ConnectionPool(sys.argv[1], min_size=1, max_size=10, kwargs={"autocommit": True}, open=True)

@app.get("/livez")
def livez() -> dict[str, bool]:
    return {"alive": True}

@app.post("/projects/{code}/jobs", status_code=201)
def insert(code: str, jobs: Jobs) -> dict[str, int]:
    with pool.connection() as connection:
        row = connection.execute(
            "INSERT INTO bare (code, occurred_on, count) VALUES (%s, %s, %s) RETURNING id",
            (code, jobs.occurred_on, jobs.count),
        ).fetchone()
    return {"id": row[0]}

uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener()])
pool.close()
"""


@pytest.fixture
def token(running: Services) -> str:
    """Of the office, in a ledger of two hundred signed projects."""
    clear, made = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
    fill(running, made)
    return clear


def fill(running: Services, token: Token) -> None:
    by, record = token.actor(), running.ledger.record
    unit = {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲街道"}
    record(None, command("units", unit, "unit"), by=by, source=API)
    entering = command("projects", {"occurred_on": "2026-01-03", "name": "项目", "lead_unit": "street-a"})
    talk = command("negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲公司"})
    signing = command("signings", {"occurred_on": "2026-01-10", "level": "contract", "counterparty": "甲公司"})
    for _ in range(PROJECTS):
        label = record(None, entering, by=by, source=API).stream
        record(label, talk, by=by, source=API)
        record(label, signing, by=by, source=API)


class Client:
    """One connection kept open, as a client of the API would."""

    def __init__(self, service: Served, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def record(self, number: int) -> None:
        """A level of one project, under a key of its own."""
        path = f"/projects/XM-2026-{number % PROJECTS + 1:03d}/jobs"
        body = json.dumps({"occurred_on": "2026-02-01", "count": 286})
        assert self._ask("POST", path, body, {"Idempotency-Key": uuid4().hex}) == 201

    def get(self, path: str) -> None:
        assert self._ask("GET", path, None, {}) == 200

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
        self._connection.request(method, path, body, self._headers | headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._connection.close()


def load(clients: list[Client], count: int, numbers: random.Random) -> float:
    """Requests a second, all clients at once."""
    for client in clients:
        client.close()  # it opens again by itself; the service closes what was idle
    shares = [[numbers.randrange(PROJECTS) for _ in range(count // len(clients))] for _ in clients]

    def work(client: Client, share: list[int]) -> None:
        for number in share:
            client.record(number)

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(work, clients, shares))
    return sum(map(len, shares)) / (time.perf_counter() - begun)


@pytest.mark.parametrize("clients", [1, CLIENTS])
def test_recording_beside_a_bare_endpoint_under_the_same_load(running: Services, database: str, token: str, clients: int):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(BARE_TABLE)
    numbers = random.Random(1)
    found: dict[str, list[float]] = {"bare": [], "recording": []}
    with served(database, SERVICE) as ours, served(database, BARE) as bare:
        sets = {name: [Client(s, token) for _ in range(clients)] for name, s in (("bare", bare), ("recording", ours))}
        for own in sets.values():
            load(own, REQUESTS // 2, numbers)
        for _ in range(ROUNDS):
            for name, own in sets.items():
                found[name].append(load(own, REQUESTS, numbers))
        for own in sets.values():
            for client in own:
                client.close()
    rates = {name: statistics.median(values) for name, values in found.items()}
    ratio = statistics.median(o / b for o, b in zip(found["recording"], found["bare"], strict=True))
    print(f"\n{clients} client(s): bare {rates['bare']:.0f}/s, recording {rates['recording']:.0f}/s, ratio {ratio:.2f}")
    assert ratio >= 0.25


def test_the_status_at_a_past_viewpoint_beside_the_current_one(running: Services, database: str, token: str):
    by = running.accounts.find(token)
    assert by is not None
    for number in range(60):
        jobs = command("jobs", {"occurred_on": "2026-02-01", "count": number})
        running.ledger.record(f"XM-2026-{number % 2 + 1:03d}", jobs, by=by.actor(), source=API)
    last = running.reading.head().position
    chance = random.Random(2)
    with served(database, SERVICE) as ours:
        client = Client(ours, token)
        client.get(f"/projects/XM-2026-001?after={last}")
        asks: dict[str, Callable[[], str]] = {
            "current": lambda: "/projects/XM-2026-001",
            "past": lambda: (
                f"/projects/XM-2026-001?on=2026-02-{chance.randint(1, 28):02d}&known=@{chance.randint(20, last)}"
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in asks}
        for turn in range(800):
            for name, path in asks.items():
                asked, begun = path(), time.perf_counter()
                client.get(asked)
                if turn >= 100:
                    times[name].append(time.perf_counter() - begun)
        memory = ours.memory() / 1e6
        client.close()
    middle = {name: statistics.median(values) * 1000 for name, values in times.items()}
    ratio = middle["past"] / middle["current"]
    print(f"\nstatus: current {middle['current']:.2f} ms, past {middle['past']:.2f} ms, ratio {ratio:.2f}")
    print(f"memory after it: {memory:.0f} MB")
    assert ratio <= 1.5


def test_memory_at_rest(running: Services, database: str, token: str):
    assert running.accounts.find(token)
    with served(database, SERVICE) as ours:
        time.sleep(2)
        memory = ours.memory() / 1e6
    print(f"\nmemory at rest: {memory:.0f} MB")
    assert memory < 150
