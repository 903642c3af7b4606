"""The whole matrix, role × action × relation, against a table kept by hand beside it; and over the API, each as asked."""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, cast

import pytest
from httpx2 import Response

from api.access.doors import Guarded
from api.app import create_app
from api.services import Services
from domain.command import TABLE, Action
from domain.entry import Role
from domain.permissions import ALLOWED, EVERY, READING, SHARED, Relation, allows
from tests.api.conftest import District, P

CSV = Path(__file__).with_name("matrix.csv")
Line = tuple[Role, Action, Relation]
OFFICE_JOBS = {"occurred_on": "2026-02-01", "count": 3}
ANNUL = {"target": 1, "because": "试"}
VERDICT = {"target": 3, "outcome": "not_recognised", "because": "试"}
ATTACH = {"act": "attach", "sha256": "0" * 64, "sort": "other"}
GRANT = {"act": "grant", "occurred_on": "2026-02-01", "ground": "policy", "because": "试", "approver": "p-second"}
PERIOD = {"since": "2026-02-01", "until": "2026-02-28"}
END = {"act": "end", "role": "lead_unit", "occurred_on": "2026-02-01", "document": "试〔2026〕1号"}
ABOUT_PROJECTS: dict[Action, tuple[str, str, Any]] = {
    Action.FIGURES: ("GET", "", None),
    Action.ENTRIES: ("GET", "/timeline", None),
    Action.RECORD: ("POST", "/jobs", OFFICE_JOBS),
    Action.PROPOSE: ("POST", "/annulments", ANNUL),
    Action.APPROVE: ("POST", "/approvals", {"act": "approve", "proposal": 0}),
    Action.RECOGNISE: ("POST", "/verdicts", VERDICT),
    Action.ENDORSE: ("POST", "/endorsements", {"target": 0}),
    Action.ATTEST: ("POST", "/evidence", ATTACH | {"target": 1}),
    Action.ISSUE: ("POST", "/exemptions", GRANT | {"period": PERIOD, "indicators": ["starts"]}),
    Action.SETTLE: ("POST", "/shares", END),
    Action.INSTRUCT: ("POST", "/instructions", {"target": 1, "text": "试"}),
    Action.ANSWER: ("POST", "/instruction-answers", {"instruction": 1, "text": "试"}),
}
"""What a request of each action looks like, after the project's address; zeros stand for what the fixture prepared."""
ELSEWHERE: dict[Action, tuple[str, str, Any]] = {
    Action.DIRECTORY: ("GET", "/units", None),
    Action.TOKENS: ("GET", "/tokens", None),
    Action.REGISTER: ("POST", "/units", {"occurred_on": "2026-02-01", "code": "new", "name": "新"}),
    Action.ENTER: ("POST", "/projects", {"occurred_on": "2026-02-01", "name": "新"}),
    Action.REPORT: ("POST", "/periods/2026-01/returns", {"act": "recall", "because": "试"}),
    Action.ACCEPT: ("POST", "/periods", {"occurred_on": "2026-02-01", "code": "2026-02", "deadline": "2026-12-31"}),
    Action.AUDIT: ("POST", "/audits", {"act": "check", "occurred_on": "2026-02-01", "title": "试", "text": "试"}),
    Action.RECTIFY: ("POST", "/audits/2026-001/rectifications", {"occurred_on": "2026-02-01", "text": "试"}),
}
ROLE_OF: dict[Relation, str | None] = {
    Relation.ASSISTING: "assisting_unit",
    Relation.OTHER: "hosting_unit",
    Relation.RECOGNISING: "recognising_bureau",
    Relation.NONE: None,
}


def written() -> dict[Line, bool]:
    with CSV.open(encoding="utf-8") as file:
        return {
            (Role(row["role"]), Action(row["action"]), Relation(row["relation"])): row["allowed"] == "yes"
            for row in csv.DictReader(file)
        }


def test_the_table_in_the_program_is_the_one_written_beside_it():
    table = written()
    assert {line: allows(*line) for line in table} == table
    assert set(table) == set(product(Role, Action, Relation)), "every action has its line for every role and relation"
    assert len(CSV.read_text(encoding="utf-8").splitlines()) == len(table) + 1


def test_every_action_is_some_routes_or_commands_and_somebody_may():
    routes = [r for r in create_app(cast("Services", None)).routes if isinstance(r, Guarded) and r.path != "/batches"]
    asked = {action for route in routes for action in route.actions}
    assert asked | {deed.action for deed in TABLE.values()} == set(Action)
    assert {action for _, action in ALLOWED} == set(Action)


def test_no_role_both_makes_accounts_and_writes_projects():
    for role in Role:
        if allows(role, Action.TOKENS):
            may = {action for r, action in ALLOWED if r is role}
            assert may == {Action.TOKENS, Action.REGISTER, Action.DIRECTORY, Action.FIGURES}


