"""What may end or undo what a figure says without the figure naming it: by field of the status, by mark and by rule."""

from collections.abc import Callable

from domain.fact import AGREED, RECEIVED, Fact
from domain.project.construction import (
    ConstructionCompleted,
    ConstructionPaused,
    ConstructionStarted,
    ProgressReported,
)
from domain.project.endings import ProjectEnded, ProjectRevived
from domain.project.exemptions import ExemptionEnded, ExemptionGranted
from domain.project.intake import ProjectEntered
from domain.project.land import LandSecured
from domain.project.operation import OperationStarted
from domain.project.plans import PeriodPlanned, PlanAct
from domain.project.registrations import EnterpriseRegistered
from domain.project.signings import Signed
from domain.questions.attributes import ATTRIBUTES
from domain.questions.comparing import Difference
from domain.questions.stages import ENDING_A_PAUSE

Ends = Callable[[Fact, Difference], bool]


def nothing(fact: Fact, one: Difference) -> bool:
    """The figure rests on facts it names: the first, the last, the sum of them."""
    return False


def anything(fact: Fact, one: Difference) -> bool:
    return True


def of_kinds(*kinds: type[Fact]) -> Ends:
    return lambda fact, _: isinstance(fact, kinds)


def of_role(fact: Fact, one: Difference) -> bool:
    return getattr(fact, "role", None) == one.path[1]


def of_gap(fact: Fact, one: Difference) -> bool:
    return of_role(fact, one) or isinstance(fact, ProjectEntered | ProjectEnded | ProjectRevived)


def of_list(fact: Fact, one: Difference) -> bool:
    return getattr(fact, "list", None) == one.path[1]


def of_stages(fact: Fact, one: Difference) -> bool:
    return fact.stage() is not None


def of_plan(fact: Fact, one: Difference) -> bool:
    """A clock runs from the plan's act until it was done, and stands still meanwhile."""
    if one.path[-1] == "clock":
        return isinstance(fact, (PlanAct, ConstructionStarted, ConstructionCompleted, OperationStarted, *EXEMPTING))
    if (one.before is None or one.after is None) and isinstance(fact, PlanAct):
        return True  # what happened stands beside a plan: without one there is no such figure
    return one.path[-1] == "exempted" and isinstance(fact, EXEMPTING)


def of_period_plan(fact: Fact, one: Difference) -> bool:
    if (one.before is None or one.after is None) and isinstance(fact, PeriodPlanned):
        return str(fact.period) == one.path[1]
    return one.path[-1] == "exempted" and isinstance(fact, EXEMPTING)


def of_mark(fact: Fact, one: Difference) -> bool:
    return MARKED_BY.get(one.path[1], anything)(fact, one)


ENDINGS = (ProjectEnded, ProjectRevived)
EXEMPTING = (ExemptionGranted, ExemptionEnded)
MARKED_BY: dict[str, Ends] = {
    "not_started_when_due": of_kinds(PlanAct, ConstructionStarted, *ENDINGS, *EXEMPTING),
    "completion_overdue": of_kinds(PlanAct, ConstructionCompleted, *ENDINGS, *EXEMPTING),
    "paused": of_kinds(ConstructionPaused, *ENDING_A_PAUSE),
    "holder_dissolved": lambda fact, _: hasattr(fact, "role"),
    "unowned": lambda fact, _: hasattr(fact, "role") or isinstance(fact, (ProjectEntered, *ENDINGS)),
    "irregular": nothing,
}
RULED_BY: dict[str, Ends] = {
    "funds_before_signing": of_kinds(Signed),
    "above_agreed": lambda fact, _: any(line.measure in (AGREED, RECEIVED) for line in fact.lines()),
    **dict.fromkeys(
        ("end_before_start", "not_under_construction", "progress_before_start", "statistics_before_start"),
        of_kinds(ConstructionStarted),
    ),
    "stages_skipped": of_stages,
    "after_ending": of_kinds(*ENDINGS),
    "level_falls": lambda fact, _: any(line.measure.sort == "level" for line in fact.lines()),
    "sums_disagree": of_kinds(ProgressReported),
    "handover_by_non_holder": lambda fact, _: hasattr(fact, "role"),
    "plan_backdated": of_kinds(PlanAct),
    "after_deadline": nothing,
    "plan_ends_before_start": nothing,
    "paused_after_completion": of_kinds(ConstructionCompleted),
    "start_before_land": of_kinds(LandSecured),
    "above_plan": of_kinds(PlanAct, ProgressReported),
    "tax_before_registration": of_kinds(EnterpriseRegistered),
    "gate_missing": anything,
    **dict.fromkeys(("self_approved", "personal_number", "person_named"), nothing),
}
"""By rule: which facts, besides the one it marks, it looks at."""
ENDS: dict[str, Ends] = {
    **dict.fromkeys(ATTRIBUTES, nothing),
    **dict.fromkeys(("stage", "in_statistics", "light", "measures", "forecasts", "yearly_classes", "exemptions"), nothing),
    "evidence": nothing,
    "awaiting_decision": nothing,
    "ending": of_kinds(*ENDINGS),
    "paused": of_kinds(ConstructionPaused, *ENDING_A_PAUSE),
    "lists": of_list,
    "marks": of_mark,
    "plan": of_plan,
    "period_plans": of_period_plan,
    "responsible": of_role,
    "gaps": of_gap,
    "overlaps": of_gap,
    "dissolved": of_role,
    "gates": of_stages,
}
"""By field of the status: which facts may end what a figure says, or undo it, without the figure naming them.

A field that is not here is taken to be moved by whatever moved in the project: complete, if not sharp; a test asks for all.
"""
