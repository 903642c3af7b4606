"""关口: what a stage expects and a project lacks at a viewpoint; who passed without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.fact import KINDS, Fact, Stage
from domain.history import Standing, View
from domain.office.gates import Expectation, GatesInForce
from domain.questions.evidence import evidence_of
from domain.questions.stages import reached
from domain.values import Frozen


class Missing(Frozen):
    """One expectation that nothing in force meets."""

    stage: Stage
    kind: str
    evidence: tuple[str, ...]
    """Sorts of files, one of which would do; empty where the fact itself is missing or it alone is expected."""
    dated: bool
    by: Literal["entry", "next"]
    due_on: date | None
    overdue: bool
    facts: tuple[str, ...]
    """The facts of that kind that carry no such file."""
    passed_by: str | None
    """The fact that entered a later stage all the same."""


class StageGate(Frozen):
    """A stage the project has reached or skipped (`since` is null), and what it lacks."""

    stage: Stage
    since: date | None
    missing: tuple[Missing, ...]


class GatesNow(Frozen):
    """By the table in force on the day asked for: `adopted_by` is its entry, null for the one shipped with the program,
    under which nothing is irregular."""

    table: str
    adopted_by: str | None
    adopted_on: date | None
    stages: tuple[StageGate, ...]


@dataclass(frozen=True)
class Crossing:
    """A fact that brought the project from one rank to a higher one."""

    by: Standing[Fact]
    below: int
    rank: int

    def passes(self, expected: Expectation) -> bool:
        return self.below < expected.threshold <= self.rank


def crossings(view: View) -> Iterator[Crossing]:
    """Every step forward, in order; a step back is none."""
    highest = -1
    for standing, stage in view.stages:
        if stage.rank > highest:
            yield Crossing(standing, highest, stage.rank)
            highest = stage.rank


def passed_without(view: View, gates: GatesInForce) -> Iterator[tuple[Standing[Fact], tuple[Expectation, ...]]]:
    """Each fact that passed a gate binding on its own day, with what nothing in force meets at this viewpoint."""
    for crossing in crossings(view):
        lacking = tuple(
            e for e in gates.binding(crossing.by.fact.occurred_on) if crossing.passes(e) and not meeting(view, e)
        )
        if lacking:
            yield crossing.by, lacking


def meeting(view: View, expected: Expectation) -> list[Standing[Fact]]:
    """The facts that meet an expectation."""
    facts = view.of(KINDS[expected.kind])
    return [s for s in facts if not expected.evidence or _proven(view, s, expected)]


def _proven(view: View, standing: Standing[Fact], expected: Expectation) -> bool:
    files = evidence_of(view.matters[standing.number])
    return any(f.sort in expected.evidence and (f.dated is not None or not expected.dated) for f in files)


def gates_now(view: View, gates: GatesInForce) -> GatesNow:
    """For every stage up to the one reached."""
    on = view.viewpoint.on
    adoption, table = gates.adopted_on(on), gates.expected(on)
    since = {r.stage: r.since for r in reached(view)}
    highest = max((stage.rank for stage in since), default=-1)
    steps = list(crossings(view))
    stages = []
    for stage in Stage:
        missing = [
            _missing(view, e, since.get(stage), steps)
            for e in table.expects
            if e.stage is stage and stage.rank <= highest and not meeting(view, e)
        ]
        if missing:
            stages.append(StageGate(stage=stage, since=since.get(stage), missing=tuple(missing)))
    return GatesNow(
        table=table.name,
        adopted_by=adoption.original.citation if adoption else None,
        adopted_on=adoption.fact.occurred_on if adoption else None,
        stages=tuple(stages),
    )


def _missing(view: View, expected: Expectation, since: date | None, steps: list[Crossing]) -> Missing:
    due = since + timedelta(days=expected.within_days) if since is not None and expected.within_days is not None else None
    there = view.of(KINDS[expected.kind])
    return Missing(
        stage=expected.stage,
        kind=expected.kind,
        evidence=expected.evidence if there else (),
        dated=expected.dated and bool(there),
        by=expected.by,
        due_on=due,
        overdue=due is not None and due < view.viewpoint.on,
        facts=tuple(s.original.citation for s in there),
        passed_by=next((step.by.original.citation for step in steps if step.passes(expected)), None),
    )
