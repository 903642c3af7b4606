"""The words that facts are made of: text, codes, money, periods, and the four meanings of a blank."""

import re
import unicodedata
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

set_in = object.__setattr__


class Frozen(BaseModel):
    """A value: immutable, compared by content, unknown fields refused, types strict."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="constants")

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Self:
        """Made of values that were checked already: all of its fields, in declared order.

        What model_construct does, but that looks for aliases of each field.
        """
        made = cls.__new__(cls)
        set_in(made, "__dict__", values)
        set_in(made, "__pydantic_fields_set__", every_field(cls))
        set_in(made, "__pydantic_extra__", None)
        set_in(made, "__pydantic_private__", None)
        return made


@cache
def every_field(model: type[BaseModel]) -> set[str]:
    """One set for all that state every field of their model; nothing ever changes it."""
    return set(model.__pydantic_fields__)


def clean(text: str) -> str:
    """Text as it may enter an entry: NFC, no control characters but tab and newline, nothing unencodable."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text  # nearly all text, told by two calls into C: reading the ledger spends a third of its time here
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in "\n\t"):
            raise ValueError(f"a control character or half character (U+{ord(character):04X}) / 含控制字符或残缺字符")
    return text


def one_line(text: str) -> str:
    """Clean, and without a break."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text
    text = clean(text)
    if "\n" in text or "\t" in text:
        raise ValueError("one line only / 只能填写一行")
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(one_line),
]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40_000), AfterValidator(clean)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A word of one of the district's scales or lists, as data: lower case, ASCII."""

ProjectCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}-[0-9]{4}-[0-9]{3,6}$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")]
PersonRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,31}$")]
EntryNumber = Annotated[int, Field(ge=1, le=2_000_000_000)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def sensible(day: date) -> date:
    """Projects begin after 1949 and are planned for less than two centuries."""
    if not 1949 <= day.year <= 2199:
        raise ValueError("a year from 1949 to 2199 / 年份须在 1949 至 2199 之间")
    return day


CIVIL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")


def civil(value: Any) -> Any:
    """A day is written out: pydantic alone also reads "0", as seconds since 1970."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value if CIVIL.fullmatch(value) else "")
        except ValueError:
            raise ValueError("a date such as 2026-06-30 is wanted / 须为日期，如 2026-06-30") from None
    return sensible(value) if isinstance(value, date) else value


Day = Annotated[date, BeforeValidator(civil, json_schema_input_type=date)]
"""A civil date in Asia/Shanghai."""


PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?(E-[0-9]{1,2})?", re.ASCII)
"""As people write numbers, and as Python writes a tiny rate in an entry; no other digits, signs, gaps or exponents."""


def exact(value: Any) -> Any:
    """Money and rates come as decimal strings: a JSON number may have lost its exactness on the way."""
    if isinstance(value, int | float):
        raise ValueError('write the amount as a string, such as "5000.00" / 金额请写成字符串，如 "5000.00"')
    if isinstance(value, str):
        if len(value) > 40 or PLAIN.fullmatch(value) is None:
            raise ValueError('a plain decimal number such as "5000.00" is wanted / 请填写普通十进制数，如 "5000.00"')
        value = Decimal(value)
    return value.copy_abs() if isinstance(value, Decimal) and not value else value  # zero has no sign


Amount = Annotated[Decimal, Field(max_digits=17, decimal_places=2), BeforeValidator(exact, json_schema_input_type=str)]
Number = Annotated[Decimal, Field(max_digits=17, decimal_places=4, ge=0), BeforeValidator(exact, json_schema_input_type=str)]
Percent = Annotated[
    Decimal, Field(max_digits=5, decimal_places=2, ge=0, le=100), BeforeValidator(exact, json_schema_input_type=str)
]
Ratio = Annotated[
    Decimal, Field(max_digits=9, decimal_places=8, gt=0, le=1), BeforeValidator(exact, json_schema_input_type=str)
]
"""A part of one: 0.6 is sixty percent."""
Rate = Annotated[Decimal, Field(max_digits=18, decimal_places=8, gt=0), BeforeValidator(exact, json_schema_input_type=str)]


class Money(Frozen):
    """An exact amount in a currency's main unit (元, £, $), at most two decimals."""

    amount: Amount
    currency: Currency

    @property
    def minor(self) -> int:
        """In hundredths of the main unit (分, pence, cents)."""
        return int(self.amount * 100)


def not_negative(money: Money) -> Money:
    if money.amount < 0:
        raise ValueError(
            "an actual amount is never negative; a reduction is a fact of its own / 实际发生额不能为负，冲减应另记一条"
        )
    return money


Actual = Annotated[Money, AfterValidator(not_negative)]
"""Money that really moved: never negative. Plans may be negative."""


class Exchange(Frozen):
    """What one unit of the foreign currency was worth in the district's currency, on which day."""

    rate: Rate
    on: Day


def worth(money: Money, exchange: Exchange | None) -> int:
    """In hundredths of the district's currency, rounded half up (GB/T 8170 leaves the choice to the contract)."""
    if exchange is None:
        return money.minor
    return int((money.amount * exchange.rate * 100).quantize(Decimal(1), ROUND_HALF_UP))


class Period(Frozen):
    """`[since, until]`, both days included: a month, a quarter, a year or any other span."""

    since: Day
    until: Day

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.until < self.since:
            raise ValueError("a period ends on or after the day it begins / 期间的止日不能早于起日")
        return self

    def overlaps(self, other: "Period") -> bool:
        return self.since <= other.until and other.since <= self.until

    def __str__(self) -> str:
        return f"{self.since}..{self.until}"


class Withheld(Frozen):
    """Somebody knows and does not say: the reason is part of the record (不予公开)."""

    blank: Literal["withheld"] = "withheld"
    reason: Prose


class NoneProvided(Frozen):
    """Asked for, and the answer was that there is none (未提供). Neither zero nor silence."""

    blank: Literal["none_provided"] = "none_provided"
    note: Prose | None = None


Blank = Withheld | NoneProvided
"""Besides these two a field may be stated, or not mentioned (absent: unchanged)."""


def instants(value: Any) -> Any:
    """A time is written out, as a day is, with its zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value if CLOCK.fullmatch(value) else "")
        except ValueError:
            wanted = "a time such as 2026-06-30T12:00:00+08:00 is wanted / 须为时刻，如 2026-06-30T12:00:00+08:00"
            raise ValueError(wanted) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time needs its zone, such as +08:00 / 时间须带时区，如 +08:00")
    return value


Instant = Annotated[datetime, BeforeValidator(instants, json_schema_input_type=datetime)]
