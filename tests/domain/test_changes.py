"""What differs between two viewpoints of a project, and which entries moved it."""

import random
from datetime import date, timedelta
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.fact import Fact
from domain.history import PLACE, Standing, View
from domain.office.district import settings_of
from domain.office.gates import gates_of
from domain.office.unit import UnitClosed
from domain.questions.around import around
from domain.questions.changes import IRREGULAR, At, Between, Change, changes
from domain.questions.comparing import LEFT_OUT, OPENED, WHOLE, figures
from domain.questions.irregularities import RULES
from domain.questions.status import Status, status
from domain.questions.undoing import ENDS, RULED_BY
from domain.viewpoint import Viewpoint
from store import shipped
from tests.given import ADMIN, LI, Book, P, a_project, yuan
from tests.projections.worlds import World


def at(book: Book, on: str, known: str | int | None = None, label: str = P) -> At:
    view = book.view(label, on, known)
    district = book.history("district").at(Viewpoint(known=view.viewpoint.known))
    others = [h for h in book.histories.values() if any(isinstance(e.event, UnitClosed) for e in h.entries)]
    bearing = tuple(other.at(view.viewpoint) for other in others)
    rules = settings_of(district), gates_of(district, shipped.gates())
    return At(view, *rules, district, around(others, view.viewpoint), bearing)


def moved(found: tuple[Change, ...]) -> dict[str, tuple[str, ...]]:
    return {"/".join(change.figure): change.moved_by for change in found}


def test_every_field_of_a_status_is_compared_and_says_what_may_end_it():
    assert set(ENDS) | LEFT_OUT[Status] == set(Status.model_fields)
    for model in OPENED:
        for name, hint in get_type_hints(model).items():
            listed = [m for m in get_args(hint) if isinstance(m, type) and issubclass(m, BaseModel)]
            if "tuple" in str(hint) and listed and name not in ("codes", "remarks"):
                assert all(m in OPENED or m in WHOLE for m in listed), (model, name)


def test_every_rule_says_which_other_facts_it_looks_at():
    assert set(RULED_BY) == set(RULES)


def test_a_fact_becomes_irregular_by_another_ones_annulment():
    book = a_project()
    book.record(P, "funds", at="2026-03-01", act="receive", occurred_on="2026-03-01", amount=yuan("5"), voucher="V")
    book.record(P, "jobs", at="2026-03-02", occurred_on="2026-03-02", count=5)
    book.record(P, "annulments", at="2026-03-03", target=4, because="误报")
    book.record(P, "approvals", by=LI, at="2026-03-04", act="approve", proposal=7)
    found = changes(at(book, "2026-12-31", "2026-03-03"), at(book, "2026-12-31"))
    assert moved(found.figures)["marks/irregular"] == (f"{P}#8",)


