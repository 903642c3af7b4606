"""Migrations are applied once each, by whoever is first."""

import os
import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import store.migrations
from store.accounts import Accounts
from store.database import opened
from store.migrations import MayNotMigrate, MigrationChanged, migrate
from store.settings import BadSetting


@pytest.fixture
def empty(server: str, template: str) -> str:
    name = f"{template}_empty"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return make_conninfo(server, dbname=name)


def test_six_at_once_apply_each_file_once(empty: str):
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(empty))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(applied) == 6
    assert sorted(name for names in applied for name in names) == [
        f.stem for f in sorted(store.migrations.SQL.glob("*.sql"))
    ]


def test_a_login_without_the_right_is_told_what_its_administrator_types_and_that_is_enough(server: str, empty: str):
    login = f"plain_{os.getpid()}"
    with psycopg.connect(server) as connection:
        if not (connection.execute("SELECT rolcreaterole FROM pg_roles WHERE rolname = session_user").fetchone() or (0,))[0]:
            pytest.skip("the login of this server makes no others: tests/store/test_production.py shows what is granted")
    plain = make_conninfo(empty, user=login, password="secret")
    with psycopg.connect(empty, autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'secret'".encode())
        with pytest.raises(MayNotMigrate, match="may not set up the database") as refused:
            migrate(plain)
        _, statements = str(refused.value).split("administrator type:\n")
        administrator.execute(statements.encode())
        assert len(migrate(plain)) == len(list(store.migrations.SQL.glob("*.sql")))
        assert migrate(plain) == []
        with opened(plain) as pools:
            Accounts(pools.writing).first_administrator()
        administrator.execute(f"DROP OWNED BY {login} CASCADE".encode())
        administrator.execute(f"ALTER DATABASE {administrator.info.dbname} OWNER TO CURRENT_USER".encode())
        administrator.execute(f"DROP ROLE {login}".encode())


def test_a_server_that_is_too_old_is_told_so(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store.migrations, "OLDEST", 990000)
    with pytest.raises(MayNotMigrate, match="PostgreSQL 16 or newer is needed: 1"):
        migrate(database)


def test_an_edited_migration_is_refused(database: str):
    with psycopg.connect(database, autocommit=True, options="-c search_path=district") as connection:
        connection.execute("UPDATE migration SET sha256 = 'other' WHERE name = '0001_ledger'")
    with pytest.raises(MigrationChanged, match="0001_ledger"):
        migrate(database)


def test_the_first_administrator_is_made_once_however_many_start(database: str):
    made: list[str | None] = []
    with opened(database, size=8) as pools:
        accounts = Accounts(pools.writing)
        threads = [threading.Thread(target=lambda: made.append(accounts.first_administrator())) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(token is not None for token in made) == 1
        clear = next(token for token in made if token)
        assert accounts.find(clear) is not None
        assert accounts.find(clear + "x") is None
        with pools.reading.connection() as connection:
            kept = connection.execute("SELECT token::text FROM token").fetchall()
        assert clear not in str(kept)


def test_the_service_refuses_the_librarys_unlocked_functions(database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(BadSetting, match="POSTGRES_ENABLE_DB_FUNCTIONS"), opened(database):
        pass
