"""剔除与免责, common to projects and units: from what, how long, approved by whom, and clocks that stand still meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from domain.errors import Refused, UnknownEntry
from domain.fact import Fact, Mentions, Others, Particulars
from domain.history import Standing, View
from domain.indicators import Exemptible
from domain.settings import Settings
from domain.values import EntryNumber, Period, PersonRef, Prose, Word

DAY = timedelta(days=1)


class UnknownGround(Refused):
    """This word is not among the district's grounds for exemptions; the settings list the words."""

    zh = "该词不在本区剔除（免责）事由之列，请见设置。"
    sort = "invalid"


class ExemptionOver(Refused):
    """The exemption has ended already, or its period was over by then."""

    zh = "该项剔除（免责）已经终止或届满。"


class Exempting(Particulars):
    """`occurred_on` is the day it was granted; the period may lie before or after."""

    ground: Word
    """A word of the district's own list (settings: exemption_grounds): 不可抗力, 政策调整 …"""
    because: Prose
    indicators: Annotated[tuple[Exemptible, ...], Field(max_length=30)] = ()
    """From what; everything when empty."""
    period: Period
    approver: PersonRef
    """Another person than who records it."""


class Exempted(Exempting, Fact):
    """Base of what exempts a project or a unit."""

    def mentions(self) -> Mentions:
        return Mentions(persons=(self.approver,))

    def approved_by(self) -> str:
        return self.approver

    def check(self, others: Others, settings: Settings) -> None:
        if self.ground not in {ground.word for ground in settings.exemption_grounds}:
            raise UnknownGround(self.ground, pointer="/ground")


class EndingExemption(Particulars):
    exemption: EntryNumber
    """The entry that granted it."""
    because: Prose


class ExemptionStopped(EndingExemption, Fact):
    """Base of what ends one before its time: from `occurred_on` on it exempts no longer."""

    def check(self, others: Others, settings: Settings) -> None:
        granted = next((o for o in others.of(Exempted) if o.number == self.exemption), None)
        if granted is None:
            raise UnknownEntry(f"#{self.exemption}", pointer="/exemption")
        ended = any(o.fact.exemption == self.exemption for o in others.of(ExemptionStopped))
        if ended or self.occurred_on > granted.fact.period.until:
            raise ExemptionOver(f"#{self.exemption}: {granted.fact.period}", pointer="/exemption")


@dataclass(frozen=True)
class Exemption:
    """One as it stands at a viewpoint; `until` is its last day."""

    granted: Standing[Exempted]
    ended: Standing[ExemptionStopped] | None
    since: date
    until: date

    def concerns(self, indicator: str | None) -> bool:
        """Whether it exempts from this; None asks for those from everything."""
        return not self.granted.fact.indicators or indicator in self.granted.fact.indicators

    def meets(self, since: date, until: date) -> bool:
        """Whether any day of `[since, until]` is exempt."""
        return self.since <= until and since <= self.until

    @property
    def sources(self) -> tuple[str, ...]:
        return self.granted.sources + (self.ended.sources if self.ended else ())


def exemptions(view: View) -> list[Exemption]:
    """Those of a project's or a unit's stream, in the order they were granted; ended before it began, none is left."""
    ends = {s.fact.exemption: s for s in view.of(ExemptionStopped)}
    found = []
    for granted in view.of(Exempted):
        ended, period = ends.get(granted.number), granted.fact.period
        until = min(period.until, ended.fact.occurred_on - DAY) if ended else period.until
        if period.since <= until:
            found.append(Exemption(granted, ended, period.since, until))
    return found


def citations(exemptions: Iterable[Exemption]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for e in exemptions for c in e.sources))


Spans = Sequence[tuple[date, date]]
"""Days on which a clock does not run: `[since, until]`, in order, apart from each other."""


def spans(exemptions: Iterable[Exemption]) -> Spans:
    merged: list[tuple[date, date]] = []
    for since, until in sorted((e.since, e.until) for e in exemptions):
        if merged and since <= merged[-1][1] + DAY:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((since, until))
    return merged


def shifted(due: date, begun: date, spans: Spans) -> date:
    """The day a clock begun after `begun` runs out, when it stands still on exempt days."""
    for since, until in spans:
        if since > due + DAY:
            break
        first = max(since, begun + DAY)
        if first <= until:
            due += until - first + DAY
    return due


def running(after: date, on: date, spans: Spans) -> int:
    """How many days of `(after, on]` are not exempt."""
    if on <= after:
        return 0
    exempt = ((min(until, on) - max(since, after + DAY)).days + 1 for since, until in spans if since <= on and until > after)
    return (on - after).days - sum(exempt)


def covered(since: date, until: date, spans: Spans) -> bool:
    """Whether every day of `[since, until]` is exempt."""
    return any(first <= since and until <= last for first, last in spans)
