"""认定: which verdicts stand on a fact's figures, and what they come to as the fact reads now (DESIGN §3.9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from domain.entry import Entry, cite
from domain.fact import MEASURES, Fact, Line, Measure
from domain.history import Matter
from domain.judgement import VerdictGiven
from domain.settings import Settings
from domain.values import Frozen


@dataclass(frozen=True)
class Recognition:
    """One authority's standing verdict on one figure; `amount` in the district's currency, capped at what is reported."""

    measure: Measure
    entry: Entry
    verdict: VerdictGiven
    amount: int
    judge_again: bool
    """Whether amount, currency rate or period were corrected after the version judged (须重新认定)."""

    @property
    def authority(self) -> str:
        return self.verdict.authority


def recognitions(matter: Matter) -> list[Recognition]:
    """In the order they were given; a verdict on another currency than the fact now has does not count."""
    last: dict[tuple[str, str], tuple[Entry, VerdictGiven]] = {}
    for entry, verdict in matter.said(VerdictGiven):
        last.pop((verdict.measure, verdict.authority), None)
        if verdict.outcome != "withdrawn":
            last[verdict.measure, verdict.authority] = entry, verdict
    found = []
    for entry, verdict in last.values():
        measure = MEASURES[verdict.measure]
        currency = verdict.amount.currency if verdict.amount else None
        amount = counting(matter.current.fact, measure, given(verdict), currency)
        if amount is not None:
            found.append(Recognition(measure, entry, verdict, amount, _judge_again(matter, verdict)))
    return found


def given(verdict: VerdictGiven) -> int:
    """What the verdict recognises, in the fact's own currency: hundredths or whole numbers; 0 where nothing."""
    if verdict.amount is not None:
        return verdict.amount.minor
    return MEASURES[verdict.measure].units(verdict.value) if verdict.value is not None else 0


def counting(fact: Fact, measure: Measure, units: int, currency: str | None) -> int | None:
    """What was recognised as it counts while the fact reads so: never more than reported, in the district's currency.

    None where the fact states no such figure, or states it in another currency; `currency` is None where none was named.
    """
    line = the_line(fact, measure)
    if line is None or (currency is not None and line.money is not None and line.money.currency != currency):
        return None
    exchange = getattr(fact, "exchange", None)
    if exchange is not None and line.money is not None:
        units = int((Decimal(units) * exchange.rate).quantize(Decimal(1), ROUND_HALF_UP))
    counted = min(units, abs(line.amount))
    return -counted if line.amount < 0 else counted


def the_line(fact: Fact, measure: Measure) -> Line | None:
    """The unit's own figure of a measure."""
    return next((x for x in fact.lines() if x.measure is measure and x.authority == "reported"), None)


def _judge_again(matter: Matter, verdict: VerdictGiven) -> bool:
    judged, now = matter.wording(verdict.version), matter.current
    if judged is None or judged.wording is now.wording:
        return False
    measure = MEASURES[verdict.measure]
    return any(
        getattr(judged.fact, name, None) != getattr(now.fact, name, None) for name in ("occurred_on", "period", "exchange")
    ) or the_line(judged.fact, measure) != the_line(now.fact, measure)


def headline(recognitions: list[Recognition], measure: Measure, settings: Settings) -> Recognition | None:
    """认定数: the verdict of the measure's headline authority; where the district names none, the last one given."""
    of = [r for r in recognitions if r.measure is measure]
    named = settings.recognising.get(measure.name)
    if named:
        of = [r for r in of if r.authority == named[0]]
    return max(of, key=lambda r: (r.entry.position or 2**62, r.entry.number), default=None)


def recognised_lines(matter: Matter, settings: Settings) -> Iterator[tuple[Line, Recognition]]:
    """The figures of a fact that the headline authorities recognise."""
    standing = recognitions(matter)
    for measure in dict.fromkeys(r.measure for r in standing):
        found = headline(standing, measure, settings)
        if found is not None:
            yield Line(measure, "recognised", found.amount), found


def disputed(recognitions: list[Recognition], measure: Measure) -> bool:
    """Whether authorities recognise different amounts of one figure (认定不一致)."""
    return len({r.amount for r in recognitions if r.measure is measure}) > 1


class VerdictNow(Frozen):
    """One authority's standing verdict; `recognised` is capped at what is reported now, `given` is what it said."""

    authority: str
    outcome: Literal["recognised", "not_recognised"]
    recognised: Decimal
    given: Decimal
    version: str
    """The wording judged."""
    judge_again: bool
    reason: str | None
    document: str | None
    entry: str


class JudgedFigure(Frozen):
    """One figure of a fact and where its recognition stands: the headline's `state`, and every authority's verdict."""

    measure: str
    reported: Decimal
    state: Literal["not_judged", "recognised", "not_recognised"]
    recognised: Decimal | None
    judge_again: bool
    disputed: bool
    verdicts: tuple[VerdictNow, ...]


def judged_figures(matter: Matter, settings: Settings) -> list[JudgedFigure]:
    """Every figure of the unit's own that the fact states; none for a fact that is annulled."""
    if matter.annulled_by is not None:
        return []
    standing = recognitions(matter)
    found = []
    for line in matter.current.fact.lines():
        if line.authority == "reported":
            measure, head = line.measure, headline(standing, line.measure, settings)
            found.append(
                JudgedFigure(
                    measure=measure.name,
                    reported=measure.value(line.amount),
                    state="not_judged" if head is None else _outcome(head),
                    recognised=None if head is None else measure.value(head.amount),
                    judge_again=head is not None and head.judge_again,
                    disputed=disputed(standing, measure),
                    verdicts=tuple(_verdict(r, matter) for r in standing if r.measure is measure),
                )
            )
    return found


def _outcome(recognition: Recognition) -> Literal["recognised", "not_recognised"]:
    return "recognised" if recognition.verdict.outcome == "recognised" else "not_recognised"


def _verdict(recognition: Recognition, matter: Matter) -> VerdictNow:
    verdict, measure = recognition.verdict, recognition.measure
    return VerdictNow(
        authority=verdict.authority,
        outcome=_outcome(recognition),
        recognised=measure.value(recognition.amount),
        given=measure.value(given(verdict)),
        version=cite(matter.current.original.stream, verdict.version),
        judge_again=recognition.judge_again,
        reason=verdict.reason,
        document=recognition.entry.envelope.document,
        entry=recognition.entry.citation,
    )
