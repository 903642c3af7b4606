"""One cell is exactly one of: stated, withheld, none provided, not mentioned, unread. Nothing is guessed."""

from datetime import date
from decimal import Decimal

import pytest

from api.sheets.cells import Unread, read
from api.sheets.mapping import Blanks, Column
from domain.values import Money, NoneProvided, Withheld

BLANKS = Blanks(withheld=("exempt .*", "涉密.*"), none_provided=("n/a", "未提供"))
DATES = Column(formats=("%d/%m/%Y", "%d.%m.%y", "%Y-%m-%d", "%Y年%m月%d日", "excel"))
POUNDS = Column(currency="GBP", scale="million", strip="[£,m]")
WAN = Column(currency="CNY", scale="万", strip="[,万元]")
LIGHTS = Column(words={"Amber/Green": "amber_green", "Red": "red"})


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("31/12/2019", date(2019, 12, 31)),
        ("31.12.19", date(2019, 12, 31)),
        ("2019-12-31", date(2019, 12, 31)),
        ("2024年3月5日", date(2024, 3, 5)),
        ("43830", date(2019, 12, 31)),
        (" 01/02/2019 ", date(2019, 2, 1)),
    ],
)
def test_a_date_is_read_by_the_listed_formats(text: str, stated: date):
    assert read(text, "date", DATES, BLANKS, {}) == stated


@pytest.mark.parametrize("text", ["1/012/2014", "31/02/2019", "12/31/2019", "next year", "2019", "01/01/0019"])
def test_a_date_of_no_listed_format_is_unread_with_its_text(text: str):
    column = Column(formats=("%d/%m/%Y",))
    cell = read(text, "date", column, BLANKS, {})
    assert isinstance(cell, Unread)
    assert cell.text == text


@pytest.mark.parametrize(
    ("text", "form", "first", "last"),
    [
        ("2024年3月", "%Y年%m月", date(2024, 3, 1), date(2024, 3, 31)),
        ("Q3 2025", "Q%q %Y", date(2025, 7, 1), date(2025, 9, 30)),
        ("2025年四季度", "%Y年%q季度", date(2025, 10, 1), date(2025, 12, 31)),
        ("2024", "%Y", date(2024, 1, 1), date(2024, 12, 31)),
        ("２０２４／２／５", "%Y/%m/%d", date(2024, 2, 5), date(2024, 2, 5)),
        ("31-Mar-24", "%d-%b-%y", date(2024, 3, 31), date(2024, 3, 31)),
    ],
)
def test_a_date_without_a_day_is_the_first_of_its_span_or_the_last_if_the_column_says_so(
    text: str, form: str, first: date, last: date
):
    assert read(text, "date", Column(formats=(form,)), BLANKS, {}) == first
    assert read(text, "date", Column(formats=(form,), day="last"), BLANKS, {}) == last


def test_a_text_that_a_person_gave_a_day_is_that_day():
    column = Column(formats=("%Y",), dates={"2025年底": date(2025, 12, 31)})
    assert read("2025年底", "date", column, BLANKS, {}) == date(2025, 12, 31)
    assert isinstance(read("2026年底", "date", column, BLANKS, {}), Unread)


@pytest.mark.parametrize(
    ("text", "column", "amount"),
    [
        ("£14714.37m", POUNDS, "14714370000.00"),
        ("£1,186.00", POUNDS, "1186000000.00"),
        ("-£0.5", POUNDS, "-500000.00"),
        ("0", POUNDS, "0.00"),
        ("1,234.5万元", WAN, "12345000.00"),
        ("１２，３００．５", WAN, "123005000.00"),
    ],
)
def test_money_is_exact_and_scaled(text: str, column: Column, amount: str):
    cell = read(text, "money", column, BLANKS, {})
    assert isinstance(cell, Money)
    assert cell.amount == Decimal(amount)


@pytest.mark.parametrize("text", ["TBC", "£1.2.3", "1e9", "12 (est.)", "--5", "９²"])
def test_what_is_no_amount_is_unread(text: str):
    assert isinstance(read(text, "money", POUNDS, Blanks(), {}), Unread)


def test_exemption_text_in_a_date_cell_is_withheld_with_its_reason():
    cell = read("Exempt under Section 43", "date", DATES, BLANKS, {})
    assert cell == Withheld(reason="Exempt under Section 43")


def test_none_provided_is_not_an_empty_cell_is_not_zero():
    assert read("N/A", "money", POUNDS, BLANKS, {}) == NoneProvided(note="N/A")
    assert read("   ", "money", POUNDS, BLANKS, {}) is None
    assert read("", "money", Column(currency="GBP", empty="none_provided"), BLANKS, {}) == NoneProvided()
    assert read("0", "money", POUNDS, BLANKS, {}) == Money(amount=Decimal("0.00"), currency="GBP")


def test_a_word_is_known_by_any_of_its_spellings_or_unread():
    assert read("amber/green", "word", LIGHTS, BLANKS, {}) == "amber_green"
    assert isinstance(read("Purple", "word", LIGHTS, BLANKS, {}), Unread)


def test_a_control_character_makes_the_cell_unread():
    assert isinstance(read("Quantum\x9d prison", "prose", Column(), BLANKS, {}), Unread)
