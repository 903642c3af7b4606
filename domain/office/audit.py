"""审计: an auditor's own entries, one stream each: what was found, asked for or checked, what the unit did, and the closing.

They are about projects and units and cite entries, and change none of them; nobody but auditors judges them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Actor, Event, Role, cite
from domain.errors import Refused, SelfApproval, UnknownEntry
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, Standing, View
from domain.values import Day, Line, ProjectCode, Prose, UnitCode

PREFIX = "audit:"
Citation = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.-]{1,64}#[1-9][0-9]{0,9}$")]
"""An entry of any stream: `XH-2026-031#7`, `audit:2026-001#1`."""
State = Literal["open", "rectified", "closed", "noted"]
"""待整改, 已整改待销号, 已销号, and a site check that awaits nothing."""


class DeadlineBeforeFinding(Refused):
    """The deadline lies before the day it is set on."""

    zh = "期限早于提出之日。"
    sort = "invalid"


class NothingAwaited(Refused):
    """A site check awaits no rectification; what it found is a finding of its own."""

    zh = "现场核查无须整改；如有问题请另记发现问题。"


class NotRectified(Refused):
    """No rectification has been reported since this was found, or since it was sent back."""

    zh = "尚未报送整改（或退回后尚未重新整改）。"


class ClosedAlready(Refused):
    """This was closed already."""

    zh = "该事项已经销号。"


class Concerning(Particulars):
    """`units` answer for it; those that lead the projects on that day when none is named."""

    title: Line
    text: Prose
    projects: Annotated[tuple[ProjectCode, ...], Field(max_length=50)] = ()
    units: Annotated[tuple[UnitCode, ...], Field(max_length=50)] = ()
    entries: Annotated[tuple[Citation, ...], Field(max_length=200)] = ()
    """The entries it is about."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if not self.projects and not self.units:
            raise ValueError("name a project or a unit / 请填写所涉项目或单位")
        return self


class Awaiting(Concerning):
    deadline: Day
    """The last day for the unit's answer."""

    def last_days(self) -> Mapping[str, date]:
        return {"deadline": self.deadline}


class AuditOpening(Concerning, Fact):
    """What begins an audit's stream."""

    begins: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(units=self.units, projects=self.projects)


class AuditFound(AuditOpening, Awaiting):
    """发现问题."""

    kind: ClassVar = Kind(270, "audit_found", "audit")


class MaterialsRequested(AuditOpening, Awaiting):
    """调阅."""

    kind: ClassVar = Kind(271, "materials_requested", "audit")


class SiteChecked(AuditOpening):
    """现场核查."""

    kind: ClassVar = Kind(272, "site_checked", "audit")


class Rectifying(Particulars):
    text: Prose
    entries: Annotated[tuple[Citation, ...], Field(max_length=200)] = ()
    """The corrections and facts that put it right."""


class Rectified(Rectifying, Fact):
    """整改: what the unit did about it, or the materials it gave."""

    kind: ClassVar = Kind(273, "rectified", "audit")


class SendingBack(Particulars):
    because: Prose
    deadline: Day

    def last_days(self) -> Mapping[str, date]:
        return {"deadline": self.deadline}


class RectificationSentBack(SendingBack, Fact):
    """整改退回: it does not suffice; again, by another deadline."""

    kind: ClassVar = Kind(274, "rectification_sent_back", "audit")


class ClosingAudit(Particulars):
    note: Prose | None = None


class AuditClosed(ClosingAudit, Fact):
    """销号."""

    kind: ClassVar = Kind(275, "audit_closed", "audit")


class OpensAudit(StatesFact):
    """A command that begins an audit's stream; its code is the ledger's own."""


class RecordFinding(Awaiting, OpensAudit):
    """Record what an audit found wrong, with the deadline for putting it right."""

    act: Literal["find"]


class RequestMaterials(Awaiting, OpensAudit):
    """Ask a unit for materials, by a deadline."""

    act: Literal["request"]


class RecordSiteCheck(Concerning, OpensAudit):
    """Record what was seen on site."""

    act: Literal["check"]


class Rectify(Rectifying, StatesFact):
    """Report what the unit did about a finding, or gave on request."""


class CloseAudit(ClosingAudit, StatesFact):
    """Close what was rectified: an auditor, who did not rectify it."""

    act: Literal["close"]


class SendRectificationBack(SendingBack, StatesFact):
    """Ask for more: the rectification does not suffice."""

    act: Literal["send_back"]


