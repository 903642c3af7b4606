"""Single sign-on against a real OpenID Connect provider on loopback: who comes back, and what is no answer of its own."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from oidc_provider_mock import User, run_server_in_thread

from api.access.sessions import COOKIE
from api.access.single_sign_on import SingleSignOn
from api.rest.sign_on import BROWSER
from store.settings import SignOnSettings
from store.sign_ons import SignOnRefused, SignOns
from tests.api.conftest import District
from tests.api.test_signing_in_api import Browser, account, code

CLAIM = "staff_number"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own, in a thread of this process


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [User(sub="s-1", claims={CLAIM: "10025"}), User(sub="s-2", claims={CLAIM: "10026"}), User(sub="s-3")]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def signing_on(district: District, issuer: str) -> District:
    """One account that the provider's claim opens."""
    posts = [{"unit": "office", "post": "科长", "role": "office"}]
    wanted = {"username": "office", "person": "p-office", "posts": posts, "subject": "10025", "password": False}
    assert district.post("/accounts", wanted, "administrator").status_code == 201
    settings = SignOnSettings(issuer, "ledger", "canary-of-the-client", CLAIM, f"openid {CLAIM}")
    district.services.single_sign_on = SingleSignOn(settings, SignOns(district.services.database.writing))
    return district


def left(district: District) -> tuple[str, str]:
    """The provider's page, and the cookie of the browser that was sent there."""
    answer = district.client.get("/session/sign-on", follow_redirects=False)
    assert answer.status_code == 303
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == BROWSER
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(rest.split("; "))
    return answer.headers["location"], rest.split(";")[0]


def agreed(page: str, sub: str) -> dict[str, str]:
    """What the provider answers once somebody has signed in there."""
    answer = httpx2.post(page, data={"sub": sub}, follow_redirects=False, trust_env=False)
    assert answer.status_code == 302, answer.text
    where = urlsplit(answer.headers["location"])
    assert where.path == "/session/sign-on/return"
    return {name: values[0] for name, values in parse_qs(where.query).items()}


def back(district: District, answer: dict[str, str], browser: str) -> Any:
    return district.client.get("/session/sign-on/return", params=answer, headers={"Cookie": f"{BROWSER}={browser}"})


