"""合并, 拆分: one act over several projects; what flowed before stays where it was recorded (DESIGN §3.13)."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.command import Action, Command, Context, Load, Part, carried, deed
from domain.entry import Event
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History
from domain.project.endings import AlreadyEnded, EndProject, ProjectEnded, ended
from domain.project.intake import EnterProject
from domain.project.responsibilities import tenures_in
from domain.project.shares import RestsOnADocument
from domain.values import Frozen, Line, ProjectCode, Prose, Ratio, UnitCode


class Absorbing(Particulars):
    projects: Annotated[tuple[ProjectCode, ...], Field(min_length=1, max_length=50)]
    because: Prose | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.projects)) != len(self.projects):
            raise ValueError("each project once / 每个项目只能出现一次")
        return self


class ProjectsAbsorbed(Absorbing, Fact):
    """并入: these projects go on in this one; they ended by it."""

    kind: ClassVar = Kind(162, "projects_absorbed")
    joint: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(projects=self.projects)

    def jointly(self) -> object:
        return self.occurred_on, self.projects


class SplitOff(Frozen):
    """`ratio`: the part of the original's agreed investment that the document gives it; it moves no figure."""

    project: ProjectCode
    ratio: Ratio | None = None


class ProjectSplit(Fact):
    """拆分: these projects were split off; what was recorded before stays here."""

    kind: ClassVar = Kind(163, "project_split")
    joint: ClassVar = True
    into: tuple[SplitOff, ...]
    because: Prose | None = None

    def jointly(self) -> object:
        return self.occurred_on, self.into


class AbsorbProjects(Absorbing, Command):
    """Merge other projects into this one, under a document: they end, all in one act."""

    act: Literal["absorb"]


class NewProject(Frozen):
    """One project to be entered; what it does not say it takes from nowhere, but its lead unit from the original."""

    name: Line
    name_en: Line | None = None
    category: Line | None = None
    industry: Line | None = None
    investor: Line | None = None
    description: Prose | None = None
    code: ProjectCode | None = None
    lead_unit: UnitCode | None = None
    introducing_unit: UnitCode | None = None
    ratio: Ratio | None = None
    """The part of the original's agreed investment that the document gives it."""


class SplitProject(Particulars, Command):
    """Split new projects off this one, under a document: they are entered with their origin, all in one act."""

    act: Literal["split"]
    into: Annotated[tuple[NewProject, ...], Field(min_length=1, max_length=50)]
    because: Prose | None = None
    ends: bool = False
    """Whether nothing is left of this project: it ends by the split."""

    @model_validator(mode="after")
    def _parts(self) -> Self:
        codes = [new.code for new in self.into if new.code is not None]
        if len(set(codes)) != len(codes):
            raise ValueError("each code once / 每个项目编号只能出现一次")
        ratios = [new.ratio for new in self.into if new.ratio is not None]
        if ratios and (len(ratios) != len(self.into) or sum(ratios) > 1 or (self.ends and sum(ratios) != 1)):
            raise ValueError(
                "ratios for all or for none, at most 1 together, and 1 where nothing is left"
                " / 份额须全部填写或全部不填，合计不超过 1；原项目终结的，合计应为 1"
            )
        return self


def absorb_follow(past: History, command: AbsorbProjects, context: Context, load: Load) -> list[Part]:
    """Every absorbed project ends."""
    said = carried(command) | {"occurred_on": command.occurred_on, "because": command.because}
    return [
        Part(code, EndProject(act="end", how="merged_into", into=past.label, **said), f"/projects/{n}")
        for n, code in enumerate(command.projects)
    ]


@deed("mergers", action=Action.SETTLE, follow=absorb_follow, joint=True)
def absorb_projects(past: History, command: AbsorbProjects, context: Context) -> list[Event]:
    if command.document is None:
        raise RestsOnADocument(pointer="/document")
    if ended(past.now):
        raise AlreadyEnded(past.label)
    return [ProjectsAbsorbed.of(command)]


def split_follow(past: History, command: SplitProject, context: Context, load: Load) -> list[Part]:
    """Every new project is entered under the code that the split names."""
    split = next(e.event for e in reversed(past.entries) if isinstance(e.event, ProjectSplit))
    held = [t for t in tenures_in(past.now) if t.role == "lead_unit" and t.covers(command.occurred_on)]
    lead = held[-1].holder.unit if held else None
    parts = []
    for n, (new, off) in enumerate(zip(command.into, split.into, strict=True)):
        said = new.model_dump(exclude={"ratio", "code", "lead_unit"}) | carried(command)
        entered = EnterProject(
            occurred_on=command.occurred_on, code=off.project, origin=past.label, lead_unit=new.lead_unit or lead, **said
        )
        parts.append(Part(off.project, entered, f"/into/{n}"))
    return parts


@deed("mergers", action=Action.SETTLE, follow=split_follow, joint=True)
def split_project(past: History, command: SplitProject, context: Context) -> list[Event]:
    if command.document is None:
        raise RestsOnADocument(pointer="/document")
    if ended(past.now):
        raise AlreadyEnded(past.label)
    assert context.new_code is not None
    codes = [new.code or context.new_code(command.occurred_on.year) for new in command.into]
    into = tuple(SplitOff(project=code, ratio=new.ratio) for code, new in zip(codes, command.into, strict=True))
    events: list[Event] = [ProjectSplit(occurred_on=command.occurred_on, into=into, because=command.because)]
    if command.ends:
        events.append(ProjectEnded(occurred_on=command.occurred_on, how="split_into", because=command.because))
    return events
