"""Tokens: made by the administrator, each with a person, a unit and a post behind it; shown once."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.access.doors import Body, Running, asks, body_of, router
from api.access.noting import about, notes
from api.access.tokens import NewToken, make, told
from domain.command import Action
from domain.errors import NotFound
from store.accounts import Token

made: APIRouter = router(tags=["tokens"])


class TokenAnswer(BaseModel):
    id: UUID
    person: str
    unit: str
    post: str
    role: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str] | None

    @classmethod
    def of(cls, token: Token) -> "TokenAnswer":
        return cls(**vars(token))


class MadeToken(TokenAnswer):
    """`token` is shown this once; only its hash is kept."""

    token: str


class TokensAnswer(BaseModel):
    tokens: list[TokenAnswer]


@made.post(
    "/tokens",
    status_code=201,
    response_model=MadeToken,
    operation_id="make_token",
    openapi_extra=asks(Action.TOKENS) | notes("grant") | body_of("NewToken"),
)
def make_token(request: Request, services: Running, body: Body) -> MadeToken:
    """A new token for somebody."""
    clear, token = make(services, NewToken.model_validate_json(body))
    about(request, **told(token))
    return MadeToken(token=clear, **TokenAnswer.of(token).model_dump())


@made.get("/tokens", response_model=TokensAnswer, operation_id="list_tokens", openapi_extra=asks(Action.TOKENS))
def list_tokens(services: Running) -> TokensAnswer:
    """Every token but its secret."""
    return TokensAnswer(tokens=[TokenAnswer.of(t) for t in services.accounts.all()])


@made.delete(
    "/tokens/{token}", status_code=204, operation_id="revoke_token", openapi_extra=asks(Action.TOKENS) | notes("grant")
)
def revoke_token(services: Running, token: UUID) -> Response:
    """End a token at once."""
    if not services.accounts.revoke(token):
        raise NotFound(str(token))
    return Response(status_code=204)
