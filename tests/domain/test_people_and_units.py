"""People renamed, joined and erased; units merged: what each means for answers, permissions and decisions."""

import random
from typing import Any

import pytest

from domain.entry import Role
from domain.errors import NoDocument, NotPermitted, SelfApproval, UnknownPerson, UnknownUnit
from domain.judging.corrections import CounterpartsTogether, NeverAnnulled
from domain.office.gates import NO_GATES
from domain.office.identities import JoinedAlready, JoinedWithItself, joined_with
from domain.office.person import NamesErased, erased
from domain.office.unit import DissolvedAlready, MergedWithItself
from domain.questions.around import Around, around
from domain.questions.irregularities import irregular_facts, irregularities
from domain.questions.people import person, unit
from domain.questions.responsibilities import responsibilities
from domain.questions.status import Status, status
from domain.settings import Settings
from domain.viewpoint import ALL_DAYS, Viewpoint
from tests.given import ADMIN, CLERK, LI, WANG, Book, P, a_project, actor, district, yuan
from tests.projections.worlds import World

PAPER = {"document": "机构改革〔2026〕1号"}
ZHAO = actor("p-zhao")
CLERK_B = actor("p-qian", "street-b", Role.UNIT)


Items = list[tuple[str | None, str, dict[str, Any]]]


def of_each(labels: tuple[str, ...], noun: str, **body: Any) -> Items:
    return [(label, noun, body) for label in labels]


def seen(book: Book, on: str | None = None, known: int | str | None = None) -> Around:
    day = ALL_DAYS if on is None else book.view(P, on).viewpoint.on
    return around(book.histories.values(), Viewpoint(day, book.position_at(known)))


def status_of(book: Book, on: str = "2026-12-31", known: int | str | None = None) -> Status:
    return status(book.view(P, on, known), Settings(), around=seen(book, on, known))


def merged(book: Book | None = None) -> Book:
    """street-a, which leads the project, is merged into street-b on 1 July."""
    book = book or a_project()
    body = {"act": "absorb", "occurred_on": "2026-07-01", "units": ["street-a"], **PAPER}
    book.record("unit:street-b", "mergers", stream="unit", at="2026-07-02", **body)
    return book


def joined(book: Book, one: str = "p-wang", other: str = "p-li", at: str = "2026-08-01") -> None:
    body = {"occurred_on": at, "other": other, "document": "〔2026〕9号"}
    book.record(f"person:{one}", "identities", stream="person", by=ZHAO, at=at, **body)


def test_a_merger_of_units_is_one_act_in_both_streams_whichever_side_asks():
    for label, body in (
        ("unit:street-b", {"act": "absorb", "units": ["street-a"]}),
        ("unit:street-a", {"act": "merge_into", "into": "street-b"}),
    ):
        book = a_project()
        entries = book.record(label, "mergers", stream="unit", occurred_on="2026-06-01", **body, **PAPER)
        assert {e.stream for e in entries} == {"unit:street-a", "unit:street-b"}
        assert all(e.envelope.counterparts == (o.citation,) for e, o in zip(entries, reversed(entries), strict=True))
        gone, kept = unit(book.view("unit:street-a")), unit(book.view("unit:street-b"))
        assert gone is not None
        assert kept is not None
        assert gone.dissolved is not None
        assert gone.dissolved.into == "street-b"
        assert [a.unit for a in kept.absorbed] == ["street-a"]
        assert kept.dissolved is None


def test_a_merger_needs_its_document_another_unit_and_one_that_is_there():
    book = a_project()
    say: dict[str, Any] = {"stream": "unit", "occurred_on": "2026-06-01", "act": "absorb"}
    with pytest.raises(NoDocument):
        book.record("unit:street-b", "mergers", **say, units=["street-a"])
    with pytest.raises(MergedWithItself):
        book.record("unit:street-b", "mergers", **say, **PAPER, units=["street-b"])
    with pytest.raises(UnknownUnit):
        book.record("unit:street-b", "mergers", **say, **PAPER, units=["street-x"])
    with pytest.raises(NotPermitted):
        book.record("unit:street-b", "mergers", **say, **PAPER, units=["street-a"], by=CLERK)
    book.record("unit:street-b", "mergers", **say, **PAPER, units=["street-a"])
    with pytest.raises(DissolvedAlready):
        book.record("unit:bureau-c", "mergers", **say, **PAPER, units=["street-a"])
    with pytest.raises(DissolvedAlready):
        book.record("unit:street-a", "closings", stream="unit", occurred_on="2026-06-02")
    assert book.history("unit:bureau-c").version == 1


