"""Random histories of a small district: back-dated facts, corrections, annulments, handovers, transfers, batches."""

import random
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from domain.entry import Entry
from domain.errors import Refused
from domain.fact import Fact
from domain.judgement import CorrectionProposed
from projections.runner import Projecting, make_tables
from store.database import as_role
from store.mapper import EntryMapper
from store.recorder import Recorder, Request
from tests.given import LI, actor, district, yuan

UNITS = ("street-a", "street-b", "bureau-c")
PEOPLE = ("p-zhao", "p-qian", "p-li")
ASKERS = (actor("p-wang"), actor("p-zhao"))


class World:
    """A book and the requests that made it, in order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.book = district()
        self.requests: list[list[Entry]] = []
        self.day = date(2026, 1, 5)
        self.serial = 0
        for label in sorted(self.book.histories, key=lambda x: self.book.histories[x].entries[0].position):
            self.requests.extend([e] for e in self.book.histories[label].entries)

    @property
    def projects(self) -> list[str]:
        return [label for label in self.book.histories if label.startswith("XM-")]

    def some_day(self) -> str:
        """Up to eighty days back: half of what people record is late."""
        return str(self.day - timedelta(days=self.chance.choice((0, 0, 1, 7, 30, 80))))

    def act(self) -> None:
        self.day += timedelta(days=self.chance.choice((0, 0, 1, 5, 20)))
        with suppress(Refused):
            items = self.several() if self.projects and self.chance.random() < 0.1 else [self.one()]
            by = self.chance.choice(ASKERS) if items[0][1] not in ("approvals", "verdicts") else LI
            entries = self.book.batch(items, by=by, at=str(self.day), joint=len(items) > 1)
            self.requests.append(entries)

    def several(self) -> list[tuple[str | None, str, dict[str, Any]]]:
        one, two = self.chance.sample(UNITS, 2)
        day = self.some_day()
        body = {"occurred_on": day, "from_unit": one, "to_unit": two, "reason": "划转"}
        return [(p, "transfers", body) for p in self.projects[:3]]

    def one(self) -> tuple[str | None, str, dict[str, Any]]:
        chance = self.chance
        self.serial += 1
        if not self.projects or chance.random() < 0.08:
            more = {} if chance.random() < 0.3 else {"lead_unit": chance.choice(UNITS)}
            return None, "projects", {"occurred_on": self.some_day(), "name": f"项目{self.serial}", **more}
        label = chance.choice(self.projects)
        if chance.random() < 0.4 and (judged := self.judgement(label)) is not None:
            return judged
        noun, body = chance.choice(self.facts())
        return label, noun, {"occurred_on": self.some_day(), "reason": "补报", **body}

    def facts(self) -> list[tuple[str, dict[str, Any]]]:
        chance = self.chance
        money = yuan(f"{chance.randint(0, 10_000)}.{chance.randint(0, 99):02d}")
        unit, other = chance.sample(UNITS, 2)
        person, stranger = chance.sample(PEOPLE, 2)
        end = date.fromisoformat(self.some_day())
        period = {"since": str(end - timedelta(days=chance.choice((0, 6, 27)))), "until": str(end)}
        dated = {"occurred_on": str(end), "period": period}
        role = chance.choice(("lead_unit", "hosting_unit", "introducing_unit"))
        holder: dict[str, Any] = chance.choice(({"unit": unit}, {"unit": unit, "person": person}))
        named: dict[str, Any] = chance.choice(({"unit": other}, {"person": stranger}, {"outside": "某公司"}))
        later = str(self.day + timedelta(days=chance.choice((-20, 3, 40))))
        return [
            ("funds", {"act": "receive", "amount": money, "voucher": f"V{self.serial}"}),
            ("funds", {"act": "receive", "amount": money, "voucher": f"V{self.serial}"}),
            ("taxes", {**dated, "total": money}),
            ("construction", {"act": "progress", **dated, "invested": money, "percent": str(chance.randint(0, 100))}),
            ("jobs", {"count": chance.randint(0, 500)}),
            ("jobs", {"count": chance.randint(0, 500)}),
            ("statistics", {"act": "cite", **dated, "measure": "invested", "amount": money, "publication": "月报"}),
            (
                "signings",
                {"level": chance.choice(("intent", "agreement", "contract")), "counterparty": "甲", "agreed": money},
            ),
            ("registrations", {"enterprise": f"企业{self.serial}", "capital": money}),
            ("land", {"how": chance.choice(("land_paid", "land_contract_signed"))}),
            ("construction", {"act": chance.choice(("start", "resume", "complete"))}),
            ("construction", {"act": "pause", "because": "雨"}),
            (
                "descriptions",
                {"category": chance.choice(("甲类", "乙类")), "industry": chance.choice(("服务", "制造"))},
            ),
            ("ratings", {"light": chance.choice(("green", "red", {"blank": "none_provided"}))}),
            ("listings", {"act": chance.choice(("join", "leave")), "list": chance.choice(("key", "city"))}),
            ("endings", {"act": "end", "how": chance.choice(("lost", "terminated"))}),
            ("endings", {"act": "revive", "document": "会议纪要"}),
            ("responsibilities", {"act": "assign", "role": role, "holder": holder, "occurred_on": later}),
            ("responsibilities", {"act": "assign", "role": role, "holder": holder, "until": later}),
            ("responsibilities", {"act": "hand_over", "role": role, "outgoing": named, "incoming": holder}),
            ("responsibilities", {"act": "end", "role": role, "holder": named, "occurred_on": later}),
        ]

    def judgement(self, label: str) -> tuple[str, str, dict[str, Any]] | None:
        view = self.book.history(label).now
        waiting = view.pending()
        if waiting and self.chance.random() < 0.6:
            entry, _ = self.chance.choice(waiting)
            return label, "approvals", {"act": "approve", "proposal": entry.number}
        target, matter = self.chance.choice(list(view.matters.items()))
        if matter.annulled_by is not None:
            return label, "reinstatements", {"target": target, "because": "查实"}
        if self.chance.random() < 0.4 and (verdict := self.verdict(target, matter.current.fact)) is not None:
            return label, "verdicts", verdict
        if self.chance.random() < 0.4:
            return label, "annulments", {"target": target, "because": "误报"}
        reads = {"kind": matter.current.fact.kind.topic, **self.misread(matter.current.fact)}
        return label, "corrections", {"target": target, "reads": reads, "because": "笔误"}

    def verdict(self, target: int, fact: Fact) -> dict[str, Any] | None:
        """By one of two bureaus, whose document the office cites; sometimes on a fact judged before."""
        lines = [x for x in fact.lines() if x.authority == "reported"]
        if not lines:
            return None
        line, chance = self.chance.choice(lines), self.chance
        cited = {"authority": chance.choice(("bureau-c", "street-b")), "document": "认〔2026〕1号"}
        said: dict[str, Any] = {"target": target, "measure": line.measure.name, **cited}
        if chance.random() < 0.3:
            return said | {"outcome": chance.choice(("not_recognised", "withdrawn")), "because": "凭证不符"}
        part = line.measure.value(chance.randint(0, abs(line.amount))) if chance.random() < 0.7 else None
        if part is None:
            return said | {"outcome": "recognised"}
        if line.measure.unit == "money":
            return said | {"outcome": "recognised", "amount": yuan(str(part))}
        return said | {"outcome": "recognised", "value": str(part)}

    def misread(self, fact: Fact) -> dict[str, Any]:
        body = fact.model_dump(mode="json", exclude_none=True)
        if "period" not in body and self.chance.random() < 0.5:
            body["occurred_on"] = self.some_day()
        for name in ("amount", "capital", "total", "invested"):
            if name in body:
                body[name] = yuan(str(self.chance.randint(0, 9_999)))
        if "count" in body:
            body["count"] = self.chance.randint(0, 9)
        return body


def write(recorder: Recorder, requests: list[list[Entry]]) -> None:
    """Append what a book recorded, request by request; the database gives the same positions."""
    mapper = EntryMapper()
    for number, entries in enumerate(requests):
        rows = [mapper.to_stored_event(e) for e in entries]
        first = entries[0].position
        request = Request(UUID(int=first), "world", f"{first}-{number}", b"")
        positions = recorder.insert_events(rows, request=request)
        assert list(positions or ()) == [e.position for e in entries]


def projector(database: str) -> psycopg.Connection:
    """A connection that may write the read model, whose tables it makes."""
    connection = psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True)
    with connection.transaction():
        make_tables(connection)
    return connection


def project(connection: psycopg.Connection) -> int:
    return Projecting(connection).catch_up()


def corrected(world: World) -> bool:
    return any(isinstance(e.event, CorrectionProposed) for r in world.requests for e in r)
