"""What becomes of each project: when it reaches which stage, how large it is, who leads it."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from api.demo.days import DAY
from api.demo.words import CATEGORIES, INVESTORS, LABEL, MADE_UP, MERGED, PARK, PLACES, TRADES, Category
from domain.fact import Stage

SHARE: dict[Stage, float] = {
    Stage.LEAD: 0.04,
    Stage.NEGOTIATING: 0.08,
    Stage.SIGNED: 0.09,
    Stage.REGISTERED: 0.06,
    Stage.LANDED: 0.08,
    Stage.UNDER_CONSTRUCTION: 0.40,
    Stage.COMPLETED: 0.07,
    Stage.OPERATING: 0.13,
    Stage.AT_CAPACITY: 0.05,
}
"""How many projects stand where on the last day."""
DWELL: dict[Stage, tuple[int, int]] = {
    Stage.LEAD: (10, 60),
    Stage.NEGOTIATING: (40, 150),
    Stage.SIGNED: (15, 60),
    Stage.REGISTERED: (30, 140),
    Stage.LANDED: (30, 120),
    Stage.UNDER_CONSTRUCTION: (420, 900),
    Stage.COMPLETED: (20, 110),
    Stage.OPERATING: (180, 400),
    Stage.AT_CAPACITY: (60, 240),
}
"""Days from a stage to the next, fewest and most."""
FITTING_OUT = (90, 240)
"""Days of works where premises are leased."""
ENDINGS = ("lost", "lost", "lost", "terminated", "terminated", "moved_out")


@dataclass
class Life:
    """`total` in 万元; `days`: when each stage is reached; `built`: when works are done, reached or not."""

    code: str
    name: str
    category: str
    industry: str
    investor: str
    enterprise: str
    lead: str
    introducing: str
    leased: bool
    total: int
    days: dict[Stage, date]
    built: date | None = None
    ended: tuple[str, date] | None = None
    revived: date | None = None
    paused: tuple[date, date] | None = None
    overdue: bool = False
    """Whether its planned start has passed without works."""
    told: bool = False
    """Whether its life is told on purpose (api.demo.story) and left alone otherwise."""
    serial: int = 0
    done: dict[str, int] = field(default_factory=dict)
    """What was reported so far, in 万元, by measure."""

    @property
    def entered(self) -> date:
        return self.days[Stage.LEAD]

    def reached(self, stage: Stage, day: date) -> bool:
        return stage in self.days and self.days[stage] <= day

    def over(self, day: date) -> bool:
        """Whether it has ended and not come back by then."""
        return self.ended is not None and self.ended[1] <= day and not (self.revived and self.revived <= day)

    def at_rest(self, since: date, until: date) -> bool:
        """Whether works stood still all this time."""
        return self.paused is not None and self.paused[0] <= since and until <= self.paused[1]

    def share_done(self, day: date) -> float:
        """形象进度 as it really is: slow at first, slow at the end; 1 when the works are done."""
        start = self.days.get(Stage.UNDER_CONSTRUCTION)
        if start is None or self.built is None or day <= start:
            return 0.0
        if self.paused is not None and day > self.paused[0]:
            day = max(self.paused[0], day - (min(day, self.paused[1]) - self.paused[0]))
        past = (day - start).days / max(1, (self.built - start).days - self._rest)
        return 1.0 if past >= 1 else past * past * (3 - 2 * past) * 0.6 + past * 0.4

    @property
    def _rest(self) -> int:
        return (self.paused[1] - self.paused[0]).days if self.paused else 0


def lives(chance: random.Random, count: int, since: date, until: date, told: Life) -> list[Life]:
    """In the order in which they are entered, the told one among them; codes are numbered by the year of their entering."""
    loads = Counter({told.lead: 1})
    made = [told, *(_one(chance, stage, until, loads) for stage in _stages(chance, count - 1))]
    _ended(chance, made, until)
    made.sort(key=lambda life: life.entered)
    numbers: dict[int, int] = {}
    for n, life in enumerate(made):
        year = life.entered.year
        numbers[year] = numbers.get(year, 0) + 1
        life.code, life.serial = f"{LABEL}-{year}-{numbers[year]:03d}", n
    _named(chance, made)
    _disturbed(chance, made, since, until)
    return made


def _stages(chance: random.Random, count: int) -> list[Stage]:
    found = [stage for stage, share in SHARE.items() for _ in range(round(share * count))]
    found = (found + [Stage.UNDER_CONSTRUCTION] * count)[:count]
    chance.shuffle(found)
    return found


def _one(chance: random.Random, last: Stage, until: date, loads: Counter[str]) -> Life:
    category = chance.choices(CATEGORIES, [c.weight for c in CATEGORIES])[0]
    low, high = category.total
    total = round(low * (high / low) ** (chance.random() ** 1.4), -2)
    days, built = _days(chance, last, category, until)
    lead = min(chance.sample(category.leads, min(3, len(category.leads))), key=loads.__getitem__)
    lead = PARK if lead == MERGED and days[Stage.LEAD] > until - timedelta(days=480) else lead
    loads[lead] += 1
    return Life(
        code="",
        name="",
        category=category.name,
        industry=chance.choice(category.industries),
        investor=f"演示{chance.choice(INVESTORS)}{chance.choice(INVESTORS)}投资集团",
        enterprise="",
        lead=lead,
        introducing=chance.choice((lead, lead, "bureau-commerce")),
        leased=category.leased,
        total=int(total),
        days=days,
        built=built,
        overdue=last in (Stage.REGISTERED, Stage.LANDED) and chance.random() < 0.4,
    )


def _days(chance: random.Random, last: Stage, category: Category, until: date) -> tuple[dict[Stage, date], date | None]:
    """Backwards from the last day: how long it has stood where it stands, and how long each stage before took."""
    order = list(DWELL)
    dwell = {stage: chance.randint(*DWELL[stage]) for stage in order}
    if category.leased:
        dwell[Stage.UNDER_CONSTRUCTION] = chance.randint(*FITTING_OUT)
    day = until - timedelta(days=max(9, int(dwell[last] * (0.1 + 0.75 * chance.random()))))
    days = {last: day}
    for earlier, _ in reversed(list(pairwise(order[: order.index(last) + 1]))):
        day -= timedelta(days=dwell[earlier])
        days[earlier] = day
    start = days.get(Stage.UNDER_CONSTRUCTION)
    built = days.get(Stage.COMPLETED) or (start + timedelta(days=dwell[Stage.UNDER_CONSTRUCTION]) if start else None)
    return dict(sorted(days.items(), key=lambda item: item[1])), built


def _named(chance: random.Random, made: list[Life]) -> None:
    kinds = {c.name: c.kinds for c in CATEGORIES}
    taken = {life.name for life in made if life.told}
    for life in made:
        name = life.name
        while not name or (name in taken and not life.told):
            name = f"{chance.choice(PLACES)}{chance.choice(kinds[life.category])}项目{MADE_UP}"
        life.name = name
        taken.add(name)
        life.enterprise = f"演示{life.name[:2]}{TRADES[life.industry]}{life.serial + 1:03d}有限公司"


def _ended(chance: random.Random, made: list[Life], until: date) -> None:
    """Some that never came to works were given up, all over the two years; the first that was lost came back."""
    early = (Stage.NEGOTIATING, Stage.SIGNED, Stage.REGISTERED)
    waiting = [one for one in made if list(one.days)[-1] in early and not one.told]
    chosen = chance.sample(waiting, min(len(waiting), max(1, len(made) // 16)))
    for how, life in zip(ENDINGS, chosen, strict=False):
        back = timedelta(days=chance.randint(60, 440))
        life.days = {stage: day - back for stage, day in life.days.items()}
        last = list(life.days.values())[-1]
        life.ended = how, min(last + timedelta(days=chance.randint(25, 110)), until - 5 * DAY)
        life.overdue = False
    lost = [one for one in chosen if one.ended and one.ended[0] == "lost" and one.ended[1] < until - 80 * DAY]
    if lost and lost[0].ended:
        lost[0].revived = lost[0].ended[1] + timedelta(days=45)


def _disturbed(chance: random.Random, made: list[Life], since: date, until: date) -> None:
    """Works that stand still for a while."""
    building = [one for one in made if list(one.days)[-1] is Stage.UNDER_CONSTRUCTION and not one.leased and not one.told]
    for n, life in enumerate(chance.sample(building, min(len(building), max(2, len(made) // 12)))):
        start = max(life.days[Stage.UNDER_CONSTRUCTION], since)
        if n < len(made) // 50 + 1 and (until - start).days > 60:
            life.paused = until - timedelta(days=chance.randint(12, 50)), until + 60 * DAY  # and still does
        elif (until - start).days > 150:
            begun = start + timedelta(days=chance.randint(30, (until - start).days - 100))
            life.paused = begun, begun + timedelta(days=chance.choice((21, 45, 60, 75)))
