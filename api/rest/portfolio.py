"""总览: totals by unit, stage, category, industry or class of the year, and the facts each total is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.asking import READS, Answer, At, BadCursor, Limit, answer, cursor_of, uncursor
from domain.entry import cite
from domain.fact import AUTHORITIES, MEASURES, Authority, Measure
from domain.questions.exemptions import ExemptionNow, exemptions_now
from domain.questions.portfolio import Attribute, By
from projections.questions.counting import Part
from projections.questions.portfolio import Bureau, Total
from projections.questions.viewpoints import Resolved, a_day

MeasureName = Enum("MeasureName", {name: name for name in MEASURES}, type=str)  # type: ignore[misc]  # the declared ones
made: APIRouter = router(tags=["questions"])


class TotalSources(BaseModel):
    """How many facts make a total, a fingerprint of which ones, and where they are listed."""

    count: int
    fingerprint: str
    link: str


class TotalFigure(BaseModel):
    value: str
    currency: str | None
    sources: TotalSources


class BureauTotals(BaseModel):
    """What one bureau recognises, whether or not it is the headline; `disputed` facts others recognise otherwise."""

    bureau: str
    figure: TotalFigure
    disputed: int


class MeasureTotals(BaseModel):
    """One measure in its three 口径 side by side: 调度数, 认定数, 统计数; null where nobody states one.

    `differ`: those that are there are not all the same.
    """

    measure: str
    unit: Literal["money", "count", "percent"]
    sort: Literal["flow", "level"]
    reported: TotalFigure | None
    recognised: TotalFigure | None
    statistical: TotalFigure | None
    differ: bool
    bureaus: list[BureauTotals]


class GroupAnswer(BaseModel):
    """`group` is null for what belongs to none."""

    group: str | None
    count: int
    measures: list[MeasureTotals]


class PortfolioAnswer(Answer):
    by: By
    role: str
    attribute: Attribute
    currency: str
    """The district's own: money is told in it."""
    groups: list[GroupAnswer]
    total: GroupAnswer
    exemptions: list[ExemptionNow]
    """剔除（免责） of projects and units that are running on the day `on`: the totals leave nothing out for them."""


class SourceFact(BaseModel):
    """One fact that counts: `value` is its whole figure, however units share it."""

    entry: str
    project: str
    name: str | None
    occurred_on: date
    value: str


class SourcesAnswer(Answer):
    """Citations of the original facts, the same facts told, and the cursor of the following page; money in `currency`."""

    sources: list[str]
    facts: list[SourceFact]
    currency: str | None
    next: str | None


@made.get("/portfolio", response_model=PortfolioAnswer, operation_id="portfolio", openapi_extra=READS)
def portfolio(
    services: Running,
    at: At,
    by: By = "unit",
    role: Literal["lead", "introducing", "hosting"] = "lead",
    attribute: Attribute | None = None,
) -> Response:
    """Totals per group: flows belong to the unit answering on their day (`then`) or at `on` (`now`).

    Where units agreed to share the role's flows on that day (份额约定) each gets its part, under `then` and `now` alike: the
    amount × its ratio without the fraction of a hundredth, the unit that the terms name the rest. A fact shared so is among
    the sources of each of them, and once among those of the total. Levels and counts are never divided: they stay with the
    unit at `on`.
    """
    attribute = attribute or ("then" if by == "unit" else "now")
    settings = services.questions.project.settings(at.viewpoint)
    found = services.questions.portfolio(at, by, role, attribute, settings)
    asked = f"on={at.on}&known=@{at.position}&by={by}&role={role}&attribute={attribute}"
    writing = Writing(settings.currency, f"/portfolio/sources?{asked}")
    groups = dict.fromkeys([*found.counts, *(t.group for t in found.totals), *(b.group for b in found.bureaus)])
    body = {
        "by": by,
        "role": role,
        "attribute": attribute,
        "currency": settings.currency,
        "groups": [
            {
                "group": group,
                "count": found.counts.get(group, 0),
                "measures": writing.measures(
                    [t for t in found.totals if t.group == group], [b for b in found.bureaus if b.group == group]
                ),
            }
            for group in groups
        ],
        "total": {
            "group": None,
            "count": sum(found.counts.values()),
            "measures": writing.measures(found.whole, found.whole_bureaus, every=True),
        },
        "exemptions": [e.model_dump(mode="json") for e in running_exemptions(services, at)],
    }
    return answer(services, at, body, units={g for g in groups if g} if by == "unit" else set())


