"""Recording: the form of every command, shown, refused and sent as it stands on its page."""

from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.pages.shapes import JUDGING, PLURALS, Shapes
from api.rest.examples import Example, examples
from api.services import Services
from domain.entry import Role
from store.holders import Serving
from tests.api.conftest import District
from tests.api.pages.conftest import SIGNED_ON
from tests.api.pages.filling_in import Reader, fields_of, forms
from tests.projections.worlds import projector

CAST: dict[str, tuple[str, Role]] = {
    "office": ("office", Role.OFFICE),
    "second": ("office", Role.OFFICE),
    "leader": ("office", Role.OFFICE),
    "district-leader": ("office", Role.LEADER),
    "auditor": ("office", Role.AUDITOR),
    "second-auditor": ("office", Role.AUDITOR),
    "clerk": ("street-a", Role.UNIT),
    "head": ("street-a", Role.UNIT),
    "administrator": ("office", Role.ADMINISTRATOR),
}
"""Who posts the examples: unit and role, as tests/api/test_every_command.py has them."""


def reader(client: TestClient, services: Services, who: str, language: str = "zh") -> Reader:
    unit, role = CAST[who]
    account = next((a.id for a in services.holders.all() if a.username == who), None)
    if account is None:
        account, _ = services.holders.make(who, f"p-{who}", [Serving(unit, "科员", role)], password=False)
    opened = services.signing_in.sessions.open(account, services.holders.posts(account)[0].id, SIGNED_ON, "a test")
    assert opened is not None
    return Reader(client, opened.token, language)


def page_of(example: Example) -> str | None:
    """Where the form of an example is; None for what no form of ours sends: batches, files, drafts."""
    _, first, *rest = example.path.split("/")
    if example.method != "POST" or first not in PLURALS or rest[-1:] == ["submission"]:
        return None
    if not rest:
        return f"/pages/record/new/{first}"
    label = first if first == "district" else rest[0] if first == "projects" else f"{PLURALS[first]}:{rest[0]}"
    if rest[-1] in JUDGING and rest[-1] != "approvals":
        return f"/pages/record/about/{label}/{example.body['target']}/{rest[-1]}"
    return "/pages/approvals" if rest[-1] == "approvals" else f"/pages{example.path.rpartition('/')[0]}/record/{rest[-1]}"


@pytest.fixture
def empty(running: Services, database: str) -> Iterator[District]:
    """A ledger without any entry."""
    with projector(database) as connection, TestClient(create_app(running), raise_server_exceptions=False) as client:
        yield District(client, running, connection, {})


def test_every_command_has_a_form_in_both_languages_that_refuses_to_be_sent_empty(district: District, app: FastAPI):
    shapes = Shapes(district.client.get("/openapi.json").json())
    codes = {"project": "XM-2026-001", "unit": "street-a", "person": "p-clerk", "period": "2026-09", "targets": "2026"}
    district.recorded("/periods", {"occurred_on": "2026-10-01", "code": "2026-09", "deadline": "2026-10-05"})
    district.recorded("/targets", {"occurred_on": "2026-02-01", "code": "2026", "document": "〔2026〕6号"})
    district.project()
    readers = [reader(district.client, district.services, "office", language) for language in ("zh", "en")]
    plurals = {stream: plural for plural, stream in PLURALS.items()}
    before = district.entries()
    for (stream, noun), commands in shapes.commands.items():
        if noun in JUDGING or stream == "audit":
            continue
        for asked in commands:
            place = "/pages/district" if stream == "district" else f"/pages/{plurals[stream]}/{codes[stream]}"
            path = f"/pages/record/new/{noun}" if asked.begins else f"{place}/record/{noun}"
            for one in readers:
                shown = one.form(path + (f"?act={asked.act}" if asked.act else ""))
                assert {f"/{f.name}" for f in asked.fields if f.sort in ("text", "day", "prose")} <= shown.names
            answer = one.send(shown.action, [(n, v) for n, v in shown.fields if n in ("form_token", "key", "/act")])
            assert answer.status_code in (409, 422), (asked.name, answer.status_code)
            assert "This field is required" in answer.text or 'role="alert"' in answer.text, asked.name
    assert district.entries() == before


