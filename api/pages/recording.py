"""录入: what can be recorded, and the addresses of the form of every command."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from api.pages.desk import Act, Code, Done, Noun, Now, Place, Words, desk, place_of, role_of, shapes_of
from api.pages.forming import form, prefilled, sent
from api.pages.shapes import JUDGING, PLURALS, Asked, Shapes
from api.pages.visit import PAGE, Here, Visit, pages
from api.pages.wording import noted
from domain.entry import Role
from domain.errors import NotFound
from domain.fact import StreamKind

made: APIRouter = pages()
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (noted("项目进展"), ("negotiations", "signings", "registrations", "land", "construction", "operation")),
    (noted("资金与数据"), ("funds", "capital", "taxes", "jobs", "benefits", "statistics")),
    (noted("计划与自评"), ("plans", "forecasts", "ratings", "classes")),
    (noted("责任"), ("responsibilities", "transfers", "shares")),
    (noted("项目本身"), ("descriptions", "listings", "exemptions", "mergers", "endings")),
)
"""The nouns of a project in the order of its life; what stands in no group comes after them."""


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
    groups.append((noted("其他") if groups else noted("录入"), [c for c in own if c.name not in grouped]))
    about = list(dict.fromkeys(c.noun for c in every if c.noun in JUDGING and c.noun != "approvals"))
    return await visit.page("record_of.html", place=place, groups=[g for g in groups if g[1]], about=about, done=done)


def offered(shapes: Shapes, stream: StreamKind, role: Role) -> list[Asked]:
    """What follows in a stream that is there, and the role may ask for."""
    return [c for (s, _), cs in shapes.commands.items() if s == stream for c in cs if not c.begins and c.by(role)]


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