@deed("audits", stream="audit", action=Action.AUDIT, begins=True)
def record_finding(past: History, command: RecordFinding, context: Context) -> list[Event]:
    return [AuditFound.model_construct(**_opening(command, context))]


@deed("audits", stream="audit", action=Action.AUDIT, begins=True)
def request_materials(past: History, command: RequestMaterials, context: Context) -> list[Event]:
    return [MaterialsRequested.model_construct(**_opening(command, context))]


@deed("audits", stream="audit", action=Action.AUDIT, begins=True)
def record_site_check(past: History, command: RecordSiteCheck, context: Context) -> list[Event]:
    return [SiteChecked.model_construct(**_opening(command, context))]


def _opening(command: RecordFinding | RequestMaterials | RecordSiteCheck, context: Context) -> dict[str, Any]:
    """Raises DeadlineBeforeFinding, UnknownEntry."""
    if isinstance(command, Awaiting) and command.deadline < command.occurred_on:
        raise DeadlineBeforeFinding(str(command.deadline), pointer="/deadline")
    _cited(command.entries, context)
    model = Awaiting if isinstance(command, Awaiting) else Concerning
    stated = {name: getattr(command, name) for name in model.model_fields}
    return stated | {"units": command.units or context.answerable}


@deed("rectifications", stream="audit", action=Action.RECTIFY)
def rectify(past: History, command: Rectify, context: Context) -> list[Event]:
    """By a unit it concerns: who that is, is read from the facts when the act is permitted (domain.permissions)."""
    _still_open(past.now)
    if opening(past.now).kind is SiteChecked.kind:
        raise NothingAwaited(past.label)
    _cited(command.entries, context, past.label)
    return [Rectified.of(command)]


@deed("closings", stream="audit", action=Action.AUDIT)
def close_audit(past: History, command: CloseAudit, context: Context) -> list[Event]:
    _rectified_by_another(past, context)
    return [AuditClosed.of(command)]


@deed("closings", stream="audit", action=Action.AUDIT)
def send_back(past: History, command: SendRectificationBack, context: Context) -> list[Event]:
    if command.deadline < command.occurred_on:
        raise DeadlineBeforeFinding(str(command.deadline), pointer="/deadline")
    _rectified_by_another(past, context)
    return [RectificationSentBack.of(command)]


def _cited(entries: tuple[str, ...], context: Context, own: str | None = None) -> None:
    """Raises UnknownEntry, also for an audit that does not name the unit which answers its `own`: nobody learns of it so."""
    for n, citation in enumerate(entries):
        label, _, number = citation.rpartition("#")
        stream = context.load(label)
        if stream.entry(int(number)) is None or not (own in (None, label) or _is_told_of(stream, context.by)):
            raise UnknownEntry(citation, pointer=f"/entries/{n}")


def _is_told_of(stream: History, by: Actor) -> bool:
    return not stream.label.startswith(PREFIX) or by.role is Role.OFFICE or by.unit in opening(stream.now).units


def _still_open(view: View) -> None:
    """Raises ClosedAlready."""
    closed = view.last_of(AuditClosed)
    if closed is not None:
        raise ClosedAlready(closed.original.citation)


def _rectified_by_another(past: History, context: Context) -> None:
    """Raises ClosedAlready, NotRectified, SelfApproval."""
    _still_open(past.now)
    if state(past.now) != "rectified":
        raise NotRectified(past.label)
    for standing in past.now.of(Rectified):
        if context.people & standing.wording.envelope.actor.people:
            raise SelfApproval(cite(past.label, standing.number))


def opening(view: View) -> AuditOpening:
    """What began it: never annulled, so it is always there."""
    return view.of(AuditOpening)[0].fact


def deadline(view: View) -> Standing[Fact] | None:
    """The fact that sets the deadline in force: the finding or request, or the last sending back."""
    setting = [s for s in view.facts if isinstance(s.fact, AuditFound | MaterialsRequested | RectificationSentBack)]
    return setting[-1] if setting else None


def state(view: View) -> State:
    """By the last act in order; a rectification that was sent back is awaited anew."""
    if view.of(AuditClosed):
        return "closed"
    if isinstance(opening(view), SiteChecked):
        return "noted"
    acts = [s.fact for s in view.facts if isinstance(s.fact, Rectified | RectificationSentBack)]
    return "rectified" if acts and isinstance(acts[-1], Rectified) else "open"
