"""待办: what the reader is to do, each with the link to where it is done."""

from typing import Any

from fastapi import APIRouter, Response

from api.pages.visit import PAGE, Viewed, pages

made: APIRouter = pages()
ORDER = ("report", "revise", "sign", "accept", "answer", "objection", "recognise", "approve", "rectify", "close_audit")
"""Groups as they are shown; instructions come last."""


@made.get("/pages/tasks", openapi_extra=PAGE)
async def tasks(visit: Viewed) -> Response:
    """At the latest state, whatever viewpoint the reader came from."""
    told = visit.heard(await visit.api.get("/tasks", after=visit.request.query_params.get("after")))
    visit.viewed_at(None, None, None)
    groups: dict[str, list[dict[str, Any]]] = {sort: [] for sort in (*ORDER, "instruction", "close_instruction")}
    for task in told["tasks"]:
        groups[task["sort"]].append(task | {"path": where(task)})
    shown = {sort: found for sort, found in groups.items() if found}
    return await visit.page("tasks.html", groups=shown, count=len(told["tasks"]))


def where(task: dict[str, Any]) -> str:
    """The page on which it is done."""
    stream, sort = task["stream"] or "", task["sort"]
    code = stream.partition(":")[2]
    match sort:
        case "report" | "revise" | "sign" | "accept":
            return f"/pages/month/{code}/{task['unit']}"
        case "answer" | "objection":
            return f"/pages/month/{code}/{task['unit']}/reconciliation"
        case "recognise":
            return f"/pages/verdicts?measure={task['measure']}"
        case "approve":
            return "/pages/approvals"
        case "rectify" | "close_audit":
            return f"/pages/audits/{code}"
    return f"/pages/instructions/{stream}/{task['sources'][0].rpartition('#')[2]}"
