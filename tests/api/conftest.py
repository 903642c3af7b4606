"""An app over a database of its own, with people signed in; the read model is taken forward when a test asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from psycopg.conninfo import conninfo_to_dict

from api.app import bound, create_app
from api.services import Services, over
from domain.entry import Role
from projections.runner import Projecting
from store.database import opened
from tests.conftest import cloned
from tests.projections.worlds import projector


@dataclass
class District:
    """`project` brings the read model up to date; `as_` gives the headers of somebody signed in."""

    client: TestClient
    services: Services
    connection: psycopg.Connection
    tokens: dict[str, str]

    def project(self) -> None:
        Projecting(self.connection).catch_up()

    def post(self, path: str, body: Any, who: str = "office", **headers: str) -> Response:
        return self.client.post(path, json=body, headers={"Authorization": f"Bearer {self.tokens[who]}", **headers})

    def get(self, path: str, who: str = "office", **headers: str) -> Response:
        self.project()
        return self.client.get(path, headers={"Authorization": f"Bearer {self.tokens[who]}", **headers})

    def entries(self) -> int:
        return self.services.reading.head().position

    def recorded(self, path: str, body: Any, who: str = "office") -> dict[str, Any]:
        answer = self.post(path, body, who)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


class Begun(NamedTuple):
    """A database in which a district has begun, and the tokens of its people."""

    name: str
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """Made once, and bound to the services of each test in turn."""
    return create_app(cast("Services", None))


@pytest.fixture(scope="session")
def begun(server: str, template: str, app: FastAPI) -> Iterator[Begun]:
    """Two streets, an office and four people with tokens; a project led by street-a."""
    with cloned(server, template) as address:
        with opened(address, size=4) as pools:
            services = over(pools, address)
            with projector(address) as connection, TestClient(bound(app, services)) as client:
                administrator = services.accounts.first_administrator()
                assert administrator is not None
                made = District(client, services, connection, {"administrator": administrator})
                begin(made)
                made.project()
        yield Begun(str(conninfo_to_dict(address)["dbname"]), made.tokens)


def begin(made: District) -> None:
    for code in ("street-a", "street-b", "office"):
        made.recorded("/units", {"occurred_on": "2026-01-01", "code": code, "name": code}, "administrator")
    for ref, unit, role in (
        ("p-office", "office", Role.OFFICE),
        ("p-second", "office", Role.OFFICE),
        ("p-clerk", "street-a", Role.UNIT),
        ("p-reader", "office", Role.READER),
    ):
        person = {"occurred_on": "2026-01-01", "ref": ref, "name": f"姓名{ref}", "unit": unit, "title": "科员"}
        made.recorded("/people", person, "administrator")
        token = made.post("/tokens", {"person": ref, "unit": unit, "post": "科员", "role": role.value}, "administrator")
        made.tokens[ref.removeprefix("p-")] = token.json()["token"]
    made.recorded("/projects", {"occurred_on": "2026-01-03", "name": "西湖里", "lead_unit": "street-a"})
    made.recorded(f"{P}/negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲公司"})
    agreed = {"amount": "100000000.00", "currency": "CNY"}
    signing = {"occurred_on": "2026-01-10", "level": "contract", "counterparty": "甲公司", "agreed": agreed}
    made.recorded(f"{P}/signings", signing)


@pytest.fixture
def origin(request: pytest.FixtureRequest, template: str) -> str:
    if "district" not in request.fixturenames:
        return template
    begun: Begun = request.getfixturevalue("begun")
    return begun.name


@pytest.fixture
def district(running: Services, database: str, app: FastAPI, begun: Begun) -> Iterator[District]:
    """A copy of the district that has begun, of this test's own."""
    client = TestClient(bound(app, running), raise_server_exceptions=False)
    with projector(database) as connection, client:
        yield District(client, running, connection, dict(begun.tokens))


P = "/projects/XM-2026-001"
Post = Callable[..., Response]
