"""单位的变化: what differs in a unit's own name, exemptions, targets and returns between two viewpoints."""

from collections.abc import Iterator, Mapping

from domain.entry import Entry
from domain.exempting import exemptions
from domain.history import History, Matter, View
from domain.office.period import PREFIX as PERIOD
from domain.office.returned import returns
from domain.office.targets import PREFIX as TARGETS
from domain.office.targets import targets
from domain.office.unit import UnitClosed, UnitOpened, UnitRenamed
from domain.questions.acts import Act, act
from domain.questions.answers import Said, Sourced
from domain.questions.changes import Change, Side
from domain.questions.comparing import OPENED, WHOLE, Difference, Reading, differences, figures
from domain.questions.exemptions import ExemptionNow, exemption_now
from domain.questions.targets import Wanted, wanted
from domain.values import Frozen
from domain.viewpoint import Viewpoint


class ReturnIn(Sourced):
    """The unit's return in one period."""

    period: str
    state: str
    submissions: int
    facts: int
    empty: bool


class TargetIn(Frozen):
    """One target; `basis` is its 口径."""

    year: str
    indicator: str
    basis: str | None
    original: Wanted | None
    in_force: Wanted


class UnitStatus(Frozen):
    """At the viewpoint, from the unit's own stream, the periods' and the years'."""

    name: Said | None
    name_en: Said | None
    closed: Said | None
    exemptions: tuple[ExemptionNow, ...]
    targets: tuple[TargetIn, ...]
    returns: tuple[ReturnIn, ...]


OPENED |= {UnitStatus: (), TargetIn: ("year", "indicator", "basis")}
WHOLE |= {ReturnIn: ("period",), Wanted: ()}


def unit_status(code: str, views: Mapping[str, View]) -> UnitStatus:
    """`views`: the unit's own stream, and those of every period and year."""
    own = views[f"unit:{code}"]
    closed = own.last_of(UnitClosed)
    return UnitStatus(
        name=_named(own, "name"),
        name_en=_named(own, "name_en"),
        closed=Said(value="closed", since=closed.fact.occurred_on, sources=closed.sources) if closed else None,
        exemptions=tuple(exemption_now(e) for e in exemptions(own)),
        targets=tuple(t for label in sorted(views) if label.startswith(TARGETS) for t in _targets(code, views[label])),
        returns=tuple(r for label in sorted(views) if label.startswith(PERIOD) for r in _returned(code, views[label])),
    )


def _named(own: View, field: str) -> Said | None:
    said = [s for s in own.of(UnitOpened, UnitRenamed) if getattr(s.fact, field)]
    return (
        Said(value=getattr(said[-1].fact, field), since=said[-1].fact.occurred_on, sources=said[-1].sources)
        if said
        else None
    )


def _targets(code: str, view: View) -> Iterator[TargetIn]:
    for target in targets(view):
        unit, indicator, basis = target.subject
        if unit == code:
            original = wanted(target.original) if target.original else None
            year = view.label.removeprefix(TARGETS)
            yield TargetIn(year=year, indicator=indicator, basis=basis, original=original, in_force=wanted(target.in_force))


def _returned(code: str, view: View) -> Iterator[ReturnIn]:
    made = returns(view).get(code)
    if made is not None:
        yield ReturnIn(
            period=view.label.removeprefix(PERIOD),
            state=made.state,
            submissions=len(made.submissions),
            facts=made.said(made.newest).facts,
            empty=made.is_empty,
            sources=tuple(dict.fromkeys(c for m in made.submissions for c in m.current.sources)),
        )


def unit_changes(code: str, histories: Mapping[str, History], before: Viewpoint, after: Viewpoint) -> tuple[Change, ...]:
    """What differs. Moved by: what was recorded between the two about a fact that the figure rests on at either; where
    nothing was, that fact itself, if its day came between them."""
    sides = [{label: h.at(viewpoint) for label, h in histories.items()} for viewpoint in (before, after)]
    one, two = (figures(unit_status(code, views)) for views in sides)
    later = sides[0] if before.known > after.known else sides[1]
    return tuple(_change(d, list(_movers(d, later, before, after)), before, after) for d in differences(one, two))


def _movers(one: Difference, views: Mapping[str, View], before: Viewpoint, after: Viewpoint) -> Iterator[Entry]:
    (since, until), days = sorted((before.known, after.known)), sorted((before.on, after.on))
    for matter in _matters(one, views):
        entries = [*(w.approval or w.wording for w in matter.wordings), *(e for e, _ in (*matter.turns, *matter.beside))]
        new = [e for e in entries if since < e.position <= until]
        yield from new
        if not new and days[0] < matter.current.fact.occurred_on <= days[1]:
            yield matter.wordings[0].original


def _matters(one: Difference, views: Mapping[str, View]) -> list[Matter]:
    found: dict[tuple[str, int], Matter] = {}
    for citation in one.sources:
        label, _, number = citation.rpartition("#")
        view = views.get(label)
        entry = view.matters.get(int(number)) if view is not None else None
        if entry is not None:
            found[label, int(number)] = entry
    return list(found.values())


def _change(one: Difference, entries: list[Entry], before: Viewpoint, after: Viewpoint) -> Change:
    named = sorted({e.citation: e for e in entries}.values(), key=lambda e: e.position)
    return Change(
        figure=one.path,
        before=_side(one.before),
        after=_side(one.after),
        restated=one.restated,
        moved_by=tuple(e.citation for e in named),
        by_time=not named and before.on != after.on,
    )


def told_entry(citation: str, histories: Mapping[str, History]) -> Act:
    """An entry that moved something, by its citation."""
    label, _, number = citation.rpartition("#")
    return act(histories[label].entries[int(number) - 1], histories[label].now)


def _side(reading: Reading | None) -> Side | None:
    return None if reading is None else Side(value=reading.value, sources=reading.sources)
