"""税收分摊: one enterprise's tax shared out to the projects it serves: one act, each project's part its own entry."""

from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from domain.command import Command, Context, Load, Part, carried, deed
from domain.entry import Event
from domain.errors import Refused
from domain.fact import Fact, Kind, Mentions, Others, Particulars
from domain.history import History
from domain.project.periods import NotThePeriodsEnd, refuse_overlap
from domain.project.shares import apportioned, share_on, sums_to_one
from domain.project.taxes import PayTax, RetainsMoreThanPaid
from domain.settings import Settings
from domain.values import Actual, Frozen, Money, Period, ProjectCode, Ratio
from domain.values import Line as Text


class NoShareStated(Refused):
    """No share of this enterprise in this project stands on the period's last day; state the ratios here."""

    zh = "该企业在此项目中于期末并无份额记录，请在此填写各项目份额（ratio）。"


class SharesDoNotSumToOne(Refused):
    """The enterprise's shares in these projects do not sum to 1 on the period's last day; state the ratios here."""

    zh = "该企业在所列项目中的份额于期末之和不为 1，请在此填写各项目份额（ratio）。"


class TaxPart(Frozen):
    project: ProjectCode
    ratio: Ratio | None = None
    """Of all parts or of none; the enterprise's share in the project on the period's last day when absent."""


class Sharing(Particulars):
    """Dated at the end of its period; amounts in the district's currency."""

    enterprise: Text
    period: Period
    total: Actual
    retained: Actual | None = None
    parts: Annotated[tuple[TaxPart, ...], Field(min_length=1, max_length=100)]
    remainder: ProjectCode
    """The project that gets what is left of a hundredth: every project gets amount × ratio without its fraction."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        projects = [part.project for part in self.parts]
        if len(set(projects)) != len(projects):
            raise ValueError("each project once / 每个项目只能出现一次")
        if self.remainder not in projects:
            raise ValueError("the remainder goes to one of the projects / 余数须归其中一个项目")
        ratios = [part.ratio for part in self.parts if part.ratio is not None]
        if ratios and len(ratios) != len(self.parts):
            raise ValueError("a ratio for every part, or for none / 份额须全部填写或全部不填")
        if ratios:
            sums_to_one(ratios)
        return self


class TaxShared(Sharing, Fact):
    """税收分摊: what was shared out, and by which ratios; the amounts count where the projects' own entries state them."""

    kind: ClassVar = Kind(203, "tax_shared", "district")
    joint: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(projects=tuple(part.project for part in self.parts))

    def jointly(self) -> object:
        return self

    def check(self, others: Others, settings: Settings) -> None:
        if self.occurred_on != self.period.until:
            raise NotThePeriodsEnd(str(self.period), pointer="/occurred_on")
        if self.retained is not None and self.retained.minor > self.total.minor:
            raise RetainsMoreThanPaid(pointer="/retained")
        same = [o for o in others.of(TaxShared) if o.fact.enterprise == self.enterprise]
        refuse_overlap(self.period, [(o.number, o.fact.period) for o in same])

    def amounts(self) -> list[tuple[int, int | None]]:
        """(total, retained) of each part in hundredths; no part retains more than it has."""
        ratios = [part.ratio or Decimal(0) for part in self.parts]
        rest = next(n for n, part in enumerate(self.parts) if part.project == self.remainder)
        totals = apportioned(self.total.minor, ratios, rest)
        if self.retained is None:
            return [(total, None) for total in totals]
        retained = apportioned(self.retained.minor, ratios, rest)
        over = max(retained[rest] - totals[rest], 0)  # a few hundredths, where nearly all is retained
        retained[rest] -= over
        for n, total in enumerate(totals):
            more = min(over, total - retained[n])
            retained[n], over = retained[n] + more, over - more
        return list(zip(totals, retained, strict=True))


class ShareTax(Sharing, Command):
    """Share an enterprise's tax out to its projects: each part is recorded in its project, or none is."""


def tax_follow(past: History, command: ShareTax, context: Context, load: Load) -> list[Part]:
    """Each project's part, in its own stream."""
    shared = next(e.event for e in reversed(past.entries) if isinstance(e.event, TaxShared))

    def money(minor: int) -> Money:
        return Money(amount=Decimal(minor).scaleb(-2), currency=shared.total.currency)

    parts = []
    for n, (part, (total, retained)) in enumerate(zip(shared.parts, shared.amounts(), strict=True)):
        paid = PayTax(
            occurred_on=shared.occurred_on,
            period=shared.period,
            total=money(total),
            retained=None if retained is None else money(retained),
            enterprise=shared.enterprise,
            **carried(command),
        )
        parts.append(Part(part.project, paid, f"/parts/{n}"))
    return parts


@deed("taxes", stream="district", follow=tax_follow, joint=True)
def share_tax(past: History, command: ShareTax, context: Context) -> list[Event]:
    stated = {name: getattr(command, name) for name in Sharing.model_fields}
    if command.parts[0].ratio is None:
        stated["parts"] = _by_their_shares(command, context)
    return [TaxShared.model_construct(**stated)]


def _by_their_shares(command: ShareTax, context: Context) -> tuple[TaxPart, ...]:
    """Raises NoShareStated, SharesDoNotSumToOne."""
    parts: list[TaxPart] = []
    for n, part in enumerate(command.parts):
        standing = share_on(context.load(part.project).now, command.enterprise, command.period.until)
        if standing is None:
            raise NoShareStated(part.project, pointer=f"/parts/{n}/project")
        parts.append(TaxPart(project=part.project, ratio=standing.fact.ratio))
    total = sum((part.ratio for part in parts if part.ratio is not None), Decimal(0))
    if total != 1:
        raise SharesDoNotSumToOne(str(total), pointer="/parts")
    return tuple(parts)
