"""Over a real socket: what comes is refused while it is still coming, at no cost in memory."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from api.services import Services
from domain.entry import Role
from tests.api.serving import Served, served

MEGABYTE = 1_000_000


@pytest.fixture
def service(running: Services, database: str) -> Iterator[tuple[Served, str]]:
    """With a read deadline of one second, and the token of the office."""
    token, _ = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
    with served(database, deadline=1.0) as found:
        yield found, token


def head(token: str, *more: str) -> bytes:
    lines = ["POST /projects HTTP/1.1", "Host: x", "Content-Type: application/json", f"Authorization: Bearer {token}", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """The status and the problem, read to the end of its announced length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    headers, _, body = received.partition(b"\r\n\r\n")
    length = next(int(h.split(b":")[1]) for h in headers.split(b"\r\n") if h.lower().startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65_536)
    return int(headers.split()[1]), json.loads(body)


def test_200_megabytes_in_chunks_are_refused_early_and_never_held(service: tuple[Served, str], running: Services):
    served, token = service
    chunk = b"f4240\r\n" + b" " * MEGABYTE + b"\r\n"
    before = served.memory()
    with served.connect() as connection:
        connection.sendall(head(token, "Transfer-Encoding: chunked"))
        connection.sendall(chunk * 2)
        status, problem = answered(connection)  # with 198 MB still to come
        assert (status, problem["code"]) == (413, "too_large")
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):  # who goes on sending after the answer is cut off
            connection.sendall(chunk * 198)
        assert served.memory() - before < 20 * MEGABYTE
    assert running.reading.head().position == 0


def test_200_megabytes_announced_are_refused_before_any_comes(service: tuple[Served, str]):
    served, token = service
    with served.connect() as connection:
        connection.sendall(head(token, f"Content-Length: {200 * MEGABYTE}"))
        assert answered(connection)[1]["code"] == "too_large"


def test_a_little_more_after_the_answer_is_let_pass_and_the_next_request_is_answered(service: tuple[Served, str]):
    served, token = service
    with served.connect() as connection:
        connection.sendall(head(token, f"Content-Length: {MEGABYTE + 100_000}"))
        assert answered(connection)[0] == 413
        connection.sendall(b" " * (MEGABYTE - 100_000))
        time.sleep(0.2)
        connection.sendall(b" " * 200_000 + head(token, "Content-Length: 2") + b"{}")
        assert answered(connection)[0] == 422


@pytest.mark.parametrize(("number", "status"), [(900, 422), (1_600, 400), (20_000, 400)])
def test_more_than_16_kilobytes_of_headers_are_refused_though_they_come_at_once(
    service: tuple[Served, str], number: int, status: int
):
    served, token = service
    with served.connect() as connection:
        with suppress(OSError):  # who goes on sending is cut off
            connection.sendall(head(token, "Content-Length: 2", *[f"X-{n}: {n}" for n in range(number)]) + b"{}")
        assert int(connection.recv(65_536).split()[1]) == status


def test_headers_in_two_pieces_are_counted_together(service: tuple[Served, str]):
    served, token = service
    sent = head(token, "Content-Length: 2", *[f"X-{n}: {n}" for n in range(1_600)]) + b"{}"
    with served.connect() as connection:
        connection.sendall(sent[:10_000])
        time.sleep(0.3)
        connection.sendall(sent[10_000:])
        assert int(connection.recv(65_536).split()[1]) == 400


def test_a_stranger_is_refused_before_the_body_is_read(service: tuple[Served, str]):
    served, _ = service
    with served.connect() as connection:
        connection.sendall(head("lct_wrong", "Content-Length: 1000"))
        assert answered(connection)[0] == 401


def test_a_body_that_drips_is_given_up_after_the_deadline_however_steadily(service: tuple[Served, str]):
    served, token = service
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 1000"))
        begun = time.monotonic()
        connection.settimeout(0.1)
        status = 0
        while not status and time.monotonic() - begun < 10:
            connection.sendall(b" ")
            try:
                status, problem = answered(connection)
            except TimeoutError:
                continue
        assert (status, problem["code"]) == (408, "too_slow")
        assert 0.9 < time.monotonic() - begun < 5
        connection.settimeout(5)
        with suppress(ConnectionResetError):  # what dripped after the answer is answered so
            assert connection.recv(1) == b""  # and the connection is closed


@pytest.mark.parametrize("before", [b"", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["first", "kept alive"])
def test_headers_that_drip_are_given_up_after_the_deadline(service: tuple[Served, str], before: bytes):
    served, _ = service
    with served.connect() as connection:
        connection.sendall(before)
        if before:
            assert answered(connection)[0] == 200
        begun = time.monotonic()
        connection.settimeout(0.1)
        received = b"?"
        while received and time.monotonic() - begun < 10:
            try:
                connection.sendall(b"X")
                received = connection.recv(1)
            except TimeoutError:
                continue
            except OSError:
                received = b""
        assert received == b""
        assert 0.9 < time.monotonic() - begun < 5


def test_a_connection_is_kept_while_its_request_is_answered(service: tuple[Served, str]):
    served, token = service
    with served.connect() as connection:
        connection.sendall(f"GET /projects?after=9 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        assert answered(connection)[1]["code"] == "not_there_yet"  # after five seconds, with a deadline of one


def test_a_body_cut_off_stores_nothing_and_the_service_goes_on(service: tuple[Served, str], running: Services):
    served, token = service
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 1000") + b'{"occurred_on": "2026-01-03", "name": "')
    with served.connect() as connection:
        body = '{"occurred_on": "2026-01-03", "name": "西湖里"}'.encode()
        connection.sendall(head(token, f"Content-Length: {len(body)}") + body)
        assert answered(connection)[0] == 201
    assert running.reading.head().position == 2


def test_depth_100_000_in_a_megabyte_is_refused_while_others_are_served(service: tuple[Served, str]):
    served, token = service
    body = b"[" * 100_000 + b" " * 800_000
    with served.connect() as connection:
        connection.sendall(head(token, f"Content-Length: {len(body)}") + body)
        assert answered(connection)[0] == 400
    assert served.memory() < 150 * MEGABYTE


def test_many_who_wait_for_what_may_never_come_keep_nobody_waiting(service: tuple[Served, str], running: Services):
    served, token = service
    question = f"GET /projects?after={2**40} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with ExitStack() as held:
        for _ in range(100):
            held.enter_context(served.connect()).sendall(question)
        time.sleep(0.5)
        begun = time.monotonic()
        with served.connect() as connection:
            body = '{"occurred_on": "2026-01-03", "name": "西湖里"}'.encode()
            connection.sendall(head(token, f"Content-Length: {len(body)}") + body)
            assert answered(connection)[0] == 201
        assert time.monotonic() - begun < 4.5  # those who wait do so for five seconds
