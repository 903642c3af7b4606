"""终止, 流失, 外迁, 合并; an ending closes, a revival under a document opens again (DESIGN §3.5)."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from domain.command import Context, Load, Part, StatesFact, carried, deed, reader
from domain.entry import Event
from domain.errors import Refused
from domain.fact import Fact, Kind, Mentions, Particulars
from domain.history import History, View
from domain.values import ProjectCode, Prose


class AlreadyEnded(Refused):
    """The project has already ended; a revival comes first."""

    zh = "项目已经终结；如需继续请先办理恢复。"


class NotEnded(Refused):
    """The project has not ended by that day."""

    zh = "项目当日并未终结。"


class DocumentNeeded(Refused):
    """A revival needs its document."""

    zh = "项目恢复须注明依据文件。"
    sort = "invalid"


class Closing(Particulars):
    how: Literal["terminated", "lost", "moved_out", "merged_into", "split_into"]
    into: ProjectCode | None = None
    because: Prose | None = None

    @model_validator(mode="after")
    def _says_into_what(self) -> Self:
        if (self.how == "merged_into") != (self.into is not None):
            raise ValueError("`into` goes with merged_into and nothing else / 仅合并须填写并入项目")
        return self


class ProjectEnded(Closing, Fact):
    """项目终结."""

    kind: ClassVar = Kind(160, "project_ended")

    def mentions(self) -> Mentions:
        return Mentions(projects=(self.into,) if self.into else ())

    def jointly(self) -> object:
        return self.occurred_on, self.how, self.into


class Reviving(Particulars):
    because: Prose | None = None


class ProjectRevived(Reviving, Fact):
    """项目恢复."""

    kind: ClassVar = Kind(161, "project_revived")


class EndProject(Closing, StatesFact):
    """End a project."""

    act: Literal["end"]


class ReviveProject(Reviving, StatesFact):
    """Bring an ended project back, under a document."""

    act: Literal["revive"]


class NotSplit(Refused):
    """Nothing was split off this project; split it first (POST …/mergers, act split)."""

    zh = "本项目尚未拆分，请先办理拆分（POST …/mergers，act 为 split）。"


def ended(view: View) -> ProjectEnded | None:
    """The ending in force at the viewpoint, if no revival came after it."""
    last: ProjectEnded | None = None
    for standing in view.facts:
        if isinstance(standing.fact, ProjectEnded):
            last = standing.fact
        elif isinstance(standing.fact, ProjectRevived):
            last = None
    return last


def end_follow(past: History, command: EndProject, context: Context, load: Load) -> list[Part]:
    """What a project merged into records in its own stream, as if the merger had been asked for there."""
    if command.into is None:
        return []
    said = carried(command) | {"occurred_on": command.occurred_on, "because": command.because}
    absorb = reader("project", "mergers").validate_python({"act": "absorb", "projects": (past.label,), **said})
    return [Part(command.into, absorb, "/into")]


@deed("endings", follow=end_follow, joint=True)
def end_project(past: History, command: EndProject, context: Context) -> list[Event]:
    if ended(past.now):
        raise AlreadyEnded(past.label)
    if command.how == "split_into" and not any(s.fact.kind.topic == "project_split" for s in past.now.facts):
        raise NotSplit(past.label, pointer="/how")
    return [ProjectEnded.of(command)]


@deed("endings")
def revive_project(past: History, command: ReviveProject, context: Context) -> list[Event]:
    ending = ended(past.now)
    if ending is None or command.occurred_on < ending.occurred_on:
        raise NotEnded(past.label)
    if command.document is None:
        raise DocumentNeeded(pointer="/document")
    return [ProjectRevived.of(command)]