def test_every_form_is_sent_once_and_records_what_its_example_says(empty: District):
    """In the order of the examples, by the people they name; what is irregular has its reason in them."""
    services = empty.services
    for name, (unit, role) in CAST.items():
        empty.tokens[name] = services.accounts.make(f"p-{name}", unit, "科员", role)[0]
    readers = {name: reader(empty.client, services, name) for name in CAST}
    sent = set()
    for example in examples():
        page, one = page_of(example), readers[example.by]
        empty.project()
        if page is None or example.body.get("act") == "attach":
            headers = {"Authorization": f"Bearer {empty.tokens[example.by]}"}
            body = {"content": example.file} if example.file is not None else {"json": example.body}
            assert empty.client.request(example.method, example.path, headers=headers, **body).is_success, example
            continue
        before = empty.entries()
        if page == "/pages/approvals":
            label = example.path.split("/")[2] if example.path.startswith("/projects") else label_of(example)
            told = [("act", str(example.body["act"])), ("proposal", f"{label}#{example.body['proposal']}")]
            shown = next(f for f in forms(one.get(page).text) if set(told) <= set(f.fields))
            answer = one.send(page, shown.but(note="同意", because=str(example.body.get("because", "理由不足"))))
        else:
            text = one.get(asked_for(page, example)).text
            there = [f for f in forms(text) if unquote(f.action) == page]
            assert there, (example, text[text.find("<main") :][:3000])
            shown = there[0]
            told = list(fields_of({n: v for n, v in example.body.items() if n != "target"}))
            names = {name for name, _ in told}
            kept = [(n, v) for n, v in shown.fields if n not in names and not n.endswith(":size")]
            answer = one.send(page, kept + [(n, v) for n, v in told if n != "/reads/kind"])
        assert answer.status_code == 303, (example, answer.status_code, answer.text[answer.text.find("<main") :][:3000])
        assert empty.entries() > before, example
        sent.add((example.path.split("/")[-1], example.body.get("act")))
    assert len(sent) > 80


def test_a_line_of_a_return_unfolds_what_its_command_asks_for_is_refused_beside_its_field_and_recorded(district: District):
    district.recorded("/periods", {"occurred_on": "2026-10-01", "code": "2026-09", "deadline": "2026-12-31"})
    district.project()
    clerk, before = reader(district.client, district.services, "clerk"), district.entries()
    shown = clerk.form("/pages/periods/2026-09/record/returns?act=submit")
    line = {"/occurred_on": "2026-09-30", "/lines/0/project": "西湖里", "/lines/0/noun": "funds/receive"}
    unfolded = forms(clerk.send(shown.action, [*shown.but(**line), ("more", "/lines")]).text)[-1]
    assert {"/lines/0/command/voucher", "/lines/0/command/amount/amount", "/lines/1/noun"} <= unfolded.names
    stated = {"/lines/0/command/occurred_on": "2026-09-20", "/lines/0/command/amount/amount": "300"}
    stated |= {"/lines/0/command/amount/amount:size": "万"}
    refused = clerk.send(shown.action, unfolded.but(**stated))
    assert refused.status_code == 422
    assert 'id="w/lines/0/command/voucher"' in refused.text
    assert district.entries() == before
    told = forms(refused.text)[-1].but(**{"/lines/0/command/voucher": "V-9"})
    assert clerk.send(shown.action, told).status_code == 303
    district.project()
    moments = district.get("/projects/XM-2026-001/timeline").json()["timeline"]["moments"]
    assert [(m["kind"], m["returned_in"]) for m in moments][-1] == ("funds_received", "period:2026-09#2")


def label_of(example: Example) -> str:
    _, first, *rest = example.path.split("/")
    return "district" if first == "district" else f"{PLURALS[first]}:{rest[0]}"


def asked_for(page: str, example: Example) -> str:
    return f"{page}?act={example.body['act']}" if "act" in example.body and "/about/" not in page else page
