"""月报: a unit's whole return as one grid, and what is done with it: reported, recalled, signed, received or returned."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Path, Query, Response

from api.pages.asking import Told
from api.pages.cells import SCALES, Group, Sheet, Span, of_facts, of_form, of_lines
from api.pages.visit import PAGE, Here, Viewed, Visit, pages
from domain.entry import Role
from domain.errors import NotFound
from domain.office.period import span_of
from domain.project.funds import FundKind

made: APIRouter = pages()
Period = Annotated[str, Path(max_length=10)]
Unit = Annotated[str, Path(max_length=64)]
Done = Annotated[str | None, Query(max_length=20)]
Scale = Annotated[Literal["wan", "yuan", "million", "one"] | None, Query(alias="in")]
REPORTERS, SIGNERS = (Role.CLERK, Role.UNIT, Role.SERVICE), (Role.HEAD, Role.UNIT)
OPEN, IN = ("not_reported", "sent_back", "exempt"), ("submitted", "nothing_to_report", "signed")
"""States of a return that is still to be filled in, and of one that waits for the unit's leader or the office."""
Acts = Literal["sign", "accept", "send_back", "recall"]


class Grid:
    """A return as one of its unit, or the office, has it before them."""

    def __init__(self, visit: Visit, told: dict[str, Any], settings: dict[str, Any], scale: str | None) -> None:
        self.told, self.settings = told, settings
        self.row, self.events = told["returned"]["row"], told["returned"]["events"]
        self.currency = settings["currency"]
        self.scales = ("wan", "yuan") if self.currency == "CNY" else ("million", "one")
        self.scale = scale if scale in self.scales else self.scales[0]
        span = span_of(told["returned"]["period"])
        today = told["viewpoint"]["on"]
        self.span = Span(str(span.since), str(span.until), min(str(span.until), today))
        session = visit.session
        role, own = (session.role, session.unit == self.row["unit"]) if session else ("", False)
        latest = not (visit.asked["on"] or visit.asked["known"])
        state = self.row["state"]
        begun = max((n for n, e in enumerate(self.events) if e["what"] == "sent_back"), default=-1)
        self.sent_back = self.events[begun] if state == "sent_back" else None
        independent = session is not None and all(
            e["person"] != session.person for e in self.events if e["what"] == "submitted"
        )
        self.reports = latest and state in OPEN and ((own and role in REPORTERS) or role == Role.OFFICE)
        self.fills_in = self.reports and own and role in REPORTERS
        self.recalls = latest and own and role in REPORTERS and state in IN
        self.signs = latest and own and role in SIGNERS and state in ("submitted", "nothing_to_report") and independent
        self.receives = latest and role == Role.OFFICE and state in IN and independent
        self.corrects = (latest and role == Role.OFFICE) or (own and role in (Role.CLERK, Role.UNIT))
        self.waits_for_signature = self.receives and settings["returns_need_signature"] and state != "signed"

    @property
    def projects(self) -> list[str]:
        return [row["project"] for row in self.told["grid"]]

    def sheet(self) -> Sheet:
        """What was saved last; where nothing was, what a return that was sent back says."""
        draft, returned = self.told["draft"], self.told["returned"]
        if draft is not None:
            return of_lines(self.projects, draft["lines"], draft, self.scale, self.currency, self.span)
        if self.row["state"] != "sent_back":
            return of_lines(self.projects, [], {}, self.scale, self.currency, self.span)
        lines = of_facts(f for f in returned["facts"] if not f["annulled"])
        return of_lines(self.projects, lines, returned, self.scale, self.currency, self.span)


async def the_grid(visit: Visit, period: str, unit: str, scale: str | None) -> Grid:
    told, settings = await visit.ask_all(
        visit.ask(f"/periods/{period}/returns/{unit}"), visit.api.get("/district/settings", known=visit.asked.get("known"))
    )
    return Grid(visit, told, settings["settings"], scale)


@made.get("/pages/month/{period}/{unit}", openapi_extra=PAGE)
async def unit_return(
    visit: Viewed, period: Period, unit: Unit, scale: Scale = None, fill: bool = False, done: Done = None
) -> Response:
    """The grid for who fills it in (`fill`: the office for a unit); for everybody else the return as it stands."""
    grid = await the_grid(visit, period, unit, scale)
    sheet = grid.sheet() if grid.fills_in or (fill and grid.reports) else None
    return await shown(visit, grid, sheet, done=done)


async def shown(visit: Visit, grid: Grid, sheet: Sheet | None, status: int = 200, /, **more: Any) -> Response:
    """`mistakes`: what is wrong by the name of its cell; `asked`: the irregular entries that a reason is needed for."""
    lights = {light["word"]: light[visit.language] for light in grid.settings["lights"]}
    rest: dict[str, Any] = {"done": None, "wrong": None, "mistakes": {}, "asked": [], "act_wrong": None, "acted": {}, **more}
    named = {row["project"]: row["name"] or row["project"] for row in grid.told["grid"]}
    kinds = get_args(FundKind)
    return await visit.page(
        "return.html", status, grid=grid, sheet=sheet, lights=lights, fund_kinds=kinds, named=named, **rest
    )