def test_a_merger_is_annulled_in_both_streams_or_in_neither():
    book = merged()
    with pytest.raises(CounterpartsTogether):
        book.record("unit:street-a", "annulments", stream="unit", target=2, because="误")
    both = ("unit:street-a", "unit:street-b")
    book.batch(of_each(both, "annulments", target=2, because="误"), stream="unit", at="2026-07-03")
    book.batch(of_each(both, "approvals", act="approve", proposal=3), by=LI, stream="unit", at="2026-07-04")
    assert status_of(book).dissolved == ()
    assert status_of(book, known="2026-07-03").dissolved != ()
    gone = unit(book.view("unit:street-a"))
    assert gone is not None
    assert gone.dissolved is None


def test_what_a_merged_unit_holds_stays_its_own_marked_until_a_transfer_is_recorded():
    book = merged()
    assert status_of(book, on="2026-06-30").dissolved == ()
    found = status_of(book)
    (held,) = found.dissolved
    assert (held.role, held.holder.unit, str(held.since), held.merged_into) == (
        "lead_unit",
        "street-a",
        "2026-07-01",
        "street-b",
    )
    assert set(held.sources) == {f"{P}#2", "unit:street-a#2"}
    assert "holder_dissolved" in {m.mark for m in found.marks}
    assert [h.holder.unit for h in found.responsible] == ["street-a"]
    moved = {"occurred_on": "2026-07-10", "from_unit": "street-a", "to_unit": "street-b", "document": "〔2026〕8号"}
    book.record(P, "transfers", at="2026-07-10", **moved)
    after = status_of(book)
    assert after.dissolved == ()
    assert [h.holder.unit for h in after.responsible] == ["street-b"]
    assert status_of(book, on="2026-07-09").dissolved != ()
    assert status_of(book, known="2026-07-09").dissolved != ()
    view = book.view(P, "2026-07-09")
    assert responsibilities(view, Settings(), around=seen(book, "2026-07-09")).dissolved != ()


def test_a_role_given_to_a_unit_that_was_closed_before_is_marked_from_its_own_beginning():
    book = a_project()
    book.record("unit:bureau-c", "closings", stream="unit", at="2026-03-02", occurred_on="2026-03-01")
    body = {"act": "assign", "role": "assisting_unit", "holder": {"unit": "bureau-c"}, "occurred_on": "2026-04-01"}
    book.record(P, "responsibilities", at="2026-04-01", **body)
    (held,) = status_of(book).dissolved
    assert (str(held.since), held.merged_into) == ("2026-04-01", None)


def test_the_unit_that_absorbed_another_may_not_act_for_it_until_the_facts_say_so():
    book = merged()
    talk = {"occurred_on": "2026-07-05", "with_whom": "甲公司"}
    with pytest.raises(NotPermitted):
        book.record(P, "negotiations", by=CLERK_B, at="2026-07-05", **talk)
    book.record(P, "transfers", at="2026-07-06", occurred_on="2026-07-06", from_unit="street-a", to_unit="street-b", **PAPER)
    book.record(P, "negotiations", by=CLERK_B, at="2026-07-07", **talk)


def test_a_change_of_name_is_an_entry_without_the_name():
    book = district()
    (entry,) = book.record("person:p-li", "names", stream="person", occurred_on="2026-03-01", name="李新名")
    assert "李新名" not in entry.event.model_dump_json() + entry.envelope.model_dump_json()
    was, now = (person(book.history("person:p-li"), book.view("person:p-li", day)) for day in ("2026-02-28", "2026-03-01"))
    assert was is not None
    assert now is not None
    assert [n.number for n in was.names] == [1]
    assert [(n.number, str(n.until)) for n in now.names] == [(1, "2026-03-01"), (2, "None")]


