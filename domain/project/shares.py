"""份额: an enterprise's share in this project, and what units share its figures by agreement (份额约定; DESIGN §3.12)."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.command import Action, Command, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, Standing, View
from domain.project.registrations import CreditCode
from domain.project.responsibilities import EndsBeforeItBegins, ResponsibilityRole
from domain.values import Day, Frozen, Ratio, UnitCode
from domain.values import Line as Text

WHOLE = 10**8
"""Ratios as whole numbers: eight decimals."""
SharedRole = Literal["lead_unit", "introducing_unit", "hosting_unit"]


class RestsOnADocument(Refused):
    """This rests on a document: name it (field `document`)."""

    zh = "此项须有依据文件，请填写 document。"
    sort = "invalid"


class NoTerms(Refused):
    """No share terms stand for this role on that day."""

    zh = "该日此项责任并无份额约定。"


def in_units(ratio: Decimal) -> int:
    return int(ratio * WHOLE)


def apportioned(amount: int, ratios: Sequence[Decimal], rest: int) -> list[int]:
    """Each gets amount × ratio without its fraction (towards zero), the one at `rest` whatever remains: all sum to amount.

    Towards zero, so that what goes back cancels what came, unit by unit.
    """
    sign = -1 if amount < 0 else 1
    parts = [sign * (abs(amount) * in_units(ratio) // WHOLE) for ratio in ratios]
    parts[rest] += amount - sum(parts)
    return parts


def sums_to_one(ratios: Iterable[Decimal]) -> None:
    """Raises ValueError with the sum."""
    total = sum(ratios)
    if total != 1:
        raise ValueError(f"the ratios sum to 1, not {total} / 份额之和应为 1，现为 {total}")


class Stating(Particulars):
    """`[occurred_on, until)`; the last statement that covers a day stands."""

    enterprise: Text
    credit_code: CreditCode | None = None
    ratio: Ratio
    """What part of the enterprise's figures belongs to this project."""
    until: Day | None = None
    """The first day it no longer holds, where that is settled beforehand."""


class EnterpriseShareStated(Stating, Fact):
    """企业份额: one enterprise may serve several projects; this is its share in one of them."""

    kind: ClassVar = Kind(190, "enterprise_share_stated")
    may_begin_later: ClassVar = True


class UnitShare(Frozen):
    unit: UnitCode
    ratio: Ratio


class Agreeing(Particulars):
    """`[occurred_on, until)`; the last terms that cover a day stand, in order of the facts."""

    role: SharedRole
    shares: Annotated[tuple[UnitShare, ...], Field(min_length=1, max_length=20)]
    remainder: UnitCode
    """The unit that gets what is left of a hundredth: every unit gets amount × ratio without its fraction."""
    until: Day | None = None
    """The first day they no longer hold, where that is settled beforehand."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        units = [share.unit for share in self.shares]
        if len(set(units)) != len(units):
            raise ValueError("each unit once / 每个单位只能出现一次")
        if self.remainder not in units:
            raise ValueError("the remainder goes to one of the units / 余数须归其中一个单位")
        sums_to_one(share.ratio for share in self.shares)
        return self


class SharesAgreed(Agreeing, Fact):
    """份额约定: whose the project's flows are, among units that share one role; levels and counts stay undivided."""

    kind: ClassVar = Kind(191, "shares_agreed")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=tuple(share.unit for share in self.shares))

    def parts(self, amount: int) -> list[tuple[str, int]]:
        """What each unit gets of an amount in hundredths."""
        rest = next(n for n, share in enumerate(self.shares) if share.unit == self.remainder)
        amounts = apportioned(amount, [share.ratio for share in self.shares], rest)
        return [(share.unit, part) for share, part in zip(self.shares, amounts, strict=True)]


class EndingTerms(Particulars):
    role: SharedRole


class SharesEnded(EndingTerms, Fact):
    """份额约定终止: from `occurred_on` on flows belong to the unit answering again."""

    kind: ClassVar = Kind(192, "shares_ended")
    may_begin_later: ClassVar = True


class StateEnterpriseShare(Stating, StatesFact):
    """State which share of an enterprise belongs to this project."""

    act: Literal["state"]


class AgreeShares(Agreeing, Command):
    """Settle which units share the project's flows, under a document."""

    act: Literal["agree"]


class EndShares(EndingTerms, Command):
    """End the share terms of a role, under a document."""

    act: Literal["end"]


@deed("shares")
def state_enterprise_share(past: History, command: StateEnterpriseShare, context: Context) -> list[Event]:
    _forward(command.occurred_on, command.until)
    return [EnterpriseShareStated.of(command)]


@deed("shares", action=Action.SETTLE)
def agree_shares(past: History, command: AgreeShares, context: Context) -> list[Event]:
    _forward(command.occurred_on, command.until)
    if command.document is None:
        raise RestsOnADocument(pointer="/document")
    return [SharesAgreed.of(command)]


@deed("shares", action=Action.SETTLE)
def end_shares(past: History, command: EndShares, context: Context) -> list[Event]:
    if command.document is None:
        raise RestsOnADocument(pointer="/document")
    if terms_on(past.now, command.role, command.occurred_on) is None:
        raise NoTerms(command.role, pointer="/role")
    return [SharesEnded.of(command)]


def _forward(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise EndsBeforeItBegins(str(until), pointer="/until")


def share_on(view: View, enterprise: str, day: date) -> Standing[EnterpriseShareStated] | None:
    """The share of an enterprise in the project on a day, as last stated."""
    standing = [s for s in view.of(EnterpriseShareStated) if s.fact.enterprise == enterprise and covers(s.fact, day)]
    return standing[-1] if standing else None


def terms_on(view: View, role: ResponsibilityRole, day: date) -> Standing[SharesAgreed] | None:
    """The share terms of a role that stand on a day: of those that cover it the last in order."""
    standing: Standing[SharesAgreed] | None = None
    for each in view.facts:
        match each.fact:
            case SharesAgreed() as fact if fact.role == role and covers(fact, day):
                standing = Standing(each.original, fact, each.wording, each.approval)
            case SharesEnded() as fact if fact.role == role and fact.occurred_on <= day:
                standing = None
            case _:
                pass
    return standing


def covers(fact: EnterpriseShareStated | SharesAgreed, day: date) -> bool:
    """Whether it speaks of the day."""
    return fact.occurred_on <= day and (fact.until is None or day < fact.until)
