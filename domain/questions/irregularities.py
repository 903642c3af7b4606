"""What is irregular: one rule each, asked when recording and at every viewpoint (DESIGN §3.10)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from operator import attrgetter

from domain.errors import Broken
from domain.fact import AGREED, INVESTED, INVESTED_TOTAL, INVESTED_YEAR, MEASURES, RECEIVED, Fact, Stage
from domain.history import View, states_levels
from domain.office.gates import NO_GATES, GatesInForce
from domain.project.construction import (
    ConstructionCompleted,
    ConstructionPaused,
    ConstructionResumed,
    ConstructionStarted,
    ProgressReported,
)
from domain.project.endings import ProjectEnded, ProjectRevived
from domain.project.funds import FundsReceived, FundsReturned
from domain.project.land import LandSecured
from domain.project.plans import PlanAct
from domain.project.registrations import EnterpriseRegistered
from domain.project.responsibilities import HOLDING, ProjectTransferred, ResponsibilityHandedOver, tenures
from domain.project.signings import Signed
from domain.project.statistics import EnteredStatistics
from domain.project.taxes import TaxPaid
from domain.questions.answers import Sourced
from domain.questions.around import ALONE, Around
from domain.questions.gates import passed_without
from domain.questions.measures import stating
from domain.questions.self_approval import self_approved
from domain.settings import Settings
from domain.values import Money

RULES = {
    "funds_before_signing": ("签约前资金到位", "funds received before an agreement or contract was signed"),
    "above_agreed": ("到位资金超过协议资金", "funds received exceed the agreed sum"),
    "end_before_start": ("竣工早于开工", "completion before the start of construction"),
    "not_under_construction": ("未开工即停工或复工", "paused or resumed without having started"),
    "stages_skipped": ("跳越阶段", "stages were skipped"),
    "after_ending": ("终结之后的事实", "dated after the project ended"),
    "level_falls": ("水平数下降", "a level lower than stated before"),
    "sums_disagree": ("本期、本年与累计数不符", "this period, this year and since start disagree"),
    "handover_by_non_holder": ("移交人并非在任责任人", "handed over by someone who did not hold the role"),
    "plan_backdated": ("计划倒签", "a plan act dated back"),
    "after_deadline": ("逾期报送", "returned after the period's deadline"),
    "plan_ends_before_start": ("计划竣工早于计划开工", "planned completion before planned start"),
    "progress_before_start": ("开工前报进度", "progress of works reported before the start of construction"),
    "paused_after_completion": ("竣工后停工或复工", "paused or resumed after completion"),
    "start_before_land": ("用地落实前开工", "construction started before the land was secured"),
    "statistics_before_start": ("开工前入统", "entered statistics before the start of construction"),
    "above_plan": ("累计投资超过计划总投资", "invested more than the plan in force provides"),
    "tax_before_registration": ("企业注册前有税收", "tax paid before the enterprise was registered"),
    "gate_missing": ("缺关口所需事实或佐证", "passed a stage gate without what it expects"),
    "self_approved": ("自批（事后发现）", "self-approved (found later)"),
    "personal_number": ("文字中有电话或身份证号码", "a phone or identity number in its text"),
    "person_named": ("文字中有人员姓名", "a person's name in its text"),
}
"""Every rule by its stable name, with its words in Chinese and English."""


BUILDING: frozenset[type[Fact]] = frozenset(
    (
        ConstructionStarted,
        ConstructionPaused,
        ConstructionResumed,
        ConstructionCompleted,
        ProgressReported,
        EnteredStatistics,
    )
)

LEVELS = frozenset(m.number for m in MEASURES.values() if m.sort == "level" and m is not AGREED)
"""Measures that fall, or disagree with their parts, when something is wrong; what was agreed may fall."""


def broken(rule: str, about: str = "") -> Broken:
    """A rule with its words."""
    return Broken(rule, *RULES[rule], about)


@dataclass(frozen=True)
class Mark:
    """A rule that a fact breaks at this viewpoint; `about` says what exactly, where the rule alone does not."""

    number: int
    rule: str
    about: str = ""


IN_ORDER = attrgetter("number", "rule")
Marking = Callable[[View, Settings, GatesInForce], Iterable[Mark]]


def irregularities(view: View, settings: Settings, gates: GatesInForce = NO_GATES, around: Around = ALONE) -> list[Mark]:
    """Every mark at the viewpoint, by fact and rule, under the settings and stage gates in force there."""
    found = {
        *_marks(view, frozenset(view.by_kind), settings, gates),
        *_personal(view),
        *(Mark(found.number, "self_approved", str(found)) for found in self_approved(view, around.same)),
    }
    return sorted(found, key=IN_ORDER)


def marks_of(view: View, numbers: Collection[int], settings: Settings, gates: GatesInForce) -> dict[int, tuple[Broken, ...]]:
    """The rules that some facts break, by number; only what may mark such facts is asked."""
    kinds = frozenset([type(view.matters[number].current.fact) for number in numbers])
    own = {mark for mark in _marks(view, kinds, settings, gates) if mark.number in numbers}
    found: dict[int, tuple[Broken, ...]] = {}
    for mark in sorted(own, key=IN_ORDER):
        found[mark.number] = (*found.get(mark.number, ()), broken(mark.rule, mark.about))
    return found


def _marks(view: View, kinds: frozenset[type[Fact]], settings: Settings, gates: GatesInForce) -> Iterator[Mark]:
    return chain.from_iterable(marking(view, settings, gates) for marking in asked_of(kinds))


@lru_cache(maxsize=1_000)
def asked_of(kinds: frozenset[type[Fact]]) -> tuple[Marking, ...]:
    """What marks facts of these kinds, and perhaps others."""
    entering = any(kind.stage is not Fact.stage for kind in kinds)
    asked: tuple[tuple[bool, Marking], ...] = (
        (FundsReceived in kinds, lambda view, _, __: _money(view)),
        (bool(kinds & BUILDING), lambda view, _, __: _building(view)),
        (entering, lambda view, _, __: _stages(view)),
        (entering, lambda view, _, gates: _gates(view, gates)),
        (any(states_levels(kind) for kind in kinds), lambda view, _, __: _levels(view)),
        (bool(kinds & {ResponsibilityHandedOver, ProjectTransferred}), lambda view, _, __: _handovers(view)),
        (any(issubclass(kind, PlanAct) for kind in kinds), lambda view, settings, _: _plans(view, settings)),
        (ProgressReported in kinds, lambda view, settings, _: _investment(view, settings)),
        (TaxPaid in kinds, lambda view, _, __: _taxes(view)),
        (bool(kinds), lambda view, _, __: _endings(view)),
    )
    return tuple(marking for wanted, marking in asked if wanted)


class IrregularFact(Sourced):
    """A fact in force and one rule: which it breaks at this viewpoint, or broke when it was recorded, or both."""

    entry: str
    kind: str
    occurred_on: date
    rule: str
    about: str | None
    at_viewpoint: bool
    reason: str | None
    """What was given when it was recorded; null where nothing was irregular then."""


def irregular_facts(view: View, settings: Settings, gates: GatesInForce, around: Around = ALONE) -> list[IrregularFact]:
    """In order of the facts, then by rule; those that were annulled come last, where the annulment itself is marked."""
    now = {(m.number, m.rule): m.about for m in irregularities(view, settings, gates, around)}
    gone = {n for n, _ in now} - {s.number for s in view.facts}
    left = [view.matters[n].current for n in sorted(gone)]
    found = []
    for standing in (*view.facts, *(s for s in left if s.fact.occurred_on <= view.viewpoint.on)):
        then = {i.rule: i.reason for i in standing.original.envelope.irregular}
        for rule in sorted({*then, *(rule for number, rule in now if number == standing.number)}):
            found.append(
                IrregularFact(
                    entry=standing.original.citation,
                    kind=standing.fact.kind.topic,
                    occurred_on=standing.fact.occurred_on,
                    rule=rule,
                    about=now.get((standing.number, rule)) or None,
                    at_viewpoint=(standing.number, rule) in now,
                    reason=then.get(rule),
                    sources=standing.sources,
                )
            )
    return found


def _money(view: View) -> Iterator[Mark]:
    signed = next((s.place for s in view.of(Signed) if s.fact.stage() is Stage.SIGNED), None)
    agreed = received = 0
    for standing in view.of(Signed, FundsReceived, FundsReturned):
        for measure, _, amount, _ in standing.lines:
            if measure is AGREED:
                agreed = amount
            elif measure is RECEIVED:
                received += amount
        if isinstance(standing.fact, FundsReceived):
            if agreed and received > agreed:
                yield Mark(standing.number, "above_agreed")
            if signed is None or standing.place < signed:
                yield Mark(standing.number, "funds_before_signing")


def _building(view: View) -> Iterator[Mark]:
    started, completed = _first(view, ConstructionStarted), _first(view, ConstructionCompleted)
    for standing in view.of(*BUILDING):
        day = standing.fact.occurred_on
        before_start = started is None or day < started
        match standing.fact:
            case ConstructionCompleted() if started is not None and day < started:
                yield Mark(standing.number, "end_before_start")
            case ConstructionPaused() | ConstructionResumed():
                if before_start:
                    yield Mark(standing.number, "not_under_construction")
                if completed is not None and day > completed:
                    yield Mark(standing.number, "paused_after_completion")
            case ProgressReported(percent=percent) if percent and before_start:
                yield Mark(standing.number, "progress_before_start")
            case EnteredStatistics() if before_start:
                yield Mark(standing.number, "statistics_before_start")
            case ConstructionStarted():
                landed = next((s.fact.occurred_on for s in view.of(LandSecured) if s.fact.lands), None)
                if landed is not None and day < landed:
                    yield Mark(standing.number, "start_before_land")
            case _:
                pass


def _first(view: View, kind: type[Fact]) -> date | None:
    """The day of the first fact of a kind."""
    found = view.of(kind)
    return found[0].fact.occurred_on if found else None


def _stages(view: View) -> Iterator[Mark]:
    """A stage fact that leaps over stages nobody recorded by its day; a step back is no step at all."""
    reached: set[Stage] = set()
    for standing, stage in view.stages:
        if stage in reached:
            continue
        highest = max((s.rank for s in reached), default=Stage.LEAD.rank)
        if stage.rank > highest + 1:
            yield Mark(standing.number, "stages_skipped")
        reached.add(stage)


def _endings(view: View) -> Iterator[Mark]:
    ended: date | None = None
    for standing in view.facts if view.of(ProjectEnded) else ():
        match standing.fact:
            case ProjectEnded():
                ended = standing.fact.occurred_on
            case ProjectRevived():
                ended = None
            case fact:
                if ended is not None and fact.occurred_on > ended:
                    yield Mark(standing.number, "after_ending")


def _levels(view: View) -> Iterator[Mark]:
    last: dict[tuple[int, str, int], int] = {}
    years: defaultdict[int, int] = defaultdict(int)
    since_start = 0
    for standing in stating(view, view.levels):
        fact, progressing = standing.fact, isinstance(standing.fact, ProgressReported)
        for measure, authority, amount, _ in standing.lines:
            if measure.number in LEVELS:
                year = fact.occurred_on.year if measure is INVESTED_YEAR else 0  # begins anew each year
                key = measure.number, authority, year
                if amount < last.get(key, 0):
                    yield Mark(standing.number, "level_falls")
                last[key] = amount
            if not progressing or authority != "reported":
                continue
            year = fact.occurred_on.year
            if measure is INVESTED:
                years[year] += amount
                since_start += amount
            elif (measure is INVESTED_YEAR and years[year] and amount != years[year]) or (
                measure is INVESTED_TOTAL and since_start and amount < since_start
            ):
                yield Mark(standing.number, "sums_disagree")


def _handovers(view: View) -> Iterator[Mark]:
    holdings = view.of(*HOLDING)
    for index, standing in enumerate(holdings):
        fact = standing.fact
        if not isinstance(fact, ResponsibilityHandedOver | ProjectTransferred):
            continue
        holding = [t for t in tenures(holdings[:index]) if t.role == fact.role and t.holder.named(fact.outgoing)]
        if not any(t.since <= fact.occurred_on and (t.until is None or t.until >= fact.occurred_on) for t in holding):
            yield Mark(standing.number, "handover_by_non_holder")


def _plans(view: View, settings: Settings) -> Iterator[Mark]:
    allowed = timedelta(days=settings.plan_backdating_days)
    newest = 0
    for standing in view.of(PlanAct):
        fact, entry = standing.fact, standing.original
        if standing.number < newest:
            yield Mark(newest, "plan_backdated")
        newest = max(newest, standing.number)
        by_hand = entry.envelope.source.door in ("api", "cli")
        if by_hand and entry.recorded_on is not None and entry.recorded_on - fact.occurred_on > allowed:
            yield Mark(standing.number, "plan_backdated")
        start, completion = fact.start, fact.completion
        if isinstance(start, date) and isinstance(completion, date) and completion < start:
            yield Mark(standing.number, "plan_ends_before_start")


def _investment(view: View, settings: Settings) -> Iterator[Mark]:
    """What the unit's progress returns add up to, against the total investment that the plan in force then provides."""
    provided: Money | None = None
    invested = 0
    for standing in view.of(PlanAct, ProgressReported):
        match standing.fact:
            case PlanAct(investment=planned) if planned is not None:
                provided = planned if isinstance(planned, Money) and planned.currency == settings.currency else None
            case ProgressReported() as fact:
                added = sum(line.amount for line in fact.lines() if line.measure is INVESTED)
                invested += added
                if added and provided is not None and invested > provided.minor:
                    yield Mark(standing.number, "above_plan")
            case _:
                pass


def _taxes(view: View) -> Iterator[Mark]:
    registered = _first(view, EnterpriseRegistered)
    for standing in view.of(TaxPaid):
        if standing.fact.total.minor and registered is not None and standing.fact.period.until < registered:
            yield Mark(standing.number, "tax_before_registration")


def _gates(view: View, gates: GatesInForce) -> Iterator[Mark]:
    for standing, lacking in passed_without(view, gates):
        yield Mark(standing.number, "gate_missing", "; ".join(map(str, lacking)))


def _personal(view: View) -> Iterator[Mark]:
    """Told by what was found when it was recorded, as long as that wording stands: names are known then and may be gone."""
    for standing in view.facts:
        event = standing.wording.event
        for said in standing.wording.envelope.irregular:
            if said.rule in PERSONAL and getattr(event, "reads", event) == standing.fact:
                yield Mark(standing.number, said.rule)


PERSONAL = frozenset(("personal_number", "person_named"))
"""Found in texts as they are recorded (domain.personal)."""
