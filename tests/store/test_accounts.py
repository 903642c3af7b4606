"""Tokens are known by their hash alone, and are worth nothing once revoked or expired."""

from collections.abc import Iterator
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from domain.entry import Role
from store.accounts import PREFIX, Accounts
from store.database import Database, as_role, opened
from store.people import People

WHO = ("p-wang", "street-a", "科员")


@pytest.fixture
def pools(database: str) -> Iterator[Database]:
    with opened(database, size=4) as found:
        yield found


@pytest.fixture
def accounts(pools: Database) -> Accounts:
    return Accounts(pools.writing)


@pytest.mark.parametrize("role", Role)
def test_a_token_names_who_is_behind_it(accounts: Accounts, role: Role):
    clear, made = accounts.make(*WHO, role)
    found = accounts.find(clear)
    assert found == made
    assert made.role == role.value
    actor = made.actor()
    assert (actor.person, actor.unit, actor.post, actor.role) == (*WHO, role)
    assert actor.signed_in == f"token:{made.id}"


def test_two_tokens_are_never_the_same_and_only_hashes_are_kept(accounts: Accounts, pools: Database):
    clears = {accounts.make(*WHO, Role.UNIT)[0] for _ in range(20)}
    assert len(clears) == 20
    assert all(c.startswith(PREFIX) and len(c) == len(PREFIX) + 43 for c in clears)
    with pools.reading.connection() as connection:
        kept = {bytes(h) for (h,) in connection.execute("SELECT hash FROM token")}
        whole = str(connection.execute("SELECT token::text FROM token").fetchall())
    assert kept == {sha256(c.encode()).digest() for c in clears}
    assert not any(c in whole for c in clears)


def test_a_revoked_token_is_found_no_more_but_still_listed(accounts: Accounts):
    clear, made = accounts.make(*WHO, Role.UNIT)
    assert accounts.revoke(made.id)
    assert not accounts.revoke(made.id)
    assert not accounts.revoke(uuid4())
    assert accounts.find(clear) is None
    assert [(t.id, t.revoked_at is not None) for t in accounts.all()] == [(made.id, True)]


def test_a_token_ends_when_its_days_are_over(accounts: Accounts, database: str):
    clear, made = accounts.make(*WHO, Role.UNIT, days=30)
    assert made.expires_at is not None
    assert (made.expires_at - made.made_at).days == 30
    assert accounts.find(clear) is not None
    with psycopg.connect(as_role(database, "lifecycle_service")) as connection:
        connection.execute("UPDATE token SET expires_at = now() WHERE id = %s", (made.id,))
    assert accounts.find(clear) is None


@pytest.mark.parametrize("guess", ["", PREFIX, "lct_\x00", "lct_\ud800", "管理员", "x" * 100_000])
def test_whatever_is_sent_as_a_token_is_only_not_found(accounts: Accounts, guess: str):
    accounts.first_administrator()
    assert accounts.find(guess) is None


def test_the_first_administrator_is_not_made_again_after_being_revoked(accounts: Accounts):
    clear = accounts.first_administrator()
    found = accounts.find(clear or "")
    assert found is not None
    assert found.role == Role.ADMINISTRATOR
    assert accounts.revoke(found.id)
    assert accounts.first_administrator() is None


@pytest.mark.parametrize("role", ["lifecycle_projector", "lifecycle_reader"])
def test_nobody_but_the_service_sees_tokens(database: str, role: str):
    with (
        psycopg.connect(as_role(database, role)) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT hash FROM token")


def test_names_are_looked_up_together_and_unknown_ones_are_left_out(pools: Database):
    people = People(pools.writing)
    for ref, name in (("p-1", "王某"), ("p-2", "李某")):
        people.remember(ref, name)
    assert people.names(["p-2", "p-1", "p-9", "p-1"]) == {"p-1": "王某", "p-2": "李某"}
    assert people.names([]) == {}


def test_each_name_of_a_person_is_kept_under_the_entry_that_gives_it(pools: Database):
    people = People(pools.writing)
    people.remember("p-1", "王某")
    people.remember("p-1", "李某", 7)
    people.remember("p-1", "赵某", 7)
    assert people.by_number(["p-1"]) == {("p-1", 1): "王某", ("p-1", 7): "李某"}
    assert people.names(["p-1"]) == {"p-1": "李某"}


@pytest.mark.parametrize(
    "statement", ["DELETE FROM person_name", "UPDATE person_name SET name = 'x'", "TABLE person_erasure"]
)
def test_the_service_itself_can_erase_nobody(pools: Database, statement: str):
    """The entry that says so erases (sql/0010_people.sql), under a role that owns the names and nothing else."""
    with pools.writing.connection() as connection:
        if statement.startswith("TABLE"):
            connection.execute(statement.encode())
            statement = "INSERT INTO person_erasure (ref) VALUES ('p-1')"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        connection.rollback()


def test_the_role_that_erases_reaches_the_names_and_no_entry(database: str):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET ROLE lifecycle_eraser")
        connection.execute("SET search_path TO district")
        connection.execute("SELECT count(*) FROM person_name")
        for statement in ("TABLE entry", "TABLE request", "SELECT hash FROM token", "CREATE TABLE mine (a int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_first_administrator_that_could_not_be_handed_over_was_not_made(accounts: Accounts):
    def fail(clear: str) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        accounts.first_administrator(fail)
    assert accounts.all() == []
    told: list[str] = []
    assert accounts.first_administrator(told.append) == told[0]
    assert accounts.find(told[0]) is not None
