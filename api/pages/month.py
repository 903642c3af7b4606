"""月报: the office's board of who has reported in a period; the way to the period that matters now."""

import calendar
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Response

from api.pages.advising import advised
from api.pages.asking import Told
from api.pages.returns import OPEN, REPORTERS, SIGNERS, Done, Period
from api.pages.visit import PAGE, Here, Viewed, Visit, pages, today
from domain.command import Action
from domain.entry import Role
from domain.office.period import span_of
from domain.permissions import allows
from domain.questions.returns import BoardState

made: APIRouter = pages()
LOOKED_AT = 4
"""So many of the newest periods may still matter."""
Shown = Annotated[BoardState | Literal["late"] | None, Query()]
ATTENTION = ("sent_back", "not_reported", "submitted", "nothing_to_report", "signed", "accepted", "exempt")
"""States in the order in which the office looks at them."""


@made.get("/pages/month", openapi_extra=PAGE)
async def now(visit: Viewed) -> Response:
    """To the period that matters now: for who reports the oldest that still waits for them, else the newest that is open."""
    newest = in_order((await visit.viewpoints())["periods"])[:LOOKED_AT]
    known = []
    for code in newest:
        try:
            known.append((await visit.ask(f"/periods/{code}"))["period"])
        except Told as told:
            if told.status != 404:
                raise
    if not known:
        return await refilled(visit, None, 200, {})
    session = visit.session
    unit = session.unit if session is not None and session.role in (*REPORTERS, *SIGNERS) else None
    open_ones = [p for p in known if not p["closed"]]
    awaited = [p for p in open_ones if any(r["unit"] == unit and r["state"] in OPEN[:2] for r in p["rows"])]
    chosen = (awaited or [p for p in open_ones if p["span"]["since"] <= str(today())] or known)[-1 if awaited else 0]
    if unit is not None and any(r["unit"] == unit for r in chosen["rows"]):
        return visit.leave(f"/pages/month/{chosen['period']}/{unit}", **visit.asked)
    return visit.leave(f"/pages/month/{chosen['period']}", **visit.asked)


def in_order(codes: list[str]) -> list[str]:
    """Newest first, by the last day; of a month, its quarter and year the month."""
    return sorted(codes, key=lambda code: (span_of(code).until, len(code)), reverse=True)


@made.get("/pages/month/{period}", openapi_extra=PAGE)
async def board(visit: Viewed, period: Period, state: Shown = None, done: Done = None) -> Response:
    return await shown(visit, period, state, done=done)


async def shown(visit: Visit, period: str, state: str | None, status: int = 200, /, **more: Any) -> Response:
    told, named = await visit.ask_all(visit.ask(f"/periods/{period}"), visit.viewpoints())
    found, role = told["period"], visit.session.role if visit.session else ""
    rows = sorted(found["rows"], key=lambda r: (ATTENTION.index(r["state"]), not r["overdue"], r["unit"]))
    counts = Counter(r["state"] for r in rows)
    codes = in_order(named["periods"])
    place = codes.index(period) if period in codes else 0
    return await visit.page(
        "month.html",
        status,
        board=found,
        rows=[r for r in rows if state is None or (r["late"] if state == "late" else r["state"] == state)],
        counts=[(s, counts[s]) for s in get_args(BoardState) if counts[s]],
        late=sum(r["late"] for r in rows),
        reported=sum(r["state"] not in OPEN for r in rows),
        state=state,
        newer=codes[place - 1] if place else None,
        older=codes[place + 1] if place + 1 < len(codes) else None,
        manages=role == Role.OFFICE and not (visit.asked["on"] or visit.asked["known"]),
        reads=lambda unit: reads(visit, unit),
        next=following(codes[0] if codes else None, visit),
        **{"done": None, "wrong": None, "advice": None, "filled": {}, **more},
    )


def reads(visit: Visit, unit: str) -> bool:
    """Whether a unit's return is this reader's to look at: the API decides, this only spares a link that leads nowhere."""
    return visit.session is not None and (visit.session.unit == unit or allows(Role(visit.session.role), Action.ENTRIES))


def following(newest: str | None, visit: Visit) -> dict[str, str]:
    """The month after the newest, or the one before this month; its returns are due on the eighth of the month after it."""
    if newest is not None and len(newest) == 7:
        first = span_of(newest).until + timedelta(days=1)
    else:
        first = (today().replace(day=1) - timedelta(days=1)).replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return {"code": f"{first:%Y-%m}", "deadline": str(last + timedelta(days=8))}


@made.post("/pages/month", openapi_extra=PAGE)
async def opened(visit: Here) -> Response:
    """The office opens a period."""
    visit.viewed_at(None, None, None)
    form = visit.form
    code, deadline = form.one("code") or "", form.one("deadline") or ""
    said = {"occurred_on": str(today()), "code": code, "deadline": deadline}
    filled, newest = {"form": "open", **said}, form.one("newest")
    if advice := await advised(visit, "/periods", said, deadline):
        return await refilled(visit, newest, 200, filled, advice=advice)
    try:
        done = await visit.api.post("/periods", said, key=form.key)
    except Told as told:
        return await refilled(visit, newest, told.status, filled, wrong=told)
    return visit.leave(f"/pages/month/{code}", done="opened", after=done["position"])


async def refilled(visit: Visit, newest: str | None, status: int, filled: dict[str, str], **more: Any) -> Response:
    """The form again, on the board it was sent from, or on the page that there is none."""
    if newest is not None:
        return await shown(visit, newest, None, status, filled=filled, **more)
    whole = {"next": following(None, visit), "wrong": None, "advice": None, "filled": filled, **more}
    return await visit.page("month_none.html", status, **whole)


@made.post("/pages/month/{period}", openapi_extra=PAGE)
async def managed(visit: Here, period: Period) -> Response:
    """The office extends a unit's deadline, closes the period, or sends its figures round for reconciliation."""
    visit.viewed_at(None, None, None)
    form, day = visit.form, str(today())
    commands: dict[str, tuple[str, dict[str, Any]]] = {
        "extended": (
            "extensions",
            {"occurred_on": day, "unit": form.one("unit"), "until": form.one("until"), "ground": form.one("ground")},
        ),
        "closed": ("closings", {"occurred_on": day}),
        "reconciled": ("reconciliations", {"occurred_on": day, "act": "open"}),
    }
    do = form.one("do") or ""
    if do not in commands:
        return visit.leave(f"/pages/month/{period}")
    noun, said = commands[do]
    said = {name: value for name, value in said.items() if value is not None}
    if form.one("reason") is not None:
        said["reason"] = form.one("reason")
    path = f"/periods/{period}/{noun}"
    if do == "extended" and (advice := await advised(visit, path, said, form.one("until"))):
        return await shown(visit, period, None, filled={"form": do, **said}, advice=advice)
    try:
        done = await visit.api.post(path, said, key=form.key)
    except Told as told:
        return await shown(visit, period, None, told.status, wrong=told, filled={"form": do, **said})
    return visit.leave(f"/pages/month/{period}", done=do, after=done["position"])
