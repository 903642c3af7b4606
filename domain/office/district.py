"""本区: the opening of the ledger (台账启用), the settings, and the lists that are published."""

from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import Refused
from domain.fact import MEASURES, Fact, Kind, Mentions, Particulars
from domain.history import History, View
from domain.settings import Settings
from domain.values import Line, Prose

LABEL = "district"


class UnknownMeasure(Refused):
    """There is no such measure; GET /vocabulary lists them."""

    zh = "没有这个指标，指标见 GET /vocabulary。"
    sort = "invalid"


class LedgerOpened(Fact):
    """台账启用: from here on nobody states recording times; the database's clock does."""

    kind: ClassVar = Kind(200, "ledger_opened", "district")
    begins: ClassVar = True
    staged_requests: int = 0
    staged_entries: int = 0
    synthetic: Literal[True] | None = None
    """Whether all of it was made up (演示区). Told by this entry as stored: no correction unsays it (decision 0016)."""


class Adopting(Particulars):
    settings: Settings


class SettingsAdopted(Adopting, Fact):
    """设置: the district's settings, stated whole."""

    kind: ClassVar = Kind(201, "settings_adopted", "district")

    def mentions(self) -> Mentions:
        return Mentions(units=tuple(u for units in self.settings.recognising.values() for u in units))


class AdoptSettings(Adopting, StatesFact):
    """Adopt the district's settings; what is not stated takes its default."""


class Publishing(Particulars):
    list: Line
    title: Line
    note: Prose | None = None


class ListPublished(Publishing, Fact):
    """清单发布: a list of projects was published; the projects' own streams say which are on it."""

    kind: ClassVar = Kind(202, "list_published", "district")


class PublishList(Publishing, StatesFact):
    """Record the publication of a list."""


@deed("settings", stream="district", action=Action.SETTLE)
def adopt_settings(past: History, command: AdoptSettings, context: Context) -> list[Event]:
    for measure in command.settings.recognising:
        if measure not in MEASURES:
            raise UnknownMeasure(measure, pointer="/settings/recognising")
    return [SettingsAdopted.of(command)]


@deed("lists", stream="district", action=Action.SETTLE)
def publish_list(past: History, command: PublishList, context: Context) -> list[Event]:
    return [ListPublished.of(command)]


def settings_of(view: View) -> Settings:
    """The settings in force at the district's view; the defaults where none were adopted."""
    standing = view.last_of(SettingsAdopted)
    return standing.fact.settings if standing else Settings()
