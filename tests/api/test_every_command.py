"""Every command of the table: it happened · it was a repeat · another body · somebody was first · it was refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.rest.examples import ACCOUNTS, Example, examples
from api.services import Services
from domain.command import TABLE
from domain.entry import Role
from tests.api.conftest import District
from tests.projections.worlds import projector


@pytest.fixture
def empty(running: Services, database: str) -> Iterator[District]:
    """A ledger without any entry; whoever the examples need is signed in."""
    with projector(database) as connection, TestClient(create_app(running), raise_server_exceptions=False) as client:
        tokens = {
            name: running.accounts.make(f"p-{name}", "office", "科员", role)[0]
            for name, role in (
                ("office", Role.OFFICE),
                ("second", Role.OFFICE),
                ("leader", Role.OFFICE),
                ("reader", Role.READER),
                ("district-leader", Role.LEADER),
                ("auditor", Role.AUDITOR),
                ("second-auditor", Role.AUDITOR),
            )
        }
        for name in ("clerk", "head"):
            tokens[name] = running.accounts.make(f"p-{name}", "street-a", "科员", Role.UNIT)[0]
        tokens["administrator"] = running.accounts.make("p-admin", "office", "管理员", Role.ADMINISTRATOR)[0]
        yield District(client, running, connection, tokens)


def commands(district: District) -> Iterator[tuple[int, Example]]:
    """Every example that is a command, numbered; what else they need is done between them."""
    for number, example in enumerate(examples()):
        headers = {"Authorization": f"Bearer {district.tokens[example.by]}"}
        if example.file is not None:
            assert district.client.post(example.path, content=example.file, headers=headers).status_code == 201
        elif example.method == "POST" and example.path != "/tokens":
            yield number, example
        elif example.method != "POST":
            assert district.client.request(example.method, example.path, json=example.body, headers=headers).is_success


def post(district: District, example: Example, **headers: str) -> Any:
    return district.post(example.path, example.body, example.by, **headers)


def test_every_example_is_recorded_once_and_its_repeat_hears_the_first_answer(empty: District):
    for number, example in commands(empty):
        key = {"Idempotency-Key": f"example-{number}"}
        done = post(empty, example, **key)
        assert done.status_code == 201, (example, done.text)
        assert done.json()["position"] == empty.entries()
        again = post(empty, example, **key)
        assert (again.status_code, again.json()) == (201, done.json()), example
        assert empty.entries() == done.json()["position"]


def test_no_example_is_recorded_under_a_used_key_or_a_stale_number_or_by_a_reader(empty: District):
    for number, example in commands(empty):
        before = empty.entries()
        used = {"Idempotency-Key": f"example-{number}"}
        refused = empty.post(example.path, example.body, "reader", **used)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted"), example
        if (
            example.template not in ("/projects", "/units", "/people", "/periods", "/targets", "/audits", "/batches")
            and "{unit}" not in example.template
        ):
            stale = post(empty, example, **{"If-Match": '"99999"'})
            assert (stale.status_code, stale.json()["code"]) == (412, "changed"), example
        assert empty.entries() == before, example
        recorded = post(empty, example, **used)
        assert recorded.status_code == 201, (example, recorded.text)
        other = example._replace(body=changed(example.body))
        answer = post(empty, other, **used)
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused"), example
        assert empty.entries() == recorded.json()["position"], example


def changed(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "joint": True} if "commands" in body else {**body, "confidentiality": "内部"}


def test_every_command_of_the_table_has_an_example():
    shown = {(e.path.split("/")[-1], e.body.get("act")) for e in examples()}
    assert {(d.noun, d.act) for d in TABLE.values()} <= shown


def test_every_noun_of_every_stream_has_an_example(empty: District):
    document = empty.client.get("/openapi.json").json()
    shown = {(path, method.upper()) for path, operations in document["paths"].items() for method in operations}
    written = {(path, method) for path, method in shown if method in ("POST", "PUT")}
    accounts = {(path, "POST") for path in ACCOUNTS}
    assert written == {(example.template, example.method) for example in examples()} | accounts


def test_the_token_of_the_example_can_be_made_once_its_people_are_there(empty: District):
    *others, token = examples()
    assert post(empty, token).json()["code"] == "unknown_person"
    for example in others:
        if example.method == "POST" and example.file is None:
            post(empty, example)
    made = post(empty, token)
    assert (made.status_code, made.json()["role"]) == (201, "unit")
