"""What random worlds do over several projects at once, and what units share: see worlds.World."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Protocol

from domain.fact import Fact
from domain.project.registrations import EnterpriseRegistered
from domain.project.responsibilities import ResponsibilityRole
from domain.project.shares import terms_on
from tests.given import Book, yuan

Item = tuple[str | None, str, dict[str, Any]]
SHARED: tuple[ResponsibilityRole, ...] = ("lead_unit", "hosting_unit", "introducing_unit")
RESOLVED = {"document": "会议纪要", "reason": "会议议定"}


class Happening(Protocol):
    """The world as far as acts need it."""

    chance: random.Random
    book: Book
    day: date
    serial: int

    @property
    def projects(self) -> list[str]: ...
    def some_day(self) -> str: ...


def over_several(world: Happening) -> list[Item]:
    """Tax shared out, a merger or a split, or counterparts judged together; nothing where nothing of it can be."""
    acts = (_tax, _merger, _split, _judged, _judged, _approved, _approved, _approved)
    return world.chance.choice(acts)(world)


def _tax(world: Happening) -> list[Item]:
    """By ratios of any fineness, nearly all of it retained; or by the shares recorded, where they sum to one."""
    chance = world.chance
    end = date.fromisoformat(world.some_day())
    projects = chance.sample(world.projects, min(3, len(world.projects)))
    total = chance.randint(0, 1_000)
    body = {
        "occurred_on": str(end),
        "period": {"since": str(end - timedelta(days=5)), "until": str(end)},
        "enterprise": f"企业{world.serial % 7}",
        "total": yuan(f"{total}.07"),
        "retained": yuan(f"{total}.0{chance.randint(0, 7)}"),
        "parts": [{"project": p, "ratio": r} for p, r in zip(projects, ratios(chance, len(projects)), strict=True)],
        "remainder": chance.choice(projects),
    }
    return [("district", "taxes", body | RESOLVED)]


def _merger(world: Happening) -> list[Item]:
    if len(world.projects) < 2:
        return []
    into, *others = world.chance.sample(world.projects, min(3, len(world.projects)))
    body = {"act": "absorb", "occurred_on": world.some_day(), "projects": others, **RESOLVED}
    return [(into, "mergers", body)]


def _split(world: Happening) -> list[Item]:
    if len(world.projects) > 6:
        return []
    new = [{"name": f"项目{world.serial}{part}"} for part in "甲乙"]
    body = {"act": "split", "occurred_on": world.some_day(), "into": new, "ends": world.chance.random() < 0.3, **RESOLVED}
    return [(world.chance.choice(world.projects), "mergers", body)]


def _judged(world: Happening) -> list[Item]:
    """A fact annulled with its counterparts, or reinstated with them."""
    entries = [e for h in world.book.histories.values() for e in h.entries]
    bound = [e for e in entries if e.envelope.counterparts and isinstance(e.event, Fact)]
    if not bound:
        return []
    entry = world.chance.choice(bound)
    annulled = world.book.history(entry.stream).now.matters[entry.number].annulled_by is not None
    noun = "reinstatements" if annulled else "annulments"
    places = sorted(
        _places((entry.citation, *entry.envelope.counterparts)), key=lambda place: place[1], reverse=not annulled
    )
    return [(label, noun, {"target": number, "because": "一并办理"}) for label, number in places]


def _approved(world: Happening) -> list[Item]:
    waiting = [e for h in world.book.histories.values() for e, _ in h.now.pending() if e.envelope.counterparts]
    if not waiting:
        return []
    entry = world.chance.choice(waiting)
    places = sorted(_places((entry.citation, *entry.envelope.counterparts)), key=lambda place: place[1])
    return [(label, "approvals", {"act": "approve", "proposal": number}) for label, number in places]


def _places(citations: Sequence[str]) -> list[tuple[str, int]]:
    return [(label, int(number)) for label, _, number in (c.rpartition("#") for c in citations)]


def ratios(chance: random.Random, count: int) -> list[str]:
    """Of eight decimals, summing to one."""
    cuts = sorted(chance.sample(range(1, 10**8), count - 1))
    return [str(Decimal(b - a).scaleb(-8)) for a, b in pairwise([0, *cuts, 10**8])]


def shared_facts(world: Happening, label: str, units: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Share terms and what they divide; shares of enterprises; capital and investors."""
    chance = world.chance
    sharing = chance.sample(units, chance.choice((1, 2, 2, 3)))
    role = chance.choice(("lead_unit", "lead_unit", "hosting_unit", "introducing_unit"))
    terms: dict[str, Any] = {"act": "agree", "role": role, "remainder": chance.choice(sharing), "document": "协议"}
    terms["shares"] = [{"unit": u, "ratio": r} for u, r in zip(sharing, ratios(chance, len(sharing)), strict=True)]
    now = world.book.history(label).now
    standing = [role for role in SHARED if terms_on(now, role, world.day)]
    ending = {"act": "end", "occurred_on": str(world.day), "document": "协议"}
    ended = [ending | {"role": role} for role in standing]
    later = str(world.day + timedelta(days=chance.choice((-20, 3, 40))))
    known = [s.fact.enterprise for s in now.of(EnterpriseRegistered)] or ["企业"]
    money = yuan(f"{chance.randint(0, 10_000)}.{chance.randint(0, 99):02d}")
    return [
        ("shares", terms),
        ("shares", terms | {"until": later}),
        ("shares", chance.choice(ended or [terms])),
        ("shares", {"act": "state", "enterprise": f"企业{world.serial % 7}", "ratio": "0.4"}),
        ("capital", {"act": "increase", "enterprise": chance.choice(known), "amount": money}),
        ("capital", {"act": "change_investor", "investor": f"投资方{world.serial}"}),
        ("funds", {"act": "receive", "amount": money, "voucher": f"V{world.serial}"}),
        ("funds", {"act": "receive", "amount": money, "voucher": f"V{world.serial}"}),
        ("registrations", {"enterprise": f"企业{world.serial}", "capital": money}),
    ]
