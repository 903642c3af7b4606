"""记录: what can be recorded, and the form of every command, made from its schema in the OpenAPI document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, cast

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.doors import asks
from api.locale import texts
from api.pages.asking import Told
from api.pages.fielding import Compared, Filling, Line, Option, Tongue
from api.pages.filling import MORE, Filled, Names, filled
from api.pages.forms import new_key
from api.pages.shapes import JUDGING, PLURALS, Asked, Shape, Shapes
from api.pages.visit import Here, ViewDay, ViewKnown, Visit, pages
from api.pages.wording import noted
from domain.entry import Role
from domain.errors import NotFound
from domain.fact import StreamKind

made: APIRouter = pages()
PAGE = asks("page")
Act = Annotated[str | None, Query(max_length=40)]
Code = Annotated[str, Path(max_length=64)]
Noun = Annotated[str, Path(max_length=40)]
Done = Annotated[str | None, Query(max_length=80)]
After = Annotated[int | None, Query(ge=0, le=2**62)]
Words = Annotated[str | None, Query(max_length=100)]


async def _now(visit: Here, on: ViewDay = None, known: ViewKnown = None, after: After = None) -> Visit:
    visit.viewed_at(None, None, after)
    return visit


Now = Annotated[Visit, Depends(_now)]
"""A visit to a page that records: it shows what stands now, whatever viewpoint the link that led here bears."""

LABELS: dict[StreamKind, str] = {
    "project": "{}",
    "district": "district",
    "unit": "unit:{}",
    "person": "person:{}",
    "period": "period:{}",
    "targets": "targets:{}",
    "audit": "audit:{}",
}
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (noted("项目进展"), ("negotiations", "signings", "registrations", "land", "construction", "operation")),
    (noted("资金与数据"), ("funds", "capital", "taxes", "jobs", "benefits", "statistics")),
    (noted("计划与自评"), ("plans", "forecasts", "ratings", "classes")),
    (noted("责任"), ("responsibilities", "transfers", "shares")),
    (noted("项目本身"), ("descriptions", "listings", "exemptions", "mergers", "endings")),
)
"""The nouns of a project in the order of its life; what stands in no group comes after them."""
KINDS: dict[str, tuple[str, ...]] = {"receipt": ("funds_received",), "exemption": ("exemption_granted", "unit_exempted")}
"""Which facts a number may name; other numbers are typed."""


class Place(NamedTuple):
    """Where something is recorded: `path` of the API and, after /pages, of the page; `title` as people call it."""

    stream: StreamKind
    path: str
    label: str | None
    title: str = ""


@dataclass
class About:
    """The fact that something is said about, as it reads (an answer's FactNow); `lines`: in words; `fixed`: what the form
    does not ask for; `counterparts`: entries that the same is said of in the same request."""

    fact: Mapping[str, Any]
    lines: Sequence[Line]
    fixed: Mapping[str, Any]
    counterparts: Sequence[str] = ()
    compared: Sequence[Compared] = ()


@dataclass
class Desk:
    """What every form needs: the shapes, and the words and names of this moment."""

    shapes: Shapes
    tongue: Tongue


async def shapes_of(visit: Visit) -> Shapes:
    """Made once per app from its OpenAPI document, which never changes while it runs."""
    state = visit.request.app.state
    if not hasattr(state, "shapes"):
        state.shapes = Shapes(await visit.api.get("/openapi.json"))
    return cast("Shapes", state.shapes)


async def desk(visit: Visit) -> Desk:
    shapes = await shapes_of(visit)
    settings, units, people = await visit.ask_all(
        visit.api.get("/district/settings"), visit.api.get("/units"), visit.api.get("/people")
    )
    names = Names(
        units={row["unit"]: row["name"] for row in units["units"]},
        persons={
            row["person"]: row["person"] if row["erased"] else row["name"] or row["person"] for row in people["people"]
        },
        projects={},
    )
    return Desk(shapes, Tongue(visit.language, names, settings["settings"]))


def role_of(visit: Visit) -> Role:
    assert visit.session is not None
    return Role(visit.session.role)


async def place_of(visit: Visit, plural: str, code: str) -> Place:
    """Raises Told where there is no such thing for this reader."""
    stream = PLURALS[plural]
    if stream == "district":
        return Place(stream, "/district", "district", visit.say("本区"))
    path = f"/{plural}/{code}"
    answer = await visit.ask(path)
    return Place(stream, path, LABELS[stream].format(code), titled(stream, code, answer))


def titled(stream: StreamKind, code: str, answer: Mapping[str, Any]) -> str:
    match stream:
        case "project":
            return str((answer["status"]["name"] or {"value": code})["value"])
        case "unit":
            return str(answer["unit"]["name"])
        case "person":
            return str(answer["person"]["name"] or code)
    return code


# what can be recorded


@made.get("/pages/record", openapi_extra=PAGE)
async def record(visit: Now, q: Words = None, done: Done = None) -> Response:
    """A project is looked for by name or code; a unit's own are shown at once. Beside it, what else this role records."""
    assert visit.session is not None
    role, shapes = role_of(visit), await shapes_of(visit)
    own = visit.session.unit if role in (Role.CLERK, Role.UNIT, Role.HEAD) and not q else None
    found = await visit.ask("/projects", q=q or None, unit=own, limit=30)
    beginning = [c for cs in shapes.commands.values() for c in cs if c.begins and c.by(role)]
    nouns = dict.fromkeys(c.noun for c in beginning)
    district = [c for c in offered(shapes, "district", role) if c.noun not in JUDGING]
    return await visit.page(
        "recording.html", projects=found["projects"], q=q, own=own, nouns=list(nouns), district=district, done=done
    )


async def chooser(visit: Visit, place: Place, noun: str | None = None, done: str | None = None) -> Response:
    """The commands of one stream that this role may ask for, in the order of a project's life."""
    shapes = await shapes_of(visit)
    every = [c for c in offered(shapes, place.stream, role_of(visit)) if noun in (None, c.noun)]
    own = [c for c in every if c.noun not in JUDGING]
    groups = (
        [(name, [c for noun in nouns for c in own if c.noun == noun]) for name, nouns in GROUPS]
        if place.stream == "project"
        else []
    )
    grouped = {c.name for _, commands in groups for c in commands}
    groups.append((noted("记录"), [c for c in own if c.name not in grouped]))
    about = list(dict.fromkeys(c.noun for c in every if c.noun in JUDGING and c.noun != "approvals"))
    return await visit.page("record_of.html", place=place, groups=[g for g in groups if g[1]], about=about, done=done)


def offered(shapes: Shapes, stream: StreamKind, role: Role) -> list[Asked]:
    """What follows in a stream that is there, and the role may ask for."""
    return [c for (s, _), cs in shapes.commands.items() if s == stream for c in cs if not c.begins and c.by(role)]


# a form


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
        {"detail": rule[visit.language] + (f"（{rule['about']}）" if rule["about"] else ""), **rule}
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


# addresses


@made.get("/pages/record/new/{noun}", openapi_extra=PAGE)
async def new(visit: Now, noun: Noun, act: Act = None) -> Response:
    """Projects, units, people, periods, targets, audits: what begins a stream."""
    place = beginning(noun)
    return await first(visit, place, noun, act)


@made.post("/pages/record/new/{noun}", openapi_extra=PAGE)
async def begin(visit: Here, noun: Noun) -> Response:
    place = beginning(noun)
    return await sent(visit, place, await command_of(visit, place, noun, visit.form.one("/act")), await desk(visit))


def beginning(noun: str) -> Place:
    if noun not in PLURALS or noun == "district":
        raise NotFound(noun)
    return Place(PLURALS[noun], f"/{noun}", None)


async def command_of(visit: Visit, place: Place, noun: str, act: str | None) -> Asked:
    """Raises NotFound."""
    found = (await shapes_of(visit)).command(place.stream, noun, act)
    if found is None or found.begins != (place.label is None):
        raise NotFound(noun)
    return found


async def first(visit: Visit, place: Place, noun: str, act: str | None) -> Response:
    """The form of a noun, or the choice of its acts."""
    shapes = await shapes_of(visit)
    several = shapes.commands.get((place.stream, noun), [])
    if noun in JUDGING and several:
        return await choose_entry(visit, place, noun)
    if not several or several[0].begins != (place.label is None):
        raise NotFound(noun)
    if len(several) > 1 and act is None:
        groups = [(noted("请选择"), [c for c in several if c.by(role_of(visit))])]
        return await visit.page("record_of.html", place=place, groups=groups, about=[], done=None)
    asked = await command_of(visit, place, noun, act)
    table = await desk(visit)
    return await form(visit, place, asked, table, await prefilled(visit, asked, table))


async def choose_entry(visit: Visit, place: Place, noun: str) -> Response:
    """Which entry a correction, verdict or other judgement is about."""
    table = await desk(visit)
    facts = (await visit.ask(f"/streams/{place.label}/facts"))["facts"]
    rows = [(f, table.tongue.in_short(table.shapes.facts[f["kind"]], f["states"])) for f in reversed(facts)]
    rows = [(f, short) for f, short in rows if (f["annulled_by"] is not None) == (noun == "reinstatements")]
    return await visit.page("record_entries.html", place=place, noun=noun, rows=rows)


def routes_of(plural: str) -> None:
    """The addresses of one sort of stream."""
    whole = f"/pages/{plural}/{{code}}/record" if plural != "district" else "/pages/district/record"

    async def choose(visit: Visit, code: str, done: str | None) -> Response:
        return await chooser(visit, await place_of(visit, plural, code), done=done)

    async def show(visit: Visit, code: str, noun: str, act: str | None) -> Response:
        place = await place_of(visit, plural, code)
        return await first(visit, place, noun, act)

    async def send(visit: Visit, code: str, noun: str) -> Response:
        place = await place_of(visit, plural, code)
        asked = await command_of(visit, place, noun, visit.form.one("/act"))
        if noun in JUDGING:
            raise NotFound(noun)
        return await sent(visit, place, asked, await desk(visit))

    if plural == "district":

        async def district(visit: Now, done: Done = None) -> Response:
            return await choose(visit, "", done)

        async def district_form(visit: Now, noun: Noun, act: Act = None) -> Response:
            return await show(visit, "", noun, act)

        async def district_sent(visit: Here, noun: Noun) -> Response:
            return await send(visit, "", noun)

        handlers: tuple[Callable[..., Any], ...] = (district, district_form, district_sent)
    else:

        async def stream(visit: Now, code: Code, done: Done = None) -> Response:
            return await choose(visit, code, done)

        async def stream_form(visit: Now, code: Code, noun: Noun, act: Act = None) -> Response:
            return await show(visit, code, noun, act)

        async def stream_sent(visit: Here, code: Code, noun: Noun) -> Response:
            return await send(visit, code, noun)

        handlers = (stream, stream_form, stream_sent)
    made.add_api_route(whole, handlers[0], methods=["GET"], openapi_extra=PAGE)
    made.add_api_route(whole + "/{noun}", handlers[1], methods=["GET"], openapi_extra=PAGE)
    made.add_api_route(whole + "/{noun}", handlers[2], methods=["POST"], openapi_extra=PAGE)


for _plural in PLURALS:
    routes_of(_plural)
