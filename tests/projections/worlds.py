"""Random histories of a small district: back-dated facts, corrections, annulments, handovers, transfers, batches."""

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg

from domain.entry import Entry
from domain.errors import Refused
from domain.fact import Fact
from domain.history import History
from domain.project.exemptions import ExemptionGranted
from domain.project.funds import FundsReceived
from domain.project.listings import lists
from domain.project.plans import PlanAdopted
from domain.project.statistics import StatisticCited
from projections.runner import EXISTS, Projecting, make_tables
from store.database import as_role
from store.mapper import EntryMapper
from store.recorder import Recorder, Request
from tests.given import LI, actor, district, yuan
from tests.projections.acts import over_several, shared_facts

BLANK = {"blank": "none_provided"}
EXEMPT = {"ground": "policy", "because": "政策调整", "approver": "p-qian", "document": "会议纪要"}
UNITS = ("street-a", "street-b", "bureau-c")
PEOPLE = ("p-zhao", "p-qian", "p-li")
CLERK = "p-clerk"
HEADS = {unit: actor("p-qian", unit) for unit in UNITS}
ASKERS = (actor("p-wang"), actor("p-zhao"))


def year(number: int) -> dict[str, str]:
    return {"since": f"{number}-01-01", "until": f"{number}-12-31"}


