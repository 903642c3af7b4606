"""Two answers of one kind, figure by figure: any answer is taken apart by its own types, so that no field is forgotten."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from domain.project.responsibilities import Holder
from domain.questions.answers import Figure, Planned, Said, Sourced
from domain.questions.around import HolderDissolved
from domain.questions.evidence import FactEvidence
from domain.questions.exemptions import ExemptionNow
from domain.questions.gates import GatesNow, StageGate
from domain.questions.planning import Forecast, PeriodPlan, PlanField
from domain.questions.responsibilities import HeldRole, Span
from domain.questions.status import BureauFigure, ClassOfYear, LightNow, MarkNow, MeasureNow, StageNow, State, Status
from domain.values import Frozen

Path = tuple[str, ...]
"""Which figure: `("measures", "received", "recognised")`."""
CITATION = re.compile(r"[^\s#]+#\d+")

OPENED: dict[type[Frozen], tuple[str, ...]] = {
    Status: (),
    MeasureNow: ("measure",),
    BureauFigure: ("bureau",),
    PlanField: ("field",),
    PeriodPlan: ("period",),
    Forecast: ("indicator", "period"),
    GatesNow: (),
}
"""What is no figure itself but made of several, by the fields that tell one from another."""
WHOLE: dict[type[Frozen], tuple[str, ...]] = {
    Figure: (),
    Planned: (),
    StageNow: (),
    State: (),
    LightNow: (),
    Said: ("value",),
    HeldRole: ("role", "holder"),
    Span: ("role", "since"),
    HolderDissolved: ("role", "holder"),
    MarkNow: ("mark",),
    ClassOfYear: ("year",),
    ExemptionNow: ("entry",),
    StageGate: ("stage",),
    FactEvidence: ("fact", "sha256"),
}
"""What is one figure; where it stands in a list, by the fields that tell one from another."""
LEFT_OUT: dict[type[Frozen], frozenset[str]] = {
    Status: frozenset({"code", "entries"}),
    MeasureNow: frozenset({"unit", "sort"}),
    HeldRole: frozenset({"stages"}),
}
"""No figures: the answer's own name, the length of the record, what a measure is, and what another figure tells already."""


class Reading(NamedTuple):
    """One figure as it reads at a viewpoint: JSON, and the entries it names."""

    value: Any
    sources: tuple[str, ...]


def figures(answer: Frozen) -> dict[Path, Reading]:
    """Every figure of an answer. What is absent, empty or "not mentioned" is no figure."""
    found: dict[Path, Reading] = {}
    again: Counter[Path] = Counter()
    for path, reading in _opened((), answer):
        again[path] += 1
        found[path if again[path] == 1 else (*path, str(again[path]))] = reading
    return found


def _opened(path: Path, answer: Frozen) -> Iterator[tuple[Path, Reading]]:
    """The figures of a model that holds several; one that names no entries rests on what its neighbours name."""
    left_out = LEFT_OUT.get(type(answer), frozenset()) | set(OPENED[type(answer)])
    own = [
        found
        for name in type(answer).model_fields
        if name not in left_out
        for found in _in(path, name, getattr(answer, name))
    ]
    beside = tuple(dict.fromkeys(c for _, reading in own for c in reading.sources)) if path else ()
    if isinstance(answer, GatesNow):
        beside = (answer.adopted_by,) if answer.adopted_by else ()  # what it lacks says nothing of the table
    for inner, reading in own:
        yield inner, reading if reading.sources else reading._replace(sources=beside)


def _in(path: Path, name: str, value: Any) -> Iterator[tuple[Path, Reading]]:
    match value:
        case None | ():
            return
        case Planned(blank="not_mentioned"):
            return
        case Frozen() if type(value) in OPENED:
            yield from _opened((*path, name), value)
        case tuple() if type(value[0]) in OPENED:
            for item in value:
                yield from _opened((*path, name, *_key(item, OPENED[type(item)])), item)
        case tuple() if type(value[0]) in WHOLE:
            for item in value:
                yield (*path, name, *_key(item, WHOLE[type(item)])), _reading(item)
        case _:
            yield (*path, name), _reading(value)


def _reading(value: Any) -> Reading:
    if isinstance(value, Frozen):
        left_out = LEFT_OUT.get(type(value), frozenset()) | {"sources"}
        written: Any = value.model_dump(mode="json", exclude=set(left_out), exclude_none=True)
        sources = value.sources if isinstance(value, Sourced) else tuple(_citations(written))
        return Reading(written, tuple(dict.fromkeys(sources)))
    written = [_plain(item) for item in value] if isinstance(value, tuple) else _plain(value)
    return Reading(written, tuple(_citations(written)))


def _plain(value: Any) -> Any:
    if isinstance(value, Frozen):
        return value.model_dump(mode="json", exclude_none=True)
    return value if isinstance(value, str | int | bool) else str(value)


def _citations(written: Any) -> Iterator[str]:
    match written:
        case str() if CITATION.fullmatch(written):
            yield written
        case Mapping():
            for inner in written.values():
                yield from _citations(inner)
        case list() | tuple():
            for inner in written:
                yield from _citations(inner)
        case _:
            pass


def _key(item: Frozen, names: tuple[str, ...]) -> Path:
    return tuple(_word(getattr(item, name)) for name in names)


def _word(value: object) -> str:
    match value:
        case None:
            return "-"
        case Holder():
            return value.person or value.unit or value.outside or "-"
        case _:
            return str(value)


class Difference(NamedTuple):
    """One figure that does not read the same, or does not rest on the same entries."""

    path: Path
    before: Reading | None
    after: Reading | None

    @property
    def restated(self) -> bool:
        """Whether it reads the same and only rests on other entries."""
        return self.before is not None and self.after is not None and self.before.value == self.after.value

    @property
    def sources(self) -> tuple[str, ...]:
        sides = [side for side in (self.before, self.after) if side is not None]
        return tuple(dict.fromkeys(c for side in sides for c in side.sources))


def differences(before: dict[Path, Reading], after: dict[Path, Reading]) -> list[Difference]:
    """In the order of the later answer; what is gone comes after the rest of its part."""
    order = {path[0]: n for n, path in enumerate(dict.fromkeys((*after, *before)), start=1)}
    paths = sorted(dict.fromkeys((*after, *before)), key=lambda p: order[p[0]])
    found = [Difference(p, before.get(p), after.get(p)) for p in paths if before.get(p) != after.get(p)]
    return list(_one_holder_for_another(found))


def _one_holder_for_another(found: list[Difference]) -> Iterator[Difference]:
    """A role that one left and another took is one figure that changed, not two."""
    gone = {d.path[1]: d for d in found if d.path[0] == "responsible" and d.after is None}
    came = {d.path[1]: d for d in found if d.path[0] == "responsible" and d.before is None}
    count = Counter((d.path[1], d.after is None) for d in found if d.path[0] == "responsible")
    for one in found:
        role = one.path[1] if one.path[0] == "responsible" else None
        if role in gone and role in came and count[role, True] == count[role, False] == 1:
            if one is came[role]:
                yield Difference(one.path[:2], gone[role].before, one.after)
        else:
            yield one
