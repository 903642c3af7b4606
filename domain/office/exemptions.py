"""单位免责: a whole unit is exempt from an indicator, its returns or everything for a time (rules: domain.exempting)."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import NoDocument
from domain.exempting import EndingExemption, Exempted, Exempting, ExemptionStopped, covered, exemptions, spans
from domain.fact import Kind
from domain.history import History, View
from domain.values import Period


class UnitExempted(Exempted):
    """单位剔除（免责）."""

    kind: ClassVar = Kind(213, "unit_exempted", "unit")


class UnitExemptionEnded(ExemptionStopped):
    """单位剔除（免责）提前终止."""

    kind: ClassVar = Kind(214, "unit_exemption_ended", "unit")


class ExemptUnit(Exempting, StatesFact):
    """Exempt a unit for a time, under a document and approved by another person."""

    act: Literal["grant"]


class EndUnitExemption(EndingExemption, StatesFact):
    """End a unit's exemption before its time."""

    act: Literal["end"]


@deed("exemptions", stream="unit", action=Action.ISSUE)
def exempt_unit(past: History, command: ExemptUnit, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    return [UnitExempted.of(command)]


@deed("exemptions", stream="unit", action=Action.ISSUE)
def end_unit_exemption(past: History, command: EndUnitExemption, context: Context) -> list[Event]:
    return [UnitExemptionEnded.of(command)]


def need_not_report(unit: View, period: Period) -> bool:
    """免报: whether every day of a reporting period is exempt from returns."""
    return covered(period.since, period.until, spans(e for e in exemptions(unit) if e.concerns("returns")))
