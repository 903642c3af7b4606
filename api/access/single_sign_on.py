"""OpenID Connect (Core 1.0) for a government's single sign-on: the code flow with PKCE (RFC 7636), state and nonce.

Whom the provider names is looked for among the accounts; none is ever made here.
"""

import logging
import secrets
import ssl
import time
from typing import Any, NamedTuple

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from store.settings import SignOnSettings
from store.sign_ons import Left, SignOnAway, SignOnRefused, SignOns

log = logging.getLogger("lifecycle.sign_on")
BACK = "/session/sign-on/return"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures that need the provider's own key: neither `none` nor one made with a shared secret."""
KEPT = 3_600.0
"""Seconds that the provider's description and keys are kept; keys are asked for again when one is missing."""
SKEW = 60
"""Seconds that the two clocks may differ."""


class Leaving(NamedTuple):
    """Where the browser goes, and what it takes along to be known again."""

    url: str
    browser: str


class SingleSignOn:
    def __init__(self, settings: SignOnSettings, left: SignOns) -> None:
        self._settings = settings
        self._left = left
        self._known: tuple[float, dict[str, Any], KeySet] | None = None
        self._trust = ssl.create_default_context(cafile=settings.ca_file)

    @property
    def issuer(self) -> str:
        return self._settings.issuer

    def leave(self, origin: str, address: str) -> Leaving:
        """Raises SignOnAway."""
        described, _ = self._provider()
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        left = Left(secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        with self._client(origin) as client:
            url, _ = client.create_authorization_url(
                described["authorization_endpoint"], state=state, nonce=left.nonce, code_verifier=left.verifier
            )
        self._left.remember(state, browser, left, address)
        return Leaving(str(url), browser)

    def back(self, origin: str, *, state: str, code: str, browser: str, issuer: str | None) -> str:
        """What the configured claim says of who came back. Raises SignOnRefused, SignOnAway."""
        left = self._left.take(state, browser)
        if left is None or issuer not in (None, self._settings.issuer):
            raise SignOnRefused
        described, keys = self._provider()
        try:
            with self._client(origin) as client:
                token = client.fetch_token(described["token_endpoint"], code=code, code_verifier=left.verifier)
        except OAuthError as refused:
            log.warning("the single sign-on refused the code: %s", refused.error)
            raise SignOnRefused from None
        except (httpx2.HTTPError, ValueError) as away:
            log.warning("the single sign-on does not answer: %s", type(away).__name__)
            raise SignOnAway from None
        claims = self._claims(str(token.get("id_token", "")), keys, left.nonce, str(token.get("access_token", "")))
        said = claims.get(self._settings.claim)
        if not isinstance(said, str) or not said:
            log.warning("the single sign-on says nothing of %s", self._settings.claim)
            raise SignOnRefused
        return said

    def _claims(self, id_token: str, keys: KeySet, nonce: str, access_token: str) -> dict[str, Any]:
        try:
            try:
                token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                token = jwt.decode(id_token, self._provider(anew=True)[1], algorithms=ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                },
                params={"nonce": nonce, "client_id": self._settings.client_id, "access_token": access_token},
            )
            claims.validate(leeway=SKEW)
        except (JoseError, ValueError) as wrong:
            log.warning("the single sign-on's token is refused: %s", type(wrong).__name__)
            raise SignOnRefused from None
        return dict(claims)

    def _provider(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Its description (OpenID Connect Discovery 1.0 §4) and its keys. Raises SignOnAway."""
        if self._known is not None and not anew and time.monotonic() < self._known[0]:
            return self._known[1:]
        try:
            with httpx2.Client(verify=self._trust, timeout=10, trust_env=False) as client:
                where = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
                described = client.get(where).raise_for_status().json()
                if described["issuer"] != self._settings.issuer:
                    log.error("the single sign-on calls itself %r, LIFECYCLE_OIDC_ISSUER another", described["issuer"])
                    raise SignOnAway
                if not {"authorization_endpoint", "token_endpoint"} <= set(described):
                    raise SignOnAway
                keys = KeySet.import_key_set(client.get(described["jwks_uri"]).raise_for_status().json())
        except (httpx2.HTTPError, JoseError, KeyError, TypeError, ValueError) as away:
            log.warning("the single sign-on does not answer: %s", type(away).__name__)
            raise SignOnAway from None
        self._known = (time.monotonic() + KEPT, described, keys)
        return described, keys

    def _client(self, origin: str) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._settings.client_id,
            client_secret=self._settings.client_secret,
            redirect_uri=origin + BACK,
            scope=self._settings.scope,
            code_challenge_method="S256",
            verify=self._trust,
            timeout=10,
            trust_env=False,
        )
