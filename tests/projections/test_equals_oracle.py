"""Every read model answers as the pure fold does, at random viewpoints over random histories (DESIGN §3.15)."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, get_args

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

import domain.questions.across
import projections.facts
import projections.questions.across
import projections.questions.groups
from domain.entry import SHANGHAI, Actor
from domain.fact import INVESTED, KINDS, MEASURES, RECEIVED, TAX, Fact
from domain.history import View
from domain.judgement import JUDGEMENTS, CorrectionProposed
from domain.project.exemptions import ExemptionGranted
from domain.questions.across import ACROSS, concerning, placed
from domain.questions.attention import concerns
from domain.questions.measures import totals as totals_of
from domain.questions.portfolio import UNIT_ROLES, Attribute, BureauTotal, By, GroupTotal, portfolio
from domain.questions.projects import ProjectRow, project_row, projects
from domain.questions.recognition import judged_figures
from domain.questions.targets import reckoned, viewpoints_of
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.questions import targets
from projections.questions.across import FIRST, shared, told
from projections.questions.across import Wanted as WantedAcross
from projections.questions.attention import concerned
from projections.questions.awaiting import Unjudged, awaiting, how_many
from projections.questions.counting import Part, sources
from projections.questions.portfolio import Bureau, Total, Totals, totals
from projections.questions.projects import Wanted, listed
from projections.questions.stages import Stood, stood
from projections.questions.table import Sort, TableRow, WantedTable, table
from projections.runner import Projecting
from store.database import opened
from store.recorder import Recorder
from tests.given import LI
from tests.projections.worlds import ASKERS, World, projector, write

Fresh = Callable[[], str]
MADE = itertools.count()
"""Of one run, whichever module asks: databases live until the server goes."""
RULES = (Settings(), Settings(recognising={"received": ("bureau-c", "street-b"), "jobs": ("street-b",)}))
"""Without headline authorities, and with some."""
Body = dict[str, Any]


@pytest.fixture(scope="module")
def fresh(server: str, template: str) -> Fresh:
    """Makes one empty migrated database after another."""

    def make() -> str:
        name = f"{template}_oracle_{next(MADE)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return make_conninfo(server, dbname=name)

    return make


def history(seed: int, steps: int) -> World:
    world = World(random.Random(seed))
    for _ in range(steps):
        world.act()
    return world


def test_the_worlds_hold_every_kind_of_fact_and_of_judgement_and_order_within_days():
    events = [e.event for seed in range(6) for r in history(seed, 400).requests for e in r]
    facts = {event.kind.topic for event in events if isinstance(event, Fact)}
    assert {topic for topic, kind in KINDS.items() if kind.kind.stream == "project"} - facts == set()
    judged = {event.topic for event in events if not isinstance(event, Fact)}
    instructions = {"instructed", "instruction_answered", "instruction_sent_back", "instruction_closed"}
    assert set(JUDGEMENTS) - judged == {"evidence_attached", "evidence_withdrawn"} | instructions  # no read model keeps them
    corrected = [e for e in events if isinstance(e, CorrectionProposed)]
    assert any(e.reads.after is not None and e.reads.after > e.target for e in corrected)


@contextmanager
def projected(world: World, database: str, batch: int) -> Iterator[psycopg.Connection]:
    """The world in a database, projected in batches of about this size while it grows."""
    with opened(database, size=2) as pools, projector(database) as connection:
        recorder = Recorder(pools.writing, pools.reading)
        projecting = Projecting(connection)
        for start in range(0, len(world.requests), 17):
            write(recorder, world.requests[start : start + 17])
            with connection.transaction():
                projecting.step(batch)
        while True:
            with connection.transaction():
                if projecting.step(batch) is None:
                    break
        yield connection


def viewpoints(world: World, chance: random.Random) -> list[Viewpoint]:
    ends = [r[-1].position for r in world.requests]
    days = [world.day + timedelta(days=chance.randint(-120, 60)) for _ in range(6)]
    return [Viewpoint(day, chance.choice(ends)) for day in days] + [Viewpoint(world.day, ends[-1])]


def bare_total(total: Total) -> GroupTotal:
    """Without its fingerprint."""
    group, measure, authority, amount, facts, _ = total
    return GroupTotal(group=group, measure=measure.name, authority=authority, amount=amount, sources=facts)


def bare_verdict(of: Bureau) -> BureauTotal:
    group, measure, bureau, amount, facts, _, disputed = of
    return BureauTotal(group=group, measure=measure.name, bureau=bureau, amount=amount, sources=facts, disputed=disputed)


def counted_parts(given: Totals, rules: Settings) -> list[tuple[Part, int]]:
    """Every total, by the facts it says it counts."""
    found: list[tuple[Part, int]] = []
    for every, sums in ((False, given.totals), (True, given.whole)):
        for t in sums:
            bureau = rules.recognising.get(t.measure.name, (None,))[0] if t.authority == "recognised" else None
            found.append((Part(t.measure, t.authority, t.group, every, bureau), t.facts))
    return found


def differences(world: World, connection: psycopg.Connection, viewpoint: Viewpoint, chance: random.Random) -> list[str]:
    views = [world.book.history(label).at(viewpoint) for label in world.projects]
    found = []
    expected = projects(views)
    rows = listed(connection, viewpoint, Wanted(limit=1_000), newest=False)
    if rows != expected:
        found.append(f"list at {viewpoint}: {rows} instead of {expected}")
    questions: list[tuple[By, Attribute]] = [("unit", "then"), ("unit", "now"), ("stage", "now"), ("category", "now")]
    questions.append(("yearly_class", "now"))
    for by, attribute in questions:
        role = chance.choice(sorted(UNIT_ROLES))
        rules = chance.choice(RULES)
        oracle = portfolio(views, by, UNIT_ROLES[role], attribute, rules)
        given = totals(connection, viewpoint, by, role, attribute, rules)
        if given.counts != {c.group: c.count for c in oracle.counts}:
            found.append(f"counts by {by} ({role}) at {viewpoint}: {given.counts} instead of {oracle.counts}")
        for name, sums, wanted in (("totals", given.totals, oracle.totals), ("whole", given.whole, oracle.whole)):
            if (bare := [bare_total(t) for t in sums]) != list(wanted):
                found.append(f"{name} by {by} ({role}, {attribute}) at {viewpoint}:\n{bare}\ninstead of\n{wanted}")
        for name, verdicts, judged in (
            ("verdicts", given.bureaus, oracle.bureaus),
            ("all verdicts", given.whole_bureaus, oracle.whole_bureaus),
        ):
            if (stated := [bare_verdict(b) for b in verdicts]) != list(judged):
                found.append(f"{name} by {by} ({role}, {attribute}) at {viewpoint}:\n{stated}\ninstead of\n{judged}")
        found.extend(
            f"sources of {part} at {viewpoint}: {listed_sources} instead of {facts}"
            for part, facts in chance.sample(counted_parts(given, rules), k=min(4, len(given.totals)))
            if len(set(listed_sources := sources(connection, viewpoint, by, role, attribute, part))) != facts
            or len(listed_sources) != facts
        )
    for year in (viewpoint.on.year - 1, viewpoint.on.year):
        rules = chance.choice(RULES)
        standing = {v: [world.book.history(label).at(v) for label in world.projects] for v in viewpoints_of(viewpoint, year)}
        told, asked = reckoned(standing, viewpoint, year, rules), targets.reckoned(connection, viewpoint, year, rules)
        end, before = ({k: s._replace(fingerprint="") for k, s in sums.items()} for sums in (asked.end, asked.before))
        if replace(asked, end=end, before=before) != told:
            found.append(f"what {year} came to at {viewpoint}: {asked} instead of {told}")
    exempt = [view.label for view in views if view.of(ExemptionGranted)]
    if targets.exempt_projects(connection, viewpoint) != sorted(exempt):
        found.append(f"exempt projects at {viewpoint}: not {exempt}")
    found += crossing(world, connection, viewpoint, views, chance)
    found += in_the_table(connection, viewpoint, views, expected, chance)
    found += standing_before(world, connection, viewpoint)
    found += unjudged(connection, viewpoint, views, chance)
    return found + wanting_attention(connection, viewpoint, views)


def in_the_table(
    connection: psycopg.Connection,
    viewpoint: Viewpoint,
    views: list[View],
    expected: list[ProjectRow],
    chance: random.Random,
) -> list[str]:
    """The same list as a table in some order and by pages, with every figure of every project."""
    rules, sort, down = chance.choice(RULES), chance.choice(get_args(Sort)), chance.choice((True, False))
    pages = [
        table(connection, viewpoint, WantedTable(limit=4, sort=sort, down=down, skip=skip), rules, newest=False)
        for skip in range(0, len(expected), 4)
    ]
    rows = [row for page in pages for row in page.rows]
    found = [f"{page.matching} in the table at {viewpoint}" for page in pages if page.matching != len(expected)]
    if sorted((row.row for row in rows), key=lambda row: row.code) != expected:
        found.append(f"table by {sort} at {viewpoint}: {rows} instead of {expected}")
    oracle = {view.label: {(t.measure.name, t.authority): t.amount for t in totals_of(view, rules)} for view in views}
    found += [f"{row} at {viewpoint}: not {oracle[row.row.code]}" for row in rows if row.figures != oracle[row.row.code]]
    keys = [key for row in rows if (key := sorting(row, sort)) is not None]
    if keys != sorted(keys, reverse=down):
        found.append(f"not by {sort} ({down}) at {viewpoint}: {keys}")
    return found


def sorting(row: TableRow, sort: str) -> Any:
    if sort == "stage":
        return row.row.stage.rank
    return row.figures.get((sort, "reported")) if sort in MEASURES else getattr(row.row, sort)


def standing_before(world: World, connection: psycopg.Connection, viewpoint: Viewpoint) -> list[str]:
    """How many stood in each stage on days before, as known at the viewpoint."""
    days = [viewpoint.on - timedelta(days=n) for n in (90, 31, 1, 0)]
    oracle = []
    for day in days:
        then = projects(world.book.history(label).at(Viewpoint(day, viewpoint.known)) for label in world.projects)
        oracle.append(Stood(day, Counter(row.stage for row in then), sum(row.ended is not None for row in then)))
    given = stood(connection, viewpoint, days)
    return [] if given == oracle else [f"stages at {viewpoint}: {given} instead of {oracle}"]


def wanting_attention(connection: psycopg.Connection, viewpoint: Viewpoint, views: list[View]) -> list[str]:
    """What each project is looked at for, under either rules; also asked of some projects only."""
    numbers: dict[str, int] = dict(connection.execute("SELECT code, id FROM project").fetchall())
    found = []
    for rules in RULES:
        oracle = {
            (numbers[v.label], mark, facts)
            for v in views
            if v.label in numbers
            for mark, facts in concerns(v, rules).items()
        }
        for among in (None, sorted(numbers.values())[::2]):
            given = concerned(connection, viewpoint, rules, among)
            wanted = {c for c in oracle if among is None or c[0] in among}
            if set(given) != wanted or len(given) != len(wanted):
                found.append(f"attention at {viewpoint} ({among}): {sorted(given)} instead of {sorted(wanted)}")
    return found


def unjudged(connection: psycopg.Connection, viewpoint: Viewpoint, views: list[View], chance: random.Random) -> list[str]:
    """Figures that wait to be recognised: all that the fold tells of, and besides only what was worded anew."""
    rules, found = chance.choice(RULES), []
    for measure in (RECEIVED, INVESTED, TAX):
        for authority in (None, *rules.recognising.get(measure.name, ())):
            oracle, worded_anew = set(), set()
            for view in views:
                for standing in view.facts:
                    for figure in judged_figures(view.matters[standing.number], rules):
                        said = [v for v in figure.verdicts if authority in (None, v.authority)]
                        if figure.measure == measure.name and (not said or said[-1].judge_again):
                            oracle.add((view.label, standing.number))
                        elif standing.wording is not standing.original or view.matters[standing.number].turns:
                            worded_anew.add((view.label, standing.number))
            of, pages, after = Unjudged(measure, authority), [], ("", 0)
            while page := awaiting(connection, viewpoint, of, after, chance.choice((7, 100))):
                pages += page
                after = page[-1]
            if not oracle <= set(pages) <= oracle | worded_anew or pages != sorted(set(pages)):
                found.append(f"{measure.name} awaiting {authority} at {viewpoint}: {pages} instead of {sorted(oracle)}")
            if how_many(connection, viewpoint, of) != len(pages):
                found.append(f"{measure.name} awaiting {authority} at {viewpoint}: counted otherwise than {len(pages)}")
    return found


def crossing(
    world: World, connection: psycopg.Connection, viewpoint: Viewpoint, views: list[View], chance: random.Random
) -> list[str]:
    """What crosses projects: all of it page by page, of one rule, and of one project."""
    oracle = placed(views)
    found, pages, after = [], [], FIRST
    while words := shared(connection, viewpoint, WantedAcross(after=after, limit=chance.choice((1, 3, 100)))):
        pages += told(world, viewpoint, words)
        after = words[-1].place
    if pages != oracle:
        found.append(f"across projects at {viewpoint}: {pages} instead of {oracle}")
    rule = chance.choice(sorted(ACROSS))
    of_rule = told(world, viewpoint, shared(connection, viewpoint, WantedAcross(rule=rule)))
    if of_rule != [(place, each) for place, each in oracle if each.rule == rule]:
        found.append(f"{rule} at {viewpoint}: {of_rule} instead of those of {oracle}")
    view = chance.choice(views)
    of_one = concerning(view, told(world, viewpoint, shared(connection, viewpoint, WantedAcross(codes=[view.label]))))
    if of_one != concerning(view, oracle):
        found.append(f"across {view.label} at {viewpoint}: {of_one} instead of {concerning(view, oracle)}")
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 10**9), batch=st.sampled_from((1, 5, 40, 4_000)))
def test_lists_and_totals_equal_the_fold_at_every_viewpoint(fresh: Fresh, seed: int, batch: int):
    world = history(seed, 180)
    chance = random.Random(seed)
    with projected(world, fresh(), batch) as connection:
        for viewpoint in viewpoints(world, chance):
            assert differences(world, connection, viewpoint, chance) == []


DAY = "2026-03-01"
PAIRS: tuple[tuple[str, Body, Body], ...] = (
    ("jobs", {"kind": "jobs_held", "count": 1}, {"count": 2}),
    ("ratings", {"kind": "self_rated", "light": "red"}, {"light": "green"}),
    ("descriptions", {"kind": "project_described", "category": "甲类"}, {"category": "乙类"}),
    ("listings", {"act": "join", "kind": "list_joined", "list": "key"}, {"act": "leave", "list": "key"}),
    ("construction", {"act": "pause", "kind": "construction_paused", "because": "雨"}, {"act": "resume"}),
    ("construction", {"act": "pause", "kind": "construction_paused", "because": "雨"}, {"act": "complete"}),
    (
        "responsibilities",
        {"act": "assign", "kind": "responsibility_assigned", "role": "hosting_unit", "holder": {"unit": "street-a"}},
        {"act": "assign", "role": "hosting_unit", "holder": {"unit": "street-b"}},
    ),
)
"""Of two facts of a day the second stands, until the first is corrected to come after it."""


def test_a_fact_corrected_to_come_after_a_later_one_of_its_day_does_so_in_the_tables_too(fresh: Fresh):
    world = World(random.Random(0))
    world.day = date(2026, 4, 1)

    def record(label: str | None, noun: str, body: Body, by: Actor = ASKERS[0]) -> int:
        world.requests.append(world.book.batch([(label, noun, body)], by=by, at=str(world.day), joint=False))
        return world.requests[-1][0].number

    for place, (noun, one, two) in enumerate(PAIRS, start=1):
        record(None, "projects", {"occurred_on": "2026-01-03", "name": f"项目{place}"})
        label, said = f"XM-2026-{place:03d}", {"occurred_on": DAY, "reason": "补报"}
        first = record(label, noun, said | {k: v for k, v in one.items() if k != "kind"})
        second = record(label, noun, said | two)
        reads = {"occurred_on": DAY, "after": second} | {k: v for k, v in one.items() if k != "act"}
        asked = record(label, "corrections", {"target": first, "reads": reads, "because": "次序有误"})
        before = world.book.view(label, on=DAY)
        record(label, "approvals", {"act": "approve", "proposal": asked}, LI)
        after = world.book.view(label, on=DAY)
        assert (project_row(before), totals_of(before, Settings())) != (project_row(after), totals_of(after, Settings())), (
            noun
        )
    with projected(world, fresh(), 40) as connection:
        for request in world.requests:
            viewpoint = Viewpoint(date.fromisoformat(DAY), request[-1].position)
            assert differences(world, connection, viewpoint, random.Random(0)) == []


def test_without_the_closing_update_the_comparison_fails(fresh: Fresh, monkeypatch: pytest.MonkeyPatch):
    mutant = projections.facts.CLOSE.replace("SET known_to = c.known_to", "SET known_to = f.known_to")
    assert mutant != projections.facts.CLOSE
    monkeypatch.setattr(projections.facts, "CLOSE", mutant)
    world, chance = history(7, 250), random.Random(7)
    with projected(world, fresh(), 5) as connection:
        assert [d for v in viewpoints(world, chance) for d in differences(world, connection, v, chance)]


def test_a_row_kept_ready_is_due_again_when_its_class_changes_with_the_year(fresh: Fresh):
    world = World(random.Random(1))
    today = datetime.now(SHANGHAI).date()
    for number, year in enumerate((None, today.year - 1, today.year, today.year + 1), start=1):
        code = f"XM-2026-{number:03d}"
        entered = world.book.record(None, "projects", occurred_on="2026-01-05", name="项目")
        stated = {"yearly_class": "continuing", "occurred_on": "2026-01-05", "document": "清单"}
        world.requests.append(entered)
        if year is not None:
            world.requests.append(world.book.record(code, "classes", year=year, **stated))
    with projected(world, fresh(), 40) as connection:
        found = connection.execute("SELECT code, until FROM current ORDER BY code").fetchall()
    new_year = date(today.year + 1, 1, 1)
    assert [until for _, until in found] == [None, None, new_year, new_year]


def test_without_the_share_terms_the_comparison_fails(fresh: Fresh, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(projections.questions.groups, "_pieces", lambda _: iter(()))
    world, chance = history(7, 150), random.Random(7)
    with projected(world, fresh(), 40) as connection:
        assert [d for v in viewpoints(world, chance) for d in differences(world, connection, v, chance)]


def test_the_rows_kept_ready_are_the_list_of_today(fresh: Fresh):
    world = history(13, 200)
    with projected(world, fresh(), 40) as connection:
        today = Viewpoint(*connection.execute("SELECT reckoned_on, position FROM progress").fetchone() or ())
        kept = listed(connection, today, Wanted(limit=1_000), newest=True)
        views = [world.book.history(label).at(today) for label in world.projects]
        assert kept == projects(views)
        assert len(kept) > 3


def test_of_a_word_that_many_projects_share_the_same_first_ones_are_shown(fresh: Fresh, monkeypatch: pytest.MonkeyPatch):
    for module in (domain.questions.across, projections.questions.across):
        monkeypatch.setattr(module, "MOST_PROJECTS", 2)
    world, chance = history(15, 200), random.Random(15)
    with projected(world, fresh(), 4_000) as connection:
        viewpoint = Viewpoint(world.day, world.requests[-1][-1].position)
        views = [world.book.history(label).at(viewpoint) for label in world.projects]
        assert any(each.more for _, each in placed(views))
        assert crossing(world, connection, viewpoint, views, chance) == []
