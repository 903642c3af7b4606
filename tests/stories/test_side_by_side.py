"""The API and a plain model driven side by side: whatever is done, both answer the same at every viewpoint."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from psycopg.conninfo import make_conninfo

from api.app import create_app
from api.services import over
from domain.entry import SHANGHAI, Role
from store.database import opened
from tests.api.conftest import District
from tests.projections.worlds import projector
from tests.stories.model import Fact, Model, Proposal, Return, Verdict, Wording

TODAY = datetime.now(SHANGHAI).date()
UNITS = ("street-a", "street-b")
PERIOD = "2026-06"
DAYS = st.integers(0, 300).map(lambda n: date(2026, 1, 20) + timedelta(days=n))
FEN = st.integers(0, 9_999_999)
PEOPLE = {
    "office": ("office", Role.OFFICE),
    "second": ("office", Role.OFFICE),
    **{f"clerk-{u}": (u, Role.UNIT) for u in UNITS},
    **{f"head-{u}": (u, Role.UNIT) for u in UNITS},
    **{b: (b, Role.UNIT) for b in ("bureau-c", "bureau-d")},
}


def cny(fen: int) -> dict[str, str]:
    return {"amount": f"{fen // 100}.{fen % 100:02d}", "currency": "CNY"}


class SideBySide(RuleBasedStateMachine):
    """Each rule does one thing to both; `ask` compares them."""

    def __init__(self, database: str) -> None:
        super().__init__()
        self.open = ExitStack()
        services = over(self.open.enter_context(opened(database, size=4)), database)
        connection = self.open.enter_context(projector(database))
        client = self.open.enter_context(TestClient(create_app(services), raise_server_exceptions=False))
        administrator = services.accounts.first_administrator()
        assert administrator is not None
        self.district = District(client, services, connection, {"administrator": administrator})
        self.model = Model()
        self.serial = 0

    def teardown(self) -> None:
        self.open.close()

    # What is done to the API; the model is told only what it answered.

    def post(self, path: str, body: Any, who: str = "office", refused: str | None = None) -> dict[str, Any] | None:
        answer: Response = self.district.post(path, body, who)
        if refused is not None:
            assert (answer.status_code >= 400, answer.json().get("code")) == (True, refused), answer.text
            return None
        assert answer.status_code == 201, answer.text
        said: dict[str, Any] = answer.json()
        assert said["position"] > self.model.position
        self.model.position = said["position"]
        return said

    def recorded(self, path: str, body: Any, who: str = "office") -> dict[str, Any]:
        said = self.post(path, body, who)
        assert said is not None
        return said

    @initialize()
    def a_district(self) -> None:
        for unit in ("office", *UNITS, "bureau-c", "bureau-d"):
            self.recorded("/units", {"occurred_on": "2026-01-01", "code": unit, "name": unit}, "administrator")
        for person, (unit, role) in PEOPLE.items():
            self.recorded("/people", {"occurred_on": "2026-01-01", "ref": person, "name": person}, "administrator")
            wanted = {"person": person, "unit": unit, "post": "科员", "role": role.value}
            self.district.tokens[person] = self.district.post("/tokens", wanted, "administrator").json()["token"]
        rules = {"recognising": {"received": ["bureau-c", "bureau-d"], "jobs": ["bureau-c"]}}
        self.recorded("/district/settings", {"occurred_on": "2026-01-01", "settings": rules})
        period = {"occurred_on": "2026-06-01", "code": PERIOD, "deadline": str(TODAY + timedelta(days=60))}
        self.recorded("/periods", period)
        for unit in UNITS:
            self.model.returns[PERIOD, unit] = Return()
            self.enter(unit)

    def enter(self, unit: str) -> None:
        said = self.recorded("/projects", {"occurred_on": "2026-01-03", "name": f"项目{self.serial}", "lead_unit": unit})
        self.model.leads[said["stream"]] = [(said["position"], date(2026, 1, 3), unit)]

    @precondition(lambda self: len(self.model.leads) < 5)
    @rule(unit=st.sampled_from(UNITS))
    def another_project(self, unit: str) -> None:
        self.enter(unit)

    def body(self, kind: str, day: date, amount: int, voucher: str = "") -> dict[str, Any]:
        if kind == "jobs":
            return {"occurred_on": str(day), "count": amount, "reason": "补报"}
        return {"act": "receive", "occurred_on": str(day), "amount": cny(amount), "voucher": voucher, "reason": "补报"}

    def reads(self, fact: Fact, day: date, amount: int) -> dict[str, Any]:
        if fact.kind == "jobs":
            return {"kind": "jobs_held", "occurred_on": str(day), "count": amount}
        return {"kind": "funds_received", "occurred_on": str(day), "amount": cny(amount), "voucher": fact.voucher}

    def learn(self, citation: str, position: int, kind: str, day: date, amount: int, voucher: str, who: str) -> Fact:
        project, _, number = citation.partition("#")
        wording = Wording(position, int(number), day, amount)
        fact = Fact(project, int(number), kind, voucher, who, [wording])
        self.model.facts.append(fact)
        return fact

    def a_voucher(self) -> str:
        self.serial += 1
        return f"V-{self.serial}"

    @rule(data=st.data(), kind=st.sampled_from(("funds", "jobs")), day=DAYS, amount=FEN)
    def recorded_alone(self, data: st.DataObject, kind: str, day: date, amount: int) -> None:
        project, voucher = data.draw(st.sampled_from(sorted(self.model.leads))), self.a_voucher()
        said = self.recorded(f"/projects/{project}/{kind}", self.body(kind, day, amount, voucher))
        self.learn(said["entry"], said["position"], kind, day, amount, voucher, "office")

    @rule(data=st.data(), day=DAYS, amount=FEN)
    def two_at_once(self, data: st.DataObject, day: date, amount: int) -> None:
        projects = data.draw(st.lists(st.sampled_from(sorted(self.model.leads)), min_size=2, max_size=2, unique=True))
        vouchers = [self.a_voucher(), self.a_voucher()]
        items = [
            {"stream": p, "noun": "funds", "command": self.body("funds", day, amount, v)}
            for p, v in zip(projects, vouchers, strict=True)
        ]
        before = self.model.position
        said = self.recorded("/batches", {"commands": items, "joint": False})
        for citation, voucher in zip(said["entries"], vouchers, strict=True):
            self.learn(citation, said["position"], "funds", day, amount, voucher, "office")
        found = self.district.get(f"/projects/{projects[0]}?known=@{said['position'] - 1}", "office").json()
        assert found["viewpoint"]["known"]["position"] == before  # never half of it

    @rule(data=st.data(), unit=st.sampled_from(UNITS), day=DAYS)
    def handed_over(self, data: st.DataObject, unit: str, day: date) -> None:
        project = data.draw(st.sampled_from(sorted(self.model.leads)))
        _, since, holder = self.model.leads[project][-1]
        if unit == holder or day <= since:
            return
        body = {"act": "hand_over", "role": "lead_unit", "occurred_on": str(day)}
        holders = {"outgoing": {"unit": holder}, "incoming": {"unit": unit}}
        said = self.recorded(f"/projects/{project}/responsibilities", body | holders)
        self.model.leads[project].append((said["position"], day, unit))

    # Returns

    @rule(data=st.data(), unit=st.sampled_from(UNITS))
    def submitted(self, data: st.DataObject, unit: str) -> None:
        made = self.model.returns[PERIOD, unit]
        led = self.model.led_by(unit, TODAY)
        body = {"act": "submit", "occurred_on": str(TODAY)}
        path, who = f"/periods/{PERIOD}/returns", f"clerk-{unit}"
        if made.state in ("submitted", "signed", "accepted"):
            code = "already_accepted" if made.state == "accepted" else "already_submitted"
            self.post(path, body | {"nothing_to_report": True}, who, refused=code)
            return
        standing = [f for f in made.facts if f.reads(self.model.position) is not None]
        if any(f.project not in led for f in standing):
            return  # what another unit leads by now is not this clerk's to revise
        lines: list[dict[str, Any]] = []
        effects: list[Callable[[str, int], None]] = []
        dropped: list[Fact] = []
        for fact in standing:
            now = fact.reads(self.model.position)
            assert now is not None
            choice = data.draw(st.sampled_from(("keep", "revise", "drop")))
            line = {"project": fact.project, "noun": fact.kind}
            amount = data.draw(FEN) if choice == "revise" else now.amount
            if choice == "drop":
                dropped.append(fact)
            elif choice == "keep":
                lines.append(line | {"command": self.body(fact.kind, now.day, amount, fact.voucher)})
            else:
                lines.append(line | {"entry": fact.number, "command": self.body(fact.kind, now.day, amount, fact.voucher)})
                if amount != now.amount:
                    effects.append(revision(fact, now.day, amount))
        for _ in range(data.draw(st.integers(0, 3)) if led else 0):
            kind, day, amount = data.draw(st.sampled_from(("funds", "jobs"))), data.draw(DAYS), data.draw(FEN)
            project, voucher = data.draw(st.sampled_from(led)), self.a_voucher()
            if kind == "jobs" and any(f.kind == "jobs" and f.project == project for f in standing):
                continue  # two statements that read alike could not be told apart here
            lines.append({"project": project, "noun": kind, "command": self.body(kind, day, amount, voucher)})
            effects.append(self.addition(kind, day, amount, voucher, unit))
        said = self.recorded(path, body | {"lines": lines, "nothing_to_report": not lines}, who)
        for fact in dropped:
            fact.turns.append((said["position"], True))
        for citation, effect in zip(said["entries"][1 + len(dropped) :], effects, strict=True):
            effect(citation, said["position"])
        made.state = "submitted"

    def addition(self, kind: str, day: date, amount: int, voucher: str, unit: str) -> Callable[[str, int], None]:
        def add(citation: str, position: int) -> None:
            fact = self.learn(citation, position, kind, day, amount, voucher, f"clerk-{unit}")
            fact.unit, fact.period = unit, PERIOD
            self.model.returns[PERIOD, unit].facts.append(fact)

        return add

    @rule(unit=st.sampled_from(UNITS), what=st.sampled_from(("sign", "accept", "send_back", "recall")))
    def ruled_on(self, unit: str, what: str) -> None:
        made = self.model.returns[PERIOD, unit]
        who = {"sign": f"head-{unit}", "recall": f"clerk-{unit}"}.get(what, "office")
        body: dict[str, Any] = {"act": what, "unit": unit}
        if what in ("send_back", "recall"):
            body["because"] = "核实"
        allowed = {
            "sign": ("submitted", "signed"),
            "accept": ("signed",),
            "send_back": ("submitted", "signed"),
            "recall": ("submitted", "signed", "sent_back"),
        }[what]
        if what == "recall" and any(
            f.project not in self.model.led_by(unit, TODAY) for f in made.facts if f.reads(self.model.position)
        ):
            return
        if (what == "accept" and made.state == "accepted") or made.state not in allowed:
            code = "already_accepted" if made.state == "accepted" else "no_return"
            if what == "accept" and made.state == "submitted":
                code = "not_signed"
            self.post(f"/periods/{PERIOD}/returns", body, who, refused=code)
            return
        said = self.recorded(f"/periods/{PERIOD}/returns", body, who)
        made.state = {"sign": "signed", "accept": "accepted", "send_back": "sent_back", "recall": "none"}[what]
        if what == "recall":
            for fact in made.facts:
                if fact.reads(said["position"] - 1) is not None:
                    fact.turns.append((said["position"], True))
            made.facts = []

    # Putting right

    @precondition(lambda self: self.model.facts)
    @rule(data=st.data(), day=DAYS, amount=FEN)
    def correction_asked(self, data: st.DataObject, day: date, amount: int) -> None:
        fact = data.draw(st.sampled_from(self.model.facts))
        now = fact.reads(self.model.position)
        body = {"target": fact.number, "reads": self.reads(fact, day, amount), "because": "笔误"}
        path = f"/projects/{fact.project}/corrections"
        if now is None:
            self.post(path, body, refused="is_annulled")
        elif (now.day, now.amount) != (day, amount):
            said = self.recorded(path, body)
            number = int(said["entry"].rpartition("#")[2])
            self.model.proposals.append(
                Proposal(number, fact, "correct", now.entry, (day, amount), "office", said["position"])
            )

    @precondition(lambda self: self.model.facts)
    @rule(data=st.data(), day=DAYS, amount=FEN)
    def put_right_alone(self, data: st.DataObject, day: date, amount: int) -> None:
        fact = data.draw(st.sampled_from(self.model.facts))
        now = fact.reads(self.model.position)
        if now is None or fact.unit is None or (now.day, now.amount) == (day, amount):
            return
        if fact.project not in self.model.led_by(fact.unit, TODAY):
            return
        who = f"clerk-{fact.unit}"
        body = {"target": fact.number, "reads": self.reads(fact, day, amount), "because": "笔误"}
        said = self.recorded(f"/projects/{fact.project}/corrections", body, who)
        number = int(said["entry"].rpartition("#")[2])
        if self.model.returns[PERIOD, fact.unit].state == "accepted":
            self.model.proposals.append(Proposal(number, fact, "correct", now.entry, (day, amount), who, said["position"]))
        else:
            fact.wordings.append(Wording(said["position"], number, day, amount))

    @precondition(lambda self: self.model.facts)
    @rule(data=st.data())
    def turn_asked(self, data: st.DataObject) -> None:
        fact = data.draw(st.sampled_from(self.model.facts))
        what = "annul" if fact.reads(self.model.position) else "reinstate"
        body = {"target": fact.number, "because": "查实"}
        said = self.recorded(
            f"/projects/{fact.project}/{what}ments" if what == "annul" else f"/projects/{fact.project}/reinstatements", body
        )
        number = int(said["entry"].rpartition("#")[2])
        self.model.proposals.append(Proposal(number, fact, what, 0, None, "office", said["position"]))

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data(), decline=st.integers(0, 4))
    def decided(self, data: st.DataObject, decline: int) -> None:
        proposal = data.draw(st.sampled_from(self.model.proposals))
        fact, now = proposal.fact, proposal.fact.reads(self.model.position)
        path = f"/projects/{fact.project}/approvals"
        if decline == 0:
            self.recorded(path, {"act": "decline", "proposal": proposal.number, "because": "不符"}, "second")
            self.model.proposals.remove(proposal)
            return
        body = {"act": "approve", "proposal": proposal.number}
        self.post(
            path, body, proposal.asked_by, refused="self_approval" if proposal.asked_by == "office" else "not_permitted"
        )
        stale = {
            "correct": now is None or now.entry != proposal.replaces,
            "annul": fact.changed_since(proposal.position),
            "reinstate": fact.changed_since(proposal.position),
        }[proposal.what]
        if stale:
            self.post(path, body, "second", refused="stale")
            return
        said = self.recorded(path, body, "second")
        self.model.proposals.remove(proposal)
        if proposal.wording is not None:
            day, amount = proposal.wording
            fact.wordings.append(Wording(said["position"], proposal.number, day, amount))
        else:
            fact.turns.append((said["position"], proposal.what == "annul"))

    @precondition(lambda self: self.model.facts)
    @rule(data=st.data(), bureau=st.sampled_from(("bureau-c", "bureau-d")), part=st.integers(0, 100))
    def judged(self, data: st.DataObject, bureau: str, part: int) -> None:
        fact = data.draw(st.sampled_from(self.model.facts))
        now, path = fact.reads(self.model.position), f"/projects/{fact.project}/verdicts"
        if fact.kind == "jobs":
            return
        body: dict[str, Any] = {"target": fact.number, "outcome": "recognised"}
        if now is None:
            self.post(path, body, bureau, refused="is_annulled")
            return
        amount: int | None = now.amount * part // 100
        if part == 0:
            body |= {"outcome": "not_recognised", "because": "无凭证"}
        elif part < 5 and any(v.bureau == bureau for v in fact.verdicts[-1:] if v.amount is not None):
            body |= {"outcome": "withdrawn", "because": "判错"}
            amount = None
        elif part < 100:
            assert amount is not None
            body["amount"] = cny(amount)
        said = self.recorded(path, body, bureau)
        fact.verdicts.append(Verdict(said["position"], bureau, amount))

    # What is asked

    @rule(data=st.data(), day=DAYS, newest=st.booleans())
    def ask(self, data: st.DataObject, day: date, newest: bool) -> None:
        self.compare(data.draw(st.sampled_from(sorted(self.model.leads))), day, data, newest)

    def compare(self, project: str, on: date, data: st.DataObject, newest: bool) -> None:
        known = self.model.position
        if not newest:
            seen = [w.position for f in self.model.facts for w in f.wordings] or [known]
            known = data.draw(st.sampled_from(seen))
        told = self.district.get(f"/projects/{project}?on={on}&known=@{known}", "office")
        if told.status_code == 404:
            assert all(position > known for position, _, _ in self.model.leads[project])
            return
        measures = {m["measure"]: m for m in told.json()["status"]["measures"]}
        expected = {
            "reported": self.model.reported(project, on, known),
            "recognised": self.model.recognised(project, on, known, "bureau-c"),
        }
        found = {k: fen(measures.get("received", {}).get(k)) for k in expected}
        assert found == expected
        jobs = measures.get("jobs", {}).get("reported")
        assert (None if jobs is None else int(jobs["value"])) == self.model.jobs(project, on, known)
        groups = self.district.get(f"/portfolio?by=unit&on={on}&known=@{known}", "office").json()["groups"]
        sums = {g["group"]: fen(m["reported"]) for g in groups for m in g["measures"] if m["measure"] == "received"}
        assert {k: v for k, v in sums.items() if v} == {k: v for k, v in self.model.by_unit(on, known).items() if v}


def revision(fact: Fact, day: date, amount: int) -> Callable[[str, int], None]:
    def revise(citation: str, position: int) -> None:
        fact.wordings.append(Wording(position, int(citation.rpartition("#")[2]), day, amount))

    return revise


def fen(figure: dict[str, Any] | None) -> int | None:
    return None if figure is None else int(figure["value"].replace(".", ""))


@pytest.fixture(scope="module")
def fresh(server: str, template: str) -> Callable[[], str]:
    names = iter(range(10_000))

    def make() -> str:
        name = f"{template}_side_{next(names)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return make_conninfo(server, dbname=name)

    return make


def side_by_side(fresh: Callable[[], str], examples: int, steps: int, derandomize: bool) -> None:
    class Fresh(SideBySide):
        def __init__(self) -> None:
            super().__init__(fresh())

    told = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=derandomize,
        deadline=None,
        database=None,
        phases=(Phase.generate,),  # a divergence is told as it was met: making it small takes longer than the suite
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Fresh, settings=told)


def test_five_hundred_steps_side_by_side(fresh: Callable[[], str]):
    side_by_side(fresh, 5, 100, derandomize=True)


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_twenty_thousand_steps_side_by_side(fresh: Callable[[], str]):
    side_by_side(fresh, 80, 250, derandomize=False)