def test_posts_have_a_beginning_and_an_end():
    book = district()
    for act, day in (("take", "2026-02-01"), ("leave", "2026-05-01"), ("take", "2026-09-01")):
        body = {"act": act, "occurred_on": day, "unit": "street-a", "title": "科长"}
        book.record("person:p-li", "posts", stream="person", at="2026-06-30", **body)
    found = person(book.history("person:p-li"), book.view("person:p-li", "2026-12-31"))
    assert found is not None
    assert [(str(p.since), str(p.until)) for p in found.posts] == [("2026-02-01", "2026-05-01"), ("2026-09-01", "None")]
    assert found.posts[0].sources == ("person:p-li#2", "person:p-li#3")


def test_joining_needs_a_document_the_office_and_two_people_not_known_to_be_one():
    book = district()
    say: dict[str, Any] = {"stream": "person", "occurred_on": "2026-03-01"}
    with pytest.raises(NoDocument):
        book.record("person:p-wang", "identities", **say, other="p-li")
    with pytest.raises(NotPermitted):
        book.record("person:p-wang", "identities", **say, other="p-li", document="文", by=ADMIN)
    with pytest.raises(JoinedWithItself):
        book.record("person:p-wang", "identities", **say, other="p-wang", document="文")
    with pytest.raises(UnknownPerson):
        book.record("person:p-wang", "identities", **say, other="p-nobody", document="文")
    book.record("person:p-wang", "identities", **say, other="p-li", document="文")
    book.record("person:p-li", "identities", **say, other="p-zhao", document="文")
    with pytest.raises(JoinedAlready):
        book.record("person:p-zhao", "identities", **say, other="p-wang", document="文")
    assert joined_with(book.history, ["p-zhao"]) == {"p-wang", "p-li", "p-zhao"}


def test_whom_joining_makes_one_person_may_not_decide_on_what_the_other_asked_recorded_or_reported():
    book = a_project()
    joined(book, at="2026-06-01")
    book.record(P, "annulments", by=WANG, at="2026-06-02", target=3, because="误")
    with pytest.raises(SelfApproval):
        book.record(P, "approvals", by=LI, at="2026-06-03", act="approve", proposal=5)
    with pytest.raises(SelfApproval):
        book.record(P, "approvals", by=LI, at="2026-06-03", act="decline", proposal=5, because="否")
    with pytest.raises(SelfApproval):
        book.record(P, "endorsements", by=LI, at="2026-06-03", target=3)
    funds = {"act": "receive", "amount": yuan("5"), "voucher": "V1"}
    book.record(P, "funds", by=WANG, at="2026-06-03", occurred_on="2026-06-01", **funds)
    verdict = {"target": 6, "outcome": "recognised", "authority": "bureau-c", "document": "认1号"}
    with pytest.raises(SelfApproval):
        book.record(P, "verdicts", by=LI, at="2026-06-03", **verdict)
    exempt = {"act": "grant", "ground": "policy", "because": "政策", "approver": "p-li", "document": "文"}
    whole = {"since": "2026-01-01", "until": "2026-12-31"}
    with pytest.raises(SelfApproval):
        book.record(P, "exemptions", by=WANG, at="2026-06-03", occurred_on="2026-06-01", period=whole, **exempt)
    book.record(P, "approvals", by=ZHAO, at="2026-06-03", act="approve", proposal=5)


