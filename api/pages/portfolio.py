"""项目总览: the portfolio in numbers, two viewpoints of it side by side, and the facts behind every figure."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from babel.numbers import format_decimal
from fastapi import APIRouter, Query, Response
from markupsafe import Markup

from api.locale import texts
from api.pages.asking import Told
from api.pages.drawing.stages import Column, stages
from api.pages.visit import PAGE, Here, Viewed, Visit, pages
from api.pages.writing import CURRENCIES, Writing

made: APIRouter = pages()
Text = Annotated[str | None, Query(max_length=300)]
SHOWN = ("agreed", "received", "invested")
"""The money of the portfolio in one look; the others are a click away."""
MOVING = (*SHOWN, "tax", "jobs")
NAMED, OF_EACH = 4, 3
"""So many figures that moved are told by the entries that moved them most, so many of each; the rest is a click away."""
MOST_COUNTED = 20_000
"""Facts that are compared one by one while somebody waits for the page; of more there is only the link."""
AUTHORITIES = ("reported", "recognised", "statistical")
GROUPINGS = ("stage", "unit", "category", "industry", "yearly_class")
SIZES = {"zh": (Decimal("1e8"), "亿"), "en": (Decimal("1e6"), "m")}


class Large:
    """Money in one unit down a whole table: 亿元 in Chinese, millions in English."""

    def __init__(self, visit: Visit, currency: str | None) -> None:
        self._locale, self._size = Writing(visit.language).locale, SIZES[visit.language]
        code = currency or "CNY"
        self.unit = f"{self._size[1]}{CURRENCIES.get(code, code)}" if visit.language == "zh" else f"{code} {self._size[1]}"

    def __call__(self, value: str | None) -> str:
        return "—" if value is None else format_decimal(Decimal(value) / self._size[0], "#,##0.00", locale=self._locale)


@made.get("/pages/portfolio", openapi_extra=PAGE)
async def portfolio(visit: Viewed, by: Text = "stage", role: Text = "lead") -> Response:
    whole, months, wanting, named = await visit.ask_all(
        visit.ask("/portfolio", by=by, role=role),
        visit.ask("/portfolio/stages"),
        visit.ask("/portfolio/attention"),
        visit.viewpoints(),
    )
    assert visit.viewpoint is not None
    since = month_before(visit.viewpoint)
    now = {"on": visit.viewpoint["on"], "known": f"@{visit.viewpoint['known']['position']}"}
    moved, awaited = await visit.ask_all(_moved(visit, since, now, by, role), _awaited(visit, named["periods"], now))
    return await visit.page(
        "portfolio.html",
        by=by,
        role=role,
        groupings=GROUPINGS,
        whole=whole,
        cards=measured(whole["total"]),
        rows=[(group, measured(group), name_of(visit, by, group["group"])) for group in ordered(by, whole["groups"])],
        shown=SHOWN,
        authorities=AUTHORITIES,
        large=Large(visit, whole["currency"]),
        picture=drawn(visit, months["months"]),
        months=months["months"],
        stages_said=list(texts(visit.language)["stages"]),
        attention=wanting["attention"],
        awaited=awaited,
        moved=moved,
        moving=[t for t in moved["total"]["totals"] if t["measure"] in MOVING and t["bureau"] is None],
        since=since,
        now=now,
        page=paged,
    )


async def _moved(visit: Visit, since: date, now: dict[str, str], by: str | None, role: str | None) -> Any:
    asked = {"from_on": str(since), "from_known": str(since), "to_on": now["on"], "to_known": now["known"]}
    answer = await visit.api.get("/portfolio/changes", by=by, role=role, **asked)
    return answer | {"asked": asked}


async def _awaited(visit: Visit, periods: list[str], now: dict[str, str]) -> dict[str, Any] | None:
    """The latest period that had begun by then, and who has not reported in it; None where there is none."""
    for period in [period for period in periods if period <= now["on"]][:-3:-1]:
        try:
            board = (await visit.api.get(f"/periods/{period}", **now))["period"]
        except Told:  # it was not open yet by then
            continue
        missing = [row["unit"] for row in board["rows"] if row["expected"] and row["state"] == "not_reported"]
        return {"period": period, "deadline": board["deadline"], "missing": missing}
    return None


@made.get("/pages/portfolio/compare", openapi_extra=PAGE)
async def compare(
    visit: Here,
    from_on: Text = None,
    from_known: Text = None,
    to_on: Text = None,
    to_known: Text = None,
    by: Text = "stage",
    role: Text = "lead",
) -> Response:
    """Without a beginning only the form is shown."""
    asked = {"from_on": from_on, "from_known": from_known, "to_on": to_on, "to_known": to_known}
    asked = {name: value or None for name, value in asked.items()}
    found = None
    if asked["from_on"] or asked["from_known"]:
        found = await visit.api.get("/portfolio/changes", by=by, role=role, **asked)
        visit.heard({"names": found["names"]})
    groups = [(group, name_of(visit, by, group["group"])) for group in ordered(by, found["groups"])] if found else []
    for group, _ in [*groups, (found["total"], "")] if found else ():
        group["totals"] = telling(group["totals"])
    currency = currency_among(t for group, _ in groups for t in group["totals"])
    telling_of = worth_naming(found["total"]["totals"]) if found else []
    moved = await visit.ask_all(*(_movers(visit, total) for total in telling_of))
    return await visit.page(
        "portfolio_compare.html",
        asked=asked,
        by=by,
        role=role,
        groupings=GROUPINGS,
        found=found,
        groups=groups,
        named=list(zip(telling_of, moved, strict=True)),
        large=Large(visit, currency),
        page=paged,
    )


async def _movers(visit: Visit, total: dict[str, Any]) -> Any:
    """The few facts that moved a figure most; the answer's own link asks for all of them."""
    asked = dict(parse_qsl(urlsplit(total["moved"]["link"]).query))
    answer = await visit.api.get("/portfolio/changes/facts", **asked, largest=True, limit=OF_EACH)
    return visit.heard({"names": answer["names"]}) and answer


