"""Sessions in a browser: the cookie, and what proves that a page of ours asked, not somebody else's.

A bearer token is put there by a program and needs neither proof; a cookie is sent along by the browser, whoever made it ask.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from fastapi import Request, Response

from api.services import Services
from domain.errors import Refused
from store.sessions import Opened, Session, Waits

COOKIE = "__Host-session"
"""The prefix (RFC 6265bis §4.1.3.2) makes browsers take it from this host alone, over TLS or from this machine, for `/`."""
FORM_TOKEN = "X-Form-Token"  # noqa: S105  (a header's name)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSite(Refused):
    """This request was made by a page of another site; open this service's own page and try again."""

    zh = "此请求来自其他网站的页面，已拒绝；请从本系统页面操作。"
    sort = "forbidden"


class WrongFormToken(Refused):
    """The form is not of this session, or for something else (X-Form-Token); load the page again."""

    zh = "表单令牌（X-Form-Token）不属于本次登录或不是用于此操作的，请刷新页面后重试。"
    sort = "forbidden"


class CodeNeeded(Refused):
    """The code of your authenticator is needed first (POST /session/code)."""

    zh = "请先输入动态验证码（POST /session/code）。"
    sort = "forbidden"


class PasswordChangeNeeded(Refused):
    """The one-time password must be changed first (POST /accounts/{account}/password)."""

    zh = "请先修改一次性密码（POST /accounts/{account}/password）。"
    sort = "forbidden"


class AuthenticatorNeeded(Refused):
    """This role approves: set up an authenticator first (POST /accounts/{account}/totp)."""

    zh = "此角色有审批权，请先设置动态验证码（POST /accounts/{account}/totp）。"
    sort = "forbidden"


FIRST: dict[Waits, type[Refused]] = {"code": CodeNeeded, "password": PasswordChangeNeeded, "totp": AuthenticatorNeeded}


def brought(request: Request) -> str | None:
    """The session's token; it is looked for in the cookie alone."""
    return request.cookies.get(COOKIE)


def came(request: Request, services: Services) -> Session | None:
    """The session behind the cookie. Raises CrossSite, WrongFormToken where it asks for a change."""
    token = brought(request)
    session = services.signing_in.sessions.find(token) if token else None
    if session is not None:
        request.state.session = session  # whoever is refused below is told by name in the security log
    if token and session is not None and request.method not in SAFE:
        of_this_site(request, services.origin)
        given = request.headers.get(FORM_TOKEN, "")
        if not hmac.compare_digest(form_token(token, request.method, request.scope["path"]).encode(), given.encode()):
            raise WrongFormToken
    return session


def finished(session: Session, *but: Waits) -> Session:
    """Raises CodeNeeded, PasswordChangeNeeded, AuthenticatorNeeded: what is to be done first; `but`: this need not be."""
    if session.waits_for is not None and session.waits_for not in but:
        raise FIRST[session.waits_for]
    return session


def of_this_site(request: Request, declared: str | None, *, browser: bool = True) -> None:
    """Raises CrossSite unless Origin says that a page of ours asks; only what is no `browser` may be silent."""
    origin = request.headers.get("origin")
    if origin is None and not browser and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return
    if origin != origin_of(request, declared):
        raise CrossSite


def origin_of(request: Request, declared: str | None) -> str:
    """Where browsers find this service: as was declared, or else as they asked for it."""
    return declared or f"{request.url.scheme}://{request.headers.get('host', '')}"


def form_token(session: str, method: str, path: str) -> str:
    """For one purpose of one session: its key is the session's own token, so that it ends where the session is renewed."""
    purpose = f"form {method.upper()} {path}".encode("utf-8", "replace")
    return urlsafe_b64encode(hmac.digest(session.encode("utf-8", "replace"), purpose, sha256)).decode().rstrip("=")


def hand_over(response: Response, opened: Opened) -> None:
    """The cookie ends with the browser; how long it is good for, the service alone decides."""
    response.set_cookie(COOKIE, opened.token, path="/", secure=True, httponly=True, samesite="lax")
    response.headers["Cache-Control"] = "no-store"


def take_back(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    return request.client.host if request.client else "?"


def agent_of(request: Request) -> str:
    """What the browser says it is, without what no record can hold."""
    return "".join(c for c in request.headers.get("user-agent", "") if c.isascii() and c.isprintable())[:200]
