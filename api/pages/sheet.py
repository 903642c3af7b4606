"""表格录入: a workbook filled in comes back as one batch, or as itself with what is wrong marked in its cells."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Response

from api.locale import LANGUAGES, texts
from api.pages.asking import Told
from api.pages.desk import Desk, Now, desk, role_of
from api.pages.fielding import Tongue
from api.pages.forming import irregular
from api.pages.opening import NotASheet, SheetTooLarge
from api.pages.shapes import Asked
from api.pages.visit import PAGE, Here, Visit, pages
from api.pages.workbook import MOST_BYTES, XLSX, Book, Cell, fits, marked, names_of, template
from api.pages.workbook import read as read_book
from domain.errors import Refused

made: APIRouter = pages()
SHEETS = (
    *("receive_funds", "report_progress", "pay_tax", "report_jobs", "report_benefit", "cite_statistic"),
    *("start_construction", "pause_construction", "resume_construction", "complete_construction"),
    *("start_operation", "reach_capacity", "hold_negotiation", "sign", "register_enterprise", "secure_land"),
)
"""The commands that have a sheet, in the order of the template."""
MOST_ROUNDS = 30
"""How often a batch is tried again without the rows that were refused, to tell of all that is wrong at once."""
MOST_PROJECTS = 1_000
Batch = list[dict[str, Any]]


def offered(visit: Visit, table: Desk) -> list[Asked]:
    every = {c.name: c for (stream, _), cs in table.shapes.commands.items() if stream == "project" for c in cs}
    return [every[name] for name in SHEETS if fits(every[name]) and every[name].by(role_of(visit))]


@made.get("/pages/record/sheet", openapi_extra=PAGE)
async def sheet(visit: Now) -> Response:
    table = await desk(visit)
    return await show(visit, table)


async def show(visit: Visit, table: Desk, status: int = 200, **shown: Any) -> Response:
    settings = dict.fromkeys(("told", "marked", "name", "ready", "batch", "sha256", "needed"))
    settings |= dict.fromkeys(("wrong", "counts", "irregular", "entries"), ())
    return await visit.page("record_sheet.html", status, commands=offered(visit, table), **settings | shown)


@made.get("/pages/record/sheet/template.xlsx", openapi_extra=PAGE)
async def template_file(visit: Now) -> Response:
    """The workbook to fill in, in the reader's language."""
    table = await desk(visit)
    guide = (
        visit.say("每个工作表是一类记录，一行一条；黄色表头为必填，其余可空。"),
        visit.say("“项目”一栏填项目编号，或项目全称。金额以万元计，币种为本区本位币；外币请在页面上逐条记录。"),
        visit.say("不合常规的（如签约前到位、逾期补录）在“理由”一栏写明理由。"),
        visit.say("填好后在“表格录入”页提交：先核对，无误再记录；有误则交还本表，错处标红并附批注。同一文件只记录一次。"),
    )
    commands = offered(visit, table)
    made_file = template(commands, table.tongue, names_of(commands, texts(visit.language)["commands"]), guide)
    headers = {"Content-Disposition": 'attachment; filename="template.xlsx"', "Cache-Control": "no-store"}
    return Response(made_file, media_type=XLSX, headers=headers)


@made.post("/pages/record/sheet", openapi_extra=PAGE)
async def checked(visit: Here) -> Response:
    """Nothing is recorded yet: the batch is tried, and what it would come to is shown to be confirmed."""
    table = await desk(visit)
    try:
        if visit.file is None:
            return await show(visit, table, 422, told=visit.say("请先选择文件。"))
        name, raw = visit.file.name, await visit.file.whole(MOST_BYTES)
        if raw is None:
            raise SheetTooLarge
        book = await read_file(visit, table, raw, name)
    except Refused as refused:
        return await show(
            visit, table, 413 if isinstance(refused, SheetTooLarge) else 422, told=refused.said(visit.language == "zh")
        )
    digest = sha256(raw).hexdigest()
    batch = batch_of(book)
    found, trial = await tried(visit, book, batch)
    wrong = [*book.wrong, *found]
    if found and not book.wrong and (entries := await recorded_before(visit, batch, digest)) is not None:
        return await show(visit, table, told=visit.say("这份文件已经记录过，未重复记录。"), entries=entries)
    if wrong:
        told = visit.say("有 {count} 处须改正，尚未记录任何一条。", count=len(wrong))
        kind, back = (XLSX, "xlsx") if raw.startswith(b"PK") else ("text/csv", "csv")
        data = f"data:{kind};base64,{b64encode(handed_back(raw, wrong)).decode()}"
        named = f"{name.rpartition('.')[0] or name}-{visit.say('已标注')}.{back}"
        return await show(visit, table, 422, told=told, wrong=described(wrong), marked=data, name=named)
    if not batch:
        return await show(visit, table, 422, told=visit.say("表中没有填写任何一行。"))
    return await show(visit, table, **ready(visit, book, batch, digest, trial))


