"""记录: one entry: what it states, who recorded it for whom, when and how, what was later said about it, as stored."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.pages.stating import Stating
from api.pages.visit import PAGE, Viewed, Visit, pages
from api.pages.wording import noted
from domain.entry import Role, stream_kind

made: APIRouter = pages()
Label = Annotated[str, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2_000_000_000)]
DOORS = {
    "api": noted("接口"),
    "page": noted("页面"),
    "import": noted("表格导入"),
    "command_file": noted("补录文件"),
    "cli": noted("命令行"),
}
WAYS = {
    "password": noted("密码"),
    "password+totp": noted("密码与验证器"),
    "token": noted("接口令牌"),
    "oidc": noted("单点登录"),
    "command file": noted("补录文件"),
    "command line": noted("命令行"),
}
"""How somebody was signed in, by what stands before a colon."""
HOMES = {
    "project": "/pages/projects/",
    "unit": "/pages/units/",
    "person": "/pages/people/",
    "period": "/pages/month/",
    "audit": "/pages/audits/",
}
"""Where a stream has a page of its own; the district's is that of its settings, as they were then."""
MAY: dict[str, frozenset[Role]] = {
    "corrections": frozenset((Role.OFFICE, Role.CLERK, Role.UNIT)),
    "annulments": frozenset((Role.OFFICE, Role.CLERK, Role.UNIT)),
    "verdicts": frozenset((Role.OFFICE, Role.BUREAU, Role.UNIT)),
    "endorsements": frozenset((Role.OFFICE, Role.HEAD, Role.UNIT)),
    "evidence": frozenset((Role.OFFICE, Role.CLERK, Role.UNIT)),
    "instructions": frozenset((Role.OFFICE, Role.LEADER)),
}
"""What may be recorded about a fact of a project, and whose role has any use for it; the API decides."""


@made.get("/pages/entries/{label}/{number}", openapi_extra=PAGE)
async def entry(visit: Viewed, label: Label, number: Number) -> Response:
    found, settings = await visit.ask_all(visit.ask(f"/streams/{label}/entries/{number}"), visit.ask("/district/settings"))
    visit.heard(found)  # its viewpoint, whichever answered last
    stating = Stating(visit, settings)
    raw, told = found["entry"], found["told"]
    envelope, kind = raw["content"]["envelope"], told["act"]["kind"]
    states = {name: value for name, value in raw["content"].items() if name != "envelope"}
    stream = stream_kind(label)
    return await visit.page(
        "entry.html",
        raw=raw,
        told=told,
        envelope=envelope,
        kind=kind,
        hidden=found["hidden"],
        stating=stating,
        rows=[row for row in stating.rows(kind, stated(states)) if row.name not in ("settings", "gates")],
        versions=versions(stating, told),
        home=home(visit, stream, label, raw["position"]),
        stream=stream,
        door=DOORS.get(envelope["source"]["door"]),
        way=WAYS.get(envelope["actor"]["signed_in"].partition(":")[0]),
        pretty=json.dumps(raw["content"], ensure_ascii=False, indent=2),
        may=may(visit, stream, told, kind),
        proposal=kind in ("correction_proposed", "annulment_proposed", "reinstatement_proposed"),
    )


def home(visit: Visit, stream: str, label: str, position: int) -> str | None:
    if stream == "district":
        return visit.link("/pages/settings", on=None, known=f"@{position}")
    return visit.link(HOMES[stream] + label.rpartition(":")[2]) if stream in HOMES else None


def stated(content: dict[str, Any]) -> dict[str, Any]:
    """What the entry itself says, without how its bytes are marked."""
    inner = content.get("event", content)
    return {name: value for name, value in inner.items() if name not in ("schema", "kind")}


def versions(stating: Stating, told: dict[str, Any]) -> dict[str, Any] | None:
    """Every version of the fact field by field, and which fields the versions do not share; None of a fact with one."""
    wordings = told["wordings"]
    if len(wordings) < 2:
        return None
    kind = told["act"]["kind"]
    sides = [{row.name: row for row in stating.rows(kind, w["states"])} for w in wordings]
    names = list(dict.fromkeys(name for side in sides for name in side))
    table = []
    for name in names:
        cells = [side[name].said if name in side else "—" for side in sides]
        label = next(side[name].label for side in sides if name in side)
        table.append({"label": label, "cells": cells, "differs": [n > 0 and c != cells[n - 1] for n, c in enumerate(cells)]})
    return {"wordings": wordings, "rows": table}


def may(visit: Visit, stream: str, told: dict[str, Any], kind: str) -> list[str]:
    """What the reader's role may record about it, where it is a fact of a project and stands."""
    assert visit.session is not None
    if stream != "project" or told["in_force"] is None or told["act"]["occurred_on"] is None:
        return []
    wanted = [noun for noun, roles in MAY.items() if Role(visit.session.role) in roles]
    return [n for n in wanted if n != "verdicts" or kind in JUDGED]


JUDGED = frozenset(
    (
        *("signed", "enterprise_registered", "capital_increased", "funds_received", "funds_returned", "progress_reported"),
        *("tax_paid", "tax_shared", "jobs_held", "benefit_reported"),
    )
)
"""The kinds that state figures, of which a bureau may recognise some."""
