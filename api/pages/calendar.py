"""日历: a year as twelve small months with its days off, what that rests on, and the form to adopt it."""

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Annotated, Any, Literal, NamedTuple

from babel.dates import get_day_names
from fastapi import APIRouter, Query, Response

from api.pages.asking import Told
from api.pages.visit import PAGE, Here, Viewed, Visit, pages, today
from api.pages.writing import Writing
from domain.entry import Role

made: APIRouter = pages()
Year = Annotated[int | None, Query(ge=1950, le=2199)]
Since = Annotated[str | None, Query(max_length=10)]
Count = Annotated[int | None, Query(ge=1, le=366)]
Done = Annotated[Literal["adopted"] | None, Query()]
MOST_BYTES = 100_000
LONGEST = timedelta(days=31)
"""Of a span of days on one line: more is a slip of the pen."""
DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
LINE = re.compile(
    rf"{DAY}(?:\s*(?:至|到|~|—|–|-{{2}}|\.\.)\s*{DAY})?[\s,，;；、]*(休|放假|off|班|上班|worked|work)[\s,，;；、]+(.+)"
)
OFF = ("休", "放假", "off")


class Cell(NamedTuple):
    """A day of a month: `sort` as an arrangement has it."""

    day: int
    sort: Literal["off", "worked"] | None
    weekend: bool
    viewed: bool


class Month(NamedTuple):
    code: str
    weeks: list[list[Cell | None]]


class Holiday(NamedTuple):
    """`spans`: its days off, first and last; `worked`: the weekend days given for them."""

    name: str
    spans: list[tuple[date, date]]
    worked: list[date]


@made.get("/pages/calendar", openapi_extra=PAGE)
async def shown_year(
    visit: Viewed, year: Year = None, since: Since = None, count: Count = None, done: Done = None
) -> Response:
    return await shown(visit, year, since=since, count=count, done=done)


async def shown(
    visit: Visit,
    year: int | None,
    status: int = 200,
    /,
    *,
    since: str | None = None,
    count: int | None = None,
    **more: Any,
) -> Response:
    """`filled` and `wrong` where a form comes back: what was filled in, and why nothing was recorded."""
    found, counted, wrong = await visit.ask("/district/calendar", year=year), None, None
    if since is not None:
        try:
            counted = await visit.ask("/district/working-days", since=since, count=count)
        except Told as told:
            status, wrong = told.status, told
    role = visit.session.role if visit.session else ""
    return await visit.page(
        "calendar.html",
        status,
        found=found,
        months=months(found["year"], found["arranged"], date.fromisoformat(found["viewpoint"]["on"])),
        weekdays=weekdays(visit),
        holidays=holidays(found["arranged"]),
        counted=counted,
        since=since or found["viewpoint"]["on"],
        count=count,
        adopts=role == Role.OFFICE and not (visit.asked["on"] or visit.asked["known"]),
        **{
            "done": None,
            "wrong": wrong,
            "slips": [],
            "filled": {"occurred_on": str(today()), "year": found["year"], **stated(found)},
            **more,
        },
    )


@made.post("/pages/calendar", openapi_extra=PAGE)
async def adopted(visit: Here) -> Response:
    """The office adopts a year: the lines of the form, or those of a file."""
    visit.viewed_at(None, None, None)
    form = visit.form
    filled = {name: form.one(name) or "" for name in ("occurred_on", "year", "notice", "document", "lines")}
    year = int(filled["year"]) if re.fullmatch(r"(19[5-9]|20\d|21\d)\d", filled["year"]) else None
    if visit.file is not None:
        raw = await visit.file.whole(MOST_BYTES)
        if raw is None:
            return await shown(visit, year, 413, filled=filled, wrong=visit.say("文件过大：放假安排只有几十行。"))
        filled["lines"] = decoded(raw)
    days, slips = read(visit, filled["lines"])
    if slips or not days:
        wrong = visit.say("下列各行未能读懂，尚未记录。") if slips else visit.say("请填写放假与上班的日子，每行一天或一段。")
        return await shown(visit, year, 422, filled=filled, wrong=wrong, slips=slips)
    said: dict[str, Any] = {"occurred_on": filled["occurred_on"], "year": year, "notice": filled["notice"]}
    said |= {"days": [one for _, one in days]} | ({"document": filled["document"]} if filled["document"] else {})
    try:
        done = await visit.api.post("/district/calendar", said, key=form.key)
    except Told as told:
        return await shown(visit, year, told.status, filled=filled, wrong=told, slips=pointed(visit, told, days))
    return visit.leave("/pages/calendar", year=year, done="adopted", after=done["position"])


