"""One cell: a stated value, a blank of one of three kinds, or unread with its reason. Nothing is guessed."""

import re
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
        case "text":
            return text
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
    for form in column.formats:
        try:
            if form == "excel":
                found = EXCEL_EPOCH + timedelta(days=int(text))
            else:
                found = datetime.strptime(text, form).date()  # noqa: DTZ007  (a civil date)
            return sensible(found)
        except (ValueError, OverflowError):
            continue
    return Unread(text=text, reason=f"no date of the forms {', '.join(column.formats)} / 不是所列格式的日期")


def money(text: str, column: Column) -> Money | Unread:
    """Exact, scaled to the main unit; beyond two decimals of it rounded half up."""
    bare = re.sub(column.strip, "", text) if column.strip else text
    if column.currency is None:
        return Unread(text=text, reason="the mapping names no currency for this column / 映射未写明币种")
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", bare, re.ASCII):
        return Unread(text=text, reason="no amount / 不是金额")
    try:
        amount = (Decimal(bare) * SCALES[column.scale]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return Money(amount=amount, currency=column.currency)
    except (InvalidOperation, ValueError):
        return Unread(text=text, reason="an amount beyond all bounds / 金额超出范围")