@made.post("/pages/month/{period}/{unit}", openapi_extra=PAGE)
async def filled_in(visit: Here, period: Period, unit: Unit) -> Response:
    """Saved in any case; then submitted where that was asked for and nothing irregular is left without a reason."""
    visit.viewed_at(None, None, None)
    form, do = visit.form, visit.form.one("do") or "save"
    scale = form.one("in")
    if scale is not None and scale not in SCALES:
        raise NotFound(scale)
    grid = await the_grid(visit, period, unit, scale)
    path = f"/periods/{period}/returns/{unit}"
    if not grid.reports:
        if do.startswith("submit") and form.key is not None and (done := await sent_before(visit, grid, path)):
            return done
        return await shown(visit, grid, None, 409, act_wrong=visit.say("这份月报现在不能填报，您所填内容未保存。"))
    sheet = of_form(form, grid.projects, grid.scale, grid.currency)
    if do.startswith("more:"):
        if do.removeprefix("more:") in sheet.cells:
            sheet.cells[do.removeprefix("more:")].receipts.append(Group())
        return await shown(visit, grid, sheet)
    draft = grid.told["draft"]
    if draft is not None and (form.one("seen") or "") != draft["saved_at"] and not at_once(visit, grid):
        note = visit.say("{who} 在您填写期间另存了草稿。再次提交将以您此处所填为准。", who=visit.person(draft["saved_by"]))
        return await shown(visit, grid, sheet, 409, wrong=note)
    if do in ("rest", "submit_rest"):
        for code in sheet.unsaid():
            sheet.cells[code].same = True
    if do == "drop":
        if draft is not None:
            await visit.api.send("DELETE", f"{path}/draft")
        return back(visit, grid, "dropped")
    try:
        saved = (await visit.api.send("PUT", f"{path}/draft", body=sheet.draft(grid.span))).json()["draft"]
        grid.told["draft"] = saved
        if not do.startswith("submit"):
            return back(visit, grid, "unchanged" if do == "rest" else "saved", fill=None if grid.fills_in else "true")
        return await submitted(visit, grid, sheet, path)
    except Told as told:
        places = [(sheet.place(m.get("pointer"), grid.span), m["detail"]) for m in told.mistakes]
        mistakes = {place: detail for place, detail in places if place}
        return await shown(visit, grid, sheet, told.status, wrong=told, mistakes=mistakes)


def at_once(visit: Visit, grid: Grid) -> bool:
    """Whether the draft is the reader's own, in another window or by a second sending: nobody else's is written over."""
    return visit.session is not None and grid.told["draft"]["saved_by"] == visit.session.person


def submission(grid: Grid, reason: str | None) -> dict[str, Any]:
    return {"occurred_on": grid.told["viewpoint"]["on"]} | ({"reason": reason} if reason else {})


async def submitted(visit: Visit, grid: Grid, sheet: Sheet, path: str) -> Response:
    """Tried first: what is irregular is named, and its reason asked for, before anything is recorded. Raises Told."""
    wanted = submission(grid, sheet.reason)
    try:
        tried = await visit.api.post(f"{path}/submission", wanted, dry_run=True)
    except Told as told:
        if told.status != 409:  # by its key a second sending of one form is told from another return
            raise
    else:
        irregular = irregularities(tried)
        if tried["reason_needed"] and not sheet.reason:
            return await shown(visit, grid, sheet, 422, asked=irregular)
        sheet.irregular = {(entry.rpartition("#")[0], kind) for entry, kind, _ in irregular}
        if sheet.irregular:
            await visit.api.send("PUT", f"{path}/draft", body=sheet.draft(grid.span))
    done = await visit.api.post(f"{path}/submission", wanted, key=visit.form.key)
    return back(visit, grid, "submit", after=done["position"])


def irregularities(tried: dict[str, Any]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """The irregular entries with the rules they break; of a late return, which marks every entry, that is said once."""
    found = []
    for entry in tried["entries"]:
        rules = [r for r in entry["irregular"] if r["rule"] != "after_deadline" or entry["kind"] == "return_submitted"]
        if rules:
            found.append((entry["entry"], entry["kind"], rules))
    return found


async def sent_before(visit: Visit, grid: Grid, path: str) -> Response | None:
    """The answer to a form that was sent twice; None where it was not this form that is in."""
    try:
        done = await visit.api.post(f"{path}/submission", submission(grid, visit.form.one("reason")), key=visit.form.key)
    except Told:
        return None
    return back(visit, grid, "submit", after=done["position"])


def back(visit: Visit, grid: Grid, done: str, **query: str | int | None) -> Response:
    scale = None if grid.scale == grid.scales[0] else grid.scale
    path = f"/pages/month/{grid.told['returned']['period']}/{grid.row['unit']}"
    return visit.leave(path, **{"in": scale, "done": done, **query})


@made.post("/pages/month/{period}/{unit}/{act}", openapi_extra=PAGE)
async def acted(visit: Here, period: Period, unit: Unit, act: Acts) -> Response:
    """Signed by the unit's leader, received or sent back by the office, taken back by the unit."""
    visit.viewed_at(None, None, None)
    said: dict[str, Any] = {"act": act, "unit": unit}
    for name in ("note", "because", "document"):
        if visit.form.one(name) is not None:
            said[name] = visit.form.one(name)
    try:
        done = await visit.api.post(f"/periods/{period}/returns", said, key=visit.form.key)
    except Told as told:
        grid = await the_grid(visit, period, unit, None)
        return await shown(visit, grid, None, told.status, act_wrong=told, acted={"act": act, **said})
    return visit.leave(f"/pages/month/{period}/{unit}", done=act, after=done["position"])
