"""项目: the list as a table to filter, search and sort, and to take away as a workbook or a text file."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from api.locale import texts
from api.pages.portfolio import Large
from api.pages.taking import Heading, csv_lines, workbook
from api.pages.visit import PAGE, Viewed, Visit, pages
from api.pages.wording import noted
from api.pages.workbook import XLSX
from api.pages.writing import Writing

made: APIRouter = pages()
Text = Annotated[str | None, Query(max_length=300)]
SIZE, AT_ONCE = 50, 1_000
WITHOUT = "-"
"""In the page's address: those that have none; an empty field asks for nothing."""
LIGHTS = {"green": "good", "yellow": "warn", "red": "bad"}
STATES = {
    "open": noted("未终止"),
    "going_on": noted("进行中"),
    "paused": noted("停工"),
    "ended": noted("已终止"),
}
WANTS = ("not_started_when_due", "completion_overdue", "unowned", "irregular", "not_judged")


class View(NamedTuple):
    """A shipped view of the list: what it is called and what its address says."""

    name: str
    query: dict[str, str]


VIEWS = (
    View(noted("全部项目"), {}),
    View(noted("未终止"), {"state": "open"}),
    View(noted("在建"), {"stage": "under_construction", "state": "open"}),
    View(noted("应开未开"), {"wants": "not_started_when_due"}),
    View(noted("逾期未竣工"), {"wants": "completion_overdue"}),
    View(noted("责任空档"), {"wants": "unowned"}),
    View(noted("不合常规"), {"wants": "irregular"}),
    View(noted("待认定"), {"wants": "not_judged"}),
    View(noted("停工"), {"state": "paused"}),
    View(noted("到位资金从多到少"), {"sort": "received", "down": "true"}),
    View(noted("最近进入新阶段"), {"sort": "stage_since", "down": "true"}),
)


async def _wanted(
    stage: Text = None,
    unit: Text = None,
    role: Text = None,
    category: Text = None,
    industry: Text = None,
    list: Text = None,
    light: Text = None,
    yearly_class: Text = None,
    state: Text = None,
    wants: Text = None,
    q: Text = None,
    sort: Text = None,
    down: Text = None,
) -> dict[str, str]:
    """What the address asks the list for, as the API takes it."""
    said = {"stage": stage, "unit": unit, "role": role, "category": category, "industry": industry, "list": list}
    said |= {
        "light": light,
        "yearly_class": yearly_class,
        "state": state,
        "wants": wants,
        "q": q,
        "sort": sort,
        "down": down,
    }
    return {name: "" if value == WITHOUT else value.strip() for name, value in said.items() if value}


Wanted = Annotated[dict[str, str], Depends(_wanted)]


