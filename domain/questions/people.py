"""人员与单位: names, posts, who was joined or merged, at a viewpoint; answers of their own streams."""

from datetime import date

from domain.history import History, View
from domain.office.identities import PersonsJoined
from domain.office.person import PersonEntered, PersonErased, PostLeft, PostTaken, naming_numbers
from domain.office.stand_ins import appointed
from domain.office.unit import UnitOpened, UnitsAbsorbed, named
from domain.questions.answers import Sourced
from domain.questions.around import Dissolved, dissolution
from domain.values import Frozen


class PersonName(Sourced):
    """`[since, until)`. `number`: the entry number under which the name itself is kept, or was until it was erased."""

    number: int
    since: date
    until: date | None


class Post(Sourced):
    """任职 `[since, until)`; open when `until` is null."""

    person: str
    unit: str
    title: str
    since: date
    until: date | None


class Joined(Sourced):
    """Another reference of the same human."""

    other: str
    document: str | None


class StandIn(Sourced):
    """Who may act for the person on the day, `[since, until)`."""

    person: str
    since: date
    until: date
    document: str | None


class Erasure(Sourced):
    ground: str
    document: str | None
    occurred_on: date


class Person(Frozen):
    """`names` and `posts` in order; `erased` at every viewpoint, once it has happened: the names are gone from all."""

    person: str
    names: tuple[PersonName, ...]
    posts: tuple[Post, ...]
    joined: tuple[Joined, ...]
    stand_ins: tuple[StandIn, ...]
    erased: Erasure | None


class UnitName(Sourced):
    """`[since, until)`."""

    name: str
    name_en: str | None
    since: date
    until: date | None


class Absorbed(Sourced):
    """A unit that was merged into this one."""

    unit: str
    since: date


class Unit(Frozen):
    """`dissolved`: closed, or merged into another; what it holds stays its own until a handover or a transfer."""

    unit: str
    name: str
    sort: str
    names: tuple[UnitName, ...]
    dissolved: Dissolved | None
    absorbed: tuple[Absorbed, ...]


def person(history: History, view: View) -> Person | None:
    """None before the person was entered."""
    if not view.of(PersonEntered):
        return None
    facts = {s.number: s for s in view.facts}
    numbers = naming_numbers(view)
    days = [facts[n].fact.occurred_on for n in numbers]
    return Person(
        person=_bare(view),
        names=tuple(
            PersonName(number=n, since=since, until=until, sources=facts[n].sources)
            for n, since, until in zip(numbers, days, [*days[1:], None], strict=True)
        ),
        posts=tuple(posts(view)),
        joined=tuple(
            Joined(other=s.fact.other, document=s.wording.envelope.document, sources=s.sources)
            for s in view.of(PersonsJoined)
        ),
        stand_ins=tuple(
            StandIn(
                person=s.fact.stand_in,
                since=s.fact.occurred_on,
                until=s.fact.until,
                document=s.wording.envelope.document or s.original.envelope.document,
                sources=s.sources,
            )
            for s in appointed(view, view.viewpoint.on)
        ),
        erased=_erasure(history),
    )


def posts(view: View) -> list[Post]:
    """In the order they were taken; leaving one ends the last that was taken of its unit and title."""
    found: list[Post] = []
    for standing in view.facts:
        match standing.fact:
            case PostTaken() as fact:
                taken = {"person": _bare(view), "unit": fact.unit, "title": fact.title, "since": fact.occurred_on}
                found.append(Post.model_validate(taken | {"until": None, "sources": standing.sources}))
            case PostLeft() as fact:
                open_ones = [p for p in found if (p.unit, p.title, p.until) == (fact.unit, fact.title, None)]
                if open_ones:
                    left = {"until": fact.occurred_on, "sources": (*open_ones[-1].sources, *standing.sources)}
                    found[found.index(open_ones[-1])] = open_ones[-1].model_copy(update=left)
            case _:
                pass
    return found


def _erasure(history: History) -> Erasure | None:
    matters = [m.current for m in history.now.matters.values() if isinstance(m.current.fact, PersonErased)]
    if not matters or not isinstance(matters[0].fact, PersonErased):
        return None
    fact, entry = matters[0].fact, matters[0].wording
    return Erasure(
        ground=fact.ground,
        document=entry.envelope.document,
        occurred_on=fact.occurred_on,
        sources=matters[0].sources,
    )


def unit(view: View) -> Unit | None:
    """None before the unit was opened."""
    opened, borne = view.of(UnitOpened), named(view)
    if not opened:
        return None
    days = [s.fact.occurred_on for s in borne]
    return Unit(
        unit=_bare(view),
        name=borne[-1].fact.name,
        sort=opened[0].fact.sort,
        names=tuple(
            UnitName(name=s.fact.name, name_en=s.fact.name_en, since=s.fact.occurred_on, until=until, sources=s.sources)
            for s, until in zip(borne, [*days[1:], None], strict=True)
        ),
        dissolved=dissolution(view),
        absorbed=tuple(
            Absorbed(unit=code, since=s.fact.occurred_on, sources=s.sources)
            for s in view.of(UnitsAbsorbed)
            for code in s.fact.units
        ),
    )


def _bare(view: View) -> str:
    """The code or reference, without its stream's prefix."""
    return view.label.partition(":")[2]