def test_who_the_provider_names_is_signed_in_and_the_session_says_how(signing_on: District, issuer: str):
    page, browser = left(signing_on)
    asked = parse_qs(urlsplit(page).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert {"state", "nonce"} <= set(asked)
    assert asked["redirect_uri"] == ["http://testserver/session/sign-on/return"]
    answer = agreed(page, "s-1")
    came = back(signing_on, answer | {"authuser": "0", "session_state": "s" * 400}, browser)
    assert came.status_code == 200, f"what else a provider sends is ignored: {came.text}"
    assert (came.json()["signed_in"], came.json()["waits_for"]) == (f"oidc:{issuer}", None)
    cookies = {c.partition("=")[0]: c.partition("=")[2] for c in came.headers.get_list("set-cookie")}
    assert set(cookies) == {COOKIE, BROWSER}
    inside = Browser(signing_on, cookie=cookies[COOKIE].split(";")[0])
    signing = {"occurred_on": "2026-02-01", "count": 3}
    assert inside.send("POST", "/projects/XM-2026-001/jobs", signing).status_code == 201
    actor = signing_on.services.ledger.records.history("XM-2026-001").entries[-1].envelope.actor
    assert actor.signed_in == f"oidc:{issuer}"
    assert code(back(signing_on, answer, browser)) == (403, "sign_on_refused"), "an answer comes back once"


def test_no_account_is_made_for_whom_the_provider_knows(signing_on: District):
    account(signing_on, "p-clerk", "unit", "street-a")
    before = len(signing_on.services.holders.all())
    page, browser = left(signing_on)
    assert code(back(signing_on, agreed(page, "s-2"), browser)) == (403, "no_account")
    page, browser = left(signing_on)
    assert code(back(signing_on, agreed(page, "s-3"), browser)) == (403, "sign_on_refused"), "no such claim"
    assert len(signing_on.services.holders.all()) == before


def test_what_did_not_leave_from_this_browser_does_not_come_back(signing_on: District, issuer: str):
    page, browser = left(signing_on)
    answer = agreed(page, "s-1")
    _, other = left(signing_on)
    for wrong, whose in (
        (answer, other),
        (answer, ""),
        (answer | {"state": "forged"}, browser),
        ({"state": answer["state"]}, browser),
        (answer | {"error": "access_denied"}, browser),
    ):
        assert code(back(signing_on, wrong, whose)) == (403, "sign_on_refused")
    page, browser = left(signing_on)
    elsewhere = agreed(page, "s-1") | {"iss": "https://other.example"}
    assert code(back(signing_on, elsewhere, browser)) == (403, "sign_on_refused")
    page, browser = left(signing_on)
    stolen = agreed(left(signing_on)[0], "s-1")["code"]
    wrong_verifier = back(signing_on, agreed(page, "s-1") | {"code": stolen}, browser)
    assert code(wrong_verifier) == (403, "sign_on_refused"), "PKCE and the nonce: the code is another sign-in's"
    page, browser = left(signing_on)
    signing_on.connection.execute("SET ROLE lifecycle_service")
    signing_on.connection.execute("UPDATE district.sign_on SET made_at = made_at - interval '11 minutes'")
    signing_on.connection.execute("RESET ROLE")
    assert code(back(signing_on, agreed(page, "s-1"), browser)) == (403, "sign_on_refused"), "it took too long"


def test_a_token_that_is_forged_or_for_somebody_else_is_refused(signing_on: District, issuer: str):
    """Signed by another key, by a shared secret, unsigned, for another audience or issuer, old, or of another sign-in."""
    sign_on = signing_on.services.single_sign_on
    assert sign_on is not None
    _, keys = sign_on._provider()
    real, nonce = RSAKey.generate_key(2048), "n-1"
    keys.keys[:] = [real]
    claims: dict[str, Any] = {"iss": issuer, "aud": "ledger", "sub": "s-1", "exp": 2**40, "iat": 1, "nonce": nonce}
    header = {"alg": "RS256"}

    def token(key: Any = real, alg: str = "RS256", **other: Any) -> str:
        kept = {name: value for name, value in (claims | other).items() if value is not None}
        return jwt.encode(header | {"alg": alg}, kept, key, algorithms=[alg])

    assert sign_on._claims(token(), keys, nonce, "")["sub"] == "s-1"
    head, _, rest = token().partition(".")
    unsigned = "eyJhbGciOiJub25lIn0." + rest.partition(".")[0] + "."
    shared = OctKey.import_key("canary-of-the-client-long-enough-for-a-key")
    for wrong in (
        token(RSAKey.generate_key(2048)),
        token(shared, "HS256"),
        unsigned,
        head,
        "",
        token(aud="another"),
        token(aud=["ledger", "another"], azp="another"),
        token(iss="https://other.example"),
        token(exp=1),
        token(exp=None),
        token(nonce="n-2"),
        token(nonce=None),
    ):
        sign_on._known = (2**40, {}, keys)
        with pytest.raises(SignOnRefused):
            sign_on._claims(wrong, keys, nonce, "")


def test_a_provider_that_is_away_or_calls_itself_otherwise_is_told_of(signing_on: District, issuer: str, caplog: Any):
    for there in ("http://localhost:9", issuer + "/"):
        settings = SignOnSettings(there, "ledger", "canary-of-the-client", CLAIM)
        signing_on.services.single_sign_on = SingleSignOn(settings, SignOns(signing_on.services.database.writing))
        answer = signing_on.client.get("/session/sign-on", follow_redirects=False)
        assert code(answer) == (503, "sign_on_away")
        assert "canary-of-the-client" not in answer.text + caplog.text + repr(settings)
    signing_on.services.single_sign_on = None
    assert code(signing_on.client.get("/session/sign-on")) == (404, "not_found")
