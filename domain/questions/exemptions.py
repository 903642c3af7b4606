"""剔除与免责现状: which exemptions stand, and what they do to a clock."""

from collections.abc import Iterable, Sequence
from datetime import date

from domain.exempting import Exemption, citations, exemptions, running, shifted, spans
from domain.history import View
from domain.questions.answers import Sourced
from domain.values import Frozen


class ExemptionNow(Sourced):
    """One exemption at the viewpoint. `stream` is the project or `unit:…` it was granted to; `until` its last day."""

    stream: str
    entry: str
    ground: str
    because: str
    indicators: tuple[str, ...]
    """From everything when empty."""
    since: date
    until: date
    granted_on: date
    approver: str
    document: str | None
    ended_early: bool


def exemption_now(exemption: Exemption) -> ExemptionNow:
    fact, entry = exemption.granted.fact, exemption.granted.original
    return ExemptionNow(
        stream=entry.stream,
        entry=entry.citation,
        ground=fact.ground,
        because=fact.because,
        indicators=fact.indicators,
        since=exemption.since,
        until=exemption.until,
        granted_on=fact.occurred_on,
        approver=fact.approver,
        document=entry.envelope.document,
        ended_early=exemption.ended is not None,
        sources=exemption.sources,
    )


def exemptions_now(views: Iterable[View], since: date, until: date, indicator: str | None = None) -> list[ExemptionNow]:
    """Of these streams, those that exempt any day of `[since, until]`; all of them, or those that concern an indicator."""
    found = [e for view in views for e in exemptions(view) if e.meets(since, until)]
    return [exemption_now(e) for e in found if indicator is None or e.concerns(indicator)]


class Clock(Frozen):
    """A due date on whose exempt days the clock stood still (docs/decisions/0008).

    `due` is when it runs out; `days` counts the days since then that are not exempt; `exempt`: the date has passed, and
    not one of the days since counts.
    """

    due: date
    days: int
    exempt: bool
    exempted: tuple[str, ...]
    """Citations of the exemptions that stopped it."""


def clock(granted: Sequence[Exemption], indicator: str, due: date, begun: date, on: date) -> Clock:
    """`begun`: the day it was set running; what was exempt before then was known when the date was set."""
    begun = min(begun, due)
    own = [e for e in granted if e.concerns(indicator)]
    still = spans(own)
    until = shifted(due, begun, still)
    days = running(until, on, still)
    stopped = [e for e in own if e.until > begun and e.since <= on]
    return Clock(due=until, days=days, exempt=bool(stopped) and due < on and days == 0, exempted=citations(stopped))