def test_a_joining_is_taken_back_by_annulling_both_sides_with_approval():
    book = a_project()
    joined(book, at="2026-06-01")
    both = ("person:p-wang", "person:p-li")
    with pytest.raises(CounterpartsTogether):
        book.batch(of_each(both[:1], "annulments", target=2, because="查实为两人"), stream="person")
    book.batch(of_each(both, "annulments", target=2, because="查实为两人"), by=ZHAO, stream="person", at="2026-06-02")
    approved = of_each(both, "approvals", act="approve", proposal=3)
    book.batch(approved, by=actor("p-qian"), stream="person", at="2026-06-03")
    book.record(P, "annulments", by=WANG, at="2026-06-04", target=3, because="误")
    book.record(P, "approvals", by=LI, at="2026-06-05", act="approve", proposal=5)
    assert joined_with(book.history, ["p-wang"]) == {"p-wang"}


def test_decisions_of_one_person_on_their_own_records_are_marked_once_that_is_found_and_not_undone():
    book = a_project()
    funds = {"act": "receive", "amount": yuan("5"), "voucher": "V1"}
    book.record(P, "funds", by=WANG, at="2026-03-01", occurred_on="2026-02-28", **funds)
    verdict = {"target": 5, "outcome": "recognised", "authority": "bureau-c", "document": "认1号"}
    book.record(P, "verdicts", by=LI, at="2026-03-02", **verdict)
    book.record(P, "annulments", by=WANG, at="2026-03-03", target=3, because="误")
    book.record(P, "approvals", by=LI, at="2026-03-04", act="approve", proposal=7)
    joined(book, at="2026-08-01")

    def marks(known: str | None) -> list[tuple[int, str]]:
        found = irregularities(book.view(known=known), Settings(), around=seen(book, known=known))
        return [(m.number, m.about) for m in found if m.rule == "self_approved"]

    assert marks("2026-07-31") == []
    assert marks(None) == [(3, f"{P}#8: p-li = p-wang"), (5, f"{P}#6: p-li = p-wang")]
    told = irregular_facts(book.view(), Settings(), NO_GATES, seen(book))
    assert [(t.entry, t.at_viewpoint) for t in told if t.rule == "self_approved"] == [(f"{P}#5", True), (f"{P}#3", True)]
    assert "irregular" in {m.mark for m in status_of(book, known=None).marks}
    assert book.view().matters[3].annulled_by is not None


def test_an_erasure_is_the_offices_under_a_document_once_and_for_good():
    book = district()
    say: dict[str, Any] = {"stream": "person", "occurred_on": "2026-03-01", "ground": "本人请求"}
    with pytest.raises(NoDocument):
        book.record("person:p-li", "erasures", **say)
    for by in (ADMIN, CLERK):
        with pytest.raises(NotPermitted):
            book.record("person:p-li", "erasures", **say, document="文", by=by)
    book.record("person:p-li", "erasures", **say, document="〔2026〕2号")
    with pytest.raises(NamesErased):
        book.record("person:p-li", "erasures", **say, document="〔2026〕2号")
    with pytest.raises(NamesErased):
        book.record("person:p-li", "names", stream="person", occurred_on="2026-04-01", name="李某")
    with pytest.raises(NeverAnnulled):
        book.record("person:p-li", "annulments", stream="person", target=2, because="误")
    early = person(book.history("person:p-li"), book.view("person:p-li", "2026-01-31", 9))
    assert early is not None
    assert early.erased is not None, "at every viewpoint, also those before the erasure"
    assert (early.erased.ground, early.erased.document) == ("本人请求", "〔2026〕2号")


def test_erasing_and_renaming_change_no_answer_about_any_project():
    """Random worlds, asked before and after: equal, for no answer of the fold holds a name."""
    for seed in range(4):
        world = World(random.Random(seed))
        for _ in range(120):
            world.act()
        book = world.book
        views = [(label, on) for label in world.projects for on in ("2026-02-01", str(world.day))]
        before = [status(book.view(label, on, known=book.position), Settings()) for label, on in views]
        known = book.position
        for ref in ("p-li", "p-zhao", "p-clerk"):
            body = {"occurred_on": str(world.day), "ground": "依法", "document": "文"}
            book.record(f"person:{ref}", "erasures", stream="person", at=str(world.day), **body)
            assert erased(book.history(f"person:{ref}"))
        after = [status(book.view(label, on, known=known), Settings(), around=seen(book, on, known)) for label, on in views]
        assert after == before
