"""What came into totals and left them between two viewpoints is what the fold over all projects says."""

import random
from itertools import pairwise
from typing import cast

import psycopg
import pytest

import projections.questions.portfolio_changes
from domain.fact import MEASURES, Authority
from domain.questions.portfolio import UNIT_ROLES, Attribute, By
from domain.questions.portfolio_changes import contributions, moved, of_the_whole
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.questions.counting import Part
from projections.questions.portfolio import totals
from projections.questions.portfolio_changes import moved_lines, totals_moved
from tests.projections.test_equals_oracle import RULES, Fresh, fresh, history, projected, viewpoints
from tests.projections.worlds import World

assert fresh
QUESTIONS: tuple[tuple[By, Attribute], ...] = (
    ("unit", "then"),
    ("unit", "now"),
    ("stage", "now"),
    ("category", "now"),
    ("yearly_class", "now"),
)


def differences(
    world: World, connection: psycopg.Connection, pair: tuple[Viewpoint, Viewpoint], rules: Settings, role: str
) -> list[str]:
    found = []
    views = [[world.book.history(label).at(v) for label in world.projects] for v in pair]
    for by, attribute in QUESTIONS:
        one, two = (contributions(v, by, UNIT_ROLES[role], attribute, rules) for v in views)
        told = totals_moved(connection, (pair[0], rules), (pair[1], rules), by, role, attribute)
        for viewpoint, side in zip(pair, (told.before, told.after), strict=True):
            if side != totals(connection, viewpoint, by, role, attribute, rules):
                found.append(f"totals by {by} ({role}, {attribute}) at {viewpoint}: {side}")
        for name, given, wanted in (
            ("moved", told.moved, moved(one, two)),
            ("whole", told.whole, moved(of_the_whole(one), of_the_whole(two))),
        ):
            if +given != wanted:
                odd = {p: (given[p], wanted[p]) for p in {*given, *wanted} if given[p] != wanted[p]}
                found.append(f"{name} by {by} ({role}, {attribute}) between {pair}: {odd}")
        for place in [p for p in sorted(moved(one, two), key=str) if not p[2].startswith("bureau:")][:6]:
            bureau = rules.recognising.get(place[1], (None,))[0] if place[2] == "recognised" else None
            part = Part(MEASURES[place[1]], cast("Authority", place[2]), place[0], False, bureau)
            lines = moved_lines(connection, (pair[0], part), (pair[1], part), by, role, attribute)
            left, came = one.get(place, set()) - two.get(place, set()), two.get(place, set()) - one.get(place, set())
            facts = {(code, fact) for code, fact, _, _ in left | came}
            if {(m.code, m.fact) for m in lines} != facts or sum(m.came + m.left for m in lines) != len(left) + len(came):
                found.append(f"facts of {place} by {by} ({role}, {attribute}) between {pair}: {lines} instead of {facts}")
    return found


def test_what_moved_equals_the_fold_between_random_viewpoints(fresh: Fresh):
    for seed in (4, 9):
        world, chance = history(seed, 170), random.Random(seed)
        with projected(world, fresh(), 40) as connection:
            asked = viewpoints(world, chance)
            for pair in pairwise(asked):
                rules, role = chance.choice(RULES), chance.choice(sorted(UNIT_ROLES))
                assert differences(world, connection, pair, rules, role) == []
                assert differences(world, connection, (pair[0], pair[0]), rules, role) == []


def test_without_looking_at_projects_that_changed_hands_the_comparison_fails(fresh: Fresh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(projections.questions.portfolio_changes, "_handed", lambda *_: set())
    world, chance = history(7, 200), random.Random(7)
    with projected(world, fresh(), 4_000) as connection:
        asked = viewpoints(world, chance)
        pairs = [(Viewpoint(v.on, asked[-1].known), asked[-1]) for v in asked]
        assert [d for pair in pairs for d in differences(world, connection, pair, RULES[0], "lead")]
