"""Sign-ins that wait for the single sign-on: each comes back once, and nobody fills the table."""

from collections.abc import Iterator

import psycopg
import pytest

from store import sign_ons
from store.database import as_role, opened
from store.sign_ons import Left, SignOns

LEFT = Left("nonce", "verifier")


@pytest.fixture
def left(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SignOns]:
    monkeypatch.setattr(sign_ons, "EACH", 5)
    monkeypatch.setattr(sign_ons, "MOST", 12)
    with opened(database, size=2) as pools:
        yield SignOns(pools.writing)


def waiting(database: str) -> int:
    with psycopg.connect(as_role(database, "lifecycle_service")) as connection:
        return int((connection.execute("SELECT count(*) FROM sign_on").fetchone() or (0,))[0])


def test_who_begins_too_many_loses_their_own_oldest_and_nobody_elses(left: SignOns, database: str):
    left.remember("office", "b", LEFT, "10.0.0.2")
    for n in range(50):
        left.remember(f"flood-{n}", "b", LEFT, f"2001:db8::{n}")  # one subscriber's addresses
    assert waiting(database) == 6
    assert left.take("flood-0", "b") is None
    assert left.take("flood-49", "b") == LEFT
    assert left.take("office", "b") == LEFT
    assert left.take("office", "b") is None


def test_all_together_are_bounded_and_swept(left: SignOns, database: str):
    for n in range(50):
        left.remember(f"s-{n}", "b", LEFT, f"10.0.{n}.1")
    assert waiting(database) == 12
    assert left.take("s-49", "b") == LEFT
    with psycopg.connect(as_role(database, "lifecycle_service")) as connection:
        connection.execute("UPDATE sign_on SET made_at = made_at - interval '11 minutes'")
    left.remember("new", "b", LEFT, "10.0.0.1")
    assert waiting(database) == 1
