"""Figures are everybody's, the entries behind them their own units': nothing of another unit's leaks through any door."""

import json
import random
import time
from itertools import product
from statistics import median
from typing import Any

import pytest

from api.access import doors
from api.rest.examples import by_path
from domain.entry import Role
from tests.api.conftest import District, P
from tests.api.serving import APP, Served, served
from tests.files import PDF

SECRET = "秘密洽谈纪要"
FUNDS = {"act": "receive", "occurred_on": "2026-02-01", "voucher": "V-SECRET"}
MONEY = {"amount": "7000000.00", "currency": "CNY"}
OTHERS = "XM-2026-002"


@pytest.fixture(autouse=True)
def _short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked here hundreds of times need not wait; over a socket the steps are as they are."""
    monkeypatch.setattr(doors, "STEP", 0.001)


@pytest.fixture
def two_units(district: District) -> District:
    """A project of street-b with figures, texts, evidence, a draft and an audit; people of both units, and a leader."""
    for name, role in (("liaison", Role.CLERK), ("head", Role.HEAD), ("leader", Role.LEADER), ("auditor", Role.AUDITOR)):
        unit = "street-a" if name in ("liaison", "head") else "office"
        district.tokens[name], _ = district.services.accounts.make(f"p-{name}", unit, "科员", role)
    district.tokens["theirs"], _ = district.services.accounts.make("p-theirs", "street-b", "科员", Role.CLERK)
    district.recorded("/projects", {"occurred_on": "2026-01-03", "name": "二号", "lead_unit": "street-b"}, "theirs")
    path = f"/projects/{OTHERS}"
    district.recorded(
        f"{path}/negotiations", {"occurred_on": "2026-01-05", "with_whom": SECRET, "summary": SECRET}, "theirs"
    )
    funds = FUNDS | {"amount": MONEY, "reason": SECRET}
    entry = district.recorded(f"{path}/funds", funds, "theirs")["entry"]
    remark = {"about": "schedule", "text": SECRET}
    district.recorded(f"{path}/ratings", {"occurred_on": "2026-02-02", "light": "red", "remarks": [remark]}, "theirs")
    headers = {"Authorization": f"Bearer {district.tokens['theirs']}", "Content-Type": "application/pdf"}
    file = district.client.post(f"/evidence?name={SECRET}.pdf", content=PDF, headers=headers).json()
    attach = {"act": "attach", "target": int(entry.rpartition("#")[2]), "sha256": file["sha256"], "sort": "bank_slip"}
    district.recorded(f"{path}/evidence", attach | {"note": SECRET}, "theirs")
    district.recorded("/periods", {"occurred_on": "2026-01-31", "code": "2026-01", "deadline": "2026-12-31"})
    draft = {"nothing_to_report": True, "note": SECRET}
    put = district.client.put(
        "/periods/2026-01/returns/street-b/draft", json=draft, headers={**headers, "Content-Type": "application/json"}
    )
    assert put.status_code == 200
    district.recorded("/periods/2026-01/returns", {"act": "submit", "occurred_on": "2026-02-03", **draft}, "theirs")
    found = {"act": "request", "occurred_on": "2026-02-03", "title": SECRET, "text": SECRET, "deadline": "2026-12-31"}
    district.recorded("/audits", found | {"units": ["street-b"], "projects": [OTHERS]}, "auditor")
    return district


NO_UNITS = ("public", "tokens", "session", "audit,tokens", "settle")
"""What tells nothing of the ledger, or is asked by nobody who speaks for a unit."""


def test_a_unit_reads_anothers_figures_and_none_of_its_texts_by_any_question(two_units: District):
    document = two_units.client.get("/openapi.json").json()
    for who in ("clerk", "liaison", "head"):
        status = two_units.get(f"/projects/{OTHERS}", who).json()
        received = next(m for m in status["status"]["measures"] if m["measure"] == "received")
        assert (received["reported"]["value"], received["reported"]["sources"]) == ("7000000.00", [f"{OTHERS}#4"])
        assert status["hidden"] == ["evidence", "remarks", "across", "audits"]
        for path, operations in document["paths"].items():
            if "get" not in operations or operations["get"]["x-action"] in NO_UNITS:
                continue
            for asked in addresses(path):
                answer = two_units.get(asked, who)
                assert answer.status_code in (200, 404, 422), (who, asked, answer.text)
                assert SECRET not in answer.text, (who, asked)
                assert "V-SECRET" not in answer.text, (who, asked)
    whole = two_units.get(f"/projects/{OTHERS}/timeline", "theirs").text
    assert whole.count(SECRET) >= 4


def test_no_reference_to_what_is_hidden_stands_in_any_answer_header_or_refusal(two_units: District):
    """An audit's code, a file's digest and a voucher lead to what another unit wrote; citations of its facts are figures."""
    digest = two_units.get(f"/projects/{OTHERS}", "theirs").json()["status"]["evidence"][0]["sha256"]
    hidden = (digest, "audit:2026-001", "V-SECRET", SECRET)
    document = two_units.client.get("/openapi.json").json()
    examples = by_path()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation["x-action"] in ("public", "tokens", "session") or path == "/evidence":
                continue
            shown = [example["value"] for example in examples.get(path, {}).values()] if method == "post" else [None]
            for address, body in product(addresses(path), shown):
                headers = {"Authorization": f"Bearer {two_units.tokens['liaison']}", "If-Match": '"1"'}
                answer = two_units.client.request(method, address, json=body, headers=headers)
                told = answer.text + str(answer.headers)
                asked = address.replace("/audits/", "audit:") + json.dumps(body)
                assert [ref for ref in hidden if ref in told and ref not in asked] == [], (method, address, body)
    assert two_units.get("/audits", "liaison").json()["audits"] == []
    for words in (SECRET, "V-SECRET", digest):
        assert two_units.get(f"/projects?q={words}", "liaison").json()["projects"] == []


ASKED = {
    "/projects": ("", "?q=秘密"),
    "/portfolio/sources": ("?measure=received",),
    "/portfolio/changes/facts": ("?from_on=2026-01-01&measure=received",),
}


def addresses(path: str) -> list[str]:
    """The question about everything that street-b has, and as a search for it."""
    labels = (OTHERS, "unit:street-b", "period:2026-01", "audit:2026-001", "district")
    return [
        path.replace("{label}", label)
        .replace("/people/{code}", "/people/p-theirs")
        .replace("{code}", code_in(path))
        .replace("{unit}", "street-b")
        .replace("{ref}", "p-clerk")
        .replace("{sha256}", "0" * 64)
        + more
        for label in labels[: 5 if "{label}" in path else 1]
        for more in ASKED.get(path, ("?from_on=2026-01-01",) if "/changes" in path else ("",))
    ]


def code_in(path: str) -> str:
    beginning = path.split("/")[1]
    return {"projects": OTHERS, "units": "street-b", "periods": "2026-01", "targets": "2026", "audits": "2026-001"}.get(
        beginning, ""
    )


@pytest.mark.parametrize("who", ["office", "leader", "auditor", "reader"])
def test_office_leaders_auditors_and_readers_read_everything(two_units: District, who: str):
    for path in (f"/projects/{OTHERS}/timeline", f"/projects/{OTHERS}/entries", "/feed", "/audits/2026-001", "/audits"):
        assert SECRET in two_units.get(path, who).text, path
    assert two_units.get(f"/projects/{OTHERS}", who).json()["hidden"] == []
    returned = two_units.get("/periods/2026-01/returns/street-b", who)
    assert returned.status_code == 200
    assert (returned.json()["draft"] is None) == (who != "office"), "a draft is the unit's and the office's"


def test_what_may_not_be_read_answers_as_what_is_not_there(two_units: District):
    for hidden, absent in (
        (f"/projects/{OTHERS}/timeline", "/projects/XM-2026-999/timeline"),
        (f"/projects/{OTHERS}/entries", "/projects/XM-2026-999/entries"),
        ("/streams/audit:2026-001/entries", "/streams/audit:2026-999/entries"),
        ("/streams/period:2026-01/entries", "/streams/period:2026-11/entries"),
        ("/audits/2026-001", "/audits/2026-999"),
        ("/periods/2026-01/returns/street-b", "/periods/2026-01/returns/street-x"),
        ("/periods/2026-01/reconciliation/street-b", "/periods/2026-01/reconciliation/street-x"),
    ):
        known, unknown = (two_units.get(path, "liaison") for path in (hidden, absent))
        assert (known.status_code, unknown.status_code) == (404, 404), hidden
        assert alike(known.json()) == alike(unknown.json())
        assert {*known.headers} == {*unknown.headers}
    text = {"occurred_on": "2026-02-04", "text": "试"}
    known, unknown = (two_units.post(f"/audits/2026-{n}/rectifications", text, "liaison") for n in ("001", "999"))
    assert (known.status_code, unknown.status_code) == (404, 404)
    assert alike(known.json()) == alike(unknown.json())


HIDDEN_AND_ABSENT = (
    (f"/projects/{OTHERS}/timeline", "/projects/XM-2026-999/timeline"),
    ("/streams/audit:2026-001/entries", "/streams/audit:2026-999/entries"),
    ("/audits/2026-001", "/audits/2026-999"),
    ("/periods/2026-01/returns/street-b", "/periods/2026-01/returns/street-x"),
)
TIMES = 150
"""Of each: medians of fewer differ by chance more than a look at the facts takes."""


def seconds(service: Served, token: str, *paths: str) -> list[list[float]]:
    """How long each was answered with 404, interleaved in an order that nothing else follows."""
    took: list[list[float]] = [[] for _ in paths]
    turns = [n for n in range(len(paths)) for _ in range(TIMES)]
    random.Random(7).shuffle(turns)
    with service.connect() as connection:
        for turn in turns:
            began = time.perf_counter()
            connection.sendall(f"GET {paths[turn]} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 404")
            took[turn].append(time.perf_counter() - began)
    return took


def told_apart(service: Served, token: str, hidden: str, absent: str) -> bool:
    """Whether the medians differ by more than those of one and the same do in 99 of 100 resamples."""
    found, missing = seconds(service, token, hidden, absent)
    dice = random.Random(11)
    chance = sorted(
        abs(median(dice.choices(missing, k=TIMES)) - median(dice.choices(missing, k=TIMES))) for _ in range(2_000)
    )
    return abs(median(found) - median(missing)) > chance[len(chance) * 99 // 100]


@pytest.mark.long
def test_how_long_a_404_takes_does_not_tell_what_is_hidden_from_what_is_not_there(two_units: District, database: str):
    two_units.project()
    token = two_units.tokens["liaison"]
    with served(database, APP) as service:
        for hidden, absent in HIDDEN_AND_ABSENT:
            twice = all(told_apart(service, token, hidden, absent) for _ in range(2))  # one time in a hundred is chance
            assert not twice, hidden
    unhurried = APP.replace("app = create_app", "doors.STEP = 1e-6; app = create_app")
    with served(database, unhurried) as service:
        noticed = [told_apart(service, token, *pair) for pair in HIDDEN_AND_ABSENT]
    assert any(noticed), "answered as soon as it is known, it would tell"


def alike(problem: dict[str, Any]) -> dict[str, Any]:
    """Without what the question itself named."""
    return {name: value for name, value in problem.items() if name != "detail"} | {"detail": problem["detail"][:9]}


def test_a_unit_reads_what_it_recorded_itself_where_it_has_no_part_any_more(two_units: District):
    two_units.recorded(f"{P}/jobs", {"occurred_on": "2026-02-01", "count": 3}, "clerk")
    away = {"occurred_on": "2026-03-01", "from_unit": "street-a", "to_unit": "street-b"}
    two_units.recorded(f"{P}/transfers", away)
    own = two_units.get(f"{P}/entries", "liaison").json()
    assert [e["topic"] for e in own["entries"]] == ["jobs_held"]
    feed = two_units.get("/feed", "liaison").json()
    assert {e["topic"] for e in feed["entries"] if e["stream"] == P.rpartition("/")[2]} == {"jobs_held"}
    assert feed["next"] == two_units.get("/feed", "office").json()["next"]
    assert two_units.get(f"{P}/timeline", "liaison").status_code == 404
    assert two_units.get(f"{P}/timeline", "theirs").status_code == 200


def test_whoever_may_not_record_there_is_not_told_how_far_it_is(two_units: District):
    jobs = {"occurred_on": "2026-02-01", "count": 3}
    refused = two_units.post(f"/projects/{OTHERS}/jobs", jobs, "liaison", **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    assert "#" not in refused.text


def test_knowing_a_digest_gives_nobody_another_units_file(two_units: District):
    digest = two_units.get(f"/projects/{OTHERS}", "theirs").json()["status"]["evidence"][0]["sha256"]
    attach = {"act": "attach", "target": 4, "sha256": digest, "sort": "bank_slip"}
    refused = two_units.post(f"{P}/evidence", attach, "liaison")
    assert (refused.status_code, refused.json()["code"]) == (422, "file_not_kept")
    assert two_units.get(f"/evidence/{digest}", "liaison").status_code == 404
    assert two_units.get(f"/evidence/{digest}", "theirs").content == PDF


def test_the_administrator_makes_accounts_and_reads_figures_and_no_entries(two_units: District):
    for path, status in (
        ("/units", 200),
        ("/people", 200),
        ("/projects", 200),
        (P, 200),
        (f"{P}/timeline", 404),
        ("/feed", 403),
    ):
        assert two_units.get(path, "administrator").status_code == status, path
