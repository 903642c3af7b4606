"""A server as in production, in short: TCP, scram-sha-256, a login without rights of its own. `--production` runs all so."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.conninfo import make_conninfo

from api.app import create_app
from api.services import over
from domain.entry import Role
from projections.runner import Projecting
from store.backup import Source, take
from store.database import as_role, opened
from store.evidence import Folder
from store.migrations import migrate
from store.restore import load, unguarded
from store.server import wheels_own
from store.tools import ToolMissing, tools
from tests.conftest import FAST
from tests.production import LOGIN, production
from tests.projections.worlds import projector


@pytest.fixture(scope="module", params=[16, pytest.param(18, marks=pytest.mark.long)])
def login(request: pytest.FixtureRequest) -> Iterator[str]:
    with production(request.param, FAST) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            assert connection.info.server_version // 10_000 == request.param
            connection.execute("CREATE DATABASE lifecycle")
        yield make_conninfo(address, dbname="lifecycle")


def test_from_an_empty_database_to_a_figure_with_nothing_but_what_was_granted(login: str):
    assert migrate(login)
    assert migrate(login) == []
    with psycopg.connect(login) as connection:
        found = connection.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = session_user")
        assert found.fetchone() == (False, False)
    with opened(login, size=2) as pools, projector(login) as projecting:
        services = over(pools, login)
        with pools.writing.connection() as connection:
            assert connection.execute("SELECT session_user, current_user").fetchone() == (LOGIN, "lifecycle_service")
        administrator = services.accounts.first_administrator()
        office, _ = services.accounts.make("p-office", "office", "科员", Role.OFFICE)
        with TestClient(create_app(services)) as client:
            for token, path, body in (
                (administrator, "/units", {"code": "street-a", "name": "街道"}),
                (office, "/projects", {"name": "西湖里", "lead_unit": "street-a"}),
                (office, "/projects/XM-2026-001/jobs", {"count": 7}),
            ):
                answer = client.post(
                    path, json={"occurred_on": "2026-01-03", **body}, headers={"Authorization": f"Bearer {token}"}
                )
                assert answer.status_code == 201, answer.text
            Projecting(projecting).catch_up()
            figures = client.get("/portfolio", headers={"Authorization": f"Bearer {office}"})
            assert figures.status_code == 200, figures.text
            assert client.get("/readyz").json()["ready"] is True


def test_the_roles_of_the_service_may_do_no_more_there(login: str):
    migrate(login)
    for role, statement in (
        ("lifecycle_service", "UPDATE entry SET state = state"),
        ("lifecycle_service", "DELETE FROM entry"),
        ("lifecycle_service", "INSERT INTO request (id) VALUES (gen_random_uuid())"),
        ("lifecycle_projector", "TABLE account"),
        ("lifecycle_reader", "TABLE token"),
    ):
        with (
            psycopg.connect(as_role(login, role)) as connection,  # type: ignore[arg-type]  # the three above
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())


def test_a_wrong_password_or_none_opens_nothing(login: str):
    for wrong in ("wrong", ""):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(make_conninfo(login, password=wrong))
    with psycopg.connect(login) as connection:
        assert connection.execute("SHOW password_encryption").fetchone() == ("scram-sha-256",)


def test_the_programs_are_of_the_servers_major_and_ours_are_not_used_where_tls_is_demanded(tmp_path: Path):
    """A pg_restore of 17 or newer begins with a setting that 16 does not know."""
    plain = "host=db dbname=lifecycle"
    assert tools(plain, 16).major == 16
    assert tools(plain, 18).major >= 18
    ours = {str(folder) for folder in wheels_own()}
    assert len(ours) == 2
    for mode in ("require", "verify-ca", "verify-full"):
        try:
            found = tools(f"{plain} sslmode={mode}", 16)
        except ToolMissing:
            continue  # this machine has no programs of its own
        assert str(found.folder) not in ours


def test_what_was_backed_up_there_is_restored_there(login: str, tmp_path: Path):
    migrate(login)
    with psycopg.connect(login, autocommit=True) as connection:
        major = connection.info.server_version // 10_000
        connection.execute("CREATE DATABASE restored")
    empty = make_conninfo(login, dbname="restored")
    with opened(login, size=2) as pools:
        services = over(pools, login)
        services.accounts.first_administrator()
        taken = take(Source(login, "district", tools(login, major), Folder(tmp_path / "none"), {}), tmp_path)
    assert taken.manifest.postgresql == major
    load(tools(empty, taken.manifest.pg_dump), taken.folder, taken.manifest, "district")
    assert unguarded(empty, "district") == []
    assert migrate(empty) == []
