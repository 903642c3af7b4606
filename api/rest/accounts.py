"""Accounts: made, given posts, reset and closed by the administrator; password and authenticator are their owner's."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access.doors import Body, Running, asks, body_of, router
from api.access.noting import about, notes
from api.access.sessions import address_of, finished, hand_over
from api.access.tokens import known
from api.rest.sessions import (
    OWN,
    OneSession,
    PostAnswer,
    Secret,
    SessionAnswer,
    SessionsAnswer,
    session_of,
    token_of,
    told,
)
from domain.command import Action
from domain.entry import Role
from domain.errors import NotFound
from domain.values import Line, PersonRef, UnitCode
from store.holders import Account, Post, Serving
from store.sessions import Session

made: APIRouter = router(tags=["accounts"])
KEEPS = asks(Action.TOKENS)
GRANTS = notes("grant")


class ActsIn(BaseModel):
    """A post that an account may act in. The unit must be in the ledger."""

    model_config = ConfigDict(extra="forbid", strict=True)
    unit: UnitCode
    post: Line
    role: Annotated[Role, Field(strict=False)]

    def serving(self) -> Serving:
        return Serving(self.unit, self.post, self.role)


class NewPost(ActsIn):
    """One more post for an account to act in."""


class NewAccount(BaseModel):
    """`subject`: what the single sign-on says of this person; `password`: false where only that opens the account."""

    model_config = ConfigDict(extra="forbid", strict=True)
    username: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,31}$")]
    person: PersonRef
    posts: Annotated[list[ActsIn], Field(min_length=1, max_length=20)]
    subject: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    password: bool = True


class ChangePassword(BaseModel):
    """At least 12 characters of any script; what anybody would try first is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)
    old: Secret
    new: Secret


class SetUpTotp(BaseModel):
    """Without a code a new key is shown; with a code of that key it counts from now on."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: Secret | None = None


class ResetAccount(BaseModel):
    """A new one-time password; `totp`: the authenticator is lost too."""

    model_config = ConfigDict(extra="forbid", strict=True)
    totp: bool = False


class CloseAccount(BaseModel):
    """Nothing opens it any more; nothing of it is deleted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PostHeld(PostAnswer):
    ended_at: datetime | None


class AccountAnswer(BaseModel):
    account: UUID
    username: str
    person: str
    subject: str | None
    has_password: bool
    must_change: bool
    has_totp: bool
    made_at: datetime
    closed_at: datetime | None
    posts: list[PostHeld]

    @classmethod
    def of(cls, account: Account, posts: list[Post]) -> "AccountAnswer":
        own = [
            PostHeld(post=p.id, unit=p.unit, title=p.post, role=p.role, ended_at=p.ended_at)
            for p in posts
            if p.account == account.id
        ]
        return cls(account=account.id, posts=own, **{n: v for n, v in vars(account).items() if n != "id"})


class MadeAccount(AccountAnswer):
    """`one_time_password` is shown this once, is good for a week, and opens nothing but its own change."""

    one_time_password: str | None


class AccountsAnswer(BaseModel):
    accounts: list[AccountAnswer]


class TotpAnswer(BaseModel):
    """`uri` is for the authenticator; `recovery_codes` are shown this once, each good for one sign-in."""

    uri: str | None
    recovery_codes: list[str]
    session: SessionAnswer


def owned(request: Request, account: UUID) -> Session:
    """Raises NotFound for anybody's but one's own."""
    session = session_of(request)
    if session.account != account:
        raise NotFound(str(account))
    return session


def served(post: ActsIn) -> dict[str, str]:
    """What the security log is told of a post; how it is called is none of its business."""
    return {"unit": post.unit, "role": post.role.value}


def found(services: Running, account: UUID) -> AccountAnswer:
    kept = services.holders.get(account)
    if kept is None:
        raise NotFound(str(account))
    return AccountAnswer.of(kept, services.holders.posts(account))


@made.post(
    "/accounts",
    status_code=201,
    response_model=MadeAccount,
    operation_id="make_account",
    openapi_extra=KEEPS | GRANTS | body_of("NewAccount"),
)
def make_account(request: Request, response: Response, services: Running, body: Body) -> MadeAccount:
    """An account for a person of the ledger."""
    wanted = NewAccount.model_validate_json(body)
    for number, post in enumerate(wanted.posts):
        known(services, wanted.person, post.unit, post.post, f"/posts/{number}")
    posts = [post.serving() for post in wanted.posts]
    account, clear = services.holders.make(wanted.username, wanted.person, posts, wanted.subject, password=wanted.password)
    about(request, account=str(account), person=wanted.person, posts=[served(post) for post in wanted.posts])
    response.headers["Cache-Control"] = "no-store"
    return MadeAccount(one_time_password=clear, **found(services, account).model_dump())


