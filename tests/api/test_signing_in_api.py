"""Signing in through a browser: what is let in, what is refused, and what nobody can make another's browser do."""

import logging
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyotp
import pytest
from argon2 import PasswordHasher
from httpx2 import Response

from api.access.sessions import COOKIE, form_token
from domain.entry import Role
from store import passwords
from tests.api.conftest import District, P

PHRASE = "山高水长 风物长宜放眼量"
ORIGIN = "http://testserver"
JOBS = {"occurred_on": "2026-02-01", "count": 3}


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "HASHER", quick)
    monkeypatch.setattr(passwords, "DECOY", quick.hash("nobody's"))


@dataclass
class Browser:
    """Keeps the cookie it was given, and sends what a page of ours would; `forged` replaces any of it."""

    district: District
    cookie: str | None = None
    seen: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, body: Any = None, **forged: str | None) -> Response:
        headers: dict[str, str | None] = {"Origin": ORIGIN, "X-Form-Token": form_token(self.cookie or "", method, path)}
        if self.cookie is not None:
            headers["Cookie"] = f"{COOKIE}={self.cookie}"
        headers |= {name.replace("_", "-"): value for name, value in forged.items()}
        kept = {name: value for name, value in headers.items() if value is not None}
        answer = self.district.client.request(method, path, json=body, headers=kept)
        if (told := answer.headers.get("set-cookie")) is not None:
            name, _, rest = told.partition("=")
            assert name == COOKIE
            assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(rest.split("; "))
            self.cookie = rest.split(";")[0].strip('"') or None
            self.seen.append(self.cookie or "")
        return answer

    def sign_in(self, username: str, password: str = PHRASE) -> Response:
        return self.send("POST", "/session", {"username": username, "password": password})


def account(district: District, ref: str, role: str, unit: str = "office") -> tuple[str, str]:
    """Made by the administrator: its id, and its one-time password."""
    posts = [{"unit": unit, "post": "科员", "role": role}]
    made = district.post("/accounts", {"username": ref, "person": ref, "posts": posts}, "administrator")
    assert made.status_code == 201, made.text
    return made.json()["account"], made.json()["one_time_password"]


def signed_in(district: District, ref: str = "p-clerk", role: str = "unit", unit: str = "street-a") -> Browser:
    """Somebody with a password of their own."""
    account(district, ref, role, unit)
    assert district.services.signing_in.set_password(ref, PHRASE)
    browser = Browser(district)
    assert browser.sign_in(ref).status_code == 200
    return browser


