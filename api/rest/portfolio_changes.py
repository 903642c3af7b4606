"""汇总的变化: totals at two viewpoints, what differs between them, and the facts and entries that moved each."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from api.access.doors import Running, router
from api.access.reading import Reads
from api.asking import READS, READS_ENTRIES, BadCursor, Limit, cursor_of, uncursor
from api.rest.changes import Compared, Two, between
from api.rest.portfolio import MeasureName, TotalFigure, Writing
from domain.errors import NotFound
from domain.fact import AUTHORITIES, MEASURES, Authority
from domain.questions.acts import Act
from domain.questions.changes import Change
from domain.questions.portfolio import Attribute, By
from domain.questions.portfolio_changes import MovedFact
from projections.questions.counting import Part
from projections.questions.portfolio import Bureau, Total
from projections.questions.portfolio_changes import TotalsMoved
from projections.questions.viewpoints import Resolved

made: APIRouter = router(tags=["questions"])
Role = Literal["lead", "introducing", "hosting"]


class MovedBy(BaseModel):
    """How many facts came into the total or left it (a corrected one does both), a fingerprint of which, and where each is
    listed with the entries that did it. Zero where only the terms of sharing or the district's settings moved it."""

    count: int
    fingerprint: str
    link: str


class TotalChange(BaseModel):
    """One measure in one 口径; `bureau` where it is one bureau's verdicts; null where there was nothing."""

    measure: str
    unit: Literal["money", "count", "percent"]
    sort: Literal["flow", "level"]
    authority: Authority
    bureau: str | None
    before: TotalFigure | None
    after: TotalFigure | None
    difference: str
    moved: MovedBy


class GroupChange(BaseModel):
    """`group` is null for what belongs to none; counts of projects at either viewpoint; only the totals that differ."""

    group: str | None
    count_before: int
    count_after: int
    totals: list[TotalChange]


class PortfolioChangesAnswer(Compared):
    """Only groups in which something differs."""

    by: By
    role: str
    attribute: Attribute
    groups: list[GroupChange]
    total: GroupChange


class MovedFactAnswer(MovedFact):
    """`before`, `after`: its whole figure at the viewpoints at which it counts so, however units share it."""

    project: str
    name: str | None
    occurred_on: date
    before: str | None
    after: str | None


class MovedFactsAnswer(Compared):
    """By project and number, or the largest first; `count` of them in all, money in `currency`; `next` is the cursor of the
    following page."""

    facts: list[MovedFactAnswer]
    count: int
    currency: str | None
    next: str | None


@made.get("/portfolio/changes", response_model=PortfolioChangesAnswer, operation_id="portfolio_changes", openapi_extra=READS)
def portfolio_changes(
    services: Running, of: Two, by: By = "unit", role: Role = "lead", attribute: Attribute | None = None
) -> Response:
    """Totals per group and measure in each 口径, before and after, their difference, and what moved them."""
    attribute = attribute or ("then" if by == "unit" else "now")
    found = services.questions.portfolio_changes(of, by, role, attribute)
    writing = Changing(services.questions.project.settings(of[1].viewpoint).currency, of, f"by={by}&role={role}", attribute)
    groups = writing.groups(found)
    body = {"by": by, "role": role, "attribute": attribute, "groups": groups, "total": writing.whole(found)}
    units = {g["group"] for g in groups if g["group"]} if by == "unit" else set()
    return between(services, of, body, units)


class Changing:
    """Two totals as an answer writes them side by side."""

    def __init__(self, currency: str, of: tuple[Resolved, Resolved], asked: str, attribute: str) -> None:
        self._figures = [
            Writing(currency, f"/portfolio/sources?on={at.on}&known=@{at.position}&{asked}&attribute={attribute}")
            for at in of
        ]
        a, b = of
        span = f"from_on={a.on}&from_known=@{a.position}&to_on={b.on}&to_known=@{b.position}"
        self._link = f"/portfolio/changes/facts?{span}&{asked}&attribute={attribute}"

    def groups(self, found: TotalsMoved) -> list[dict[str, Any]]:
        sides = found.before, found.after
        names = dict.fromkeys(
            g for s in sides for g in (*s.counts, *(t.group for t in s.totals), *(b.group for b in s.bureaus))
        )
        made = [self.group(found, name) for name in sorted(names, key=lambda g: (g is None, g or ""))]
        return [g for g in made if g["totals"] or g["count_before"] != g["count_after"]]

    def group(self, found: TotalsMoved, name: str | None) -> dict[str, Any]:
        sides = [
            ([t for t in s.totals if t.group == name], [b for b in s.bureaus if b.group == name])
            for s in (found.before, found.after)
        ]
        moved = {place[1:]: count for place, count in found.moved.items() if place[0] == name}
        counts = [s.counts.get(name, 0) for s in (found.before, found.after)]
        return self._written(name, counts, sides, moved, every=False)

    def whole(self, found: TotalsMoved) -> dict[str, Any]:
        sides = [(s.whole, s.whole_bureaus) for s in (found.before, found.after)]
        moved = {place[1:]: count for place, count in found.whole.items()}
        counts = [sum(s.counts.values()) for s in (found.before, found.after)]
        return self._written(None, counts, sides, moved, every=True)

    def _written(
        self,
        name: str | None,
        counts: list[int],
        sides: list[tuple[list[Total], list[Bureau]]],
        moved: dict[tuple[str, str], int],
        *,
        every: bool,
    ) -> dict[str, Any]:
        before, after = (_placed(*side) for side in sides)
        places = sorted(
            {*before, *after}, key=lambda p: (MEASURES[p[0]].number, p[1].startswith("bureau:"), _rank(p[1]), p[1])
        )
        totals = [
            self._total(name, place, before.get(place), after.get(place), moved.get(place, 0), every) for place in places
        ]
        return {
            "group": name,
            "count_before": counts[0],
            "count_after": counts[1],
            "totals": [total for total in totals if total is not None],
        }

    def _total(
        self,
        name: str | None,
        place: tuple[str, str],
        before: Total | Bureau | None,
        after: Total | Bureau | None,
        count: int,
        every: bool,
    ) -> dict[str, Any] | None:
        """None where nothing differs."""
        prints = [int(side.fingerprint, 16) if side else 0 for side in (before, after)]
        amounts = [side.amount if side else 0 for side in (before, after)]
        if prints[0] == prints[1] and amounts[0] == amounts[1] and (before is None) == (after is None):
            return None
        measure, whose = MEASURES[place[0]], place[1]
        bureau = whose.removeprefix("bureau:") if whose.startswith("bureau:") else None
        asked = f"&authority={'recognised' if bureau else whose}" + (f"&bureau={bureau}" if bureau else "")
        group = "" if every else f"&group={quote(name or '')}"
        return {
            "measure": measure.name,
            "unit": measure.unit,
            "sort": measure.sort,
            "authority": "recognised" if bureau else whose,
            "bureau": bureau,
            "before": self._figures[0].figure(before, asked, every) if before else None,
            "after": self._figures[1].figure(after, asked, every) if after else None,
            "difference": str(measure.value(amounts[1] - amounts[0])),
            "moved": {
                "count": count,
                "fingerprint": f"{prints[0] ^ prints[1]:016x}",
                "link": f"{self._link}&measure={measure.name}{asked}{group}",
            },
        }


