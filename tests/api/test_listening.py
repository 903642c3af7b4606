"""The feed as server-sent events, over a real socket: told at once, resumed from the last id, ended politely, bounded."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.api.conftest import District
from tests.api.serving import APP, Served, served

QUICK = APP.replace("app = create_app", "from api import listening; listening.HEARTBEAT = 1.0; app = create_app").replace(
    "uvicorn.Server(config).run(sockets=[listener()])",
    "from api.cli.serve import _Server; _Server(config, 'here', app.state.listening).run(sockets=[listener()])",
)
JOBS = {"occurred_on": "2026-02-01", "count": 3}


@pytest.fixture
def service(district: District, database: str) -> Iterator[Served]:
    with served(database, QUICK) as running:
        yield running


class Ear:
    """A listener that speaks HTTP/1.1 and no more; `heard` are the events' ids and data, `ended` is the answer's own end."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.text = ""
        self.raw = b""
        self.head = ""

    def listen(self, seconds: float, until: str = "") -> str:
        """Whatever comes within the time, or until a text has come or the answer or the connection ends."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not (self.ended or (until and until in self.text)):
            self.connection.settimeout(max(0.05, deadline - time.monotonic()))
            try:
                piece = self.connection.recv(65_536)
            except TimeoutError:
                break
            if not piece:
                break
            self.raw += piece
            self.text = self._unchunked()
        return self.text

    def _unchunked(self) -> str:
        head, _, rest = self.raw.partition(b"\r\n\r\n")
        self.head = head.decode().lower()
        if "transfer-encoding: chunked" not in self.head:
            return rest.decode()
        body = b""
        while b"\r\n" in rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        return body.decode(errors="replace")

    @property
    def ended(self) -> bool:
        return self.raw.endswith(b"\r\n0\r\n\r\n")

    @property
    def heard(self) -> list[tuple[int, dict[str, Any]]]:
        found = []
        for block in self.text.split("\n\n"):
            lines = dict(line.partition(": ")[::2] for line in block.splitlines())
            if "data" in lines:
                found.append((int(lines["id"]), json.loads(lines["data"])))
        return found


@contextmanager
def ear(service: Served, token: str, path: str = "/feed", **headers: str) -> Iterator[Ear]:
    asked = {"Host": "x", "Authorization": f"Bearer {token}", "Accept": "text/event-stream", **headers}
    with service.connect() as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        yield Ear(connection)


def test_a_listener_hears_everything_so_far_and_then_whatever_is_recorded_and_resumes(district: District, service: Served):
    token, last = district.tokens["office"], district.entries()
    with ear(service, token) as first:
        first.listen(5, f"id: {last}\n")
        assert "content-type: text/event-stream" in first.head
        assert "cache-control: no-store" in first.head
        pages = district.get("/feed").json()["entries"]
        assert [(i, e["state"]) for i, e in first.heard] == [(e["position"], e["state"]) for e in pages]
        items = [{"stream": "XM-2026-001", "noun": "jobs", "command": JOBS | {"count": n}} for n in (3, 4)]
        done = district.recorded("/batches", {"commands": items})["position"]
        first.listen(5, f"id: {done}\n")
        assert [i for i, _ in first.heard][-2:] == [done - 1, done]
        first.listen(2.5, ": still here")
        assert ": still here" in first.text
    with ear(service, token, **{"Last-Event-ID": str(done - 1)}) as again:
        again.listen(5, f"id: {done}\n")
        assert [i for i, _ in again.heard] == [done], (
            "the rest of a request that was cut off in its middle, and nothing twice"
        )
    with ear(service, token, "/feed?after=0", **{"Last-Event-ID": str(done)}) as newest:
        assert newest.listen(1.0) == "retry: 1000\n\n", "the last id goes before the address"
    with ear(service, token, **{"Last-Event-ID": "x"}) as wrong:
        wrong.listen(3, "}")
        assert wrong.head.startswith("http/1.1 422")


def test_a_listener_hears_only_what_they_may_read_and_no_more_once_signed_out(district: District, service: Served):
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "别人的", "lead_unit": "street-b"})
    last = district.entries()
    with ear(service, district.tokens["clerk"]) as clerk:
        clerk.listen(5, f"id: {last}\n\n")
        assert f"id: {last}\n\n" in clerk.text, "it goes past what is left out"
        assert {e["stream"] for _, e in clerk.heard} & {"XM-2026-001", "XM-2026-002"} == {"XM-2026-001"}
        token = next(t for t in district.services.accounts.all() if t.person == "p-clerk")
        district.services.accounts.revoke(token.id)
        assert clerk.listen(5).endswith(": end\n\n")
        assert clerk.ended


def test_listeners_are_let_go_politely_when_the_service_ends(district: District, database: str):
    with served(database, QUICK) as service, ear(service, district.tokens["office"]) as listener:
        listener.listen(5, f"id: {district.entries()}\n")
        os.kill(service.pid, signal.SIGTERM)
        began = time.monotonic()
        assert listener.listen(8, ": end").endswith(": end\n\n")
        assert time.monotonic() - began < 3


def test_there_are_only_so_many_and_who_went_or_takes_nothing_makes_room(district: District, database: str):
    code = QUICK.replace(
        "app = create_app", "listening.SENDING = 4.0; os.environ['LIFECYCLE_FEED_LISTENERS'] = '2'; app = create_app"
    )
    token = district.tokens["office"]
    for _ in range(7):  # more than the kernel keeps for somebody who does not read
        text = "长" * 1_900
        items = [
            {
                "stream": "XM-2026-001",
                "noun": "negotiations",
                "command": {"occurred_on": "2026-02-01", "with_whom": "甲", "summary": text},
            }
        ] * 100
        district.recorded("/batches", {"commands": items, "joint": False})
    with served(database, "import os\n" + code) as service:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", service.port))
        head = f"GET /feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
        deaf.sendall(head.encode())
        after = f"/feed?after={district.entries()}"
        with ear(service, token, after) as second:
            second.listen(3, "retry")
            with ear(service, token, after) as third:
                third.listen(3, "}")
                assert third.head.startswith("http/1.1 503"), third.head
                assert "retry-after" in third.head
        for _ in range(40):
            with ear(service, token, after) as fourth, ear(service, token, after) as fifth:
                fourth.listen(1, "retry")
                fifth.listen(1, "retry")
                if "retry" in fourth.text and "retry" in fifth.text:
                    break
            time.sleep(0.25)
        assert "retry" in fifth.text
        deaf.close()