def decoded(raw: bytes) -> str:
    """As UTF-8, or as spreadsheets of the office save text."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


# the form's lines


def read(visit: Visit, text: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Every day with the line it stands on, and what is wrong with the lines that say none."""
    days: list[tuple[int, dict[str, str]]] = []
    slips: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip().strip(",，;；")
        if not line or (number == 1 and not any(c.isdigit() for c in line)):
            continue  # a heading
        try:
            days += [(number, one) for one in read_line(line)]
        except ValueError:
            slips.append(visit.say("第 {number} 行：{line}", number=number, line=line[:80]))
    return days, slips


def read_line(line: str) -> Iterator[dict[str, str]]:
    """The days of one line. Raises ValueError where it is none."""
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError(line)
    first = date(*map(int, found.group(1, 2, 3)))
    last = date(*map(int, found.group(4, 5, 6))) if found[4] else first
    if not timedelta() <= last - first < LONGEST:
        raise ValueError(line)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        yield {"day": str(day), "sort": "off" if found[7] in OFF else "worked", "name": found[8].strip()}


def pointed(visit: Visit, told: Told, days: list[tuple[int, dict[str, str]]]) -> list[str]:
    """The lines that the API's mistakes are about."""
    found = []
    for mistake in told.mistakes:
        place = re.match(r"/days/(\d+)/", mistake.get("pointer") or "")
        if place and int(place[1]) < len(days):
            number, one = days[int(place[1])]
            found.append(visit.say("第 {number} 行：{line}", number=number, line=one["day"] + " " + mistake["detail"]))
    return found


def stated(found: Mapping[str, Any]) -> dict[str, str]:
    """The arrangement shown, as lines to change and adopt anew."""
    arrangement = found["arrangement"]
    if arrangement is None:
        return {"notice": "", "lines": "", "document": ""}
    lines = []
    for (name, sort), days in groupby(arrangement["days"], key=itemgetter("name", "sort")):
        word = "休" if sort == "off" else "班"
        for first, last in spans_of([date.fromisoformat(one["day"]) for one in days]):
            lines.append(f"{first} {word} {name}" if first == last else f"{first}至{last} {word} {name}")
    notice = arrangement["source"] if arrangement["rests_on"] == "adopted" else ""
    return {"notice": notice, "lines": "\n".join(lines), "document": ""}


def spans_of(days: list[date]) -> list[tuple[date, date]]:
    """Days in order as spans without a gap: the first and last of each."""
    breaks = [n for n, (a, b) in enumerate(pairwise(days), start=1) if b - a != timedelta(days=1)]
    return [(days[a], days[b - 1]) for a, b in pairwise([0, *breaks, len(days)]) if b > a]


# the picture


def months(year: int, arranged: list[dict[str, Any]], viewed: date) -> list[Month]:
    """Twelve, their weeks beginning on Monday."""
    sorts = {date.fromisoformat(one["day"]): one["arranged"] for one in arranged}

    def cell(day: date, month: int) -> Cell | None:
        return Cell(day.day, sorts.get(day), day.weekday() > 4, day == viewed) if day.month == month else None

    weeks = calendar.Calendar().monthdatescalendar
    return [
        Month(f"{year}-{month:02d}", [[cell(day, month) for day in week] for week in weeks(year, month)])
        for month in range(1, 13)
    ]


def weekdays(visit: Visit) -> list[tuple[str, str]]:
    """Monday to Sunday: in short and whole."""
    locale = Writing(visit.language).locale
    short, whole = get_day_names("narrow", locale=locale), get_day_names("wide", locale=locale)
    return [(short[n], whole[n]) for n in range(7)]


def holidays(arranged: list[dict[str, Any]]) -> list[Holiday]:
    """By name, in the order of their first day off."""
    by_name: dict[str, list[tuple[date, str]]] = {}
    for one in arranged:
        by_name.setdefault(one["name"], []).append((date.fromisoformat(one["day"]), one["arranged"]))
    found = []
    for name, days in by_name.items():
        spans = spans_of([day for day, sort in days if sort == "off"])
        found.append(Holiday(name, spans, [day for day, sort in days if sort == "worked"]))
    return sorted(found, key=lambda one: one.spans[0][0] if one.spans else one.worked[0])
