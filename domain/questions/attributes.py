"""What is said of a project as a whole: each attribute as last stated."""

from domain.fact import Fact
from domain.history import Standing, View
from domain.project.capital import InvestorChanged
from domain.project.intake import ProjectDescribed, ProjectEntered

ATTRIBUTES = ("name", "name_en", "category", "industry", "investor", "description", "codes")


def attribute(view: View, name: str) -> tuple[object, Standing[Fact]] | None:
    """The value last stated and the fact that says so."""
    found: tuple[object, Standing[Fact]] | None = None
    for standing in view.facts:
        if isinstance(standing.fact, ProjectEntered | ProjectDescribed | InvestorChanged):
            value = getattr(standing.fact, name, None)
            if value is not None and value != ():
                found = value, standing
    return found


def word(view: View, name: str) -> str | None:
    """A text attribute's value alone."""
    found = attribute(view, name)
    return str(found[0]) if found else None
