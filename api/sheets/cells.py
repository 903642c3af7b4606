"""One cell: a stated value, a blank of one of three kinds, or unread with its reason. Nothing is guessed."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import assert_never

from pydantic import BaseModel, ConfigDict

from api.sheets.mapping import SCALES, Blanks, Column, Kind, folded
from domain.values import Money, NoneProvided, Withheld, clean, sensible

Stated = str | date | Money


class Unread(BaseModel):
    """Could not be read; the text is kept for the report."""

    model_config = ConfigDict(frozen=True)
    text: str
    reason: str


Cell = Stated | Withheld | NoneProvided | Unread | None
"""None: the cell is empty, so the fact is not mentioned."""
EXCEL_EPOCH = date(1899, 12, 30)
LONGEST = {"line": 300, "prose": 40_000}
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""１２，５００．５ is 12,500.5: the full-width forms of Chinese typing, and nothing else that merely looks like a digit."""


def read(text: str, kind: Kind, column: Column, blanks: Blanks, units: dict[str, str]) -> Cell:
    """`units` maps spellings, folded, to unit codes."""
    try:
        text = clean(text.replace("\xa0", " ")).strip()
    except ValueError as error:
        return Unread(text=ascii(text), reason=str(error))
    if not text:
        return NoneProvided() if column.empty == "none_provided" else None
    if _any(text, (*column.withheld, *blanks.withheld)):
        return Withheld(reason=text)
    if _any(text, (*column.none_provided, *blanks.none_provided)):
        return NoneProvided(note=text)
    match kind:
        case "line" | "prose":
            found = " ".join(text.split()) if kind == "line" else text
            longest = LONGEST[kind]
            return (
                found
                if len(found) <= longest
                else Unread(text=text, reason=f"over {longest} characters / 超过 {longest} 字")
            )
        case "date":
            return a_date(text, column)
        case "money":
            return money(text, column)
        case "word":
            words = {folded(spelling): word for spelling, word in column.words.items()}
            return words.get(folded(text)) or Unread(text=text, reason="a word the mapping does not know / 映射中没有此词")
        case "unit":
            return units.get(folded(text)) or Unread(text=text, reason="a unit the mapping does not know / 映射中没有此单位")
        case _:
            assert_never(kind)


def _any(text: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(p, text, re.IGNORECASE | re.DOTALL) for p in patterns)


def a_date(text: str, column: Column) -> date | Unread:
    """By the listed formats only, so that 01/02/2019 means one thing."""
    if text in column.dates:
        return column.dates[text]
    narrow = text.translate(FULL_WIDTH)
    for form in column.formats:
        for literal, quarter in _quarters(form.translate(FULL_WIDTH)):
            try:
                if form == "excel":
                    found = EXCEL_EPOCH + timedelta(days=int(narrow))
                else:
                    found = datetime.strptime(narrow, literal).date()  # noqa: DTZ007  (a civil date)
                    found = _the_day(found.replace(month=3 * quarter - 2) if quarter else found, form, column)
                return sensible(found)
            except (ValueError, OverflowError):
                continue
    return Unread(text=text, reason=f"no date of the forms {', '.join(column.formats)} / 不是所列格式的日期")


def _quarters(form: str) -> Iterator[tuple[str, int]]:
    """`%q`, which strptime lacks, as each quarter it may be: (the format with it written out, the quarter or 0)."""
    if "%q" not in form:
        yield form, 0
        return
    for quarter, digits in enumerate(("1一", "2二", "3三", "4四"), start=1):
        for digit in digits:
            yield form.replace("%q", digit), quarter


def _the_day(found: date, form: str, column: Column) -> date:
    """Where the format tells no day, the first of its month, quarter or year, or the last if the column says so."""
    if column.day == "first" or any(code in form for code in ("%d", "%j", "%x", "%D", "%c")):
        return found
    month = found.month if any(code in form for code in ("%m", "%b", "%B")) else found.month + 2 if "%q" in form else 12
    return found.replace(month=month, day=monthrange(found.year, month)[1])


def money(text: str, column: Column) -> Money | Unread:
    """Exact, scaled to the main unit; beyond two decimals of it rounded half up."""
    bare = re.sub(column.strip, "", text).translate(FULL_WIDTH) if column.strip else text.translate(FULL_WIDTH)
    bare = re.sub(column.strip, "", bare).strip() if column.strip else bare  # a full-width comma is a comma too
    if column.currency is None:
        return Unread(text=text, reason="the mapping names no currency for this column / 映射未写明币种")
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", bare, re.ASCII):
        return Unread(text=text, reason="no amount / 不是金额")
    try:
        amount = (Decimal(bare) * SCALES[column.scale]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return Money(amount=amount, currency=column.currency)
    except (InvalidOperation, ValueError):
        return Unread(text=text, reason="an amount beyond all bounds / 金额超出范围")
