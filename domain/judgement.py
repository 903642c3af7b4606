"""What is said about a fact or a proposal, by its entry number: a closed set (DESIGN §3.2, §3.3)."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from domain.fact import KINDS, Fact
from domain.values import EntryNumber, Frozen, Prose


def revive(value: Any) -> Any:
    """The whole fact from its stored form, by the kind it names."""
    if isinstance(value, dict):
        kind = KINDS.get(str(value.get("kind")))
        if kind is None:
            raise ValueError(f"`kind` must be one of {', '.join(sorted(KINDS))} / kind 须为所列事实种类之一")
        return kind.model_validate_json(_json({k: v for k, v in value.items() if k != "kind"}))
    return value


def _json(value: Any) -> bytes:
    from pydantic_core import to_json

    return to_json(value)


WholeFact = Annotated[
    Fact,
    BeforeValidator(revive),
    PlainSerializer(lambda fact: {"kind": fact.kind.topic} | fact.model_dump(mode="json", exclude_none=True)),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "occurred_on": {"type": "string", "format": "date"}},
            "required": ["kind", "occurred_on"],
            "additionalProperties": True,
        }
    ),
]
"""A fact written with its kind: pydantic alone would dump it by its declared type and drop the amount."""


class Judgement(Frozen):
    """Base of the closed set; in force from its own position, whatever dates it carries."""

    topic: ClassVar[str]


class CorrectionProposed(Judgement):
    """更正（待批）: the whole fact as it shall read, and the version it replaces."""

    topic = "correction_proposed"
    target: EntryNumber
    replaces: EntryNumber
    reads: WholeFact
    reason: Prose


class AnnulmentProposed(Judgement):
    """作废（待批）: the fact shall count as never recorded."""

    topic = "annulment_proposed"
    target: EntryNumber
    reason: Prose


class ReinstatementProposed(Judgement):
    """恢复（待批）: an annulled fact shall count again."""

    topic = "reinstatement_proposed"
    target: EntryNumber
    reason: Prose


class Approved(Judgement):
    """批准: the proposal takes effect at the position of this entry."""

    topic = "approved"
    proposal: EntryNumber
    note: Prose | None = None


class Declined(Judgement):
    """不予批准: the proposal never takes effect."""

    topic = "declined"
    proposal: EntryNumber
    reason: Prose


AnyJudgement = CorrectionProposed | AnnulmentProposed | ReinstatementProposed | Approved | Declined
Proposal = CorrectionProposed | AnnulmentProposed | ReinstatementProposed
PROPOSALS = (CorrectionProposed, AnnulmentProposed, ReinstatementProposed)
JUDGEMENTS: dict[str, type[AnyJudgement]] = {
    j.topic: j for j in (CorrectionProposed, AnnulmentProposed, ReinstatementProposed, Approved, Declined)
}
