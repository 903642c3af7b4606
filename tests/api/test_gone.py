"""Clients that are gone, or take nothing: their connections end, and others are served meanwhile."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Served, served

SERVER = """
from api.access import connections
connections.GONE = connections.HEADERS_DEADLINE = float(sys.argv[3])

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/pieces":  # each waits until there is room for it
        for _ in range(200):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b"x" * (20_000_000 if scope["path"] == "/whole" else 2)})

uvicorn.Server(uvicorn.Config(app, http=connections.Hurried, log_level="error", lifespan="off")).run(sockets=[listener()])
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    """Our protocol over an app that says a word, or more than the kernel keeps for somebody who does not read."""
    with served("", SERVER, deadline=1.0) as running:
        yield running


def connections(service: Served) -> int:
    """That the service has with anybody, as the kernel tells it (proc(5), /proc/net/tcp: 01 is established)."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[1].endswith(f":{service.port:04X}") and line[3] == "01" for line in lines)


def until(service: Served, wanted: int, within: float = 30) -> bool:
    deadline = time.monotonic() + within
    while connections(service) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return connections(service) == wanted


def alive(service: Served) -> bool:
    with service.connect() as other:
        other.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return other.recv(100).startswith(b"HTTP/1.1 200")


def asking(service: Served, path: str) -> socket.socket:
    """Somebody who reads nothing yet."""
    client = service.connect()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


@pytest.mark.parametrize("path", ["/whole", "/pieces"])
@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no TCP_USER_TIMEOUT")
def test_who_asks_and_takes_no_answer_is_cut_off(service: Served, path: str):
    """As after a cable was pulled, too: what is sent is acknowledged by nobody. In pieces, only the kernel notices."""
    assert until(service, 0)
    deaf = asking(service, path)
    assert connections(service) == 1
    assert alive(service)
    assert until(service, 0), "a client that takes nothing keeps its connection"
    deaf.close()


def test_who_takes_a_long_answer_over_a_slow_line_gets_it_whole(service: Served):
    """It is complete for us at once, and longer on its way than the headers of the next request may be."""
    with asking(service, "/whole") as slow:
        begun, taken = time.monotonic(), 0
        while taken < 20_000_000 and (piece := slow.recv(1_000_000)):
            taken += len(piece)
            time.sleep(0.16 * len(piece) / 1_000_000)
        assert taken >= 20_000_000
        assert time.monotonic() - begun > 3


def test_who_vanished_before_or_in_the_middle_of_the_headers_leaves_nothing_behind(service: Served):
    assert until(service, 0)
    gone = []
    for said in (b"", b"GET /livez HT", b"POST /projects HTTP/1.1\r\nHost: x\r\nContent-Le"):
        client = service.connect()
        client.sendall(said)
        gone.append(client)  # neither FIN nor RST
    assert connections(service) == 3
    assert alive(service)
    assert until(service, 0)
    for client in gone:
        client.close()
