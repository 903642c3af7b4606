"""剔除（免责）: a project is exempt from an indicator or from everything for a time, on a ground, under a document."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import NoDocument
from domain.exempting import EndingExemption, Exempted, Exempting, ExemptionStopped
from domain.fact import Kind
from domain.history import History


class ExemptionGranted(Exempted):
    """项目剔除（免责）."""

    kind: ClassVar = Kind(180, "exemption_granted")


class ExemptionEnded(ExemptionStopped):
    """项目剔除（免责）提前终止."""

    kind: ClassVar = Kind(181, "exemption_ended")


class GrantExemption(Exempting, StatesFact):
    """Exempt a project for a time, under a document and approved by another person."""

    act: Literal["grant"]


class EndExemption(EndingExemption, StatesFact):
    """End an exemption before its time."""

    act: Literal["end"]


@deed("exemptions", action=Action.ISSUE)
def grant_exemption(past: History, command: GrantExemption, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    return [ExemptionGranted.of(command)]


@deed("exemptions", action=Action.ISSUE)
def end_exemption(past: History, command: EndExemption, context: Context) -> list[Event]:
    return [ExemptionEnded.of(command)]