@made.get("/accounts", response_model=AccountsAnswer, operation_id="list_accounts", openapi_extra=KEEPS)
def list_accounts(services: Running) -> AccountsAnswer:
    """Every account, the closed ones too."""
    posts = services.holders.posts()
    return AccountsAnswer(accounts=[AccountAnswer.of(a, posts) for a in services.holders.all()])


@made.post(
    "/accounts/{account}/password",
    response_model=SessionAnswer,
    operation_id="change_password",
    openapi_extra=OWN | GRANTS | body_of("ChangePassword"),
)
def change_password(request: Request, response: Response, services: Running, account: UUID, body: Body) -> SessionAnswer:
    """One's own password; every other session of the account ends."""
    session = finished(owned(request, account), "password", "totp")
    given = ChangePassword.model_validate_json(body)
    opened = services.signing_in.change_password(
        token_of(request),
        session,
        given.old.get_secret_value(),
        given.new.get_secret_value(),
        address=address_of(request),
    )
    hand_over(response, opened)
    return told(services, opened.session)


@made.post(
    "/accounts/{account}/totp",
    response_model=TotpAnswer,
    operation_id="set_up_totp",
    openapi_extra=OWN | GRANTS | body_of("SetUpTotp"),
)
def set_up_totp(request: Request, response: Response, services: Running, account: UUID, body: Body) -> TotpAnswer:
    """One's own authenticator: first a key, then a code of it."""
    session = finished(owned(request, account), "totp")
    code = SetUpTotp.model_validate_json(body).code
    response.headers["Cache-Control"] = "no-store"
    about(request, confirmed=code is not None)
    if code is None:
        return TotpAnswer(uri=services.signing_in.begin_totp(session), recovery_codes=[], session=told(services, session))
    codes, opened = services.signing_in.confirm_totp(
        token_of(request), session, code.get_secret_value(), address=address_of(request)
    )
    hand_over(response, opened)
    return TotpAnswer(uri=None, recovery_codes=codes, session=told(services, opened.session))


@made.post(
    "/accounts/{account}/resets",
    response_model=MadeAccount,
    operation_id="reset_account",
    openapi_extra=KEEPS | GRANTS | body_of("ResetAccount"),
)
def reset_account(request: Request, response: Response, services: Running, account: UUID, body: Body) -> MadeAccount:
    """A new one-time password for somebody who has lost theirs; their sessions end."""
    totp = ResetAccount.model_validate_json(body).totp
    about(request, totp=totp)
    clear = services.holders.reset(account, totp=totp)
    if clear is None:
        raise NotFound(str(account))
    response.headers["Cache-Control"] = "no-store"
    return MadeAccount(one_time_password=clear, **found(services, account).model_dump())


@made.post(
    "/accounts/{account}/closing",
    response_model=AccountAnswer,
    operation_id="close_account",
    openapi_extra=KEEPS | GRANTS | body_of("CloseAccount"),
)
def close_account(services: Running, account: UUID, body: Body) -> AccountAnswer:
    """Close an account; its sessions end at once, and so do its person's tokens."""
    CloseAccount.model_validate_json(body)
    services.holders.close(account)
    return found(services, account)


@made.post(
    "/accounts/{account}/posts",
    status_code=201,
    response_model=AccountAnswer,
    operation_id="add_post",
    openapi_extra=KEEPS | GRANTS | body_of("NewPost"),
)
def add_post(request: Request, services: Running, account: UUID, body: Body) -> AccountAnswer:
    """One more post for an account to act in."""
    wanted = NewPost.model_validate_json(body)
    known(services, found(services, account).person, wanted.unit, wanted.post)
    about(request, post=str(services.holders.serve(account, wanted.serving())), **served(wanted))
    return found(services, account)


@made.delete("/accounts/{account}/posts/{post}", status_code=204, operation_id="end_post", openapi_extra=KEEPS | GRANTS)
def end_post(services: Running, account: UUID, post: UUID) -> Response:
    """The account acts in this post no more; sessions in it end at once."""
    if not services.holders.leave(account, post):
        raise NotFound(str(post))
    return Response(status_code=204)


@made.get(
    "/accounts/{account}/sessions", response_model=SessionsAnswer, operation_id="account_sessions", openapi_extra=KEEPS
)
def account_sessions(services: Running, account: UUID) -> SessionsAnswer:
    """The sessions of somebody's account that have not ended."""
    return SessionsAnswer(sessions=[OneSession.of(s) for s in services.signing_in.sessions.of(account)])


@made.delete(
    "/accounts/{account}/sessions/{session}",
    status_code=204,
    operation_id="end_account_session",
    openapi_extra=KEEPS | GRANTS,
)
def end_account_session(services: Running, account: UUID, session: UUID) -> Response:
    """End a session of somebody's account."""
    held = {s.id for s in services.signing_in.sessions.of(account)}
    if session not in held or not services.signing_in.sessions.end(session):
        raise NotFound(str(session))
    return Response(status_code=204)
