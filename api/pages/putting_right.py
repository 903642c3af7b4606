"""更正、作废、认定、签发、批示、佐证: what is said about one entry; 审批: what waits, with both versions side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.pages.asking import Told
from api.pages.desk import About, Code, Desk, Done, Noun, Now, Place, desk, place_of, role_of
from api.pages.fielding import Compared, Filling, Line
from api.pages.filling import Filled
from api.pages.forming import form, read, refusal, sent
from api.pages.forms import new_key
from api.pages.shapes import JUDGING, PLURALS, Asked
from api.pages.visit import PAGE, Here, Visit, pages
from api.pages.wording import SIGNS
from domain.command import Action
from domain.entry import stream_kind
from domain.errors import NotFound, Refused
from domain.permissions import EVERY, allows, of_stream

made: APIRouter = pages()
Number = Annotated[int, Path(ge=1, le=2_000_000_000)]
TOGETHER = ("annulments", "reinstatements")
"""What is said of an entry and its counterparts in one request, or not at all."""
SETTLED = ("target", "replaces", "version", "sha256", "name")
"""What the page knows, and the form does not ask for."""
MOST_DRAINED = 64 * 1_048_576


class NoFile(Refused):
    """Choose a file first."""

    zh = "请先选择文件。"
    sort = "invalid"


async def the_place(visit: Visit, label: str) -> Place:
    """Where a stream's commands are posted."""
    kind = stream_kind(label)
    plural = next(p for p, stream in PLURALS.items() if stream == kind)
    return await place_of(visit, plural, label.rpartition(":")[2])


async def the_fact(visit: Visit, label: str, number: int) -> dict[str, Any]:
    answer = await visit.ask(f"/streams/{label}/facts/{number}")
    fact: dict[str, Any] = answer["fact"]
    return fact


def about_fact(fact: dict[str, Any], asked: Asked, table: Desk) -> tuple[Asked, About, Filled]:
    """The command without what is settled, with the whole fact where it is corrected; and how the form begins."""
    shape = table.shapes.facts[fact["kind"]]
    fields = [s for s in asked.fields if s.name not in SETTLED]
    fixed: dict[str, Any] = {"target": fact["number"]}
    begun = Filled()
    match asked.noun:
        case "corrections":
            fixed["replaces"] = fact["version"]
            fields.insert(0, shape)
            begun.body["reads"] = fact["states"]
        case "verdicts":
            fixed["version"] = fact["version"]
            measures = tuple(figure["measure"] for figure in fact["figures"])
            one = measures[0] if len(measures) == 1 else None
            fields = [replace(s, words=measures, default=one) if s.name == "measure" else s for s in fields]
    together = fact["counterparts"] if asked.noun in TOGETHER else ()
    about = About(fact, table.tongue.told(shape, fact["states"]), fixed, together)
    return replace(asked, fields=tuple(fields)), about, begun


async def command_about(visit: Visit, table: Desk, label: str, noun: str, act: str | None) -> Asked:
    """Raises NotFound."""
    found = table.shapes.command(stream_kind(label), noun, act)
    if found is None or noun not in JUDGING or noun == "approvals":
        raise NotFound(noun)
    return found


@made.get("/pages/record/about/{label}/{number}/{noun}", openapi_extra=PAGE)
async def about(visit: Now, label: Code, number: Number, noun: Noun, done: Done = None) -> Response:
    """What one says about an entry, its fact beside the form."""
    place, table = await the_place(visit, label), await desk(visit)
    if noun == "approvals":
        return visit.leave("/pages/approvals", stream=label)
    fact = await the_fact(visit, label, number)
    if noun == "evidence":
        return await evidence(visit, place, table, fact, done=done)
    asked, told, begun = about_fact(fact, await command_about(visit, table, label, noun, None), table)
    return await form(visit, place, asked, table, begun, about=told)


@made.post("/pages/record/about/{label}/{number}/{noun}", openapi_extra=PAGE)
async def said(visit: Here, label: Code, number: Number, noun: Noun) -> Response:
    place, table = await the_place(visit, label), await desk(visit)
    fact = await the_fact(visit, label, number)
    asked = await command_about(visit, table, label, noun, visit.form.one("/act"))
    if noun == "evidence":
        return await evidence_sent(visit, place, table, fact, asked)
    asked, told, _ = about_fact(fact, asked, table)
    return await sent(visit, place, asked, table, told)


# evidence


async def evidence(
    visit: Visit, place: Place, table: Desk, fact: Mapping[str, Any], status: int = 200, **shown: Any
) -> Response:
    """The files that speak for a fact, a form for another, and one to take each away again."""
    asked = table.shapes.command(place.stream, "evidence", "attach")
    assert asked is not None
    fields = tuple(s for s in asked.main if s.name not in SETTLED)
    state = shown.pop("state", Filled())
    filling = Filling(table.tongue, fields, state, shown.get("mistakes", ()))
    settings: dict[str, Any] = {"told": None, "mistakes": (), "broken": (), "checked": None, "key": new_key(), "done": None}
    return await visit.page(
        "record_evidence.html",
        status,
        place=place,
        about=About(fact, table.tongue.told(table.shapes.facts[fact["kind"]], fact["states"]), {}),
        fields=fields,
        form=filling,
        address=f"/pages/record/about/{fact['stream']}/{fact['number']}/evidence",
        **settings | shown,
    )


