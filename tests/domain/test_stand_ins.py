"""AB岗: acting for somebody needs an appointment on record that covers the day, and approves nobody's own act."""

from typing import Any

import pytest

from domain.acting import NoStandIn
from domain.command import Action
from domain.entry import Entry, Role
from domain.errors import NoDocument, NotPermitted, SelfApproval, UnknownPerson
from domain.judging.corrections import OtherUnitNeeded
from domain.office.stand_ins import EndsBeforeItStarts, NotAppointed, StandsInForThemselves
from domain.permissions import ALLOWED, allows
from tests.given import CLERK, LI, WANG, Book, P, a_project, actor, standing_in

ZHAO, QIAN = actor("p-zhao"), actor("p-qian")
JOBS = {"occurred_on": "2026-03-01", "count": 3}


def appoint(book: Book, principal: str = "p-wang", by: Any = QIAN, at: str = "2026-06-01", **more: Any) -> Entry:
    asked = {"act": "appoint", "stand_in": "p-li", "occurred_on": "2026-06-01", "until": "2026-07-01"}
    asked |= {"document": "AB岗〔2026〕2号"} | more
    return book.record(f"person:{principal}", "stand-ins", stream="person", by=by, at=at, **asked)[0]


def act(book: Book, by: Any = LI, on: str = "p-wang", at: str = "2026-06-15", **more: Any) -> Entry:
    return book.record(P, "jobs", by=by, at=at, on_behalf_of=on, **JOBS | more)[0]


def test_a_stand_in_acts_from_the_first_day_to_the_last_and_the_entry_names_the_document():
    book = a_project()
    with pytest.raises(NoStandIn, match="p-li → p-wang"):
        act(book, under="自带的授权书")
    appoint(book)
    with pytest.raises(NoStandIn):
        act(book, at="2026-05-31")
    said = act(book, at="2026-06-01").envelope.actor
    assert (said.person, said.on_behalf_of, said.under) == ("p-li", "p-wang", "AB岗〔2026〕2号")
    act(book, at="2026-06-30", occurred_on="2026-03-02")
    with pytest.raises(NoStandIn) as refused:
        act(book, at="2026-07-01")
    assert refused.value.pointer == "/on_behalf_of"


def test_it_holds_for_the_person_named_and_the_person_stood_in_for_and_nobody_else():
    book = a_project()
    appoint(book)
    for by, on in ((ZHAO, "p-wang"), (LI, "p-zhao"), (WANG, "p-li")):
        with pytest.raises(NoStandIn):
            act(book, by=by, on=on)


def test_ended_early_or_annulled_it_holds_no_longer_and_a_new_one_holds_again():
    book = a_project()
    made = appoint(book)
    end = {"act": "end", "stand_in": "p-li", "occurred_on": "2026-06-10"}
    book.record("person:p-wang", "stand-ins", stream="person", by=QIAN, at="2026-06-10", **end)
    with pytest.raises(NoStandIn):
        act(book)
    with pytest.raises(NotAppointed):
        book.record("person:p-wang", "stand-ins", stream="person", by=QIAN, at="2026-06-11", **end)
    again = appoint(book, occurred_on="2026-06-12", at="2026-06-12")
    act(book)
    asked = book.record("person:p-wang", "annulments", by=QIAN, target=again.number, because="误授")[0]
    book.record("person:p-wang", "approvals", by=ZHAO, act="approve", proposal=asked.number)
    with pytest.raises(NoStandIn):
        act(book, occurred_on="2026-03-03")
    assert made.number < again.number


def test_it_needs_a_document_and_an_end_and_nobody_appoints_themselves():
    book = a_project()
    with pytest.raises(NoDocument):
        appoint(book, document=None)
    with pytest.raises(EndsBeforeItStarts):
        appoint(book, until="2026-06-01")
    with pytest.raises(UnknownPerson):
        appoint(book, stand_in="p-nobody")
    with pytest.raises(SelfApproval):
        appoint(book, by=LI)
    with pytest.raises(StandsInForThemselves):
        appoint(book, principal="p-li")
    for by in (CLERK, actor("p-head", "street-a", Role.HEAD), actor("p-admin", "office", Role.ADMINISTRATOR)):
        with pytest.raises(NotPermitted):
            appoint(book, by=by)
    assert {role for role, action in ALLOWED if action is Action.SETTLE} == {Role.OFFICE}


