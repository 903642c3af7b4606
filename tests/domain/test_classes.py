"""年度分类: stated under a document, the last statement for a year stands."""

import pytest

from domain.errors import NoDocument, NotFound
from domain.questions.portfolio import portfolio
from domain.questions.projects import project_row
from domain.settings import Settings
from tests.given import Book, P, a_project


def classify(book: Book, year: int, yearly_class: str, on: str, document: str | None = "〔2026〕1号") -> str:
    stated = {"year": year, "yearly_class": yearly_class, "occurred_on": on, "document": document}
    return book.record(P, "classes", at=on, **stated)[0].citation


def test_the_class_of_a_year_is_told_with_its_document_and_entry():
    book = a_project()
    said = classify(book, 2026, "new_start", "2026-01-20")
    found = book.status().yearly_classes
    assert [(c.year, c.yearly_class, c.document, c.sources) for c in found] == [(2026, "new_start", "〔2026〕1号", (said,))]


def test_the_last_statement_for_a_year_stands_and_other_years_keep_theirs():
    book = a_project()
    classify(book, 2026, "preparatory", "2026-01-20")
    last = classify(book, 2026, "new_start", "2026-05-20")
    classify(book, 2027, "continuing", "2026-06-20")
    found = book.status().yearly_classes
    assert [(c.year, c.yearly_class) for c in found] == [(2026, "new_start"), (2027, "continuing")]
    assert found[0].sources == (last,)
    assert book.status(on="2026-03-31").yearly_classes[0].yearly_class == "preparatory"
    assert book.status(known="2026-03-31").yearly_classes[0].yearly_class == "preparatory"


def test_a_class_repeated_stands_as_the_later_statement():
    book = a_project()
    classify(book, 2026, "new_start", "2026-01-20")
    again = classify(book, 2026, "new_start", "2026-01-20")
    assert book.status().yearly_classes[0].sources == (again,)


def test_without_a_document_no_class_is_stated():
    with pytest.raises(NoDocument):
        classify(a_project(), 2026, "new_start", "2026-01-20", document=None)
    with pytest.raises(NotFound):
        Book().record(P, "classes", year=2026, yearly_class="new_start", occurred_on="2026-01-20", document="文")


def test_lists_and_totals_take_the_class_of_the_year_asked_about():
    book = a_project()
    classify(book, 2026, "new_start", "2026-01-20")
    classify(book, 2027, "continuing", "2026-12-20")
    rows = [project_row(book.view(on=on)) for on in ("2026-12-31", "2027-01-01", "2028-01-01")]
    assert [row.yearly_class if row else "" for row in rows] == ["new_start", "continuing", None]
    found = portfolio([book.view(on="2027-01-01")], "yearly_class", "lead_unit", "now", Settings())
    assert [(c.group, c.count) for c in found.counts] == [("continuing", 1)]