def test_a_field_nobody_declared_is_taken_to_be_moved_by_whatever_moved(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(ENDS, "paused")
    book = a_project()
    book.record(P, "construction", at="2026-02-01", act="start", occurred_on="2026-02-01", reason="直接开工")
    book.record(P, "construction", at="2026-03-01", act="pause", occurred_on="2026-03-01", because="雨")
    book.record(P, "jobs", at="2026-03-02", occurred_on="2026-03-02", count=5)
    book.record(P, "construction", at="2026-04-01", act="resume", occurred_on="2026-04-01")
    found = moved(changes(at(book, "2026-03-01"), at(book, "2026-05-01")).figures)
    assert found["paused"] == (f"{P}#7", f"{P}#8")


def test_a_pause_is_ended_by_a_fact_that_no_figure_names():
    book = a_project()
    book.record(P, "construction", at="2026-02-01", act="start", occurred_on="2026-02-01", reason="直接开工")
    book.record(P, "construction", at="2026-03-01", act="pause", occurred_on="2026-03-01", because="雨")
    book.record(P, "jobs", at="2026-03-02", occurred_on="2026-03-02", count=5)
    book.record(P, "construction", at="2026-04-01", act="resume", occurred_on="2026-04-01")
    found = changes(at(book, "2026-12-31", "2026-03-15"), at(book, "2026-12-31"))
    assert moved(found.figures) == {"paused": (f"{P}#8",), "marks/paused": (f"{P}#8",)}
    assert [(a.entry, a.kind) for a in found.entries] == [(f"{P}#8", "construction_resumed")]
    book.record(P, "construction", at="2026-05-01", act="pause", occurred_on="2026-05-01", because="雪")
    book.record(P, "construction", at="2026-06-01", act="complete", occurred_on="2026-06-01")
    told = moved(changes(at(book, "2026-12-31", "2026-05-15"), at(book, "2026-12-31")).figures)
    assert (told["paused"], told["marks/paused"]) == ((f"{P}#10",), (f"{P}#10",))


def test_what_comes_into_sight_by_its_day_is_named_though_it_was_recorded_before():
    book = a_project()
    book.record(
        P,
        "responsibilities",
        at="2026-01-20",
        act="hand_over",
        role="lead_unit",
        occurred_on="2026-03-01",
        outgoing={"unit": "street-a"},
        incoming={"unit": "street-b"},
    )
    (change,) = changes(at(book, "2026-02-28", "2026-02-01"), at(book, "2026-03-01", "2026-02-01")).figures
    assert change.figure == ("responsible", "lead_unit")
    assert (change.before is not None, change.after is not None) == (True, True)
    assert change.moved_by == (f"{P}#5",)


def test_days_alone_move_what_falls_due():
    book = a_project()
    book.record(P, "plans", at="2026-01-20", act="adopt", occurred_on="2026-01-20", start="2026-03-01")
    (change,) = changes(at(book, "2026-02-28"), at(book, "2026-03-02")).figures
    assert (change.figure, change.moved_by, change.by_time) == (("marks", "not_started_when_due"), (), True)
    assert change.before is None


def test_an_annulment_moves_what_the_annulled_fact_said_and_names_what_it_decides():
    book = a_project()
    book.record(P, "jobs", at="2026-03-01", occurred_on="2026-03-01", count=5)
    book.record(P, "annulments", at="2026-03-02", target=5, because="误报")
    book.record(P, "approvals", by=LI, at="2026-03-03", act="approve", proposal=6)
    found = changes(at(book, "2026-12-31", "2026-03-01"), at(book, "2026-12-31", "2026-03-03"))
    assert moved(found.figures) == {
        "measures/jobs/reported": (f"{P}#7",),
        "measures/jobs/not_judged": (f"{P}#7",),
    }
    (approval,) = found.entries
    assert (approval.decides, approval.about) == (f"{P}#6", f"{P}#5")


def test_a_proposal_moves_only_what_waits():
    book = a_project()
    book.record(P, "jobs", at="2026-03-01", occurred_on="2026-03-01", count=5)
    book.record(P, "annulments", at="2026-03-02", target=5, because="误报")
    found = changes(at(book, "2026-12-31", "2026-03-01"), at(book, "2026-12-31", "2026-03-02"))
    assert moved(found.figures) == {"awaiting_decision": (f"{P}#6",)}


def test_what_the_district_settles_anew_is_named_where_it_alone_moves_a_figure():
    book = a_project()
    book.record(P, "jobs", at="2026-03-01", occurred_on="2026-03-01", count=5)
    cited = {"target": 5, "outcome": "recognised", "authority": "bureau-c", "document": "文"}
    book.record(P, "verdicts", by=LI, at="2026-03-02", **cited)
    settled = {"occurred_on": "2026-03-03", "settings": {"recognising": {"jobs": ["street-b"]}}}
    (entry,) = book.record("district", "settings", stream="district", at="2026-03-03", **settled)
    found = changes(at(book, "2026-12-31", "2026-03-02"), at(book, "2026-12-31", "2026-03-03"))
    assert moved(found.figures) == dict.fromkeys(("measures/jobs/recognised", "measures/jobs/not_judged"), (entry.citation,))


def test_a_unit_that_is_no_more_is_named_by_its_own_stream():
    book = a_project()
    (closed,) = book.record("unit:street-a", "closings", by=ADMIN, stream="unit", at="2026-03-01", occurred_on="2026-03-01")
    found = changes(at(book, "2026-12-31", "2026-02-01"), at(book, "2026-12-31"))
    assert moved(found.figures) == dict.fromkeys(
        ("marks/holder_dissolved", "dissolved/lead_unit/street-a"), (closed.citation,)
    )
    assert [(a.entry, a.kind) for a in found.entries] == [(closed.citation, "unit_closed")]


def test_the_same_answer_asked_backwards_tells_the_same_entries():
    book = a_project()
    book.record(P, "funds", at="2026-03-01", act="receive", occurred_on="2026-03-01", amount=yuan("5"), voucher="V")
    one, two = at(book, "2026-12-31", "2026-02-01"), at(book, "2026-12-31")
    there, back = changes(one, two), changes(two, one)
    assert moved(there.figures) == moved(back.figures)
    assert [(c.before, c.after) for c in there.figures] == [(c.after, c.before) for c in back.figures]
    assert changes(two, two).figures == ()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_in_random_worlds_every_difference_has_what_moved_it(seed: int):
    """Whatever differs is told; what moved it lies between; and those facts alone make the figure what it is after."""
    chance = random.Random(seed)
    world = World(chance)
    for _ in range(110):
        world.act()
    ends = [r[-1].position for r in world.requests]
    for _ in range(6):
        label = chance.choice(world.projects)
        days = sorted(world.day - timedelta(days=chance.randint(0, 120)) for _ in range(2))
        if chance.random() < 0.5:
            days[0] = days[1]
        known = sorted(chance.choice(ends) for _ in range(2))
        before, after = (at(world.book, str(d), k, label) for d, k in zip(days, known, strict=True))
        check(world, before, after, days, known)


def partly(before: View, after: View, moved: set[int]) -> View:
    """The project as it stood before, with only these facts as they stand after."""
    view = View(after.label, after.viewpoint, ())
    by_kind: dict[type[Fact], list[Standing[Fact]]] = {}
    for number in after.matters:
        at = after if number in moved else before
        matter = at.matters.get(number)
        if matter is not None:
            view.matters[number] = matter
            if matter.annulled_by is None and matter.current.fact.occurred_on <= at.viewpoint.on:
                by_kind.setdefault(type(matter.current.fact), []).append(matter.current)
    view.by_kind = {kind: tuple(sorted(facts, key=PLACE)) for kind, facts in by_kind.items()}
    return view


def check(world: World, before: At, after: At, days: list[date], known: list[int]) -> None:
    between = Between(before, after)
    answer = between.answer()
    one, two = (status(a.view, a.settings, a.gates) for a in (before, after))
    told = {change.figure[0] for change in answer.figures}
    for name in set(Status.model_fields) - LEFT_OUT[Status]:
        differs = getattr(one, name) != getattr(two, name)
        assert differs or name not in told or name == "codes", name  # codes name nobody in a status
        if differs and name not in told:
            assert all(figures(one).get(p) == r for p, r in figures(two).items() if p[0] == name), name
    position = {e.citation: e for h in world.book.histories.values() for e in h.entries}
    for change in answer.figures:
        assert change.moved_by or (change.by_time and days[0] != days[1]), change
        for citation in change.moved_by:
            entry = position[citation]
            dated = getattr(entry.event, "occurred_on", None)
            came = dated is not None and days[0] != days[1]
            assert known[0] < entry.position <= known[1] or came, (change, citation)
        if change.figure[0] == "awaiting_decision" or change.figure == IRREGULAR:
            continue  # made of proposals; of what other facts make of a fact
        numbers = {between._of[c] for c in change.moved_by if c in between._of}
        hybrid = after._replace(view=partly(before.view, after.view, numbers))
        path = change.figure
        found, wanted = hybrid.figures(), after.figures()
        if path[0] == "responsible":
            assert {p: r for p, r in found.items() if p[:2] == path[:2]} == {
                p: r for p, r in wanted.items() if p[:2] == path[:2]
            }, change
        else:
            assert found.get(path) == wanted.get(path), (change, found.get(path))