def _placed(totals: Iterable[Total], bureaus: Iterable[Bureau]) -> dict[tuple[str, str], Total | Bureau]:
    placed: dict[tuple[str, str], Total | Bureau] = {(t.measure.name, t.authority): t for t in totals}
    return placed | {(b.measure.name, f"bureau:{b.bureau}"): b for b in bureaus}


def _rank(whose: str) -> int:
    return AUTHORITIES.index(whose) if whose in AUTHORITIES else len(AUTHORITIES)


@made.get(
    "/portfolio/changes/facts", response_model=MovedFactsAnswer, operation_id="portfolio_changes_facts", openapi_extra=READS
)
def portfolio_changes_facts(
    services: Running,
    reads: Reads,
    of: Two,
    measure: MeasureName,
    by: By = "unit",
    role: Role = "lead",
    attribute: Attribute = "then",
    authority: Authority = "reported",
    group: Annotated[str | None, Query(max_length=300)] = None,
    bureau: Annotated[str | None, Query(max_length=64)] = None,
    largest: bool = False,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 100,
) -> Response:
    """The facts that came into one total or left it, each with the entries that did it; `group` as for its sources.
    `largest`: only one page, of those that moved most."""
    part = Part(MEASURES[measure.value], authority, group or None, group is None, bureau)
    after = (uncursor(cursor) or "#0").rpartition("#")
    if not (after[2].isdigit() and len(after[2]) < 10):
        raise BadCursor
    place = (after[0], int(after[2]))
    found, count = services.questions.moved_facts(of, by, role, attribute, part, place, limit + (not largest), largest)
    names = services.questions.names(of[1], {line.latest.project for line, _ in found[:limit]})
    whole = reads.whole({line.code for line, _ in found[:limit]})
    page = []
    for line, fact in found[:limit]:
        sides = [None if side is None else str(part.measure.value(side.amount)) for side in (line.before, line.after)]
        told: dict[str, Any] = {"project": line.code, "name": names.get(line.code), "before": sides[0], "after": sides[1]}
        told |= {"occurred_on": line.latest.occurred_on}
        page.append(fact.model_dump(mode="json") | told | ({} if line.code in whole else {"entries": None}))
    body = {
        "facts": page,
        "count": count,
        "currency": services.questions.project.settings(of[1].viewpoint).currency if part.measure.unit == "money" else None,
        "next": cursor_of(page[-1]["fact"]) if len(found) > limit and not largest else None,
    }
    return between(services, of, body)


class UnitChangesAnswer(Compared):
    """`figures`: its name, exemptions, targets and returns; `totals`: of the projects it answers for in the role, flows by
    their own day."""

    unit: str
    figures: list[Change]
    entries: list[Act]
    role: str
    totals: GroupChange


@made.get(
    "/units/{code}/changes", response_model=UnitChangesAnswer, operation_id="unit_changes", openapi_extra=READS_ENTRIES
)
def unit_changes(
    services: Running, reads: Reads, of: Two, code: Annotated[str, Path(max_length=64)], role: Role = "lead"
) -> Response:
    """What differs in a unit's own streams and in the totals of its projects, and what moved each."""
    if not reads.of_unit(code):
        raise NotFound(f"unit:{code}")
    figures, entries = services.questions.unit_changes(code, *of)
    found = services.questions.portfolio_changes(of, "unit", role, "then")
    writing = Changing(services.questions.project.settings(of[1].viewpoint).currency, of, f"by=unit&role={role}", "then")
    body = {
        "unit": code,
        "figures": [change.model_dump(mode="json") for change in figures],
        "entries": [act.model_dump(mode="json") for act in entries],
        "role": role,
        "totals": writing.group(found, code),
    }
    return between(services, of, body)
