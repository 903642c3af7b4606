"""入账: entering a project in the ledger, and what is said of it as a whole (names, codes, category)."""

from typing import Annotated, ClassVar

from pydantic import Field

from domain.command import Action, Context, StatesFact, deed, stating
from domain.entry import Event, Role
from domain.errors import AlreadyEntered, Refused
from domain.fact import Fact, Kind, Mentions, Particulars, Stage
from domain.history import History
from domain.project.responsibilities import Holder, ResponsibilityAssigned, ResponsibilityRole
from domain.values import Frozen, Line, ProjectCode, Prose, UnitCode


class NotSplitOff(Refused):
    """The original names no such part: split it (POST /projects/{code}/mergers, act split), which enters its parts."""

    zh = "原项目的拆分中没有本项目；请在原项目办理拆分（POST /projects/{code}/mergers，act 为 split），由其登记各项目。"
    sort = "invalid"


class Code(Frozen):
    """A code given by somebody else: a national project code, a number in a published portfolio."""

    scheme: Line
    value: Line


Codes = Annotated[tuple[Code, ...], Field(max_length=20)]


class Entering(Particulars):
    name: Line
    name_en: Line | None = None
    category: Line | None = None
    industry: Line | None = None
    investor: Line | None = None
    description: Prose | None = None
    codes: Codes = ()
    origin: ProjectCode | None = None
    """The project it was split off from (拆分)."""


class ProjectEntered(Entering, Fact):
    """项目入账 (线索): the first entry of every project's stream."""

    kind: ClassVar = Kind(1, "project_entered")
    begins: ClassVar = True

    def stage(self) -> Stage:
        return Stage.LEAD

    def mentions(self) -> Mentions:
        return Mentions(projects=(self.origin,) if self.origin else ())

    def jointly(self) -> object:
        return self.occurred_on, self.origin


class EnterProject(Entering, StatesFact):
    """Enter a project; the ledger gives the code unless an unused one of the same form is stated."""

    code: ProjectCode | None = None
    lead_unit: UnitCode | None = None
    introducing_unit: UnitCode | None = None

    def begins(self) -> str | None:
        return self.code


class Describing(Particulars):
    name: Line | None = None
    name_en: Line | None = None
    category: Line | None = None
    industry: Line | None = None
    investor: Line | None = None
    description: Prose | None = None
    codes: Codes | None = None


class ProjectDescribed(Describing, Fact):
    """项目信息变更: what it states holds from its day on; what it does not mention stays as it was."""

    kind: ClassVar = Kind(2, "project_described")


class DescribeProject(Describing, StatesFact):
    """State a project's name, codes, category, industry, investor or description anew."""


@deed("projects", action=Action.ENTER, begins=True)
def enter_project(past: History, command: EnterProject, context: Context) -> list[Event]:
    if past.version:
        raise AlreadyEntered(past.label, pointer="/code")
    if command.origin is not None and not _splits_off(context.load(command.origin), past.label):
        raise NotSplitOff(command.origin, pointer="/origin")
    lead = command.lead_unit
    if lead is None and command.introducing_unit is None and context.by.role not in (Role.OFFICE, Role.ADMINISTRATOR):
        lead = context.by.unit
    events: list[Event] = [ProjectEntered.of(command)]
    roles: tuple[tuple[ResponsibilityRole, str | None], ...] = (
        ("lead_unit", lead),
        ("introducing_unit", command.introducing_unit),
    )
    for role, unit in roles:
        if unit is not None:
            holder = Holder(unit=unit)
            events.append(ResponsibilityAssigned(occurred_on=command.occurred_on, role=role, holder=holder))
    return events


def _splits_off(original: History, code: str) -> bool:
    splits = [s.fact for s in original.now.facts if s.fact.kind.topic == "project_split"]
    return any(part.project == code for split in splits for part in getattr(split, "into", ()))


stating("descriptions", DescribeProject, ProjectDescribed)