@made.get("/pages/portfolio/changes/facts", openapi_extra=PAGE)
async def moved_facts(
    visit: Here,
    measure: Text = None,
    from_on: Text = None,
    from_known: Text = None,
    to_on: Text = None,
    to_known: Text = None,
    by: Text = None,
    role: Text = None,
    attribute: Text = None,
    authority: Text = None,
    group: Text = None,
    bureau: Text = None,
    cursor: Text = None,
) -> Response:
    """The parameters are the API's own, so that its links lead here."""
    asked = dict(visit.request.query_params)
    found = await visit.api.get("/portfolio/changes/facts", **asked)
    visit.heard({"names": found["names"]})
    named = None if group is None else name_of(visit, by or "unit", group or None)
    return await visit.page("portfolio_moved.html", found=found, asked=asked, named=named)


@made.get("/pages/portfolio/sources", openapi_extra=PAGE)
async def sources(
    visit: Viewed,
    measure: Text = None,
    by: Text = None,
    role: Text = None,
    attribute: Text = None,
    authority: Text = None,
    group: Text = None,
    bureau: Text = None,
    since: Text = None,
    cursor: Text = None,
) -> Response:
    """The parameters are the API's own, so that its links lead here."""
    words = {"measure": measure, "by": by, "role": role, "attribute": attribute, "authority": authority}
    words |= {"group": group, "bureau": bureau, "since": since, "cursor": cursor}
    found = await visit.ask("/portfolio/sources", **words)
    if by in (None, "unit") and group:
        visit.heard(await visit.ask(f"/units/{group}"))
    named = None if group is None else name_of(visit, by or "unit", group or None)
    return await visit.page("portfolio_sources.html", found=found, asked=words, named=named)


def paged(link: str) -> str:
    """The page of a question that an answer links to."""
    return f"/pages{link}"


def month_before(viewpoint: dict[str, Any]) -> date:
    """The last day of the month before that of the viewpoint, or before that in which its last entry was recorded."""
    days = [date.fromisoformat(viewpoint["on"])]
    if viewpoint["known"]["recorded_at"]:
        days.append(date.fromisoformat(viewpoint["known"]["recorded_at"][:10]))
    return min(days).replace(day=1) - timedelta(days=1)


def measured(group: dict[str, Any]) -> dict[str, Any]:
    """A group's measures by name."""
    return {measure["measure"]: measure for measure in group["measures"]}


def currency_among(totals: Iterable[dict[str, Any]]) -> str | None:
    figures = (t[side] for t in totals for side in ("before", "after") if t[side])
    return next((f["currency"] for f in figures if f["currency"]), None)


def telling(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without percentages, which add up to nothing, and without the bureaus whose verdicts are the headline itself."""

    def values(total: dict[str, Any]) -> list[Any]:
        return [total["measure"], *(total[side] and total[side]["value"] for side in ("before", "after"))]

    headlines = [values(total) for total in totals if total["authority"] == "recognised" and not total["bureau"]]
    told = [total for total in totals if total["unit"] != "percent"]
    return [total for total in told if not total["bureau"] or values(total) not in headlines]


def worth_naming(totals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures of all projects whose movers are told: what units reported first, then what was recognised of it."""

    def counted(total: dict[str, Any]) -> int:
        return sum(total[side]["sources"]["count"] for side in ("before", "after") if total[side])

    told = [t for t in totals if t["measure"] in MOVING and t["bureau"] is None and t["moved"]["count"]]
    told = [t for t in told if counted(t) <= MOST_COUNTED]
    return sorted(told, key=lambda t: AUTHORITIES.index(t["authority"]))[:NAMED]


def ordered(by: str | None, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stages in their own order; everything else as the answer has it."""
    ranks = {stage: rank for rank, stage in enumerate(texts("en")["stages"])} if by == "stage" else {}
    return sorted(groups, key=lambda group: ranks.get(group["group"], len(ranks)))


def name_of(visit: Visit, by: str | None, group: str | None) -> str:
    """A group as its readers call it."""
    if group is None:
        return visit.say("（未填）")
    if by == "unit":
        return visit.unit(group)
    section = {"stage": "stages", "yearly_class": "yearly_classes"}.get(by or "")
    return texts(visit.language)[section].get(group, group) if section else group


def drawn(visit: Visit, months: list[dict[str, Any]]) -> Markup:
    words, writing = texts(visit.language)["stages"], Writing(visit.language)
    columns = [
        Column(
            name=writing.month(month["day"][:7]) if _named(month["day"], place, len(months)) else "",
            said=writing.day(month["day"]),
            counts=[month["counts"].get(stage, 0) for stage in words],
        )
        for place, month in enumerate(months)
    ]
    desc = visit.say("各月末处于各阶段的项目个数，自下而上由线索至达产达效；同样的数字列于图下表中。")
    return stages(columns, list(words.values()), visit.say("阶段变化"), desc)


def _named(day: str, place: int, of: int) -> bool:
    """Every third month counted from January, but for what would run into the last one."""
    return place == of - 1 or (day[5:7] in ("01", "04", "07", "10") and of - 1 - place > 1)
