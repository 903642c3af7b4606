"""到位资金: money that arrived, one voucher each, and money that went back."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from domain.command import StatesFact, stating
from domain.errors import Refused
from domain.fact import RECEIVED, Fact, Kind, Line, Others, Particulars
from domain.settings import Settings
from domain.values import Actual, EntryNumber, Exchange, worth
from domain.values import Line as Text

FundKind = Literal["domestic", "domestic_outside", "foreign_cash", "foreign_kind", "government", "loan", "other"]
"""内资, 市外内资, 外资现汇, 外资实物, 财政, 贷款, 其他."""


class VoucherAlreadyCounted(Refused):
    """This voucher has already been counted in this project."""

    zh = "该凭证在本项目中已经计入。"


class MoreThanArrived(Refused):
    """More goes back than arrived under that entry."""

    zh = "退回金额超过该笔到位金额。"


class BeforeItArrived(Refused):
    """Money cannot go back before the day it arrived."""

    zh = "退回日期不能早于到位日期。"
    sort = "invalid"


class Arriving(Particulars):
    amount: Actual
    exchange: Exchange | None = None
    fund_kind: FundKind = "domestic"
    voucher: Text
    """The bank slip or transfer voucher (进账单号): one counts once."""
    payer: Text | None = None


class FundsReceived(Arriving, Fact):
    """资金到位: money that arrived, in its own currency, proven by a voucher."""

    kind: ClassVar = Kind(60, "funds_received")
    flows: ClassVar = True

    def lines(self) -> Iterator[Line]:
        yield Line(RECEIVED, "reported", worth(self.amount, self.exchange), self.amount)

    def check(self, others: Others, settings: Settings) -> None:
        for other in others.of(FundsReceived):
            if other.fact.voucher == self.voucher:
                raise VoucherAlreadyCounted(f"{self.voucher}, #{other.number}", pointer="/voucher")


class Returning(Particulars):
    amount: Actual
    exchange: Exchange | None = None
    receipt: EntryNumber
    """Entry number of the funds received that go back."""
    voucher: Text | None = None


class FundsReturned(Returning, Fact):
    """资金退回: a reduction is a fact of its own, never a negative receipt."""

    kind: ClassVar = Kind(61, "funds_returned")
    flows: ClassVar = True
    rests_on: ClassVar = (FundsReceived,)

    def lines(self) -> Iterator[Line]:
        yield Line(RECEIVED, "reported", -worth(self.amount, self.exchange), self.amount)

    def check(self, others: Others, settings: Settings) -> None:
        receipt = next((s for s in others.of(FundsReceived) if s.number == self.receipt), None)
        if receipt is None:
            raise NoSuchReceipt(f"#{self.receipt}", pointer="/receipt")
        if self.occurred_on < receipt.fact.occurred_on:
            raise BeforeItArrived(f"#{self.receipt}: {receipt.fact.occurred_on}", pointer="/occurred_on")
        back = [o.fact for o in others.of(FundsReturned) if o.fact.receipt == self.receipt]
        total = sum(worth(f.amount, f.exchange) for f in (*back, self))
        if total > worth(receipt.fact.amount, receipt.fact.exchange):
            raise MoreThanArrived(f"#{self.receipt}", pointer="/amount")


class NoSuchReceipt(Refused):
    """No funds received are in force under that entry number."""

    zh = "所指编号没有有效的资金到位记录。"
    sort = "invalid"


class ReceiveFunds(Arriving, StatesFact):
    """Record money that has arrived."""

    act: Literal["receive"]


class ReturnFunds(Returning, StatesFact):
    """Record money that went back."""

    act: Literal["return"]


stating("funds", ReceiveFunds, FundsReceived)
stating("funds", ReturnFunds, FundsReturned)