def running_exemptions(services: Running, at: Resolved) -> list[ExemptionNow]:
    """Of every project and unit, on the day `on`."""
    views = (*services.questions.exempt_projects(at), *services.questions.units(at).values())
    return exemptions_now(views, at.on, at.on)


@dataclass(frozen=True)
class Writing:
    """Totals as the answer writes them; `link` lists the sources of what it is completed with."""

    currency: str
    link: str

    def measures(self, totals: Sequence[Total], bureaus: Sequence[Bureau], *, every: bool = False) -> list[dict[str, Any]]:
        named = {t.measure for t in totals} | {b.measure for b in bureaus}
        return [
            self.measure(m, [t for t in totals if t.measure is m], [b for b in bureaus if b.measure is m], every)
            for m in sorted(named, key=lambda m: m.number)
        ]

    def measure(self, measure: Measure, totals: list[Total], bureaus: list[Bureau], every: bool) -> dict[str, Any]:
        figures = {t.authority: self.figure(t, f"&authority={t.authority}", every) for t in totals}
        return {
            "measure": measure.name,
            "unit": measure.unit,
            "sort": measure.sort,
            **{authority: figures.get(authority) for authority in AUTHORITIES},
            "differ": len({t.amount for t in totals}) > 1,
            "bureaus": [
                {
                    "bureau": b.bureau,
                    "figure": self.figure(b, f"&authority=recognised&bureau={b.bureau}", every),
                    "disputed": b.disputed,
                }
                for b in bureaus
            ],
        }

    def figure(self, total: Total | Bureau, whose: str, every: bool) -> dict[str, Any]:
        measure = total.measure
        group = "" if every else f"&group={quote(total.group or '')}"
        return {
            "value": str(measure.value(total.amount)),
            "currency": self.currency if measure.unit == "money" else None,
            "sources": {
                "count": total.facts,
                "fingerprint": total.fingerprint,
                "link": f"{self.link}&measure={measure.name}{whose}{group}",
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
    bureau: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[str | None, Query(max_length=20, description="仅此日起的流量 / of flows, from this day on")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 200,
) -> Response:
    """The facts that make one total; `group` absent: of all groups, empty: what belongs to none; `bureau`: its verdicts."""
    settings = services.questions.project.settings(at.viewpoint)
    named = settings.recognising.get(measure.value)
    if authority == "recognised" and bureau is None and named:
        bureau = named[0]
    part = Part(MEASURES[measure.value], authority, group or None, group is None, bureau, a_day(since) if since else None)
    after = (uncursor(cursor) or "#0").rpartition("#")
    if not (after[2].isdigit() and len(after[2]) < 10):
        raise BadCursor
    found = services.questions.sources(at, by, role, attribute, part, (after[0], int(after[2])), limit + 1)
    names = services.questions.names(at, {fact.project for fact in found[:limit]})
    page = [cite(fact.code, fact.fact) for fact in found[:limit]]
    body = {
        "sources": page,
        "facts": [
            {
                "entry": entry,
                "project": fact.code,
                "name": names.get(fact.code),
                "occurred_on": fact.occurred_on,
                "value": str(part.measure.value(fact.amount)),
            }
            for entry, fact in zip(page, found, strict=False)
        ],
        "currency": settings.currency if part.measure.unit == "money" else None,
        "next": cursor_of(page[-1]) if len(found) > limit else None,
    }
    return answer(services, at, body)