def handed_back(raw: bytes, wrong: Sequence[tuple[Cell, str]]) -> bytes:
    """Raises NotASheet where the file can be read, but not written again."""
    try:
        return marked(raw, wrong)
    except Refused:
        raise
    except Exception:
        raise NotASheet from None  # whatever openpyxl stumbles over in a file that another program wrote


def ready(visit: Visit, book: Book, batch: Batch, digest: str, trial: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown to be confirmed."""
    counts: dict[str, int] = {}
    for row in book.rows:
        counts[row.asked.name] = counts.get(row.asked.name, 0) + 1
    rules = irregular(trial, visit)
    return {
        "ready": len(batch),
        "batch": json.dumps(batch, ensure_ascii=False),
        "sha256": digest,
        "counts": list(counts.items()),
        "irregular": [(rule["detail"]) for rule in rules],
        "needed": trial["reason_needed"],
    }


async def read_file(visit: Visit, table: Desk, raw: bytes, name: str) -> Book:
    rows = (await visit.api.get("/projects", limit=MOST_PROJECTS))["projects"]
    table.tongue.names.projects = {row["code"]: row["name"] or row["code"] for row in rows}
    commands = offered(visit, table)
    tongues = [Tongue(language, table.tongue.names, table.tongue.settings) for language in LANGUAGES]
    words = [names_of(commands, texts(language)["commands"]) for language in LANGUAGES]
    return read_book(raw, name, commands, tongues, words)


def batch_of(book: Book) -> Batch:
    return [{"stream": row.project or "new", "noun": row.asked.noun, "command": row.body} for row in book.rows]


async def tried(visit: Visit, book: Book, batch: Batch) -> tuple[list[tuple[Cell, str]], Mapping[str, Any]]:
    """All that is wrong with the rows, and what the batch would come to: it is tried without the rows refused so far."""
    found: list[tuple[Cell, str]] = []
    left = list(range(len(batch)))
    for n, row in enumerate(book.rows):
        if not row.project:
            found.append((row.cell("/project"), visit.say("请填写项目。")))
            left.remove(n)
    trial: Mapping[str, Any] = {"entries": [], "reason_needed": False}
    for _ in range(MOST_ROUNDS):
        if not left:
            break
        try:
            trial = await visit.api.post("/batches", {"commands": [batch[n] for n in left], "joint": False}, dry_run=True)
            break
        except Told as told:
            if told.status == 401 or not (placed := list(of_rows(told, left))):
                raise
            found += [(book.rows[n].cell(place), detail) for n, place, detail in placed]
            left = [n for n in left if n not in {n for n, _, _ in placed}]
    return found, trial


def of_rows(told: Told, left: Sequence[int]) -> Any:
    """The mistakes that name one of the commands: which, where in it, what."""
    for mistake in told.mistakes:
        parts = str(mistake.get("pointer") or "").split("/")
        if len(parts) > 2 and parts[1] == "commands" and parts[2].isdigit() and int(parts[2]) < len(left):
            place = "".join(f"/{part}" for part in parts[4:])
            yield left[int(parts[2])], place if parts[3:4] == ["command"] else "project", mistake["detail"]


async def recorded_before(visit: Visit, batch: Batch, digest: str) -> list[str] | None:
    """The entries of this very file, where it was recorded; the ledger looks a key up before it decides anything."""
    try:
        answer = await visit.api.post("/batches", {"commands": batch, "joint": False}, key=key_of(digest))
    except Told as told:
        return [] if told.problem.get("code") == "key_reused" else None
    return list(answer["entries"])


def key_of(digest: str) -> str:
    return f"sheet-{digest}"


def described(wrong: Sequence[tuple[Cell, str]]) -> list[tuple[Cell, str]]:
    return sorted(dict.fromkeys(wrong))[:200]


@made.post("/pages/record/sheet/recorded", openapi_extra=PAGE)
async def confirmed(visit: Here) -> Response:
    """The batch that was shown, all of it or none; its key is the file's own digest."""
    table = await desk(visit)
    reason = visit.form.one("reason")
    try:
        batch: Batch = json.loads(visit.form.one("batch") or "[]")
        if reason is not None:
            for item in batch:
                item["command"].setdefault("reason", reason)
    except (ValueError, TypeError, KeyError, AttributeError):
        return await show(visit, table, 422, told=NotASheet().said(visit.language == "zh"))
    try:
        body = {"commands": batch, "joint": False}
        answer = await visit.api.post("/batches", body, key=key_of(visit.form.one("sha256") or ""))
    except Told as told:
        if told.status == 401:
            raise
        if told.problem.get("code") == "key_reused":
            return await show(visit, table, 409, told=visit.say("这份文件已经记录过，未重复记录。"))
        rules = [m["detail"] for m in told.mistakes if m.get("rule")]
        said = visit.say("有不合常规之处，尚未记录。请写明理由后再次提交。") if rules else told.detail
        kept = {"batch": visit.form.one("batch"), "sha256": visit.form.one("sha256"), "ready": len(batch)}
        return await show(visit, table, told.status, told=said, irregular=rules, needed=True, **kept)
    return await show(visit, table, told=None, entries=answer["entries"], ready=None)
