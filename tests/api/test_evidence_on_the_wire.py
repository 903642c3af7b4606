"""Large and slow files over a real socket: constant memory, a deadline, and nothing left of what never arrived."""

import json
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.services import Services
from domain.entry import Role
from tests.api.serving import Served, served
from tests.s3 import serving

MEGABYTE = 1_000_000
SIZE = 300 * MEGABYTE
BLOCK = bytes(range(256)) * 4_096
Found = tuple[Served, str, Path]


def pieces(size: int = SIZE) -> Iterator[bytes]:
    """A PDF of this size."""
    yield b"%PDF-1.7\n"
    left = size - 9
    while left:
        piece = BLOCK[:left]
        left -= len(piece)
        yield piece


@pytest.fixture
def service(running: Services, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Found]:
    """A file may take three seconds and rest for one; the token is an office's."""
    token, _ = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", str(tmp_path / "files"))
    monkeypatch.setenv("LIFECYCLE_EVIDENCE_SECONDS", "3")
    with served(database, deadline=1.0) as found:
        yield found, token, tmp_path / "files"


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.long)])
def roomy(
    request: pytest.FixtureRequest, running: Services, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Found]:
    """With the deadlines of every day."""
    token, _ = running.accounts.make("p-office", "office", "科员", Role.OFFICE)
    monkeypatch.setenv("LIFECYCLE_HOME", str(tmp_path))
    if request.param == "folder":
        with served(database) as found:
            yield found, token, tmp_path / "evidence"
        return
    for name in ("key", "secret"):
        (tmp_path / name).write_text(name)
    monkeypatch.setenv("LIFECYCLE_S3_ACCESS_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("LIFECYCLE_S3_SECRET_KEY_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("LIFECYCLE_EVIDENCE", "s3://evidence/district")
    with serving() as endpoint:
        monkeypatch.setenv("LIFECYCLE_S3_ENDPOINT", endpoint)
        with served(database) as found:
            yield found, token, tmp_path


def head(token: str, *more: str, method: str = "POST", path: str = "/evidence?name=a.pdf") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        "Content-Type: application/pdf",
        f"Authorization: Bearer {token}",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answered(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    status, headers, rest = begun(connection)
    while len(rest) < int(headers["content-length"]):
        rest += connection.recv(65_536)
    return status, json.loads(rest)


def begun(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The status, the headers, and what came of the body with them."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65_536)
        assert more, received
        received += more
    lines, _, rest = received.partition(b"\r\n\r\n")
    first, *others = lines.decode().split("\r\n")
    return int(first.split()[1]), {k.lower(): v.strip() for k, _, v in (o.partition(":") for o in others)}, rest


def test_300_megabytes_come_and_go_in_20_megabytes_of_memory(roomy: Found):
    served, token, _ = roomy
    with served.connect() as connection:  # the first file of all loads the storage's library: that is no upload's memory
        small = b"%PDF-1.7\n%%EOF\n"
        connection.sendall(head(token, f"Content-Length: {len(small)}") + small)
        assert answered(connection)[0] == 201
    before, digest = served.memory(), sha256()
    with served.connect() as connection:
        connection.settimeout(240)
        connection.sendall(head(token, f"Content-Length: {SIZE}"))
        for piece in pieces():
            digest.update(piece)
            connection.sendall(piece)
        status, answer = answered(connection)
    uploaded = served.peak() - before
    print(f"300 MB uploaded: {uploaded / MEGABYTE:.1f} MB more at the peak")
    assert (status, answer["sha256"], answer["size"]) == (201, digest.hexdigest(), SIZE)
    assert uploaded < 20 * MEGABYTE
    received, again = 0, sha256()
    with served.connect() as connection:
        connection.settimeout(240)
        connection.sendall(head(token, method="GET", path=f"/evidence/{digest.hexdigest()}"))
        status, headers, piece = begun(connection)
        assert (status, headers["content-length"]) == (200, str(SIZE))
        while True:
            received += len(piece)
            again.update(piece)
            if received == SIZE:
                break
            piece = connection.recv(1_000_000)
            assert piece
    assert again.hexdigest() == digest.hexdigest()
    print(f"300 MB downloaded: {(served.peak() - before) / MEGABYTE:.1f} MB more at the peak")
    assert served.peak() - before < 30 * MEGABYTE


def test_a_file_beyond_the_limit_is_refused_before_it_comes_and_while_it_comes(service: Found):
    served, token, folder = service
    with served.connect() as connection:
        connection.sendall(head(token, f"Content-Length: {600 * MEGABYTE}"))
        assert answered(connection)[1]["code"] == "file_too_large"
    assert not folder.exists()


def test_a_file_that_drips_is_given_up_at_its_deadline_however_steadily(service: Found):
    served, token, folder = service
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 1000000") + b"%PDF-1.7\n")
        since, status = time.monotonic(), 0
        connection.settimeout(0.1)
        while not status and time.monotonic() - since < 20:
            connection.sendall(b" ")
            try:
                status, problem = answered(connection)
            except TimeoutError:
                continue
        assert (status, problem["code"]) == (408, "too_slow")
        assert 2.9 < time.monotonic() - since < 12
    assert list((folder / "incoming").iterdir()) == []


def test_a_file_that_rests_is_given_up_sooner(service: Found):
    served, token, folder = service
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 1000000") + b"%PDF-1.7\n")
        since = time.monotonic()
        assert answered(connection)[1]["code"] == "too_slow"
        assert time.monotonic() - since < 2.9
    assert list((folder / "incoming").iterdir()) == []


def test_a_file_cut_off_leaves_nothing_and_the_service_goes_on(service: Found):
    served, token, folder = service
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 5000000") + b"%PDF-1.7\n" + b"x" * 2_000_000)
    until = time.monotonic() + 10
    while not (folder / "incoming").exists() or list((folder / "incoming").iterdir()):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert [file for file in folder.rglob("*") if file.is_file()] == []
    with served.connect() as connection:
        connection.sendall(head(token, "Content-Length: 9") + b"%PDF-1.7\n")
        assert answered(connection)[0] == 201


def test_a_stranger_and_a_reader_are_refused_before_the_file_is_read(service: Found, running: Services):
    served, _, folder = service
    reader, _ = running.accounts.make("p-reader", "office", "科员", Role.READER)
    for token, status in (("lct_wrong", 401), (reader, 403)):
        with served.connect() as connection:
            connection.sendall(head(token, f"Content-Length: {SIZE}"))
            assert answered(connection)[0] == status
    assert not folder.exists()
