"""A plain model of what an office would keep by hand: no fold, no library, only lists that are looked through.

Every fact remembers what was said of it and at which position; answers at a viewpoint are read off by looking.
"""

from dataclasses import dataclass, field
from datetime import date


@dataclass
class Wording:
    position: int
    entry: int
    day: date
    amount: int


@dataclass
class Verdict:
    position: int
    bureau: str
    amount: int | None
    """None: taken back."""


@dataclass
class Fact:
    """A receipt (in 分) or a statement of jobs; `unit` and `period` where it came in a return."""

    project: str
    number: int
    kind: str
    voucher: str
    recorder: str
    wordings: list[Wording]
    unit: str | None = None
    period: str | None = None
    turns: list[tuple[int, bool]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def reads(self, known: int) -> Wording | None:
        """None where it was not there, or not in force."""
        told = [w for w in self.wordings if w.position <= known]
        turned = [annulled for position, annulled in self.turns if position <= known]
        return None if not told or (turned and turned[-1]) else told[-1]

    def changed_since(self, position: int) -> bool:
        return any(p > position for p in (*(w.position for w in self.wordings), *(p for p, _ in self.turns)))

    def recognised(self, known: int, bureau: str) -> int | None:
        now, last = self.reads(known), [v for v in self.verdicts if v.bureau == bureau and v.position <= known]
        if now is None or not last or last[-1].amount is None:
            return None
        return min(last[-1].amount, now.amount)


@dataclass
class Proposal:
    number: int
    fact: Fact
    what: str
    replaces: int
    wording: tuple[date, int] | None
    asked_by: str
    position: int


@dataclass
class Return:
    """`state`: none, submitted, signed, sent_back or accepted."""

    state: str = "none"
    facts: list[Fact] = field(default_factory=list)


@dataclass
class Model:
    facts: list[Fact] = field(default_factory=list)
    leads: dict[str, list[tuple[int, date, str]]] = field(default_factory=dict)
    """Of each project: since which position and day which unit."""
    proposals: list[Proposal] = field(default_factory=list)
    returns: dict[tuple[str, str], Return] = field(default_factory=dict)
    position: int = 0

    def lead(self, project: str, day: date, known: int) -> str | None:
        units = [unit for position, since, unit in self.leads[project] if position <= known and since <= day]
        return units[-1] if units else None

    def led_by(self, unit: str, today: date) -> list[str]:
        return [p for p in self.leads if self.lead(p, today, self.position) == unit]

    def of(self, project: str, kind: str) -> list[Fact]:
        return [f for f in self.facts if f.project == project and f.kind == kind]

    def reported(self, project: str, on: date, known: int) -> int | None:
        told = [w for f in self.of(project, "funds") if (w := f.reads(known)) and w.day <= on]
        return sum(w.amount for w in told) if told else None

    def recognised(self, project: str, on: date, known: int, bureau: str) -> int | None:
        seen = [f for f in self.of(project, "funds") if (w := f.reads(known)) and w.day <= on]
        amounts = [a for f in seen if (a := f.recognised(known, bureau)) is not None]
        return sum(amounts) if amounts else None

    def jobs(self, project: str, on: date, known: int) -> int | None:
        told = [(w.day, f.number, w.amount) for f in self.of(project, "jobs") if (w := f.reads(known)) and w.day <= on]
        return max(told)[2] if told else None

    def by_unit(self, on: date, known: int) -> dict[str | None, int]:
        """What arrived, by the unit that led on the day itself."""
        sums: dict[str | None, int] = {}
        for fact in self.facts:
            now = fact.reads(known)
            if fact.kind == "funds" and now and now.day <= on:
                unit = self.lead(fact.project, now.day, known)
                sums[unit] = sums.get(unit, 0) + now.amount
        return sums
