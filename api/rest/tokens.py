"""Tokens: made by the administrator, each with a person, a unit and a post behind it; shown once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api.access.doors import Body, Running, asks, router
from api.services import Services
from domain.command import Action
from domain.entry import Role
from domain.errors import NotFound, UnknownPerson, UnknownUnit
from domain.values import Line, PersonRef, UnitCode
from store.accounts import Token

made: APIRouter = router(tags=["tokens"])


class NewToken(BaseModel):
    """Whom the token stands for. Person and unit must be in the ledger."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: PersonRef
    unit: UnitCode
    post: Line
    role: Annotated[Role, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=3_650)] | None = None


class TokenAnswer(BaseModel):
    id: UUID
    person: str
    unit: str
    post: str
    role: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> "TokenAnswer":
        return cls(**vars(token))


class MadeToken(TokenAnswer):
    """`token` is shown this once; only its hash is kept."""

    token: str


class TokensAnswer(BaseModel):
    tokens: list[TokenAnswer]


NEW: TypeAdapter[NewToken] = TypeAdapter(NewToken)
SCHEMA = {"schema": {"$ref": "#/components/schemas/NewToken"}}
BODY = {"requestBody": {"required": True, "content": {"application/json": SCHEMA}}}


def make(services: Services, wanted: NewToken) -> MadeToken:
    """Raises UnknownPerson, UnknownUnit."""
    found = services.ledger.records.histories([f"person:{wanted.person}", f"unit:{wanted.unit}"])
    if not found[f"person:{wanted.person}"].version:
        raise UnknownPerson(wanted.person, pointer="/person")
    if not found[f"unit:{wanted.unit}"].version:
        raise UnknownUnit(wanted.unit, pointer="/unit")
    clear, token = services.accounts.make(wanted.person, wanted.unit, wanted.post, wanted.role, wanted.days)
    return MadeToken(token=clear, **TokenAnswer.of(token).model_dump())


@made.post(
    "/tokens",
    status_code=201,
    response_model=MadeToken,
    operation_id="make_token",
    openapi_extra=asks(Action.TOKENS) | BODY,
)
def make_token(services: Running, body: Body) -> MadeToken:
    """A new token for somebody."""
    return make(services, NewToken.model_validate_json(body))


@made.get("/tokens", response_model=TokensAnswer, operation_id="list_tokens", openapi_extra=asks(Action.TOKENS))
def list_tokens(services: Running) -> TokensAnswer:
    """Every token but its secret."""
    return TokensAnswer(tokens=[TokenAnswer.of(t) for t in services.accounts.all()])


@made.delete("/tokens/{token}", status_code=204, operation_id="revoke_token", openapi_extra=asks(Action.TOKENS))
def revoke_token(services: Running, token: UUID) -> Response:
    """End a token at once."""
    if not services.accounts.revoke(token):
        raise NotFound(str(token))
    return Response(status_code=204)
