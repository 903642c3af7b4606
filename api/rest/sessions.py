"""Signing in and out, one's own sessions, and the post one acts in."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.access.doors import Body, Running, asks, body_of, router
from api.access.noting import about, notes
from api.access.sessions import address_of, agent_of, brought, finished, form_token, hand_over, of_this_site, take_back
from api.services import Services
from domain.command import Action
from domain.entry import Role
from domain.errors import NotFound
from domain.permissions import EVERY, allows
from store.sessions import Opened, Session, Waits

made: APIRouter = router(tags=["sessions"])
Secret = Annotated[SecretStr, Field(max_length=200)]
OWN = asks("session")
NEEDS = {
    "401": "wrong, or no session / 不符或未登录",
    "403": "not permitted / 无权办理",
    "422": "not acceptable / 不符合要求",
    "429": "wait, see Retry-After / 请稍候",
}


class SignIn(BaseModel):
    """User name and password; whether a code is wanted too, the answer says."""

    model_config = ConfigDict(extra="forbid", strict=True)
    username: Annotated[str, Field(max_length=200)]
    password: Secret


class GiveCode(BaseModel):
    """Six digits of the authenticator, or a recovery code; each is good for one sign-in."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: Secret


class ActIn(BaseModel):
    """One of the account's posts, by its id."""

    model_config = ConfigDict(extra="forbid", strict=True)
    post: Annotated[UUID, Field(strict=False)]


class PostAnswer(BaseModel):
    post: UUID
    unit: str
    title: str
    role: str


class SessionAnswer(BaseModel):
    """`waits_for`: what must be done before anything else; `posts`: those the account may act in."""

    session: UUID
    account: UUID
    username: str
    person: str
    acting: PostAnswer
    posts: list[PostAnswer]
    signed_in: str
    waits_for: Waits | None
    made_at: datetime
    ends_at: datetime


class OneSession(BaseModel):
    """`seen_at` is exact to a minute."""

    session: UUID
    account: UUID
    username: str
    unit: str
    role: str
    signed_in: str
    agent: str
    made_at: datetime
    seen_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, session: Session) -> "OneSession":
        return cls(session=session.id, signed_in=session.signed_in, **{n: getattr(session, n) for n in COPIED})


COPIED = ("account", "username", "unit", "role", "agent", "made_at", "seen_at", "ends_at")


class SessionsAnswer(BaseModel):
    sessions: list[OneSession]


class FormToken(BaseModel):
    """For X-Form-Token, with this method and path, in this session."""

    form_token: str


def session_of(request: Request) -> Session:
    return cast("Session", request.state.session)


def token_of(request: Request) -> str:
    return brought(request) or ""


def told(services: Services, session: Session) -> SessionAnswer:
    posts = [
        PostAnswer(post=p.id, unit=p.unit, title=p.post, role=p.role)
        for p in services.holders.posts(session.account)
        if p.ended_at is None
    ]
    return SessionAnswer(
        session=session.id,
        account=session.account,
        username=session.username,
        person=session.person,
        acting=PostAnswer(post=session.serving, unit=session.unit, title=session.post, role=session.role),
        posts=posts,
        signed_in=session.signed_in,
        waits_for=session.waits_for,
        made_at=session.made_at,
        ends_at=session.ends_at,
    )


def welcomed(services: Services, request: Request, response: Response, opened: Opened) -> SessionAnswer:
    """A new session: the one that the browser had ends."""
    before = services.signing_in.sessions.find(token_of(request))
    if before is not None and before.id != opened.session.id:
        services.signing_in.sessions.end(before.id)
    hand_over(response, opened)
    return entered(services, request, opened)


def entered(services: Services, request: Request, opened: Opened) -> SessionAnswer:
    """The same, and the security log is told how far in."""
    request.state.session = opened.session
    about(request, session=str(opened.session.id), waits_for=opened.session.waits_for)
    return told(services, opened.session)


@made.post(
    "/session",
    response_model=SessionAnswer,
    operation_id="sign_in",
    openapi_extra=asks("public") | notes("sign_in") | body_of("SignIn"),
)
def sign_in(request: Request, response: Response, services: Running, body: Body) -> SessionAnswer:
    """Sign in with a password."""
    of_this_site(request, services.origin, browser=False)
    given = SignIn.model_validate_json(body)
    opened = services.signing_in.with_password(
        given.username, given.password.get_secret_value(), address=address_of(request), agent=agent_of(request)
    )
    return welcomed(services, request, response, opened)


@made.post(
    "/session/code",
    response_model=SessionAnswer,
    operation_id="give_code",
    openapi_extra=OWN | notes("sign_in") | body_of("GiveCode"),
)
def give_code(request: Request, response: Response, services: Running, body: Body) -> SessionAnswer:
    """The second factor."""
    code = GiveCode.model_validate_json(body).code.get_secret_value()
    opened = services.signing_in.with_code(token_of(request), session_of(request), code, address=address_of(request))
    hand_over(response, opened)
    return entered(services, request, opened)


@made.post(
    "/session/post",
    response_model=SessionAnswer,
    operation_id="act_in",
    openapi_extra=OWN | notes("grant") | body_of("ActIn"),
)
def act_in(request: Request, response: Response, services: Running, body: Body) -> SessionAnswer:
    """Act in another of one's posts from now on."""
    session = finished(session_of(request), "totp")
    opened = services.signing_in.act_in(token_of(request), session, ActIn.model_validate_json(body).post)
    hand_over(response, opened)
    return entered(services, request, opened)


@made.get("/session", response_model=SessionAnswer, operation_id="session_now", openapi_extra=OWN)
def session_now(request: Request, services: Running) -> SessionAnswer:
    """Who is signed in, as what, and what is wanted next."""
    return told(services, session_of(request))


@made.get("/session/form", response_model=FormToken, operation_id="form_token", openapi_extra=OWN)
def form(
    request: Request,
    method: Annotated[Literal["POST", "PUT", "PATCH", "DELETE"], Query()],
    path: Annotated[str, Query(max_length=300, pattern="^/")],
) -> FormToken:
    """A form token for one method and path."""
    return FormToken(form_token=form_token(token_of(request), method, path))


@made.delete("/session", status_code=204, operation_id="sign_out", openapi_extra=OWN | notes("grant"))
def sign_out(request: Request, services: Running) -> Response:
    """Sign out."""
    services.signing_in.sessions.end(session_of(request).id)
    response = Response(status_code=204)
    take_back(response)
    return response


@made.get("/sessions", response_model=SessionsAnswer, operation_id="own_sessions", openapi_extra=OWN)
def own_sessions(request: Request, services: Running) -> SessionsAnswer:
    """One's own sessions that have not ended."""
    session = finished(session_of(request))
    return SessionsAnswer(sessions=[OneSession.of(s) for s in services.signing_in.sessions.of(session.account)])


@made.delete("/sessions/{session}", status_code=204, operation_id="end_session", openapi_extra=OWN | notes("grant"))
def end_session(request: Request, services: Running, session: UUID) -> Response:
    """End a session: one's own; the administrator anybody's."""
    own = finished(session_of(request))
    everybody = any(allows(Role(own.role), Action.TOKENS, relation) for relation in EVERY)
    found = {s.id for s in services.signing_in.sessions.of(None if everybody else own.account)}
    if session not in found or not services.signing_in.sessions.end(session):
        raise NotFound(str(session))
    return Response(status_code=204)
