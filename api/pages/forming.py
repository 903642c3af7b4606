"""The form of a command: shown, tried, refused with what is wrong and why, or sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response

from api.locale import texts
from api.pages.asking import Told
from api.pages.desk import About, Desk, Place
from api.pages.fielding import Filling, Option, Tongue
from api.pages.filling import MORE, Filled, Names, filled
from api.pages.forms import new_key
from api.pages.shapes import Asked, Shape, Shapes
from api.pages.visit import Visit
from api.pages.wording import aside

KINDS: dict[str, tuple[str, ...]] = {"receipt": ("funds_received",), "exemption": ("exemption_granted", "unit_exempted")}
"""Which facts a number may name; other numbers are typed."""


async def form(
    visit: Visit,
    place: Place,
    asked: Asked,
    desk: Desk,
    state: Filled,
    *,
    status: int = 200,
    mistakes: Sequence[Mapping[str, Any]] = (),
    told: str | None = None,
    broken: Sequence[Mapping[str, Any]] = (),
    checked: Mapping[str, Any] | None = None,
    extra: str | None = None,
    key: str | None = None,
    about: "About | None" = None,
) -> Response:
    """`told`: why it was refused; `broken`: the rules that a reason is asked for; `checked`: what would be recorded."""
    entries = await entries_for(visit, place, asked.fields, desk.tongue, desk.shapes)
    was = {"reads": about.fact["states"]} if about is not None and asked.noun == "corrections" else None
    filling = Filling(desk.tongue, asked.fields, state, mistakes, was=was, extra=extra, entries=entries)
    return await visit.page(
        "record_form.html",
        status,
        about=about,
        place=place,
        asked=asked,
        form=filling,
        told=told,
        mistakes=mistakes,
        broken=broken,
        checked=checked,
        key=key or new_key(),
        address=address(place, asked, about),
    )


def address(place: Place, asked: Asked, about: "About | None") -> str:
    """Where the form is sent."""
    if about is not None:
        return f"/pages/record/about/{about.fact['stream']}/{about.fact['number']}/{asked.noun}"
    if asked.begins:
        return f"/pages/record/new/{asked.noun}"
    return f"/pages{place.path}/record/{asked.noun}"


async def entries_for(
    visit: Visit, place: Place, shapes: Sequence[Shape], tongue: Tongue, known: Shapes
) -> dict[str, list[Option]]:
    """The facts that entry numbers may name; none where the reader may not read them: the number is then typed."""
    wanted = [s.name for s in shapes if s.name in KINDS and s.sort == "entry"]
    if place.label is None or not wanted:
        return {}
    try:
        facts = (await visit.api.get(f"/streams/{place.label}/facts"))["facts"]
    except Told:
        return {}
    kinds = texts(visit.language)["kinds"]
    return {
        name: [
            Option(
                str(f["number"]),
                f"#{f['number']} {kinds[f['kind']]} · {tongue.in_short(known.facts[f['kind']], f['states'])}",
            )
            for f in facts
            if f["annulled_by"] is None and f["kind"] in KINDS[name]
        ]
        for name in wanted
    }


async def prefilled(visit: Visit, asked: Asked, desk: Desk) -> Filled:
    """What is stated whole each time begins as it stands."""
    match asked.name:
        case "adopt_settings":
            return Filled({"settings": desk.tongue.settings})
        case "adopt_gates":
            return Filled({"gates": (await visit.api.get("/district/gates"))["gates"]})
    return Filled()


async def sent(visit: Visit, place: Place, asked: Asked, table: Desk, about: About | None = None) -> Response:
    """A form that was sent: recorded, or shown again with what is wrong, what is irregular, or what would be recorded."""
    state = await read(visit, table.tongue.names, asked.fields)
    key = visit.form.key

    async def again(**shown: Any) -> Response:
        return await form(visit, place, asked, table, state, **{"key": key, "about": about, **shown})

    if visit.form.one(MORE) is not None:
        return await again(extra=visit.form.one(MORE))
    if own := own_mistakes(visit, state):
        return await again(status=422, mistakes=own, told=visit.say("请改正下列各处。"))
    path, body = request_of(place, asked, state.body, about)
    try:
        if visit.form.one("check") is not None:
            checked = await visit.api.post(path, body, dry_run=True)
            if about is not None and asked.noun == "corrections":
                about.compared = table.tongue.compared(asked.fields[0], about.fact["states"], state.body.get("reads"))
            return await again(checked=checked, broken=irregular(checked, visit))
        recorded = await visit.api.post(path, body, key=key)
    except Told as problem:
        return await again(**refusal(visit, problem))
    return done(visit, place, recorded)


def request_of(place: Place, asked: Asked, body: dict[str, Any], about: About | None) -> tuple[str, dict[str, Any]]:
    """What is asked of the API; of entries that belong together, for all of them in one batch."""
    if about is None:
        return f"/{asked.noun}" if asked.begins else f"{place.path}/{asked.noun}", body
    if "reads" in body:
        body["reads"] |= {"kind": about.fact["kind"]}
    if not about.counterparts:
        return f"{place.path}/{asked.noun}", {**body, **about.fixed}
    parts = [(citation.rpartition("#")[0], int(citation.rpartition("#")[2])) for citation in about.counterparts]
    items = [
        {"stream": label, "noun": asked.noun, "command": {**body, "target": number}}
        for label, number in ((about.fact["stream"], about.fact["number"]), *parts)
    ]
    return "/batches", {"commands": items, "joint": True}


def refusal(visit: Visit, problem: Told) -> dict[str, Any]:
    """How a refusal is shown. Raises what no form can put right."""
    if problem.status == 401:
        raise problem
    code, key = problem.problem.get("code"), visit.form.key
    if code == "key_reused":
        said = visit.say("这张表单刚才已经记录过一次，请核对后再决定是否另记一条；如确需另记，请再次提交。")
        return {"status": 409, "told": said, "key": new_key()}
    broken = [m for m in problem.mistakes if m.get("rule")]
    told = visit.say("有不合常规之处，尚未记录。请写明理由后再次提交。") if broken else problem.detail
    shown: dict[str, Any] = {"status": problem.status, "told": told, "broken": broken, "key": key}
    return shown | {"mistakes": [m for m in problem.mistakes if not m.get("rule")]}


def irregular(checked: Mapping[str, Any], visit: Visit) -> list[dict[str, Any]]:
    """The rules that a trial found broken, as a refusal tells them."""
    return [
        {"detail": rule[visit.language] + aside(visit.language, rule["about"]), **rule}
        for entry in checked["entries"]
        for rule in entry["irregular"]
    ]


async def read(visit: Visit, names: Names, shapes: Sequence[Shape], start: str = "") -> Filled:
    """The form as a body; a project that was named is looked up."""
    state = filled(shapes, visit.form, names, start)
    found = await projects_named(visit, shapes, state.body)
    if found:
        names.projects = {**names.projects, **found}
        state = filled(shapes, visit.form, names, start)
    return state


async def projects_named(visit: Visit, shapes: Sequence[Shape], body: Mapping[str, Any]) -> dict[str, str]:
    """Projects that the form names without their code: those that the service knows one of by that name."""
    found: dict[str, str] = {}
    for text in set(texts_of(shapes, body, "project")):
        if any(c > "\x7f" for c in text):
            rows = (await visit.api.get("/projects", q=text, limit=10))["projects"]
            called = [row for row in rows if row["name"] == text] or rows
            if len(called) == 1:
                found[called[0]["code"]] = text
    return found


def texts_of(shapes: Sequence[Shape], body: Any, sort: str) -> list[str]:
    """Every text that fields of one sort hold."""
    found: list[str] = []
    for shape in shapes:
        value = body.get(shape.name) if isinstance(body, Mapping) else None
        if shape.sort == sort and isinstance(value, str):
            found.append(value)
        elif shape.sort == "group":
            found += texts_of(shape.fields, value, sort)
        elif shape.sort == "list" and shape.item is not None and isinstance(value, list):
            for one in value:
                found += (
                    [one] if shape.item.sort == sort and isinstance(one, str) else texts_of(shape.item.fields, one, sort)
                )
    return found


def own_mistakes(visit: Visit, state: Filled) -> list[dict[str, str]]:
    """What we ourselves cannot make out of a form."""
    unclear = visit.say("没有（或不止一个）叫这个名称的：{name}。请从列表中选取。", name="{name}")
    found = [{"pointer": at, "detail": unclear.format(name=text[:60])} for at, text in state.unclear.items()]
    twice = visit.say("请只填其一：或填数值，或填空缺原因。")
    return found + [{"pointer": at, "detail": twice} for at in state.twice]


def done(visit: Visit, place: Place, recorded: Mapping[str, Any]) -> Response:
    """To where more can be recorded about the same."""
    query = {"done": recorded["entry"], "after": recorded["position"]}
    if place.label is None and recorded["stream"].partition(":")[0] == recorded["stream"]:
        return visit.leave(f"/pages/projects/{recorded['stream']}/record", **query)
    return visit.leave(f"/pages{place.path}/record" if place.label is not None else "/pages/record", **query)
