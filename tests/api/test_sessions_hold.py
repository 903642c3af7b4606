"""What is tried against sessions that are open; the rest is in test_signing_in_api.py (fixation, form tokens, addresses)."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from api.access.sessions import form_token
from store import passwords
from tests.api.conftest import District, P
from tests.api.test_signing_in_api import JOBS, PHRASE, Browser, code, signed_in


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DECOY", quick.hash("nobody's"))


def changing(district: District) -> Iterator[tuple[str, str]]:
    """Every operation that changes anything, with an address that some of them have."""
    document = district.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "head") and operation["x-action"] != "public":
                nowhere = "00000000-0000-0000-0000-000000000000"
                address = path.replace("{code}", "XM-2026-001").replace("{sha256}", "0" * 64)
                for name in ("{account}", "{post}", "{session}", "{token}", "{work}"):
                    address = address.replace(name, nowhere)
                yield method.upper(), address.replace("{unit}", "street-a")


def test_no_operation_at_all_takes_a_cookie_from_another_sites_page_or_without_a_form_token(district: District):
    browser = signed_in(district)
    before, operations = district.entries(), list(changing(district))
    assert len(operations) > 60
    for number, (method, path) in enumerate(operations):
        assert "{" not in path
        assert code(browser.send(method, path, {}, Origin="https://evil.example")) == (403, "cross_site"), path
        if number % 4:  # the proof is one place's matter: some of each kind do
            continue
        assert code(browser.send(method, path, {}, X_Form_Token=None)) == (403, "wrong_form_token"), path
    assert district.entries() == before
    assert browser.send("GET", "/session").status_code == 200


def test_a_form_token_replayed_after_signing_out_and_in_again_is_refused(district: District):
    browser = signed_in(district)
    path = f"{P}/jobs"
    given, old = form_token(browser.cookie or "", "POST", path), browser.cookie
    assert browser.send("POST", path, JOBS, X_Form_Token=given).status_code == 201
    assert browser.send("DELETE", "/session").status_code == 204
    assert code(Browser(district, cookie=old).send("POST", path, JOBS, X_Form_Token=given)) == (401, "not_signed_in")
    assert browser.sign_in("p-clerk").status_code == 200
    before = district.entries()
    assert code(browser.send("POST", path, JOBS, X_Form_Token=given)) == (403, "wrong_form_token")
    assert district.entries() == before


def test_every_step_of_signing_in_leaves_the_token_before_it_worth_nothing(district: District):
    """Fixation by halves: who planted or read the token of an earlier step has nothing after the next."""
    browser = signed_in(district)
    told = browser.send("GET", "/session").json()
    browser.send("POST", "/session/post", {"post": told["acting"]["post"]})
    path = f"/accounts/{told['account']}/password"
    browser.send("POST", path, {"old": PHRASE, "new": "另一句足够长的话也可以用"})
    assert len(browser.seen) == len(set(browser.seen)) == 3
    for token in browser.seen[:-1]:
        assert code(Browser(district, cookie=token).send("GET", "/session")) == (401, "not_signed_in")
    assert browser.send("GET", "/session").status_code == 200


def test_a_role_lowered_while_somebody_is_signed_in_counts_from_the_next_request(district: District):
    """The post is given anew with a smaller role: the session in the old one ends, the new one may less."""
    browser = signed_in(district)
    told = browser.send("GET", "/session").json()
    path = f"/accounts/{told['account']}/posts"
    assert browser.send("POST", f"{P}/jobs", JOBS).status_code == 201
    administrator = {"Authorization": f"Bearer {district.tokens['administrator']}"}
    lower = {"unit": "street-a", "post": "科员", "role": "reader"}
    assert district.post(path, lower, "administrator").status_code == 201
    assert district.client.delete(f"{path}/{told['acting']['post']}", headers=administrator).status_code == 204
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (401, "not_signed_in")
    assert browser.sign_in("p-clerk").json()["acting"]["role"] == "reader"
    assert code(browser.send("POST", f"{P}/jobs", JOBS | {"occurred_on": "2026-02-02"})) == (403, "not_permitted")


def test_a_project_handed_over_while_somebody_is_signed_in_is_theirs_no_longer(district: District):
    browser = signed_in(district)
    assert browser.send("GET", f"{P}/timeline").status_code in (200, 503)
    away = {"occurred_on": "2026-03-01", "from_unit": "street-a", "to_unit": "street-b"}
    district.recorded(f"{P}/transfers", away)
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (403, "not_permitted")
    assert code(browser.send("GET", f"{P}/timeline")) == (404, "not_found")


def test_a_stand_in_whose_time_is_over_is_refused_in_the_session_that_goes_on(district: District):
    browser = signed_in(district)
    path, document = "/people/p-reader/stand-ins", "AB岗〔2026〕1号"
    appoint = {"act": "appoint", "stand_in": "p-clerk", "occurred_on": "2026-01-01", "document": document}
    acting = JOBS | {"on_behalf_of": "p-reader", "under": document}
    assert code(browser.send("POST", f"{P}/jobs", acting)) == (403, "no_stand_in")
    district.recorded(path, appoint | {"until": "2026-02-01"})
    assert code(browser.send("POST", f"{P}/jobs", acting)) == (403, "no_stand_in"), "it ran out by itself"
    district.recorded(path, appoint | {"until": "2199-01-01", "occurred_on": "2026-02-02"})
    assert browser.send("POST", f"{P}/jobs", acting).status_code == 201
    district.recorded(path, {"act": "end", "stand_in": "p-clerk", "occurred_on": "2026-03-01"})
    again = acting | {"occurred_on": "2026-02-03"}
    assert code(browser.send("POST", f"{P}/jobs", again)) == (403, "no_stand_in"), "it was ended"