def test_unit_is_what_clerk_head_and_bureau_are_together():
    for action, relation in product(Action, Relation):
        parts = any(allows(role, action, relation) for role in (Role.CLERK, Role.HEAD, Role.BUREAU))
        assert allows(Role.UNIT, action, relation) == parts, (action, relation)


@pytest.fixture
def everyone(district: District) -> District:
    """Somebody of street-a in every role; an audit that concerns it, a period, and a project in each relation to it."""
    for role in Role:
        district.tokens[role], _ = district.services.accounts.make(f"p-m-{role}", "street-a", "科员", role)
    district.tokens["scribe"], _ = district.services.accounts.make("p-scribe", "street-a", "科员", Role.OFFICE)
    district.tokens["an auditor"], _ = district.services.accounts.make("p-auditor", "office", "科员", Role.AUDITOR)
    found = {"act": "request", "occurred_on": "2026-02-01", "title": "试", "text": "试", "deadline": "2026-12-31"}
    district.recorded("/audits", found | {"units": ["street-a"]}, "an auditor")
    district.recorded("/periods", {"occurred_on": "2026-01-31", "code": "2026-01", "deadline": "2026-12-31"})
    return district


def projects(district: District) -> Iterator[tuple[Relation, str, dict[str, int]]]:
    """Each with a fact that street-a recorded and a proposal of the office's."""
    for relation in Relation:
        path = P
        if relation is not Relation.LEAD:
            entered = {"occurred_on": "2026-01-03", "name": f"项目{relation}", "lead_unit": "street-b"}
            path = "/projects/" + str(district.recorded("/projects", entered)["stream"])
            district.recorded(f"{path}/negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲公司"})
            if role := ROLE_OF[relation]:
                holds = {"act": "assign", "role": role, "holder": {"unit": "street-a"}, "occurred_on": "2026-01-05"}
                district.recorded(f"{path}/responsibilities", holds)
        own = district.recorded(f"{path}/jobs", OFFICE_JOBS | {"count": 5, "occurred_on": "2026-01-31"}, "scribe")
        asked = district.recorded(f"{path}/annulments", {"target": 2, "because": "试"})
        yield relation, path, {"target": number(own), "proposal": number(asked)}


def number(recorded: dict[str, Any]) -> int:
    return int(recorded["entry"].rpartition("#")[2])


def let_in(answer: Response) -> bool:
    """Whether a request was decided at all: what it says may still be refused for another reason."""
    assert answer.status_code < 500, answer.text
    return answer.status_code != 404 and not (answer.status_code == 403 and answer.json()["code"] == "not_permitted")


def ask(district: District, role: Role, method: str, path: str, body: Any) -> Response:
    headers = {"Authorization": f"Bearer {district.tokens[role]}"}
    if method == "GET":
        return district.client.get(path, headers=headers)
    return district.client.post(f"{path}?dry_run=true", json=body, headers=headers)


def test_every_line_of_the_matrix_holds_over_the_api(everyone: District):
    table, wrong = written(), []
    assert set(ABOUT_PROJECTS) | set(ELSEWHERE) == set(Action)
    prepared = list(projects(everyone))
    everyone.project()
    before = everyone.entries()
    for relation, path, zeros in prepared:
        for (action, (method, where, body)), role in product(ABOUT_PROJECTS.items(), Role):
            if relation is not Relation.NONE and not any(table[role, action, r] for r in Relation):
                continue  # the door refuses before it looks at any project
            said = {name: zeros.get(name, value) if value == 0 else value for name, value in (body or {}).items()}
            answer = ask(everyone, role, method, path + where, said)
            if let_in(answer) != table[role, action, relation]:
                wrong.append((role, action, relation, answer.text))
            if action in READING and not table[role, action, relation]:
                assert answer.status_code == 404
    for (action, (method, path, body)), role in product(ELSEWHERE.items(), Role):
        assert len({table[role, action, relation] for relation in Relation}) == 1, "it is about no project"
        answer = ask(everyone, role, method, path, body)
        no_return = answer.status_code == 404 and answer.json()["code"] == "no_return"
        if (let_in(answer) or no_return) != table[role, action, Relation.NONE]:
            wrong.append((role, action, Relation.NONE, answer.text))
    assert wrong == []
    assert everyone.entries() == before


def test_a_unit_may_stand_in_several_relations_and_each_counts(everyone: District):
    bureau = {"act": "assign", "role": "recognising_bureau", "holder": {"unit": "street-a"}, "occurred_on": "2026-01-05"}
    everyone.recorded(f"{P}/responsibilities", bureau)
    everyone.project()
    for role in (Role.BUREAU, Role.CLERK):
        assert ask(everyone, role, "GET", f"{P}/timeline", None).status_code == 200
    assert SHARED.isdisjoint(("project", "period", "audit"))
    assert len(EVERY) == len(Relation)