def test_a_stand_in_has_the_rights_of_their_own_role_and_not_of_the_person_they_act_for():
    book = a_project()
    appoint(book, stand_in="p-clerk")
    number = book.record(P, "annulments", by=ZHAO, target=2, because="误")[0].number
    with pytest.raises(NotPermitted):
        book.record(P, "approvals", by=CLERK, at="2026-06-15", act="approve", proposal=number, on_behalf_of="p-wang")
    assert not allows(Role.CLERK, Action.APPROVE)


def test_neither_a_stand_in_nor_a_joined_reference_lets_anybody_approve_their_own_act():
    book = a_project()
    appoint(book)
    mine = book.record(P, "annulments", by=WANG, target=2, because="误")[0].number
    through = book.record(P, "annulments", by=LI, at="2026-06-15", target=3, because="误", on_behalf_of="p-wang")[0].number
    appoint(book, principal="p-zhao", stand_in="p-wang")
    for proposal, by, on in (
        (mine, LI, "p-wang"),  # the delegate of who asked
        (mine, WANG, "p-zhao"),  # who asked, as another's delegate
        (through, WANG, None),  # the one who was acted for
        (through, LI, None),  # the one who acted
    ):
        with pytest.raises(SelfApproval):
            approve(book, proposal, by, on)
    join = {"occurred_on": "2026-06-01", "other": "p-qian", "document": "〔2026〕3号"}
    book.record("person:p-wang", "identities", stream="person", by=ZHAO, **join)
    with pytest.raises(SelfApproval):
        approve(book, mine, QIAN)
    with pytest.raises(NoStandIn):
        act(book, by=QIAN, on="p-wang")
    approve(book, mine, ZHAO)


def approve(book: Book, proposal: int, by: Any, on: str | None = None) -> None:
    more = {"on_behalf_of": on} if on else {}
    book.record(P, "approvals", by=by, at="2026-06-16", act="approve", proposal=proposal, **more)


def test_a_projects_own_stand_in_acts_for_its_officer_there_and_nowhere_else():
    book = a_project()
    for role, person in (("project_officer", "p-wang"), ("stand_in", "p-li")):
        held = {"act": "assign", "role": role, "holder": {"person": person}, "occurred_on": "2026-06-01"}
        book.record(P, "responsibilities", at="2026-06-01", until="2026-07-01", document="〔2026〕4号", **held)
    assert act(book).envelope.actor.under == "〔2026〕4号"
    with pytest.raises(NoStandIn):
        act(book, at="2026-07-01")
    with pytest.raises(NoStandIn):
        act(book, on="p-zhao")
    book.record(None, "projects", occurred_on="2026-01-03", name="二号", lead_unit="street-a")
    with pytest.raises(NoStandIn):
        book.record("XM-2026-002", "jobs", by=LI, at="2026-06-15", on_behalf_of="p-wang", **JOBS)


def test_a_district_of_one_office_works_unless_it_asks_for_another_unit():
    book = a_project()
    first = book.record(P, "annulments", by=WANG, target=3, because="误")[0].number
    approve(book, first, LI)
    settings = {"label": "XM", "approval_by_other_unit": True}
    book.record("district", "settings", occurred_on="2026-01-01", settings=settings)
    second = book.record(P, "annulments", by=WANG, target=4, because="误")[0].number
    with pytest.raises(OtherUnitNeeded):
        approve(book, second, LI)
    with pytest.raises(OtherUnitNeeded):
        approve(standing_in(book, "p-li", "p-zhao"), second, LI, "p-zhao")
    approve(book, second, actor("p-li", "bureau-c"))
