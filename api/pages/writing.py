"""Money, numbers, dates and moments as the readers of each language expect them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from api.locale import Language
from domain.entry import SHANGHAI

Sized = Literal["亿", "万", ""]
LARGE = Decimal("100000000")
ENGLISH = ((Decimal("1e9"), "bn"), (Decimal("1e6"), "m"))
CURRENCIES = {"CNY": "元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "HKD": "港元", "JPY": "日元"}
SIGNS = {"CNY": "CNY ", "USD": "US$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}


class Writing:
    """What is written so is for reading; the exact figure stands beside it (`exact`) wherever it was shortened."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.locale = "zh_Hans_CN" if language == "zh" else "en_GB"

    def money(self, value: str | None, currency: str | None = "CNY") -> str:
        """In 万元, above 10,000 of them in 亿元; in English in millions and billions. Two places at most."""
        if value is None:
            return "—"
        amount, currency = Decimal(value), currency or "CNY"
        if self.language == "zh":
            size, word = (LARGE, "亿") if abs(amount) >= LARGE else (Decimal(10_000), "万")
            return f"{self.number(amount / size)} {word}{CURRENCIES.get(currency, ' ' + currency)}"
        sign = SIGNS.get(currency, currency + " ")
        for size, word in ENGLISH:
            if abs(amount) >= size:
                return f"{'-' if amount < 0 else ''}{sign}{self.number(abs(amount) / size)} {word}"
        return f"{'-' if amount < 0 else ''}{sign}{self.number(abs(amount))}"

    def exact(self, value: str | None, currency: str | None = "CNY") -> str:
        """To the last hundredth, in the currency's main unit."""
        if value is None:
            return "—"
        written = format_decimal(Decimal(value), format="#,##0.00", locale=self.locale)
        currency = currency or "CNY"
        return f"{written} {CURRENCIES.get(currency, currency)}" if self.language == "zh" else f"{currency} {written}"

    def number(self, value: str | int | Decimal | None) -> str:
        """With two places at most."""
        return "—" if value is None else format_decimal(Decimal(value), format="#,##0.##", locale=self.locale)

    def percent(self, value: str | Decimal | None) -> str:
        return "—" if value is None else f"{self.number(value)}%"

    def day(self, value: str | date | None) -> str:
        """2026年6月30日, 30 Jun 2026."""
        if value is None:
            return "—"
        return format_date(date.fromisoformat(value) if isinstance(value, str) else value, "medium", locale=self.locale)

    def moment(self, value: str | datetime | None) -> str:
        """The office's own time, whatever the browser's."""
        if value is None:
            return "—"
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        pattern = "y年M月d日 HH:mm" if self.language == "zh" else "d MMM y, HH:mm"
        return format_datetime(found.astimezone(SHANGHAI), pattern, locale=self.locale)

    def month(self, value: str) -> str:
        """Of a period's code: 2026年6月, Jun 2026; a code of another shape as it is."""
        year, _, month = value.partition("-")
        if not (year.isdigit() and month.isdigit() and len(value) == 7):
            return value
        pattern = "y年M月" if self.language == "zh" else "MMM y"
        return format_date(date(int(year), int(month), 1), pattern, locale=self.locale)
