"""审计台: the entries of the whole ledger as stored, newest first, by who, what, where, when and what is odd."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.pages.visit import PAGE, Viewed, pages
from api.pages.wording import noted
from domain.fact import KINDS
from domain.judgement import JUDGEMENTS

made: APIRouter = pages()
SIZE = 40
MARKS = {
    "irregular": noted("记录时不合常规"),
    "late": noted("逾期报送"),
    "backdated": noted("事后 30 日以上补记"),
    "backfilled": noted("历史数据补录"),
    "correction": noted("更正、作废、恢复及其审批"),
}
DOORS = {
    "api": noted("接口"),
    "page": noted("页面"),
    "import": noted("导入"),
    "command_file": noted("命令文件"),
    "cli": noted("命令行"),
}
Text = Annotated[str | None, Query(max_length=64)]
Day = Annotated[str | None, Query(max_length=10)]
MarkName = Literal["irregular", "late", "backdated", "backfilled", "correction", ""]


@made.get("/pages/feed", openapi_extra=PAGE)
async def feed(
    visit: Viewed,
    person: Text = None,
    unit: Text = None,
    kind: Text = None,
    stream: Text = None,
    mark: MarkName | None = None,
    since: Day = None,
    until: Day = None,
    before: Annotated[str | None, Query(pattern=r"^[0-9]{0,18}$")] = None,
) -> Response:
    asked = {"person": person, "unit": unit, "kind": kind, "stream": stream, "mark": mark, "since": since, "until": until}
    asked = {name: value or None for name, value in asked.items()}
    answer, units, people = await visit.ask_all(
        visit.ask("/entries", before=before or None, limit=SIZE, **asked), visit.ask("/units"), visit.ask("/people")
    )
    return await visit.page(
        "feed.html",
        entries=[shown(entry) for entry in answer["entries"]],
        next=answer["next"],
        before=before or None,
        size=SIZE,
        doors=DOORS,
        asked=asked,
        marks=MARKS,
        kinds=[*KINDS, *JUDGEMENTS],
        units=units["units"],
        people=people["people"],
    )


def shown(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with what its line tells."""
    content = entry["content"]
    event, envelope = content["event"], content["envelope"]
    return entry | {
        "by": envelope["actor"],
        "on_behalf_of": envelope["actor"].get("on_behalf_of"),
        "door": envelope["source"]["door"],
        "occurred_on": event.get("occurred_on"),
        "about": event.get("target") or event.get("proposal"),
        "money": {name: value for name, value in event.items() if isinstance(value, dict) and "currency" in value},
        "irregular": envelope.get("irregular", []),
        "returned_in": envelope.get("returned_in"),
        "document": envelope.get("document"),
    }