async def evidence_sent(visit: Visit, place: Place, table: Desk, fact: Mapping[str, Any], asked: Asked) -> Response:
    """The file goes on to the API as it comes, is kept there, and is then attached to the fact under its digest."""
    fields = tuple(s for s in asked.fields if s.name not in (*SETTLED[:3], "name"))
    state = await read(visit, table.tongue.names, fields)
    body = state.body | {"target": fact["number"]}
    try:
        if asked.act == "attach":
            if visit.file is None:
                raise NoFile
            media_type = visit.file.media_type or "application/octet-stream"
            kept = await visit.api.upload("/evidence", media_type, visit.file.pieces(), name=visit.file.name)
            body |= {"sha256": kept["sha256"], "name": kept["name"]}
        recorded = await visit.api.post(f"{place.path}/evidence", body, key=visit.form.key)
    except NoFile as none:
        return await evidence(visit, place, table, fact, 422, state=state, told=none.said(visit.language == "zh"))
    except Told as problem:
        if visit.file is not None:
            await visit.file.drain(MOST_DRAINED)
        shown = refusal(visit, problem)
        return await evidence(visit, place, table, fact, shown.pop("status"), state=state, **shown)
    path = f"/pages/record/about/{fact['stream']}/{fact['number']}/evidence"
    return visit.leave(path, done=recorded["entry"], after=recorded["position"])


# approvals


@dataclass
class Case:
    """Proposals that are decided together: one, or those about the counterparts of one joint act."""

    waiting: list[Mapping[str, Any]]
    compared: list[list[Compared]]
    lines: list[list[Line]]
    own: bool
    stale: bool
    may: bool

    @property
    def names(self) -> list[str]:
        return [w["proposal"]["entry"] for w in self.waiting]


@made.get("/pages/approvals", openapi_extra=PAGE)
async def approvals(
    visit: Now,
    stream: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    done: Done = None,
) -> Response:
    """What waits for approval in what the reader may read."""
    return await waiting(visit, stream, cursor, done=done)


async def waiting(visit: Visit, stream: str | None, cursor: str | None, status: int = 200, **shown: Any) -> Response:
    table = await desk(visit)
    answer = await visit.ask("/proposals", stream=stream, cursor=cursor, limit=50)
    cases = [case(visit, table, group) for group in grouped(answer["waiting"])]
    settings: dict[str, Any] = {"told": None, "about": None, "done": None}
    return await visit.page("approvals.html", status, cases=cases, stream=stream, next=answer["next"], **settings | shown)


def grouped(waiting: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Those about one joint act together, in the order in which they come."""
    found: dict[tuple[str, frozenset[str]], list[Mapping[str, Any]]] = {}
    for one in waiting:
        together = frozenset((one["fact"]["entry"], *one["fact"]["counterparts"]))
        alone = one["proposal"]["reads"] is not None or len(together) == 1
        key = (one["proposal"]["kind"], frozenset({one["proposal"]["entry"]}) if alone else together)
        found.setdefault(key, []).append(one)
    return list(found.values())


def case(visit: Visit, table: Desk, group: list[Mapping[str, Any]]) -> Case:
    assert visit.session is not None
    role, compared, lines = role_of(visit), [], []
    for one in group:
        shape, fact = table.shapes.facts[one["fact"]["kind"]], one["fact"]
        reads = one["proposal"]["reads"]
        compared.append(table.tongue.compared(shape, fact["states"], reads) if reads is not None else [])
        lines.append(table.tongue.told(shape, fact["states"]))
    involved = {p for one in group for p in (one["proposal"]["by"]["person"], *one["fact"]["recorded_by"])}
    action = of_stream(Action.APPROVE, stream_kind(group[0]["fact"]["stream"]), role)
    may = any(allows(role, action, relation) for relation in EVERY)
    stale = any(one["proposal"]["stale"] for one in group)
    return Case(group, compared, lines, visit.session.person in involved, stale, may)


@made.post("/pages/approvals", openapi_extra=PAGE)
async def decided(visit: Here) -> Response:
    """Approved or declined; of proposals that belong together, all in one request."""
    proposals, act, stream = visit.form.all("proposal"), visit.form.one("act"), visit.form.one("stream")
    said = visit.form.one("because" if act == "decline" else "note")
    named = {} if said is None else {"because" if act == "decline" else "note": said}
    items = []
    for citation in proposals[:200]:
        label, _, number = citation.rpartition("#")
        if act not in ("approve", "decline") or not (number.isascii() and number.isdigit() and len(number) < 10 and label):
            raise NotFound(citation[:80])
        items.append({"stream": label, "noun": "approvals", "command": {"act": act, "proposal": int(number), **named}})
    if not items:
        raise NotFound
    try:
        if len(items) == 1:
            place = await the_place(visit, str(items[0]["stream"]))
            recorded = await visit.api.post(f"{place.path}/approvals", items[0]["command"], key=visit.form.key)
        else:
            recorded = await visit.api.post("/batches", {"commands": items, "joint": True}, key=visit.form.key)
    except Told as problem:
        shown = refusal(visit, problem)
        told = SIGNS[visit.language].semicolon.join(dict.fromkeys([shown["told"], *(m["detail"] for m in problem.mistakes)]))
        return await waiting(visit, stream, None, problem.status, told=told, about=proposals)
    return visit.leave("/pages/approvals", stream=stream, done=recorded["entry"], after=recorded["position"])
