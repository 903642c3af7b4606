"""What differs in a unit's own name, targets and returns between two viewpoints."""

from datetime import date

from domain.questions.changes import Change
from domain.questions.unit_changes import unit_changes
from domain.viewpoint import Viewpoint
from tests.given import CLERK, Book, a_project, actor, yuan


def told(book: Book, before: str, after: str, on: str = "2026-12-31") -> dict[str, Change]:
    histories = {k: h for k, h in book.histories.items() if k == "unit:street-a" or k.startswith(("period:", "targets:"))}
    one, two = (Viewpoint(date.fromisoformat(on), book.position_at(known)) for known in (before, after))
    return {"/".join(c.figure): c for c in unit_changes("street-a", histories, one, two)}


def test_a_new_name_a_target_adjusted_and_a_return_accepted_each_name_what_moved_them():
    book = a_project()
    book.record(None, "targets", stream="targets", at="2026-01-10", occurred_on="2026-01-10", code="2026")
    task = {"act": "issue", "occurred_on": "2026-01-11", "unit": "street-a", "indicator": "received", "basis": "reported"}
    book.record("targets:2026", "tasks", stream="targets", at="2026-01-11", document="文", **task, amount=yuan("900"))
    opened = {"occurred_on": "2026-01-20", "code": "2026-01", "deadline": "2026-02-05"}
    book.record(None, "periods", stream="period", at="2026-01-20", **opened)
    lines = [{"project": "XM-2026-001", "noun": "jobs", "command": {"occurred_on": "2026-01-28", "count": 3}}]
    submit = {"occurred_on": "2026-01-31", "act": "submit", "lines": lines}
    book.record("period:2026-01", "returns", stream="period", by=CLERK, at="2026-01-31", **submit)
    leader = actor("p-zhao", "street-a", CLERK.role)
    book.record("period:2026-01", "returns", stream="period", by=leader, at="2026-02-01", act="sign")
    book.record("period:2026-01", "returns", stream="period", at="2026-02-02", act="accept", unit="street-a")
    book.record("unit:street-a", "names", stream="unit", at="2026-02-03", occurred_on="2026-02-03", name="甲街道")
    adjusted = task | {"act": "adjust", "occurred_on": "2026-02-04", "amount": yuan("800"), "reason": "调整"}
    book.record("targets:2026", "tasks", stream="targets", at="2026-02-04", document="文二", **adjusted)
    found = told(book, "2026-01-31", "2026-02-04")
    assert {name: change.moved_by for name, change in found.items()} == {
        "name": ("unit:street-a#2",),
        "targets/2026/received/reported/in_force": ("targets:2026#3",),
        "returns/2026-01": ("period:2026-01#3", "period:2026-01#4"),
    }
    returned = found["returns/2026-01"]
    assert [side.value["state"] for side in (returned.before, returned.after) if side] == ["submitted", "accepted"]
    assert told(book, "2026-02-04", "2026-02-05") == {}
