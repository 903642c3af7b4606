"""Making a token: whoever asks for it, the person and the unit behind it must be in the ledger."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.services import Services
from domain.command import Action
from domain.entry import Role
from domain.errors import Refused, UnknownPerson, UnknownUnit
from domain.personal import PersonalDataHere, numbers_in
from domain.values import Line, PersonRef, UnitCode
from store.accounts import Token

YEAR = 366
"""Days, unless more is asked for in so many words."""


class TooLong(Refused):
    """A token is good for 366 days at most, unless `longer` says that more is meant."""

    zh = "令牌有效期至多 366 天；确需更长请设 longer。"
    sort = "invalid"


class NewToken(BaseModel):
    """Whom the token stands for; person and unit must be in the ledger. `scopes`: the only actions it may be used for."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: PersonRef
    unit: UnitCode
    post: Line
    role: Annotated[Role, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=3_650)] = YEAR
    longer: bool = False
    scopes: Annotated[list[Annotated[Action, Field(strict=False)]], Field(min_length=1, max_length=len(Action))] | None = (
        None
    )


def make(services: Services, wanted: NewToken) -> tuple[str, Token]:
    """The token in clear, this once, and what is kept of it. Raises TooLong, and what `known` raises."""
    if wanted.days > YEAR and not wanted.longer:
        raise TooLong(pointer="/days")
    known(services, wanted.person, wanted.unit, wanted.post)
    scopes = None if wanted.scopes is None else sorted({action.value for action in wanted.scopes})
    return services.accounts.make(wanted.person, wanted.unit, wanted.post, wanted.role, wanted.days, scopes)


def told(token: Token) -> dict[str, Any]:
    """What the security log is told of a new one; what was typed as the post is none of its business."""
    return {
        "token": str(token.id),
        "person": token.person,
        "unit": token.unit,
        "role": token.role,
        "expires_at": token.expires_at and token.expires_at.isoformat(),
        "scopes": token.scopes,
    }


def known(services: Services, person: str, unit: str, post: str, place: str = "") -> None:
    """Raises UnknownPerson, UnknownUnit, PersonalDataHere; `place` is where unit and post stand in the body."""
    if numbers_in(post) or services.people.named_in(post):
        raise PersonalDataHere(pointer=f"{place}/post")
    found = services.ledger.records.histories([f"person:{person}", f"unit:{unit}"])
    if not found[f"person:{person}"].version:
        raise UnknownPerson(person, pointer="/person")
    if not found[f"unit:{unit}"].version:
        raise UnknownUnit(unit, pointer=f"{place}/unit")
