"""What is said about a fact or a proposal, by its entry number: a closed set (DESIGN §3.2, §3.3)."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

from domain.fact import KINDS, Fact
from domain.values import Day, EntryNumber, Frozen, Line, Money, Number, PersonRef, Prose, UnitCode, Word

Outcome = Literal["recognised", "not_recognised", "withdrawn"]
"""认定（全部或部分）, 不予认定, and the verdict taken back: not judged again."""
EvidenceSort = Literal[
    "contract",
    "bank_slip",
    "capital_verification",
    "permit",
    "site_photo",
    "progress_confirmation",
    "tax_certificate",
    "licence",
    "land_paper",
    "acceptance",
    "other",
]
"""合同, 进账单, 验资报告, 许可批复, 现场照片, 形象进度确认单（三方）, 完税证明, 营业执照, 土地凭证, 验收报告, 其他."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a file's bytes, in hex."""


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

    def last_days(self) -> Mapping[str, date]:
        """As a fact's (domain.fact)."""
        return {}


class CorrectionProposed(Judgement):
    """更正（待批）: the whole fact as it shall read, and the version it replaces."""

    topic = "correction_proposed"
    target: EntryNumber
    replaces: EntryNumber
    reads: WholeFact
    reason: Prose

    def last_days(self) -> Mapping[str, date]:
        return self.reads.last_days()


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


class Corrected(Judgement):
    """更正（受理前，本单位自行）: in force at once, from this entry's own position (DESIGN §3.3)."""

    topic = "corrected"
    target: EntryNumber
    replaces: EntryNumber
    reads: WholeFact
    reason: Prose

    def last_days(self) -> Mapping[str, date]:
        return self.reads.last_days()


class Annulled(Judgement):
    """作废（受理前，本单位自行）: counts as never recorded, at once."""

    topic = "annulled"
    target: EntryNumber
    reason: Prose


class VerdictGiven(Judgement):
    """认定: what the authority recognises of one figure of the version it names; its last verdict on a figure stands.

    `amount` in the fact's own currency, or `value` for counts and percent; neither where nothing is recognised.
    """

    topic = "verdict_given"
    target: EntryNumber
    version: EntryNumber
    """The entry number of the wording judged: the original, or a correction."""
    measure: Word
    authority: UnitCode
    outcome: Outcome
    amount: Money | None = None
    value: Number | None = None
    reason: Prose | None = None


class Endorsed(Judgement):
    """签发: the unit's leader signs for what was recorded."""

    topic = "endorsed"
    target: EntryNumber
    note: Prose | None = None


class Accepted(Judgement):
    """受理: the office has received a return; its facts are no longer the unit's alone to correct."""

    topic = "accepted"
    target: EntryNumber
    note: Prose | None = None


class SentBack(Judgement):
    """退回修改: the office wants a return revised, for a reason; its facts go on counting until they are."""

    topic = "sent_back"
    target: EntryNumber
    reason: Prose


class Recalled(Judgement):
    """撤回: the unit takes a return back before it is accepted; its facts are annulled in the same request."""

    topic = "recalled"
    target: EntryNumber
    reason: Prose


class EvidenceAttached(Judgement):
    """佐证: a file about a fact, named by its content; the file itself is kept outside the ledger."""

    topic = "evidence_attached"
    target: EntryNumber
    sha256: Digest
    name: Line
    media_type: Line
    size: int
    """In bytes."""
    sort: EvidenceSort
    dated: Day | None = None
    """The day the paper bears, or the photograph was taken."""
    note: Prose | None = None


class EvidenceWithdrawn(Judgement):
    """撤下佐证: the file no longer speaks for the fact; it stays where it is kept."""

    topic = "evidence_withdrawn"
    target: EntryNumber
    sha256: Digest
    reason: Prose


class Instructed(Judgement):
    """批示: what a district leader said about a fact, or about the whole of which it is the first."""

    topic = "instructed"
    target: EntryNumber
    text: Prose
    leader: PersonRef
    due: Day | None = None
    """The day by which the leader wants it done."""

    def last_days(self) -> Mapping[str, date]:
        return {} if self.due is None else {"due": self.due}


class InstructionAnswered(Judgement):
    """落实反馈: what was done about an instruction, by its entry number; `target` is the fact that it is about."""

    topic = "instruction_answered"
    target: EntryNumber
    instruction: EntryNumber
    text: Prose


class InstructionSentBack(Judgement):
    """退回重办: what was done does not suffice; again, by another day where one is named."""

    topic = "instruction_sent_back"
    target: EntryNumber
    instruction: EntryNumber
    reason: Prose
    due: Day | None = None


class InstructionClosed(Judgement):
    """办结: the instruction was carried out."""

    topic = "instruction_closed"
    target: EntryNumber
    instruction: EntryNumber
    note: Prose | None = None


AnyJudgement = (
    CorrectionProposed
    | AnnulmentProposed
    | ReinstatementProposed
    | Approved
    | Declined
    | Corrected
    | Annulled
    | VerdictGiven
    | Endorsed
    | Accepted
    | SentBack
    | Recalled
    | EvidenceAttached
    | EvidenceWithdrawn
    | Instructed
    | InstructionAnswered
    | InstructionSentBack
    | InstructionClosed
)
Proposal = CorrectionProposed | AnnulmentProposed | ReinstatementProposed
AboutInstruction = InstructionAnswered | InstructionSentBack | InstructionClosed
Beside = (
    VerdictGiven
    | Endorsed
    | Accepted
    | SentBack
    | Recalled
    | EvidenceAttached
    | EvidenceWithdrawn
    | Instructed
    | AboutInstruction
)
"""Said about a fact without changing how it reads."""
JUDGEMENTS: dict[str, type[AnyJudgement]] = {j.topic: j for j in get_args(AnyJudgement)}
