"""年度分类: what a project counts as in a year, stated under a document; the last statement for the year stands."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.command import Context, StatesFact, deed
from domain.entry import Event
from domain.errors import NoDocument
from domain.fact import Fact, Kind, Particulars
from domain.history import History, Standing, View

YearlyClass = Literal["new_start", "continuing", "completion", "preparatory"]
"""新开工, 续建, 竣工, 预备."""
Year = Annotated[int, Field(ge=1949, le=2199)]


class Classifying(Particulars):
    year: Year
    yearly_class: YearlyClass


class YearClassified(Classifying, Fact):
    """年度分类; `occurred_on` is the day it was settled, often in the year before."""

    kind: ClassVar = Kind(123, "year_classified")


class ClassifyYear(Classifying, StatesFact):
    """State a project's class for a year."""


@deed("classes")
def classify_year(past: History, command: ClassifyYear, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    return [YearClassified.of(command)]


def classes(view: View) -> dict[int, Standing[YearClassified]]:
    """What stands for each year, by year."""
    last = {s.fact.year: s for s in view.of(YearClassified)}
    return dict(sorted(last.items()))
