"""认定: what a measure's bureau recognises of a figure, or the office citing that bureau's document (DESIGN §3.9)."""

from typing import Literal

from domain.command import Action, Command, Context, deed
from domain.entry import Event, cite
from domain.errors import IsAnnulled, Refused, SelfApproval
from domain.fact import Fact, Line
from domain.history import History
from domain.judgement import VerdictGiven
from domain.judging.corrections import Stale, the_matter
from domain.values import EntryNumber, Money, Number, Prose, UnitCode, Word, worth


class NothingToJudge(Refused):
    """This fact states no such figure of the unit's own; statistical figures are cited, never judged."""

    zh = "该事实没有可供认定的此项调度数；统计数只引用、不认定。"
    sort = "invalid"


class WhichMeasure(Refused):
    """This fact states several figures: name the one judged (field `measure`)."""

    zh = "该事实含多项数据，须填写所认定的指标（measure）。"
    sort = "invalid"


class NotYourMeasure(Refused):
    """Another bureau recognises this measure: see the district's `recognising` or the project's recognising bureau."""

    zh = "该指标不由本单位认定；认定部门见本区设置（recognising）或项目的认定部门。"
    sort = "forbidden"


class DocumentCited(Refused):
    """The office recognises nothing of its own: name the bureau (`authority`) and cite its document (`document`)."""

    zh = "重大项目办代录认定结果，须写明认定部门（authority）并引用其文件（document）。"
    sort = "invalid"


class MoreThanReported(Refused):
    """More cannot be recognised than was reported; have the report corrected first."""

    zh = "认定数不能大于调度数，请先更正所报数据。"
    sort = "invalid"


class AnotherCurrency(Refused):
    """A verdict is in the currency of the fact."""

    zh = "认定金额的币种须与所报事实一致。"
    sort = "invalid"


class AmountOrValue(Refused):
    """Money is recognised by `amount`, counts and percent by `value`; one of the two, and only with `recognised`."""

    zh = "金额类指标填 amount，人数或比例填 value；仅在予以认定（recognised）时填写其一。"
    sort = "invalid"


class NotJudgedYet(Refused):
    """This authority has no verdict on this figure to take back."""

    zh = "该认定部门对此项数据尚无认定可撤回。"


class GiveVerdict(Command):
    """Recognise a figure wholly (no amount stated) or partly, refuse to, or take the verdict back.

    A later verdict of the same authority on the same figure replaces the earlier one; both stay in the record.
    """

    target: EntryNumber
    version: EntryNumber | None = None
    """The entry number of the wording judged; the one in force when absent."""
    measure: Word | None = None
    """Which figure of the fact; may be absent where it states only one."""
    authority: UnitCode | None = None
    """The bureau whose verdict this is; the actor's own unit when absent."""
    outcome: Literal["recognised", "not_recognised", "withdrawn"]
    amount: Money | None = None
    """In the fact's own currency."""
    value: Number | None = None
    because: Prose | None = None
    """Needed where nothing is recognised."""


class BecauseNeeded(Refused):
    """Not recognising a figure, or taking a verdict back, needs its reason (field `because`)."""

    zh = "不予认定或撤回认定须说明理由（because）。"
    sort = "invalid"


@deed("verdicts", action=Action.RECOGNISE)
def give_verdict(past: History, command: GiveVerdict, context: Context) -> list[Event]:
    matter = the_matter(past, command.target)
    current = matter.current
    if matter.annulled_by is not None:
        raise IsAnnulled(cite(past.label, command.target), pointer="/target")
    if command.version is not None and command.version != current.wording.number:
        raise Stale(cite(past.label, current.wording.number), pointer="/version")
    if any(context.people & w.wording.envelope.actor.people for w in matter.wordings):
        raise SelfApproval(cite(past.label, command.target))
    line = the_line(current.fact, command.measure)
    authority = the_authority(command, context, line.measure.name)
    if command.outcome == "recognised":
        check_amount(current.fact, line, command)
    elif command.amount is not None or command.value is not None:
        raise AmountOrValue(pointer="/outcome")
    elif command.because is None:
        raise BecauseNeeded(pointer="/because")
    given = [v for _, v in matter.said(VerdictGiven) if (v.measure, v.authority) == (line.measure.name, authority)]
    if command.outcome == "withdrawn" and (not given or given[-1].outcome == "withdrawn"):
        raise NotJudgedYet(authority, pointer="/outcome")
    amount, value = command.amount, command.value
    if command.outcome == "recognised" and amount is None and value is None:
        amount, value = line.money, None if line.money else line.measure.value(abs(line.amount))
    return [
        VerdictGiven(
            target=command.target,
            version=current.wording.number,
            measure=line.measure.name,
            authority=authority,
            outcome=command.outcome,
            amount=amount,
            value=value,
            reason=command.because,
        )
    ]


def the_line(fact: Fact, measure: str | None) -> Line:
    """The figure judged. Raises NothingToJudge, WhichMeasure."""
    reported = [line for line in fact.lines() if line.authority == "reported"]
    found = [line for line in reported if measure in (None, line.measure.name)]
    if not found:
        raise NothingToJudge(measure or fact.kind.topic, pointer="/measure" if reported else "/target")
    if len(found) > 1:
        raise WhichMeasure(", ".join(line.measure.name for line in found), pointer="/measure")
    return found[0]


def the_authority(command: GiveVerdict, context: Context, measure: str) -> str:
    """Whose verdict it is. Raises NotYourMeasure, DocumentCited."""
    owners = context.settings.recognising.get(measure, ())
    authority = command.authority or context.by.unit
    if authority == context.by.unit and (authority in owners or context.bureau):
        return authority
    if context.by.role != "office":
        raise NotYourMeasure(f"{measure}: {', '.join(owners) or '—'}", pointer="/authority")
    if command.authority is None or command.document is None:
        raise DocumentCited(pointer="/authority" if command.authority is None else "/document")
    if owners and authority not in owners:
        raise NotYourMeasure(f"{measure}: {', '.join(owners)}", pointer="/authority")
    return authority


def check_amount(fact: Fact, line: Line, command: GiveVerdict) -> None:
    """Raises AmountOrValue, AnotherCurrency, MoreThanReported."""
    money = line.measure.unit == "money"
    if (command.value if money else command.amount) is not None:
        raise AmountOrValue(pointer="/value" if money else "/amount")
    if command.amount is not None:
        if line.money is None or command.amount.currency != line.money.currency:
            raise AnotherCurrency(command.amount.currency, pointer="/amount/currency")
        if not 0 <= worth(command.amount, getattr(fact, "exchange", None)) <= abs(line.amount):
            raise MoreThanReported(str(command.amount.amount), pointer="/amount/amount")
    if command.value is not None and line.measure.units(command.value) > abs(line.amount):
        raise MoreThanReported(str(command.value), pointer="/value")