def code(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_from_the_one_time_password_to_an_approval_that_says_how_its_author_signed_in(district: District):
    made, once = account(district, "p-office", "office")
    browser = Browser(district)
    assert code(browser.sign_in("p-office", "wrong password")) == (401, "wrong_password")
    told = browser.sign_in(" P-Office", once).json()
    assert (told["waits_for"], told["account"], told["acting"]["role"]) == ("password", made, "office")
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (403, "password_change_needed")
    assert code(browser.send("GET", "/sessions")) == (403, "password_change_needed")
    refused = browser.send("POST", f"/accounts/{made}/password", {"old": once, "new": "password1234"})
    assert code(refused) == (422, "password_too_common")
    assert refused.json()["errors"][0]["pointer"] == "/new"
    changed = browser.send("POST", f"/accounts/{made}/password", {"old": once, "new": PHRASE})
    assert changed.json()["waits_for"] == "totp"
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (403, "authenticator_needed")
    uri = browser.send("POST", f"/accounts/{made}/totp", {}).json()["uri"]
    totp = pyotp.parse_uri(uri)
    assert isinstance(totp, pyotp.TOTP)
    assert code(browser.send("POST", f"/accounts/{made}/totp", {"code": "000000"})) == (401, "wrong_code")
    used = totp.now()
    confirmed = browser.send("POST", f"/accounts/{made}/totp", {"code": used}).json()
    assert confirmed["session"]["waits_for"] is None
    assert len(set(browser.seen)) == len(browser.seen) == 3
    recorded = browser.send("POST", f"{P}/jobs", JOBS)
    assert recorded.status_code == 201
    actor = district.services.ledger.records.history("XM-2026-001").entries[-1].envelope.actor
    assert (actor.person, actor.role, actor.signed_in) == ("p-office", "office", "password+totp")
    again = Browser(district)
    assert again.sign_in("p-office").json()["waits_for"] == "code"
    assert code(again.send("POST", f"{P}/jobs", JOBS)) == (403, "code_needed")
    assert code(again.send("POST", "/session/code", {"code": used})) == (401, "wrong_code")
    recovered = again.send("POST", "/session/code", {"code": confirmed["recovery_codes"][0]})
    assert (recovered.json()["waits_for"], recovered.json()["signed_in"]) == (None, "password+recovery")


def test_a_session_is_never_one_that_the_browser_brought(district: District):
    """Session fixation: what an attacker planted is worth nothing before and after the victim signs in."""
    signed_in(district)
    planted = "lcs_" + "A" * 43
    victim = Browser(district, cookie=planted)
    assert victim.sign_in("p-clerk").status_code == 200
    assert victim.cookie != planted
    assert code(Browser(district, cookie=planted).send("GET", "/session")) == (401, "not_signed_in")
    before = victim.cookie
    assert victim.sign_in("p-clerk").status_code == 200
    assert code(Browser(district, cookie=before).send("GET", "/session")) == (401, "not_signed_in")


def test_a_page_of_another_site_can_change_nothing(district: District):
    browser = signed_in(district)
    before = district.entries()
    for origin in ("https://evil.example", "null", "https://testserver", "http://testserver.evil.example", None):
        assert code(browser.send("POST", f"{P}/jobs", JOBS, Origin=origin)) == (403, "cross_site"), origin
    assert code(browser.send("DELETE", "/session", Origin="https://evil.example")) == (403, "cross_site")
    assert district.entries() == before
    signing_in = {"username": "p-clerk", "password": PHRASE}
    assert code(browser.send("POST", "/session", signing_in, Origin="https://evil.example")) == (403, "cross_site")
    silent = browser.send("POST", "/session", signing_in, Origin=None, Sec_Fetch_Site="cross-site")
    assert code(silent) == (403, "cross_site")
    assert browser.send("POST", f"{P}/jobs", JOBS).status_code == 201


def test_a_form_token_serves_one_purpose_of_one_session_until_it_is_renewed(district: District):
    browser = signed_in(district)
    path = f"{P}/jobs"
    given = browser.send("GET", f"/session/form?method=POST&path={path}").json()["form_token"]
    other = Browser(district)
    other.sign_in("p-clerk")
    before = district.entries()
    for wrong in ("", "x", form_token(other.cookie or "", "POST", path)):
        assert code(browser.send("POST", path, JOBS, X_Form_Token=wrong)) == (403, "wrong_form_token")
    assert code(other.send("POST", path, JOBS, X_Form_Token=given)) == (403, "wrong_form_token")
    assert code(browser.send("POST", f"{P}/funds", JOBS, X_Form_Token=given)) == (403, "wrong_form_token")
    assert code(browser.send("DELETE", "/session", X_Form_Token=given)) == (403, "wrong_form_token")
    assert district.entries() == before
    assert browser.send("POST", path, JOBS, X_Form_Token=given).status_code == 201
    post = browser.send("GET", "/session").json()["acting"]["post"]
    assert browser.send("POST", "/session/post", {"post": post}).status_code == 200
    replayed = browser.send("POST", path, JOBS | {"occurred_on": "2026-02-02"}, X_Form_Token=given)
    assert code(replayed) == (403, "wrong_form_token")


def test_no_token_is_read_from_an_address(district: District):
    browser = signed_in(district)
    for name in ("token", "access_token", "session", COOKIE):
        for secret in (browser.cookie, district.tokens["office"]):
            answer = district.client.get(f"/projects?{name}={secret}")
            assert answer.status_code == 401
            answer = district.get(f"/projects?{name}={secret}")
            assert code(answer) == (422, "unknown_parameter")
            assert str(secret) not in answer.text


def test_a_bearer_token_needs_no_form_and_a_cookie_beside_it_counts_for_nothing(district: District):
    browser = signed_in(district)
    bearer = {"Authorization": f"Bearer {district.tokens['clerk']}", "Origin": "https://evil.example"}
    assert browser.send("POST", f"{P}/jobs", JOBS, X_Form_Token=None, **bearer).status_code == 201
    assert code(browser.send("GET", "/projects", Authorization="Bearer wrong")) == (401, "not_signed_in")


def test_a_post_taken_away_ends_the_session_in_it_at_once(district: District):
    """Downgraded in the middle: the role is looked up with every request."""
    browser = signed_in(district)
    told = browser.send("GET", "/session").json()
    post = {"unit": "office", "post": "阅览", "role": "reader"}
    path = f"/accounts/{told['account']}/posts"
    added = district.post(path, post, "administrator").json()["posts"][-1]["post"]
    assert browser.send("POST", "/session/post", {"post": added}).json()["acting"]["role"] == "reader"
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (403, "not_permitted")
    assert browser.send("POST", "/session/post", {"post": told["acting"]["post"]}).status_code == 200
    headers = {"Authorization": f"Bearer {district.tokens['administrator']}"}
    assert district.client.delete(f"{path}/{told['acting']['post']}", headers=headers).status_code == 204
    assert district.client.delete(f"{path}/{told['acting']['post']}", headers=headers).status_code == 404
    assert code(browser.send("POST", f"{P}/jobs", JOBS)) == (401, "not_signed_in")
    assert browser.sign_in("p-clerk").json()["acting"]["role"] == "reader"
    foreign = browser.send("POST", "/session/post", {"post": told["acting"]["post"]})
    assert code(foreign) == (422, "not_your_post")


def test_sessions_are_listed_and_ended_by_their_owner_and_by_the_administrator(district: District):
    one = signed_in(district)
    two = Browser(district)
    two.sign_in("p-clerk")
    other = signed_in(district, "p-reader", "reader", "office")
    listed = one.send("GET", "/sessions").json()["sessions"]
    assert [s["username"] for s in listed] == ["p-clerk", "p-clerk"]
    assert not any(str(b.cookie) in str(listed) for b in (one, two))
    ids = [b.send("GET", "/session").json()["session"] for b in (one, two, other)]
    assert code(one.send("DELETE", f"/sessions/{ids[2]}")) == (404, "not_found")
    assert one.send("DELETE", f"/sessions/{ids[1]}").status_code == 204
    assert code(two.send("GET", "/session")) == (401, "not_signed_in")
    account_of = other.send("GET", "/session").json()["account"]
    seen = district.get(f"/accounts/{account_of}/sessions", "administrator").json()["sessions"]
    assert [s["session"] for s in seen] == [ids[2]]
    headers = {"Authorization": f"Bearer {district.tokens['administrator']}"}
    assert district.client.delete(f"/accounts/{account_of}/sessions/{ids[2]}", headers=headers).status_code == 204
    assert code(other.send("GET", "/session")) == (401, "not_signed_in")
    assert one.send("DELETE", "/session").status_code == 204
    assert one.cookie is None


def test_nobody_reaches_anothers_account(district: District):
    browser = signed_in(district)
    theirs, _ = account(district, "p-reader", "reader")
    change = {"old": PHRASE, "new": "另一句足够长的话也可以用"}
    assert code(browser.send("POST", f"/accounts/{theirs}/password", change)) == (404, "not_found")
    assert code(browser.send("POST", f"/accounts/{theirs}/totp", {})) == (404, "not_found")
    assert code(browser.send("POST", f"/accounts/{theirs}/closing", {})) == (403, "not_permitted")
    assert code(browser.send("GET", "/accounts")) == (403, "not_permitted")
    assert code(district.get("/session", "administrator")) == (401, "not_signed_in")


def test_an_account_is_reset_and_closed_and_its_person_stays_known(district: District):
    browser = signed_in(district)
    made = browser.send("GET", "/session").json()["account"]
    once = district.post(f"/accounts/{made}/resets", {"totp": True}, "administrator").json()["one_time_password"]
    assert code(browser.send("GET", "/session")) == (401, "not_signed_in")
    assert browser.sign_in("p-clerk", once).json()["waits_for"] == "password"
    token, _ = district.services.accounts.make("p-clerk", "street-a", "接口", Role.SERVICE)
    district.tokens["service"] = token
    assert district.get("/projects", "service").status_code == 200
    closed = district.post(f"/accounts/{made}/closing", {}, "administrator").json()
    assert closed["closed_at"] is not None
    assert [code(district.get("/projects", who)) for who in ("service", "clerk")] == [(401, "not_signed_in")] * 2
    assert district.get("/projects", "reader").status_code == 200, "nobody else's token ends"
    assert code(browser.send("GET", "/session")) == (401, "not_signed_in")
    assert code(browser.sign_in("p-clerk", once)) == (401, "wrong_password")
    listed = district.get("/accounts", "administrator").json()["accounts"]
    assert [a["person"] for a in listed] == ["p-clerk"]
    missing = "00000000-0000-0000-0000-000000000000"
    for noun, body in (("closing", {}), ("resets", {}), ("posts", {"unit": "office", "post": "x", "role": "unit"})):
        assert code(district.post(f"/accounts/{missing}/{noun}", body, "administrator")) == (404, "not_found")


def test_an_account_needs_a_person_and_units_of_the_ledger(district: District):
    wanted = {"username": "who", "person": "p-nobody", "posts": [{"unit": "office", "post": "科员", "role": "unit"}]}
    answer = district.post("/accounts", wanted, "administrator")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/person")
    posts = [*wanted["posts"], {"unit": "nowhere", "post": "科员", "role": "unit"}]
    answer = district.post("/accounts", wanted | {"person": "p-clerk", "posts": posts}, "administrator")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/posts/1/unit")
    account(district, "p-clerk", "unit")
    again = district.post("/accounts", wanted | {"person": "p-clerk"}, "administrator")
    assert code(again) == (409, "has_an_account")


def test_who_has_to_wait_is_told_how_long(district: District):
    browser = signed_in(district)
    district.connection.execute("SET ROLE lifecycle_service")
    browser.sign_in("p-clerk", "wrong password")
    district.connection.execute("UPDATE district.sign_in_delay SET heat = 9 WHERE key LIKE 'account:%'")
    district.connection.execute("RESET ROLE")
    answer = browser.sign_in("p-clerk")
    assert code(answer) == (429, "try_later")
    assert 25 < int(answer.headers["retry-after"]) <= 32


def test_erasing_a_person_erases_their_account_too(district: District, database: str):
    browser = signed_in(district)
    erasing = {"occurred_on": "2026-06-01", "ground": "本人依法请求删除", "document": "〔2026〕33号"}
    district.recorded("/people/p-clerk/erasures", erasing)
    with psycopg.connect(database) as connection:
        kept = connection.execute("SELECT a.username, a.password, p.post FROM district.account a, district.account_post p")
        [(username, password, post)] = kept.fetchall()
    assert username.startswith("erased-")
    assert (password, post) == (None, "已依法删除")
    assert code(district.get("/projects", "clerk")) == (401, "not_signed_in"), "their tokens end too"
    assert district.get("/projects", "reader").status_code == 200
    assert code(browser.send("GET", "/session")) == (401, "not_signed_in")
    assert code(browser.sign_in("p-clerk")) == (401, "wrong_password")


def test_a_token_is_good_for_its_scopes_only_and_for_a_year_unless_more_is_said(district: District):
    wanted = {"person": "p-clerk", "unit": "street-a", "post": "接口", "role": "unit", "scopes": ["figures", "record"]}
    made = district.post("/tokens", wanted, "administrator").json()
    assert made["scopes"] == ["figures", "record"]
    assert made["expires_at"] is not None
    district.tokens["service"] = made["token"]
    assert district.get("/projects", "service").status_code == 200
    assert district.post(f"{P}/jobs", JOBS, "service").status_code == 201
    correction = {"target": 4, "reads": {"kind": "jobs_held", **JOBS}, "reason": "试"}
    assert code(district.post(f"{P}/corrections", correction, "service")) == (403, "not_permitted")
    batch = {"commands": [{"stream": "XM-2026-001", "noun": "corrections", "command": correction}]}
    assert code(district.post("/batches", batch, "service")) == (403, "not_permitted")
    assert code(district.post("/tokens", wanted | {"days": 367}, "administrator")) == (422, "too_long")
    assert district.post("/tokens", wanted | {"days": 367, "longer": True}, "administrator").status_code == 201
    assert district.post("/tokens", wanted | {"scopes": []}, "administrator").status_code == 422
    assert district.post("/tokens", wanted | {"scopes": ["everything"]}, "administrator").status_code == 422


def test_no_secret_reaches_a_log_or_an_error(district: District, caplog: pytest.LogCaptureFixture):
    """Canaries: whatever is wrong with it, what was sent as a secret comes back nowhere."""
    caplog.set_level(logging.DEBUG)
    canary = "canary-7f3a-堂堂正正"
    browser = signed_in(district)
    made = browser.send("GET", "/session").json()["account"]
    answers = [
        browser.sign_in(canary, canary),
        browser.sign_in("p-clerk", canary),
        browser.send("POST", "/session", {"username": "p-clerk", "password": [canary]}),
        browser.send("POST", "/session", {"username": "p-clerk", "password": canary * 40}),
        browser.send("POST", "/session", {"username": "p-clerk", "password": PHRASE, canary: 1}),
        browser.send("POST", f"/accounts/{made}/password", {"old": canary, "new": canary}),
        browser.send("POST", f"/accounts/{made}/password", {"old": PHRASE, "new": canary[:9]}),
        browser.send("POST", "/session/code", {"code": canary}),
        browser.send("POST", f"/accounts/{made}/totp", {"code": canary}),
        browser.send("GET", "/projects", Authorization="Bearer canary-7f3a"),
        browser.send("GET", "/projects", Cookie=f"{COOKIE}=canary-7f3a"),
        browser.send("POST", f"{P}/jobs", JOBS, X_Form_Token="canary-7f3a"),
    ]
    assert [a.status_code for a in answers if a.is_success or a.status_code >= 500] == []
    said = caplog.text + "".join(a.text for a in answers[:4] + answers[5:])
    assert "canary-7f3a" not in said
    assert browser.cookie
    assert browser.cookie not in said
    assert PHRASE not in said
