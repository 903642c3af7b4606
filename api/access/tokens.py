"""Making a token: whoever asks for it, the person and the unit behind it must be in the ledger."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.services import Services
from domain.entry import Role
from domain.errors import UnknownPerson, UnknownUnit
from domain.personal import PersonalDataHere, numbers_in
from domain.values import Line, PersonRef, UnitCode
from store.accounts import Token


class NewToken(BaseModel):
    """Whom the token stands for. Person and unit must be in the ledger."""

    model_config = ConfigDict(extra="forbid", strict=True)
    person: PersonRef
    unit: UnitCode
    post: Line
    role: Annotated[Role, Field(strict=False)]
    days: Annotated[int, Field(ge=1, le=3_650)] | None = None


def make(services: Services, wanted: NewToken) -> tuple[str, Token]:
    """The token in clear, this once, and what is kept of it. Raises UnknownPerson, UnknownUnit, PersonalDataHere."""
    if numbers_in(wanted.post) or services.people.named_in(wanted.post):
        raise PersonalDataHere(pointer="/post")
    found = services.ledger.records.histories([f"person:{wanted.person}", f"unit:{wanted.unit}"])
    if not found[f"person:{wanted.person}"].version:
        raise UnknownPerson(wanted.person, pointer="/person")
    if not found[f"unit:{wanted.unit}"].version:
        raise UnknownUnit(wanted.unit, pointer="/unit")
    return services.accounts.make(wanted.person, wanted.unit, wanted.post, wanted.role, wanted.days)
