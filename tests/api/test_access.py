"""Who comes in, and as whom: tokens, roles, and the relation of a unit to a project."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from domain.command import Action
from domain.entry import Role
from domain.permissions import ALLOWED
from tests.api.conftest import District, P

JOBS = {"occurred_on": "2026-02-01", "count": 3}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer lct_wrong", "Basic dTpw", "bearer é", "Bearer a b"])
def test_what_is_no_valid_token_is_not_let_in(district: District, header: str):
    answer = district.client.get(P, headers={b"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_token_is_not_let_in(district: District, database: str):
    assert district.get(P, "clerk").status_code == 200
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE district.token SET expires_at = now() - %s WHERE person = 'p-clerk'", (timedelta(1),))
    assert district.get(P, "clerk").status_code == 401


def test_a_token_is_kept_as_a_hash_only(district: District, database: str):
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT t::text FROM district.token t").fetchall()
    assert len(rows) == 5
    assert not any(token in row[0] for (row) in rows for token in district.tokens.values())


def test_a_token_needs_a_person_and_a_unit_of_the_ledger(district: District):
    token = {"person": "p-nobody", "unit": "office", "post": "科员", "role": "reader"}
    answer = district.post("/tokens", token, "administrator")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/person")
    answer = district.post("/tokens", token | {"person": "p-clerk", "unit": "nowhere"}, "administrator")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/unit")


@pytest.mark.parametrize("role", ["owner", "", None, 1])
def test_a_token_of_an_unknown_role_is_refused(district: District, role: Any):
    token = {"person": "p-clerk", "unit": "office", "post": "科员", "role": role}
    assert district.post("/tokens", token, "administrator").status_code == 422


def test_a_unit_records_only_where_it_holds_a_role_and_only_while_it_does(district: District):
    other = district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-b"})["stream"]
    assert district.post(f"{P}/jobs", JOBS, "clerk").status_code == 201
    before = district.entries()
    refused = district.post(f"/projects/{other}/jobs", JOBS, "clerk")
    assert (refused.status_code, refused.json()["code"], district.entries()) == (403, "not_permitted", before)
    assist = {"act": "assign", "role": "assisting_unit", "holder": {"unit": "street-a"}, "occurred_on": "2026-02-01"}
    district.recorded(f"/projects/{other}/responsibilities", assist)
    assert district.post(f"/projects/{other}/jobs", JOBS, "clerk").status_code == 201
    district.recorded(f"{P}/transfers", {"occurred_on": "2026-03-01", "from_unit": "street-a", "to_unit": "street-b"})
    assert district.post(f"{P}/jobs", JOBS | {"occurred_on": "2026-04-01"}, "clerk").status_code == 403


def test_a_project_is_not_reached_through_another_door(district: District):
    before = district.entries()
    annul = {"target": 1, "because": "试"}
    for path in ("/projects/unit:office", "/projects/district", "/projects/person:p-clerk", "/units/x:y"):
        assert district.post(f"{path}/annulments", annul).status_code == 404
    assert district.post("/people/XM-2026-001/annulments", annul).status_code == 404
    assert district.entries() == before


def test_a_batch_permits_each_of_its_commands(district: District):
    before = district.entries()
    opens = {"stream": "new", "noun": "units", "command": {"occurred_on": "2026-02-01", "code": "x", "name": "x"}}
    jobs = {"stream": "XM-2026-001", "noun": "jobs", "command": JOBS}
    assert district.post("/batches", {"commands": [jobs, opens]}, "clerk").status_code == 403
    assert district.post("/batches", {"commands": [opens, jobs]}, "administrator").status_code == 403
    assert district.post("/batches", {"commands": [opens]}, "reader").status_code == 403
    assert district.entries() == before
    assert district.post("/batches", {"commands": [opens]}, "administrator").status_code == 201
    assert district.post("/batches", {"commands": [jobs]}, "clerk").status_code == 201


def test_nobody_approves_their_own_through_a_second_account_or_a_stand_in(district: District):
    second = {"person": "p-office", "unit": "street-b", "post": "副科长", "role": "office"}
    appoint = {"act": "appoint", "occurred_on": "2026-01-01", "until": "2199-01-01", "document": "AB岗〔2026〕1号"}
    third, _ = district.services.accounts.make("p-reader", "office", "科员", Role.OFFICE)
    district.tokens["third"] = third
    district.recorded("/people/p-office/stand-ins", appoint | {"stand_in": "p-second"}, "third")
    district.tokens["office again"] = district.recorded("/tokens", second, "administrator")["token"]
    proposal = district.recorded(f"{P}/annulments", {"target": 4, "because": "误报"})["entry"].rpartition("#")[2]
    approve = {"act": "approve", "proposal": int(proposal)}
    for who, body in (
        ("office", approve),
        ("office again", approve),
        ("second", approve | {"on_behalf_of": "p-office", "under": "AB岗〔2026〕1号"}),
    ):
        answer = district.post(f"{P}/approvals", body, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "self_approval"), who
    assert district.post(f"{P}/approvals", approve, "second").status_code == 201


def test_the_administrator_makes_tokens_units_and_people_and_records_no_project_facts():
    may = {action for (role, action) in ALLOWED if role is Role.ADMINISTRATOR}
    assert may == {Action.TOKENS, Action.REGISTER, Action.DIRECTORY, Action.FIGURES}
    assert {role for (role, action) in ALLOWED if action is Action.TOKENS} == {Role.ADMINISTRATOR}
    assert {action for (role, action) in ALLOWED if role is Role.READER} == {
        Action.DIRECTORY,
        Action.FIGURES,
        Action.ENTRIES,
    }
