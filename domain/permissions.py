"""Who may do what: role × action × relation to the project. What is not listed is refused (docs/security.md)."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Literal

from domain.command import Action, Load
from domain.entry import Actor, Entry, Role, stream_kind
from domain.errors import NotPermitted
from domain.fact import StreamKind
from domain.history import History, View
from domain.office.audit import opening
from domain.project.responsibilities import tenures_in
from domain.settings import Settings


class Relation(StrEnum):
    """What the actor's unit is to the project on the day, read from the facts. A unit may stand in several."""

    LEAD = "lead"
    ASSISTING = "assisting"
    OTHER = "other"
    """Hosting, introducing, or any role besides leading, assisting and recognising."""
    RECOGNISING = "recognising"
    """It recognises figures of the project: as its 认定部门, or as the district's for a measure."""
    NONE = "none"


EVERY = tuple(Relation)
HOLDING = (Relation.LEAD, Relation.ASSISTING, Relation.OTHER)
JUDGING = (*HOLDING, Relation.RECOGNISING)
Table = dict[tuple[Role, Action], tuple[Relation, ...]]


def _may(role: Role, where: tuple[Relation, ...], *actions: Action) -> Table:
    return {(role, action): where for action in actions}


ALLOWED: Table = {
    **_may(Role.ADMINISTRATOR, EVERY, Action.TOKENS, Action.REGISTER, Action.DIRECTORY, Action.FIGURES),
    **_may(Role.OFFICE, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTRIES, Action.ENTER, Action.RECORD),
    **_may(Role.OFFICE, EVERY, Action.PROPOSE, Action.APPROVE, Action.REGISTER, Action.SETTLE, Action.RECOGNISE),
    **_may(Role.OFFICE, EVERY, Action.ENDORSE, Action.REPORT, Action.ACCEPT, Action.ATTEST, Action.ISSUE),
    **_may(Role.OFFICE, EVERY, Action.RECTIFY, Action.INSTRUCT, Action.ANSWER),
    **_may(Role.LEADER, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTRIES, Action.INSTRUCT),
    **_may(Role.BUREAU, EVERY, Action.DIRECTORY, Action.FIGURES, Action.RECOGNISE),
    **_may(Role.BUREAU, JUDGING, Action.ENTRIES),
    **_may(Role.HEAD, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENDORSE),
    **_may(Role.HEAD, HOLDING, Action.ENTRIES, Action.ANSWER),
    **_may(Role.CLERK, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTER, Action.REPORT, Action.RECTIFY),
    **_may(Role.CLERK, HOLDING, Action.ENTRIES, Action.RECORD, Action.PROPOSE, Action.ATTEST, Action.ANSWER),
    **_may(Role.AUDITOR, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTRIES, Action.AUDIT),
    **_may(Role.SERVICE, EVERY, Action.DIRECTORY, Action.FIGURES, Action.REPORT),
    **_may(Role.SERVICE, HOLDING, Action.ENTRIES, Action.RECORD, Action.ATTEST),
    **_may(Role.READER, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTRIES),
    **_may(Role.UNIT, EVERY, Action.DIRECTORY, Action.FIGURES, Action.ENTER, Action.REPORT, Action.RECTIFY),
    **_may(Role.UNIT, EVERY, Action.ENDORSE, Action.RECOGNISE),
    **_may(Role.UNIT, HOLDING, Action.RECORD, Action.PROPOSE, Action.ATTEST, Action.ANSWER),
    **_may(Role.UNIT, JUDGING, Action.ENTRIES),
}
READING = frozenset((Action.FIGURES, Action.ENTRIES, Action.DIRECTORY))
"""What records nothing."""
SHARED: frozenset[StreamKind] = frozenset(("district", "unit", "person", "targets"))
"""Streams that are nobody's alone: whoever reads any entries reads theirs."""
UNIT_ROLES = frozenset((Role.UNIT, Role.CLERK, Role.HEAD, Role.SERVICE))
"""Who speaks for the own unit where a command names none."""


def of_stream(action: Action, stream: StreamKind, role: Role) -> Action:
    """What an action is in a stream: in an audit's only auditors judge; a unit attaches and answers as it rectifies."""
    if stream != "audit" or action in (Action.RECTIFY, Action.AUDIT, Action.INSTRUCT) or action in READING:
        return action
    if action is Action.ANSWER:
        return Action.RECTIFY
    return Action.RECTIFY if action is Action.ATTEST and role is not Role.AUDITOR else Action.AUDIT


def answers_for(unit: str, audit: View, load: Load, day: date) -> bool:
    """Whether an audit concerns the unit: it names it, or a project in which the unit holds a role on the day."""
    about = opening(audit)
    if unit in about.units:
        return True
    return any(not relations(load(code).now, unit, day).isdisjoint(HOLDING) for code in about.projects)


def relations(view: View, unit: str, day: date, settings: Settings | None = None) -> frozenset[Relation]:
    """Everything the unit is to the project on the day; NONE alone where it is nothing.

    `settings` name the bureaus that recognise a measure everywhere.
    """
    found = set(_held(view, unit, day))
    if settings is not None and any(unit in bureaus for bureaus in settings.recognising.values()):
        found.add(Relation.RECOGNISING)
    return frozenset(found or (Relation.NONE,))


def _held(view: View, unit: str, day: date) -> Iterator[Relation]:
    for tenure in tenures_in(view):
        if tenure.holder.unit == unit and tenure.covers(day):
            match tenure.role:
                case "lead_unit":
                    yield Relation.LEAD
                case "assisting_unit":
                    yield Relation.ASSISTING
                case "recognising_bureau":
                    yield Relation.RECOGNISING
                case _:
                    yield Relation.OTHER


def allows(role: Role, action: Action, to: Relation = Relation.NONE) -> bool:
    return to in ALLOWED.get((role, action), ())


def permit(actor: Actor, action: Action, view: View | None, today: date) -> None:
    """Raises NotPermitted unless the table allows it on the facts of this moment."""
    if all(allows(actor.role, action, r) for r in EVERY):
        return
    found = relations(view, actor.unit, today) if view is not None else (Relation.NONE,)
    if not any(allows(actor.role, action, to) for to in found):
        raise NotPermitted(f"{actor.role} · {action}")


Readable = Literal["whole", "own"]
"""All entries of a stream, or those that the actor's own unit recorded."""


def readable(actor: Actor, stream: History, load: Load, day: date, settings: Settings) -> Readable:
    """How much of a stream somebody may read: what its entries say is its own units' alone, whatever figures come of it."""
    if allows(actor.role, Action.ENTRIES):
        return "whole"
    match stream_kind(stream.label):
        case "project":
            found = relations(stream.now, actor.unit, day, settings)
            whole = any(allows(actor.role, Action.ENTRIES, to) for to in found)
        case "audit":
            whole = bool(stream.version) and answers_for(actor.unit, stream.now, load, day)
        case kind:
            whole = kind in SHARED
    return "whole" if whole else "own"


def own(actor: Actor, entry: Entry) -> bool:
    """Whether the entry was recorded by the actor's own unit; an auditor's findings are no unit's."""
    return entry.envelope.actor.unit == actor.unit and stream_kind(entry.stream) != "audit"
