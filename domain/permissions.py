"""Who may do what: role × action × relation to the project. What is not listed is refused."""

from datetime import date
from enum import StrEnum

from domain.command import Action, Load
from domain.entry import Actor, Role
from domain.errors import NotPermitted
from domain.fact import StreamKind
from domain.history import View
from domain.office.audit import opening
from domain.project.responsibilities import tenures_in


class Relation(StrEnum):
    """What the actor's unit is to the project on the day, read from the facts."""

    LEAD = "lead"
    OTHER = "other"
    NONE = "none"


EVERY = tuple(Relation)
ALLOWED: dict[tuple[Role, Action], tuple[Relation, ...]] = {
    (Role.ADMINISTRATOR, Action.TOKENS): EVERY,
    (Role.ADMINISTRATOR, Action.REGISTER): EVERY,
    (Role.ADMINISTRATOR, Action.READ): EVERY,
    (Role.OFFICE, Action.ENTER): EVERY,
    (Role.OFFICE, Action.RECORD): EVERY,
    (Role.OFFICE, Action.PROPOSE): EVERY,
    (Role.OFFICE, Action.APPROVE): EVERY,
    (Role.OFFICE, Action.REGISTER): EVERY,
    (Role.OFFICE, Action.SETTLE): EVERY,
    (Role.OFFICE, Action.READ): EVERY,
    (Role.OFFICE, Action.RECOGNISE): EVERY,
    (Role.OFFICE, Action.ENDORSE): EVERY,
    (Role.OFFICE, Action.REPORT): EVERY,
    (Role.OFFICE, Action.ACCEPT): EVERY,
    (Role.OFFICE, Action.ATTEST): EVERY,
    (Role.OFFICE, Action.ISSUE): EVERY,
    (Role.UNIT, Action.ENTER): EVERY,
    (Role.UNIT, Action.RECORD): (Relation.LEAD, Relation.OTHER),
    (Role.UNIT, Action.PROPOSE): (Relation.LEAD, Relation.OTHER),
    (Role.UNIT, Action.READ): EVERY,
    (Role.UNIT, Action.REPORT): EVERY,
    (Role.UNIT, Action.RECOGNISE): EVERY,
    (Role.UNIT, Action.ENDORSE): EVERY,
    (Role.UNIT, Action.ATTEST): (Relation.LEAD, Relation.OTHER),
    (Role.READER, Action.READ): EVERY,
    (Role.AUDITOR, Action.READ): EVERY,
    (Role.AUDITOR, Action.AUDIT): EVERY,
    (Role.UNIT, Action.RECTIFY): EVERY,
    (Role.OFFICE, Action.RECTIFY): EVERY,
}


def of_stream(action: Action, stream: StreamKind, role: Role) -> Action:
    """What an action is in a stream: in an audit's only auditors judge, and a unit attaches evidence as it rectifies."""
    if stream != "audit" or action in (Action.RECTIFY, Action.AUDIT, Action.READ):
        return action
    return Action.RECTIFY if action is Action.ATTEST and role is not Role.AUDITOR else Action.AUDIT


def answers_for(unit: str, audit: View, load: Load, day: date) -> bool:
    """Whether an audit concerns the unit: it names it, or a project in which the unit holds a role on the day."""
    about = opening(audit)
    if unit in about.units:
        return True
    return any(relation(load(code).now, unit, day) is not Relation.NONE for code in about.projects)


def relation(view: View, unit: str, day: date) -> Relation:
    """LEAD when the unit holds the lead on the day, OTHER when it holds any role, else NONE."""
    roles = {t.role for t in tenures_in(view) if t.holder.unit == unit and t.covers(day)}
    if "lead_unit" in roles:
        return Relation.LEAD
    return Relation.OTHER if roles else Relation.NONE


def allows(role: Role, action: Action, to: Relation = Relation.NONE) -> bool:
    return to in ALLOWED.get((role, action), ())


def permit(actor: Actor, action: Action, view: View | None, today: date) -> None:
    """Raises NotPermitted unless the table allows it on the facts of this moment."""
    if all(allows(actor.role, action, r) for r in EVERY):
        return
    to = relation(view, actor.unit, today) if view is not None else Relation.NONE
    if not allows(actor.role, action, to):
        raise NotPermitted(f"{actor.role} · {action}")