@made.get("/pages/projects", openapi_extra=PAGE)
async def projects(visit: Viewed, wanted: Wanted, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Response:
    found, district = await visit.ask_all(
        visit.ask("/portfolio/projects", **wanted, page=page, limit=SIZE, choices=True), visit.ask("/district/settings")
    )
    light_names = lights_named(visit, district["settings"])
    views = list(VIEWS)
    if visit.session is not None and visit.session.unit in found["choices"]["unit"]:
        views.insert(1, View(noted("本单位牵头"), {"unit": visit.session.unit, "state": "open"}))
    first = (found["page"] - 1) * SIZE + 1
    return await visit.page(
        "projects.html",
        found=found,
        wanted=wanted,
        views=views,
        lights=LIGHTS,
        take=lambda kind: _address(visit, f"/pages/projects.{kind}", wanted, found["viewpoint"]),
        **options(visit, found["choices"], light_names),
        large=Large(visit, found["currency"]),
        figure=figure,
        first=first,
        last=first + len(found["projects"]) - 1,
        pages=-(-found["matching"] // SIZE),
        light_names=light_names,
    )


def options(visit: Visit, choices: dict[str, list[str]], lights: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers: as the address says it, and as it is called."""
    words = texts(visit.language)
    wants = [(mark, words["marks"].get(mark, visit.say("待认定"))) for mark in WANTS]
    return {
        "stages": list(words["stages"].items()),
        "units": sorted(((code, visit.unit(code)) for code in choices["unit"]), key=lambda one: one[1]),
        "categories": [(word, word) for word in choices["category"]],
        "industries": [(word, word) for word in choices["industry"]],
        "lists": [(word, word) for word in choices["list"]],
        "lights_said": [(word, lights.get(word, word)) for word in choices["light"]],
        "states_said": [(word, visit.say(said)) for word, said in STATES.items()],
        "wants_said": wants,
    }


def lights_named(visit: Visit, settings: dict[str, Any]) -> dict[str, str]:
    """The words of the district's own scale (自评), and of what is said in place of one."""
    own = {one["word"]: one[visit.language] for one in settings["lights"]}
    return {**texts(visit.language)["blanks"], **own}


def _address(visit: Visit, path: str, wanted: dict[str, str], at: dict[str, Any]) -> str:
    """The same question at the viewpoint that is shown, for ever."""
    said = {name: value or WITHOUT for name, value in wanted.items()}
    return visit.link(path, **said | {"on": at["on"], "known": f"@{at['known']['position']}"})


def figure(row: dict[str, Any], measure: str, authority: str = "reported") -> str | None:
    """None where nobody states it."""
    return next((each[authority] for each in row["figures"] if each["measure"] == measure), None)


@made.get("/pages/projects.xlsx", openapi_extra=PAGE)
async def as_workbook(visit: Viewed, wanted: Wanted) -> Response:
    """All that the address asks for, of one viewpoint; the file is written on disk row by row and goes when it is sent."""
    first, rest = await _every(visit, wanted)
    name = quote(visit.say("项目清单") + f"-{first['viewpoint']['on']}.xlsx")
    headers = NOT_KEPT | {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return visit.sent(StreamingResponse(workbook(heading(visit, wanted, first), rest), media_type=XLSX, headers=headers))


@made.get("/pages/projects.csv", openapi_extra=PAGE)
async def as_text(visit: Viewed, wanted: Wanted) -> Response:
    """The same as text: UTF-8 with the mark by which Excel knows it."""
    first, rest = await _every(visit, wanted)
    headers = NOT_KEPT | {"content-disposition": f'attachment; filename="projects-{first["viewpoint"]["on"]}.csv"'}
    lines = csv_lines(heading(visit, wanted, first), rest)
    return visit.sent(StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers))


NOT_KEPT = {"cache-control": "no-store"}
TAKEN = ("agreed", "enrolled_capital", "received", "invested", "tax", "jobs", "progress")


async def _every(visit: Visit, wanted: dict[str, str]) -> tuple[dict[str, Any], AsyncIterator[list[list[Any]]]]:
    """The first answer, which says the viewpoint, and the rows of it and all that follow at that viewpoint."""
    first = await visit.ask("/portfolio/projects", **wanted, limit=AT_ONCE)
    pinned = {"on": first["viewpoint"]["on"], "known": f"@{first['viewpoint']['known']['position']}"}

    async def rows() -> AsyncIterator[list[list[Any]]]:
        answer, page = first, 1
        while True:
            yield [cells(visit, row) for row in answer["projects"]]
            if page * AT_ONCE >= first["matching"]:
                return
            page += 1
            answer = visit.heard(await visit.api.get("/portfolio/projects", **pinned, **wanted, limit=AT_ONCE, page=page))

    return first, rows()


def heading(visit: Visit, wanted: dict[str, str], first: dict[str, Any]) -> Heading:
    """The viewpoint and the question stand above the table, so that the file says by itself what it shows."""
    words, writing, at = texts(visit.language), Writing(visit.language), first["viewpoint"]
    position = at["known"]["position"]
    above = [
        [visit.say("项目清单")],
        [visit.say("情况截至"), writing.day(at["on"])],
        [visit.say("按台账位置已报"), position, writing.moment(at["known"]["recorded_at"])],
        [visit.say("项目个数"), first["matching"]],
    ]
    if wanted:
        above.append([visit.say("筛选与排序"), *(f"{name}={value or WITHOUT}" for name, value in wanted.items())])
    if at["synthetic"]:
        above.append([visit.say("演示区：全部数据均为虚构。")])
    columns = [visit.say(name) for name in COLUMNS]
    for measure in TAKEN:
        unit = {"progress": "%", "jobs": visit.say("人")}.get(measure, first["currency"])
        columns += [f"{words['measures'][measure]} {words['authorities'][a]} ({unit})" for a in AUTHORITIES]
    return Heading(visit.say("项目清单"), above, columns)


AUTHORITIES = ("reported", "recognised", "statistical")
COLUMNS = (
    *(noted("代码"), noted("名称"), noted("英文名称"), noted("阶段"), noted("进入阶段"), noted("状态"), noted("分类")),
    *(noted("行业"), noted("牵头单位"), noted("自评"), noted("要关注")),
)


def cells(visit: Visit, row: dict[str, Any]) -> list[Any]:
    """One project as a line of the table: words, days and numbers as they are."""
    words = texts(visit.language)
    state = "ended" if row["ended"] else "paused" if row["paused"] else "going_on"
    concerns = [words["marks"].get(mark, visit.say("待认定")) for mark in row["concerns"]]
    told: list[Any] = [row["code"], row["name"], row["name_en"], words["stages"][row["stage"]]]
    told += [row["stage_since"], visit.say(STATES[state]), row["category"], row["industry"]]
    told += [None if row["lead_unit"] is None else visit.unit(row["lead_unit"]), row["light"], "、".join(concerns)]
    figures = {each["measure"]: each for each in row["figures"]}
    for measure in TAKEN:
        told += [_number(figures.get(measure, {}).get(authority)) for authority in AUTHORITIES]
    return told


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