class World:
    """A book and the requests that made it, in order."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.book = district()
        self.requests: list[list[Entry]] = []
        self.day = date(2026, 1, 5)
        self.serial = 0
        self.times: Counter[tuple[str, Any]] = Counter()
        """How often each noun and act was recorded: what is rare is tried more."""
        for label in sorted(self.book.histories, key=lambda x: self.book.histories[x].entries[0].position):
            self.requests.extend([e] for e in self.book.histories[label].entries)

    def histories(self, labels: Sequence[str]) -> dict[str, History]:
        """As the records give them."""
        return {label: self.book.history(label) for label in labels}

    @property
    def projects(self) -> list[str]:
        return [label for label in self.book.histories if label.startswith("XM-")]

    def some_day(self) -> str:
        """Up to eighty days back: half of what people record is late."""
        return str(self.day - timedelta(days=self.chance.choice((0, 0, 1, 7, 30, 80))))

    def act(self) -> None:
        self.day += timedelta(days=self.chance.choice((0, 0, 1, 5, 20)))
        with suppress(Refused):
            if self.projects and self.chance.random() < 0.1:
                self.requests.append(self.a_return())
                return
            items = self.several() if self.projects and self.chance.random() < 0.25 else [self.one()]
            by = self.chance.choice(ASKERS) if items[0][1] not in ("approvals", "verdicts") else LI
            if len(items) == 1 and items[0][1] in ("corrections", "annulments") and self.chance.random() < 0.3:
                by = actor(CLERK, self.chance.choice(UNITS))  # of what came in a return that is not accepted: alone
            entries = self.book.batch(items, by=by, at=str(self.day), joint=len(items) > 1)
            self.requests.append(entries)
            self.times[items[0][1], items[0][2].get("act")] += 1

    def a_return(self) -> list[Entry]:
        """Something about the return of a unit for one of two periods: by its clerk, its head, or the office."""
        chance, at = self.chance, str(self.day)
        period = chance.choice(("2026-01", "2026-02"))
        if f"period:{period}" not in self.book.histories:
            opened = {"occurred_on": at, "code": period, "deadline": "2030-01-01"}
            return self.book.record(None, "periods", stream="period", at=at, **opened)
        unit = chance.choice(UNITS)
        act = chance.choice(("submit", "submit", "submit", "sign", "sign", "accept", "send_back", "recall"))
        by = {"sign": HEADS[unit], "accept": LI, "send_back": LI}.get(act, actor(CLERK, unit))
        body: dict[str, Any] = {"act": act, "unit": unit}
        if act == "submit":
            drawn = [self.line() for _ in range(chance.randint(1, 4))]
            once = {(x["project"], x.get("entry", n - 9)): x for n, x in enumerate(drawn)}
            body |= {"occurred_on": at, "reason": "补报", "lines": list(once.values())}
        if act in ("send_back", "recall"):
            body["because"] = "核实"
        return self.book.record(f"period:{period}", "returns", stream="period", by=by, at=at, **body)

    def line(self) -> dict[str, Any]:
        """A fact of a project, sometimes one that stands in a return already, changed or not."""
        label, chance = self.chance.choice(self.projects), self.chance
        self.serial += 1
        returned = [s for s in self.book.history(label).now.facts if s.original.envelope.returned_in]
        nouns = {"funds_received": "funds", "jobs_held": "jobs", "tax_paid": "taxes"}
        again = [s for s in returned if s.fact.kind.topic in nouns]
        if again and chance.random() < 0.5:
            standing = chance.choice(again)
            body = standing.fact.model_dump(mode="json", exclude_none=True)
            more: dict[str, Any] = {}
            if chance.random() < 0.5:
                more = {"entry": standing.number}
                body |= {"count": 7} if "count" in body else {"amount": yuan("77")} if "amount" in body else {}
            body |= {"act": "receive"} if "voucher" in body else {}
            return {"project": label, "noun": nouns[standing.fact.kind.topic], "command": {**body, "reason": "补报"}, **more}
        body = {"occurred_on": self.some_day(), "reason": "补报"}
        if chance.random() < 0.5:
            return {"project": label, "noun": "jobs", "command": body | {"count": chance.randint(0, 500)}}
        funds = {"act": "receive", "amount": yuan(str(chance.randint(0, 9_999))), "voucher": f"V{self.serial}"}
        return {"project": label, "noun": "funds", "command": body | funds}

    def several(self) -> list[tuple[str | None, str, dict[str, Any]]]:
        self.serial += 1
        if self.chance.random() < 0.8 and (items := over_several(self)):
            return items
        one, two = self.chance.sample(UNITS, 2)
        day = self.some_day()
        if self.chance.random() < 0.3:
            shared = {"occurred_on": day, "period": {"since": day, "until": day}, "enterprise": "甲集团", "reason": "分摊"}
            return [(p, "taxes", shared | {"total": yuan("7")}) for p in self.projects[:3]]
        body = {"occurred_on": day, "from_unit": one, "to_unit": two, "reason": "划转"}
        return [(p, "transfers", body) for p in self.projects[:3]]

    def one(self) -> tuple[str | None, str, dict[str, Any]]:
        chance = self.chance
        self.serial += 1
        if not self.projects or chance.random() < (0.08 if len(self.projects) < 4 else 0.01):
            more = {} if chance.random() < 0.3 else {"lead_unit": chance.choice(UNITS)}
            name = f"项目{chance.choice((self.serial, self.serial, self.serial % 3))}"
            return None, "projects", {"occurred_on": self.some_day(), "name": name, "codes": self.codes(), **more}
        label = chance.choice(self.projects)
        if chance.random() < 0.4 and (judged := self.judgement(label)) is not None:
            return judged
        some = chance.sample(self.facts(label) if chance.random() < 0.8 else shared_facts(self, label, UNITS), 3)
        noun, body = some[0] if chance.random() < 0.5 else min(some, key=lambda x: self.times[x[0], x[1].get("act")])
        body = {"occurred_on": self.some_day(), "reason": "补报", **body}
        if "period" not in body and chance.random() < 0.2:
            body |= self.next_to_another(label)
        return label, noun, body

    def codes(self) -> list[dict[str, str]]:
        """None to two, some of them given to another project too."""
        values = [f"2601-33010{self.chance.randint(1, 4)}-04-01-100000", f"N{self.chance.randint(1, 5)}"]
        return [
            {"scheme": self.chance.choice(("国家代码", "清单")), "value": v} for v in values if self.chance.random() < 0.4
        ]

    def next_to_another(self, label: str, like: Fact | None = None) -> dict[str, Any]:
        """Beside a fact there is, before all later numbers of its day; of the same kind as another, where there is one."""
        matters = self.book.history(label).now.matters
        alike = [(n, m) for n, m in matters.items() if type(m.current.fact) is type(like) and m.current.fact != like]
        number, matter = self.chance.choice(alike or list(matters.items()))
        return {"occurred_on": str(matter.current.fact.occurred_on), "after": number}

    def facts(self, label: str) -> list[tuple[str, dict[str, Any]]]:
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
        view = self.book.history(label).now
        granted = [s.number for s in view.of(ExemptionGranted)] or [1]
        receipts = [s.number for s in view.of(FundsReceived)] or [1]
        planning = "revise" if view.of(PlanAdopted) else "adopt"
        on = sorted(lists(view))
        listing = (
            {"act": "leave", "list": on[0]}
            if on and chance.random() < 0.5
            else {"act": "join", "list": chance.choice(("key", "city"))}
        )
        later = str(self.day + timedelta(days=chance.choice((-20, 3, 40))))
        enterprise = chance.choice((f"企业{self.serial}", "甲（集团）", "甲(集团) "))
        coded = {"credit_code": "91330106MA0000000" + chance.choice("12")} if chance.random() < 0.4 else {}
        some_year = year(self.day.year - chance.choice((0, 0, 1)))
        of_year = {"year": self.day.year, "yearly_class": chance.choice(("new_start", "continuing"))}
        return [
            ("funds", {"act": "receive", "amount": money, "voucher": f"V{self.serial}"}),
            ("funds", {"act": "receive", "amount": money, "voucher": f"V{self.serial}"}),
            ("funds", {"act": "receive", "amount": money, "voucher": chance.choice(("v-7", "V7", "Ｖ8", "无"))}),
            ("taxes", {**dated, "total": money}),
            ("taxes", {**dated, "total": money, "enterprise": enterprise}),
            ("funds", {"act": "return", "amount": yuan("1"), "receipt": chance.choice(receipts)}),
            ("taxes", {**dated, "total": money, "retained": yuan("0"), "enterprise": chance.choice("甲乙")}),
            ("benefits", {**dated, "indicator": chance.choice(("output", "sales")), "amount": money}),
            ("construction", {"act": "progress", **dated, "invested": money, "percent": str(chance.randint(0, 100))}),
            ("jobs", {"count": chance.randint(0, 500)}),
            ("jobs", {"count": chance.randint(0, 500)}),
            ("statistics", {"act": "cite", **dated, "measure": "invested", "amount": money, "publication": "月报"}),
            ("statistics", {"act": "cite", **self.cited(label, dated), "amount": money, "publication": "年报"}),
            ("statistics", {"act": "enter"}),
            ("negotiations", {"with_whom": "甲"}),
            ("operation", {"act": chance.choice(("start", "capacity"))}),
            ("plans", {"act": planning, "completion": later, "investment": money}),
            ("plans", {"act": "period", "period": period, "investment": money}),
            ("forecasts", {"indicator": "invested", "amount": {"blank": "none_provided"}}),
            (
                "signings",
                {"level": chance.choice(("intent", "agreement", "contract")), "counterparty": "甲", "agreed": money},
            ),
            ("registrations", {"enterprise": enterprise, "capital": money, **coded}),
            ("land", {"how": chance.choice(("land_paid", "land_contract_signed")), "site": chance.choice("ＡAaB")}),
            ("construction", {"act": chance.choice(("start", "resume", "complete"))}),
            ("construction", {"act": "pause", "because": "雨"}),
            (
                "descriptions",
                {"category": chance.choice(("甲类", "乙类")), "industry": chance.choice(("服务", "制造"))},
            ),
            ("descriptions", {"name": f"项目{chance.randint(1, 9)}", "codes": self.codes()}),
            ("ratings", {"light": chance.choice(("green", "red", {"blank": "none_provided"}))}),
            ("ratings", {"remarks": [{"about": "进度", "text": "正常"}]}),
            ("listings", listing),
            *[("classes", {**of_year, "document": "清单"})] * 3,
            *[("forecasts", {"indicator": chance.choice(("received", "tax")), "period": some_year, "amount": money})] * 3,
            ("forecasts", {"indicator": "tax", "period": some_year, "amount": BLANK}),
            ("exemptions", {"act": "grant", **EXEMPT, "period": some_year}),
            ("exemptions", {"act": "end", "exemption": chance.choice(granted), "because": "雨停", "document": "纪要"}),
            ("endings", {"act": "end", "how": chance.choice(("lost", "terminated"))}),
            ("endings", {"act": "revive", "document": "会议纪要"}),
            ("responsibilities", {"act": "assign", "role": role, "holder": holder, "occurred_on": later}),
            ("responsibilities", {"act": "assign", "role": role, "holder": holder, "until": later}),
            ("responsibilities", {"act": "hand_over", "role": role, "outgoing": named, "incoming": holder}),
            ("transfers", {"role": role, "from_unit": other, "to_unit": unit}),
            ("responsibilities", {"act": "end", "role": role, "holder": named, "occurred_on": later}),
        ]

    def cited(self, label: str, dated: dict[str, Any]) -> dict[str, Any]:
        """A period that was cited before, if any was."""
        before = self.book.history(label).now.of(StatisticCited)
        fact = self.chance.choice(before).fact if before else None
        said = fact.model_dump(mode="json", include={"occurred_on", "period", "measure"}) if fact else dated
        return {"measure": "output", **said}

    def judgement(self, label: str) -> tuple[str, str, dict[str, Any]] | None:
        view = self.book.history(label).now
        waiting = view.pending()
        if waiting and self.chance.random() < 0.6:
            entry, _ = self.chance.choice(waiting)
            if self.chance.random() < 0.15:
                return label, "approvals", {"act": "decline", "proposal": entry.number, "because": "属实"}
            return label, "approvals", {"act": "approve", "proposal": entry.number}
        target, matter = self.chance.choice(list(view.matters.items()))
        if matter.annulled_by is not None:
            return label, "reinstatements", {"target": target, "because": "查实"}
        if self.chance.random() < 0.7 and (verdict := self.verdict(target, matter.current.fact)) is not None:
            return label, "verdicts", verdict
        if self.chance.random() < 0.4:
            return label, "annulments", {"target": target, "because": "误报"}
        reads = {"kind": matter.current.fact.kind.topic, **self.misread(label, matter.current.fact)}
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

    def misread(self, label: str, fact: Fact) -> dict[str, Any]:
        """The fact with another day, place in its day, period, holder, word or amount."""
        chance = self.chance
        body = fact.model_dump(mode="json", exclude_none=True)
        if "period" in body:
            if chance.random() < 0.3:
                body["occurred_on"] = body["period"]["until"] = max(self.some_day(), body["period"]["since"])
        elif chance.random() < 0.5:
            body["occurred_on"] = self.some_day()
            body.pop("after", None)
        else:
            body |= self.next_to_another(label, fact)
        if "yearly_class" in body:
            body |= {"year": body["year"] - chance.choice((0, 1)), "yearly_class": "completion"}
        for name in ("amount", "capital", "total", "invested", "agreed"):
            if name in body:
                body[name] = yuan(str(chance.randint(0, 9_999)))
        others: dict[str, tuple[Any, ...]] = {
            "count": tuple(range(10)),
            "holder": ({"unit": "street-a"}, {"unit": "street-b", "person": "p-qian"}),
            "outgoing": ({"unit": "bureau-c"}, {"person": "p-zhao"}),
            "incoming": ({"unit": "bureau-c"}, {"unit": "street-a", "person": "p-zhao"}),
            "to_unit": UNITS,
            "list": ("key", "city"),
            "how": ("lost", "terminated") if body.get("how") in ("lost", "terminated") else (body.get("how"),),
            "level": ("intent", "agreement", "contract"),
            "category": ("甲类", "乙类"),
        }
        for name in sorted(body.keys() & others.keys()):
            body[name] = chance.choice(others[name])
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
    """A connection that may write the read model, whose tables it makes where there are none."""
    connection = psycopg.connect(as_role(database, "lifecycle_projector"), autocommit=True)
    if connection.execute(EXISTS).fetchone() != (True,):
        with connection.transaction():
            make_tables(connection)
    return connection


def project(connection: psycopg.Connection) -> int:
    return Projecting(connection).catch_up()
