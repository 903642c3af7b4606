"""总览: totals by unit, stage, category or industry, and the facts each total is made of."""

from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import READS, Answer, At, BadCursor, Limit, answer, cursor_of, uncursor
from domain.entry import cite
from domain.fact import MEASURES, Authority
from domain.questions.portfolio import Attribute, By
from domain.settings import Settings
from projections.questions.portfolio import Part, Total

MeasureName = Enum("MeasureName", {name: name for name in MEASURES}, type=str)  # type: ignore[misc]  # the declared ones
made: APIRouter = router(tags=["questions"])


class TotalSources(BaseModel):
    """How many facts make a total, a fingerprint of which ones, and where they are listed."""

    count: int
    fingerprint: str
    link: str


class TotalAnswer(BaseModel):
    measure: str
    authority: Literal["reported", "recognised", "statistical"]
    unit: Literal["money", "count", "percent"]
    sort: Literal["flow", "level"]
    value: str
    currency: str | None
    sources: TotalSources


class GroupAnswer(BaseModel):
    """`group` is null for what belongs to none."""

    group: str | None
    count: int
    totals: list[TotalAnswer]


class PortfolioAnswer(Answer):
    by: By
    role: str
    attribute: Attribute
    groups: list[GroupAnswer]
    total: GroupAnswer


class SourcesAnswer(Answer):
    """Citations of the original facts, and the cursor of the following page."""

    sources: list[str]
    next: str | None


@made.get("/portfolio", response_model=PortfolioAnswer, operation_id="portfolio", openapi_extra=READS)
def portfolio(
    services: Running,
    at: At,
    by: By = "unit",
    role: Literal["lead", "introducing", "hosting"] = "lead",
    attribute: Attribute | None = None,
) -> Response:
    """Totals per group: flows belong to the unit answering on their day (`then`) or at `on` (`now`)."""
    attribute = attribute or ("then" if by == "unit" else "now")
    settings = services.questions.project.settings(at.viewpoint)
    counts, totals = services.questions.portfolio(at, by, role, attribute)
    query = f"on={at.on}&known=@{at.position}&by={by}&role={role}&attribute={attribute}"
    groups: dict[str | None, list[dict[str, Any]]] = {group: [] for group in counts}
    whole: dict[tuple[str, str], Total] = {}
    for total in totals:
        groups.setdefault(total.group, []).append(_total(total, settings, query))
        key = (total.measure.name, total.authority)
        whole[key] = _plus(whole[key], total) if key in whole else total._replace(group=None)
    body = {
        "by": by,
        "role": role,
        "attribute": attribute,
        "groups": [{"group": g, "count": counts.get(g, 0), "totals": t} for g, t in groups.items()],
        "total": {
            "group": None,
            "count": sum(counts.values()),
            "totals": [_total(t, settings, query, every=True) for t in whole.values()],
        },
    }
    return answer(services, at, body, units={g for g in groups if g} if by == "unit" else set())


def _plus(one: Total, other: Total) -> Total:
    prints = int(one.fingerprint, 16) ^ int(other.fingerprint, 16)
    return one._replace(amount=one.amount + other.amount, facts=one.facts + other.facts, fingerprint=f"{prints:016x}")


def _total(total: Total, settings: Settings, query: str, *, every: bool = False) -> dict[str, Any]:
    measure = total.measure
    value = Decimal(total.amount) if measure.unit == "count" else Decimal(total.amount).scaleb(-2)
    group = "" if every else f"&group={total.group or ''}"
    return {
        "measure": measure.name,
        "authority": total.authority,
        "unit": measure.unit,
        "sort": measure.sort,
        "value": str(value),
        "currency": settings.currency if measure.unit == "money" else None,
        "sources": {
            "count": total.facts,
            "fingerprint": total.fingerprint,
            "link": f"/portfolio/sources?{query}&measure={measure.name}&authority={total.authority}{group}",
        },
    }


@made.get("/portfolio/sources", response_model=SourcesAnswer, operation_id="portfolio_sources", openapi_extra=READS)
def portfolio_sources(
    services: Running,
    at: At,
    measure: MeasureName,
    by: By = "unit",
    role: Literal["lead", "introducing", "hosting"] = "lead",
    attribute: Attribute = "then",
    authority: Authority = "reported",
    group: Annotated[str | None, Query(max_length=300)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 200,
) -> Response:
    """The facts that make one total; `group` absent: of all groups, empty: what belongs to none."""
    part = Part(MEASURES[measure.value], authority, group or None, every=group is None)
    after = (uncursor(cursor) or "#0").rpartition("#")
    if not (after[2].isdigit() and len(after[2]) < 10):
        raise BadCursor
    found = services.questions.sources(at, by, role, attribute, part, (after[0], int(after[2])), limit + 1)
    page = [cite(code, number) for code, number in found[:limit]]
    return answer(services, at, {"sources": page, "next": cursor_of(page[-1]) if len(found) > limit else None})
