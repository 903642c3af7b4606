"""What every answer bears, and who is told to wait: by address, by account, and when too much is being done at once."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.fronted import HEADERS, Fronted
from store.addresses import network
from store.limits import Allowances, Rate
from tests.api.conftest import District, P
from tests.api.serving import APP, Served, served

NAMES = {name.decode() for name, _ in HEADERS}


def test_no_answer_of_any_route_lacks_the_security_headers(district: District):
    document = district.client.get("/openapi.json").json()
    asked = [(m, p) for p, ms in document["paths"].items() for m in ms]
    asked += [("get", "/nowhere"), ("put", "/livez"), ("get", "/projects/%00"), ("post", "/projects"), ("options", "/feed")]
    for method, path in asked:
        for who in ("office", "nobody") if method == "get" else ("office",):
            token = district.tokens.get(who, "lct_x")
            answer = district.client.request(method.upper(), path, headers={"Authorization": f"Bearer {token}"})
            assert set(answer.headers) >= NAMES, (method, path, answer.status_code)
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["cache-control"] == "no-store"


def test_over_tls_browsers_are_told_to_come_back_so_and_in_clear_they_are_not(district: District):
    assert "strict-transport-security" not in district.client.get("/livez").headers
    answer = district.client.get("https://testserver/livez")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


def test_an_unexpected_error_bears_them_too(district: District, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(district.services.reading, "head", lambda: 1 / 0)
    answer = district.client.get("/readyz")
    assert answer.status_code == 500
    assert set(answer.headers) >= NAMES


def test_an_account_that_asks_too_often_is_told_when_to_come_again_whatever_token_it_uses(district: District):
    calm = district.services.allowances
    district.services.allowances = Allowances(district.services.database.writing, Rate(1_000, 1_000), Rate(0.1, 3))
    second, _ = district.services.accounts.make(
        "p-office", "office", "副科长", district.services.accounts.all()[0].actor().role
    )
    district.tokens["office again"] = second
    codes = [district.get("/units", who).status_code for who in ("office", "office again", "office", "office again")]
    assert codes == [200, 200, 200, 429]
    answer = district.get("/units", "office")
    assert answer.json()["code"] == "too_many"
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    assert district.get("/units", "clerk").status_code == 200, "nobody else is held up"
    before = district.entries()
    assert district.post(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3}).status_code == 429
    assert district.entries() == before
    district.services.allowances = calm
    assert district.get("/units", "office").status_code == 200


def test_an_address_is_held_up_also_while_it_guesses_tokens_and_health_is_always_told(district: District):
    district.services.allowances = Allowances(district.services.database.writing, Rate(0.1, 5), Rate(1_000, 1_000))
    guesses = [district.client.get("/units", headers={"Authorization": f"Bearer lct_{n}"}).status_code for n in range(7)]
    assert guesses == [401] * 5 + [429] * 2
    assert district.client.get("/livez").status_code == 200


def test_buckets_fill_again_and_are_shared_by_all_workers(district: District):
    pool, rate = district.services.database.writing, Rate(1, 2)
    here, there = (Allowances(pool, rate, rate) for _ in range(2))
    assert [w.of_account("p-x") for w in (here, there, here)] == [True, True, False]
    time.sleep(2.1)
    assert [w.of_account("p-x") for w in (there, here, there)] == [True, True, False]
    together: list[bool] = []
    asking = [threading.Thread(target=lambda: together.append(here.of_address("10.0.0.1"))) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert together.count(True) in (2, 3)


def test_one_network_of_ipv6_is_one_address():
    assert (
        network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::9:9:9") == network("2001:db8:1:2::1") == "2001:db8:1:2::"
    )
    assert network("2001:db8::1") == network("2001:db8::2:3:4:5") == "2001:db8::"
    assert network("10.0.0.1") == network("::ffff:10.0.0.1") == "10.0.0.1"
    assert network("testclient") == "?"


def test_above_the_limit_of_requests_at_once_one_more_is_told_to_try_again(district: District):
    app = district.client.app
    assert isinstance(app, Fronted)
    app.most = app.working
    try:
        answer = district.get("/units")
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")
        assert set(answer.headers) >= NAMES
        assert district.client.get("/livez").status_code == 200
    finally:
        app.most = 100
    assert district.get("/units").status_code == 200
    assert app.working == 0


@pytest.fixture
def service(district: District, database: str) -> Iterator[Served]:
    with served(database, APP) as running:
        yield running


def asking(service: Served, path: str, token: str) -> tuple[int, str, float]:
    """The status, the headers, and the seconds it took."""
    began = time.monotonic()
    with service.connect() as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head = answer.partition(b"\r\n\r\n")[0].decode()
    return int(head.split()[1]), head.lower(), time.monotonic() - began


def test_with_the_pool_exhausted_requests_hear_503_and_are_served_again_within_a_second(
    district: District, database: str, service: Served
):
    token = district.tokens["office"]
    assert asking(service, "/units", token)[0] == 200
    answers: list[tuple[int, str, float]] = []
    with psycopg.connect(database) as blocking:
        blocking.execute("LOCK TABLE district.token IN ACCESS EXCLUSIVE MODE")
        asked = [threading.Thread(target=lambda: answers.append(asking(service, "/units", token))) for _ in range(12)]
        for thread in asked:
            thread.start()
        deadline = time.monotonic() + 15
        while len(answers) < 8 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert asking(service, "/livez", token)[0] == 200
        refused = list(answers)
        blocking.rollback()
    freed = time.monotonic()
    assert asking(service, "/units", token)[0] == 200
    assert time.monotonic() - freed < 1.0
    for thread in asked:
        thread.join()
    assert len(refused) >= 8  # all but those that hold one of the four connections
    assert all(status == 503 and "retry-after: 1" in head and took < 10 for status, head, took in refused)


def test_slow_clients_take_nobodys_place(district: District, database: str):
    code = APP.replace("app = create_app", "import os; os.environ['LIFECYCLE_REQUESTS_AT_ONCE'] = '3'; app = create_app")
    token = district.tokens["office"]
    with served(database, code) as service:
        slow: list[socket.socket] = []
        for _ in range(10):
            connection = service.connect()
            head = (
                f"POST {P}/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            )
            connection.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
            slow.append(connection)
        time.sleep(0.3)
        assert asking(service, "/units", token)[0] == 200
        for connection in slow:
            connection.close()


def test_the_limits_are_settings(running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIFECYCLE_REQUESTS_AT_ONCE", "7")
    app = create_app(running)
    assert isinstance(app, Fronted)
    assert app.most == 7
    with TestClient(app) as client:
        assert json.loads(client.get("/livez").text) == {"alive": True}
