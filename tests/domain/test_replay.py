"""A project's record entry by entry: what each entry did, and what came of itself between them."""

import random

from domain.questions.changes import At
from domain.questions.comparing import figures
from domain.questions.replay import Step, replay
from domain.questions.status import status
from domain.viewpoint import Viewpoint
from tests.domain.test_changes import at as standing
from tests.given import Book, P, a_project, yuan
from tests.projections.worlds import World


def steps_of(book: Book, label: str = P, on: str = "2029-12-31", after: int = 0, limit: int = 1_000) -> list[Step]:
    def at(viewpoint: Viewpoint) -> At:
        return standing(book, str(viewpoint.on), viewpoint.known, label)

    return replay(book.history(label), at, book.view(label, on).viewpoint, after, limit)


def test_each_entry_tells_who_when_for_which_day_and_what_it_moved_from_what_to_what():
    book = a_project()
    funds = {"act": "receive", "occurred_on": "2026-02-01", "amount": yuan("5.00"), "voucher": "V-1"}
    book.record(P, "funds", at="2026-02-03", document="〔2026〕1号", **funds)
    step = steps_of(book)[-1]
    assert (step.entry, step.kind, step.person, step.document) == (f"{P}#5", "funds_received", "p-wang", "〔2026〕1号")
    assert (str(step.occurred_on), str(step.day), step.states["voucher"]) == ("2026-02-01", "2026-02-03", "V-1")
    (received,) = [e for e in step.moved if e.figure == ("measures", "received", "reported")]
    assert received.before is None
    assert received.after is not None
    assert (received.after.value, received.after.sources) == ({"value": "5.00", "currency": "CNY"}, (f"{P}#5",))


def test_what_falls_due_or_begins_on_its_day_is_told_before_the_next_entry():
    book = a_project()
    book.record(P, "plans", at="2026-01-20", act="adopt", occurred_on="2026-01-20", start="2026-03-01")
    held = {"act": "assign", "role": "hosting_unit", "occurred_on": "2026-03-05", "holder": {"unit": "street-b"}}
    book.record(P, "responsibilities", at="2026-01-21", **held)
    book.record(P, "jobs", at="2026-04-01", occurred_on="2026-04-01", count=1)
    *_, plan, assigned, jobs = steps_of(book)
    assert plan.moved
    assert (assigned.moved, assigned.in_sight, assigned.meanwhile) == ((), False, ())
    assert {e.figure for e in jobs.meanwhile} >= {
        ("marks", "not_started_when_due"),
        ("responsible", "hosting_unit", "street-b"),
    }
    assert {e.figure[0] for e in jobs.moved} == {"measures"}


def test_in_random_worlds_pages_make_the_whole_and_every_step_leads_to_the_status_of_its_moment():
    world = World(random.Random(5))
    for _ in range(120):
        world.act()
    label = max(world.projects, key=lambda code: world.book.history(code).version)
    whole = steps_of(world.book, label)
    pages = [step for n in range(0, len(whole), 7) for step in steps_of(world.book, label, after=n, limit=7)]
    assert pages == whole
    assert [s.number for s in whole] == list(range(1, world.book.history(label).version + 1))
    for step in whole:
        then = standing(world.book, str(step.day), step.position, label)
        reads = figures(status(then.view, then.settings, then.gates))
        for effect in step.moved:
            if effect.figure[0] == "responsible":
                continue  # one holder for another is one figure there, two here
            side = reads.get(effect.figure)
            assert side is None if effect.after is None else side is not None and side.value == effect.after.value
