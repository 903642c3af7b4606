"""项目: where one project stands and who says so, its life as a picture and as a list, its money, who answered for it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from markupsafe import Markup

from api.pages.asking import Told
from api.pages.drawing import curves, lanes, life
from api.pages.project_shapes import Shapes
from api.pages.stating import Stating
from api.pages.visit import PAGE, Viewed, Visit, pages, today

made: APIRouter = pages()
Code = Annotated[str, Path(max_length=64)]
Moments = Annotated[int, Query(ge=1, le=10_000)]
LISTED = 100
"""Facts on one page of the list."""


@made.get("/pages/projects/{code}", openapi_extra=PAGE)
async def project(visit: Viewed, code: Code, moments: Moments = 1) -> Response:
    found = await visit.ask(f"/projects/{code}")
    at = {"on": found["viewpoint"]["on"], "known": f"@{found['viewpoint']['known']['position']}", "after": None}
    told, held, settings = await visit.ask_all(
        told_or_none(visit, f"/projects/{code}/timeline", at),
        visit.ask(f"/projects/{code}/responsibility", **at),
        visit.ask("/district/settings", **at),
    )
    visit.heard(found)
    stating = Stating(visit, settings)
    shapes = Shapes(visit, stating, found["status"], held["responsibility"], told and told["timeline"]["moments"], LISTED)
    page = shapes.page(moments)
    return await visit.page(
        "project.html",
        code=code,
        status=found["status"],
        hidden=found["hidden"],
        across=found["across"],
        audits=found["audits"],
        responsibility=held["responsibility"],
        stating=stating,
        shapes=shapes,
        moments=page,
        pages=shapes.pages,
        shown=moments,
        pictures=pictures(visit, shapes),
        columns=shapes.years(),
        pinned=at,
    )


async def told_or_none(visit: Visit, path: str, at: dict[str, Any]) -> Any:
    """The entries of a project in which the reader's unit has no part are not told to them: there is a page without."""
    try:
        return await visit.ask(path, **at)
    except Told as told:
        if told.status not in (403, 404):
            raise
        return None


def pictures(visit: Visit, shapes: Shapes) -> dict[str, Markup | None]:
    """None where there is nothing to draw."""
    say, on, day = visit.say, shapes.on, today()
    viewed, now = say("本页视角"), say("今天")
    rows = shapes.rows()
    drawn: dict[str, Markup | None] = {"life": None, "curves": None, "lanes": None}
    if any(bars for _, bars in rows):
        words = life.Words(
            say("全程图"),
            say("各阶段的计划与实际，以及每件事；下方列表逐条写明同样内容。"),
            *(viewed, now, say("至今"), say("另有 {count} 条", count="{count}")),
            (say("如期记录"), *(shapes.word("marks", mark) for mark in ("late", "corrected", "irregular", "annulled"))),
        )
        drawn["life"] = life.life(rows, shapes.lanes(), on, day, words, "#list")
    of = shapes.curves()
    if of:
        money = curves.Words(say("资金曲线"), say("协议、到位、投资与认定随时间的累计；下表为各年末数。"), viewed, now)
        drawn["curves"] = curves.curves(of, on, day, shapes.written, money)
    roles = shapes.roles()
    if roles:
        swim = lanes.Words(
            say("责任图"),
            say("各项责任由谁承担、从何时到何时；空档与交叉以斜纹标出，下表逐条写明。"),
            *(viewed, now, say("在任"), shapes.word("marks", "unowned"), say("职责交叉")),
        )
        drawn["lanes"] = lanes.lanes("swim", roles, on, day, swim)
    return drawn
