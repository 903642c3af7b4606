"""A ledger in memory for tests of the domain: the same deciding as the real one, without a database."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import domain.kinds
from domain.command import TABLE, Command, KeptFile
from domain.entry import SHANGHAI, Actor, Entry, Role, Source
from domain.history import History, View
from domain.questions.status import Status, status
from domain.settings import Settings
from domain.viewpoint import ALL_DAYS, ALL_POSITIONS, Viewpoint
from store.counterparts import joined, together_in
from store.deciding import Asking, Deciding

assert domain.kinds.DECLARING


def actor(person: str, unit: str = "office", role: Role = Role.OFFICE, signed_in: str = "token:test") -> Actor:
    return Actor(person=person, unit=unit, post="科员", role=role, signed_in=signed_in)


WANG = actor("p-wang")
LI = actor("p-li")
CLERK = actor("p-clerk", "street-a", Role.UNIT)
READER = actor("p-reader", "office", Role.READER)
ADMIN = actor("p-admin", "office", Role.ADMINISTRATOR)
P = "XM-2026-001"
YUAN = "CNY"


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": YUAN}


def command(noun: str, body: Mapping[str, Any], stream: str = "project") -> Command:
    """The command of a noun (and `act`) from JSON, read as strictly as the API reads it."""
    for deed in TABLE.values():
        if deed.noun == noun and deed.stream in (stream, None) and deed.act == body.get("act"):
            return deed.command.model_validate_json(json.dumps(body))
    raise LookupError(f"{noun} {body.get('act')}")


class Book:
    """Records at a stated moment; every request gets the next position."""

    def __init__(self) -> None:
        self.histories: dict[str, History] = {}
        self.position = 0
        self.files: dict[str, KeptFile] = {}
        """What is kept of evidence, by SHA-256."""

    def history(self, label: str) -> History:
        return self.histories.get(label, History(label))

    def next_number(self, prefix: str) -> int:
        return 1 + sum(label.startswith(prefix) for label in self.histories)

    def record(
        self,
        label: str | None,
        noun: str,
        /,
        by: Any = WANG,
        at: Any = "2026-06-30",
        stream: Any = "project",
        **body: Any,
    ) -> list[Entry]:
        return self.batch([(label, noun, body)], by=by, at=at, stream=stream, joint=False)

    def batch(
        self,
        items: list[tuple[str | None, str, dict[str, Any]]],
        by: Actor = WANG,
        at: str = "2026-06-30",
        stream: str = "project",
        joint: bool = True,
    ) -> list[Entry]:
        """All of it or nothing, at one moment; raises what the ledger would."""
        moment = datetime.combine(date.fromisoformat(at), time(10), SHANGHAI)
        batch = UUID(int=self.position + 1) if len(items) > 1 else None
        asking = Asking(by, Source(door="api"), moment, batch=batch)
        deciding = Deciding(self.history, self.next_number, lambda sha256, _: self.files.get(sha256))
        commands = [
            (label, command(noun, body, "district" if label == "district" else stream)) for label, noun, body in items
        ]
        together = together_in(commands, deciding.past)
        for label, asked in commands:
            deciding.decide(label, asked, asking, together)
        entries = joined(deciding.entries) if joint and len(items) > 1 else deciding.entries
        placed = [replace(e, position=self.position + n) for n, e in enumerate(entries, start=1)]
        self.position += len(placed)
        for entry in placed:
            self.histories[entry.stream] = self.history(entry.stream).plus([entry])
        return placed

    def view(self, label: str = P, on: str | None = None, known: str | int | None = None) -> View:
        """`known` as the end of a civil date, or a position."""
        day = ALL_DAYS if on is None else date.fromisoformat(on)
        return self.history(label).at(Viewpoint(day, self.position_at(known)))

    def position_at(self, known: str | int | None) -> int:
        if known is None:
            return ALL_POSITIONS
        if isinstance(known, int):
            return known
        day = date.fromisoformat(known)
        entries = [e for h in self.histories.values() for e in h.entries if e.recorded_on and e.recorded_on <= day]
        return max((e.position for e in entries), default=0)

    def status(self, on: str | None = None, known: str | int | None = None, label: str = P) -> Status:
        return status(self.view(label, on or "2026-12-31", known), Settings())


def district() -> Book:
    """Two streets, an office and three people, entered on 2 January 2026."""
    book = Book()
    for code in ("street-a", "street-b", "bureau-c", "office"):
        book.record(None, "units", stream="unit", at="2026-01-02", occurred_on="2026-01-01", code=code, name=code)
    for ref in ("p-wang", "p-li", "p-clerk", "p-zhao", "p-qian"):
        book.record(None, "people", stream="person", at="2026-01-02", occurred_on="2026-01-01", ref=ref, name=ref)
    return book


def standing_in(book: Book, person: str, principal: str, **more: Any) -> Book:
    """An appointment of this AB岗 for the first half of 2026 and a little more, recorded by somebody else."""
    period = {"occurred_on": "2026-01-01", "until": "2026-07-02", "document": "AB岗〔2026〕1号"}
    asked = {"act": "appoint", "stand_in": person} | period | more
    book.record(f"person:{principal}", "stand-ins", stream="person", by=actor("p-qian"), at="2026-01-02", **asked)
    return book


def a_project(book: Book | None = None, signed: bool = True) -> Book:
    """One project, led by street-a, signed for 1 亿元 on 10 January 2026."""
    book = book or district()
    book.record(None, "projects", at="2026-01-05", occurred_on="2026-01-03", name="西湖里", lead_unit="street-a")
    if signed:
        book.record(P, "negotiations", at="2026-01-06", occurred_on="2026-01-05", with_whom="甲公司")
        agreed = yuan("100000000.00")
        book.record(
            P,
            "signings",
            at="2026-01-11",
            occurred_on="2026-01-10",
            level="contract",
            counterparty="甲公司",
            agreed=agreed,
        )
    return book
