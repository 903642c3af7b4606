"""A snapshot against the ledger: what is new, moved, handed over, rated, gone or back becomes commands."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from heapq import nlargest

from api.sheets.mapping import Mapping, SnapshotMapping, folded
from api.sheets.reading import Row, Snapshot
from api.working import Unwatched, Watch
from domain.command import Command
from domain.entry import Entry, Source
from domain.errors import Refused
from domain.history import History, View
from domain.office.district import LABEL as DISTRICT
from domain.office.district import AdoptSettings, ListPublished, PublishList, SettingsAdopted, settings_of
from domain.office.unit import OpenUnit
from domain.personal import PersonalData
from domain.project.forecasts import ForecastStated, StateForecast
from domain.project.intake import Code, DescribeProject, EnterProject, ProjectDescribed, ProjectEntered
from domain.project.listings import JoinList, LeaveList, lists
from domain.project.plans import AdoptPlan, PeriodPlanned, PlanAdopted, PlanPeriod, RevisePlan
from domain.project.ratings import RateProject, Remark, SelfRated
from domain.project.responsibilities import AssignResponsibility, HandOverResponsibility, Holder, tenures_in
from domain.questions.attributes import attribute, word
from domain.questions.planning import plan_field
from domain.values import NoneProvided, Period, Withheld
from domain.viewpoint import Viewpoint
from store.deciding import Asking, Deciding

PLAN = ("start", "completion", "operation", "investment")
SILENT = ("unit", "name_en", "category", "industry", "investor", "description")
"""What cannot say of itself that it is withheld or that there is none: the rating says so in a remark."""
ATTRIBUTES = ("name", "name_en", "category", "industry", "investor", "description")


class OlderThanImported(Refused):
    """A newer snapshot of this list is in the ledger; past snapshots are staged with --backfill before the opening."""

    zh = "台账中已有此清单更新的快照；历史快照须在台账启用前以 --backfill 补录。"


@dataclass(frozen=True)
class Refusal:
    """A row the ledger would not take, and why."""

    file: str
    row: int
    project: str
    error: Refused


class AmbiguousName(Refused):
    """Several projects bear this name and the row has no number; give it one, or end the others' listing first."""

    zh = "有多个项目用此名称，而此行没有编号；请补编号，或先将其余项目退出清单。"


@dataclass
class Register:
    """Which project a row means: by its number, else by its name, else by any name it ever had."""

    scheme: str
    renames: dict[str, str] = field(default_factory=dict)
    by_number: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, dict[str, None]] = field(default_factory=dict)
    """Every project that ever bore the name."""
    names: dict[str, str] = field(default_factory=dict)
    """What each is called now."""

    def learn(self, history: History) -> None:
        """Take in what a project's entries call it."""
        for entry in history.entries:
            if isinstance(entry.event, ProjectEntered | ProjectDescribed):
                if entry.event.name is not None:
                    self.names[history.label] = folded(entry.event.name)
                    self.by_name.setdefault(folded(entry.event.name), {})[history.label] = None
                for code in entry.event.codes or ():
                    if code.scheme == self.scheme:
                        self.by_number[folded(code.value)] = history.label

    def find(self, rows: Iterable[Row], listed: Callable[[str], bool]) -> tuple[dict[int, str], dict[int, Row]]:
        """The project of each row by its place, and the rows whose name alone does not tell; the rest are new.

        What is surer goes first for all rows, so that no row takes a project that another one names by its number.
        """
        waiting = list(rows)
        found: dict[int, str] = {}
        ambiguous: dict[int, Row] = {}
        taken: set[str] = set()
        for candidates in (self._numbered, self._named, self._formerly_named, self._renamed):
            for row in waiting:
                free = [code for code in candidates(row) if code not in taken]
                if len(free) > 1:
                    free = [code for code in free if listed(code)] or free
                if len(free) == 1:
                    found[row.place] = free[0]
                    taken.add(free[0])
                elif free and row.number is None:
                    ambiguous[row.place] = row
            waiting = [row for row in waiting if row.place not in found and row.place not in ambiguous]
        return found, ambiguous

    def _numbered(self, row: Row) -> Iterable[str]:
        known = self.by_number.get(folded(row.number)) if row.number is not None else None
        return () if known is None else (known,)

    def _named(self, row: Row) -> Iterable[str]:
        return [code for code in self.by_name.get(folded(row.name), ()) if self.names[code] == folded(row.name)]

    def _formerly_named(self, row: Row) -> Iterable[str]:
        return self.by_name.get(folded(row.name), ())

    def _renamed(self, row: Row) -> Iterable[str]:
        return self.by_name.get(self.renames.get(folded(row.name), ""), ())


class Importing:
    """Decides a snapshot's proposals one after another; refusals are collected, so that all are known at once."""

    def __init__(self, deciding: Deciding, mapping: Mapping, projects: Iterable[str]) -> None:
        self._deciding = deciding
        self._mapping = mapping
        self._register = Register(mapping.scheme, {folded(r.new): folded(r.old) for r in mapping.renames})
        self._projects = list(projects)
        for code in self._projects:
            self._register.learn(deciding.past(code))
        self.refusals: list[Refusal] = []

    def propose(
        self,
        snapshot: Snapshot,
        settings: SnapshotMapping,
        asking: Asking,
        watch: Watch | None = None,
        *,
        backfill: bool,
    ) -> list[Entry]:
        """The entries it comes to. Raises OlderThanImported unless in a backfill, and what `watch` raises."""
        watch = watch or Unwatched()
        before = len(self._deciding.entries)
        district = self._deciding.past(DISTRICT).now
        published = [s.fact for s in district.of(ListPublished) if s.fact.list == self._mapping.list]
        newest = max((p.occurred_on for p in published), default=None)
        if newest is not None and snapshot.as_at < newest and not backfill:
            raise OlderThanImported(f"{snapshot.file}: {snapshot.as_at} < {newest}")
        self._adopt(district, snapshot, asking)
        self._open_units(snapshot, asking)
        if newest != snapshot.as_at:
            title = f"{self._mapping.title} {snapshot.label}"
            publish = PublishList(occurred_on=snapshot.as_at, list=self._mapping.list, title=title)
            self._do(DISTRICT, publish, asking, snapshot, 0, "")
        found, ambiguous = self._register.find(snapshot.rows, self._listed)
        self.refusals.extend(
            Refusal(snapshot.file, row.place, row.name, AmbiguousName(row.name)) for row in ambiguous.values()
        )
        taken = set[str]()
        for number, row in enumerate(snapshot.rows):
            watch("compare", number, len(snapshot.rows))
            if row.place not in ambiguous:
                taken.add(self._row(found.get(row.place), row, snapshot, settings, asking))
        for code in self._projects:
            if code not in taken and self._listed(code):
                leave = LeaveList(act="leave", occurred_on=snapshot.as_at, list=self._mapping.list)
                self._do(code, leave, asking, snapshot, 0, word(self._deciding.past(code).now, "name") or code)
        return self._deciding.entries[before:]

    def _listed(self, code: str) -> bool:
        return self._mapping.list in lists(self._deciding.past(code).now)

    def _do(
        self, label: str | None, command: Command, asking: Asking, snapshot: Snapshot, row: int, project: str
    ) -> list[Entry]:
        source = Source(door="import", file=snapshot.file, row=row or None, sha256=snapshot.sha256)
        try:
            try:
                return self._deciding.decide(label, command, replace(asking, source=source))
            except PersonalData:
                if self._mapping.personal_data is None:
                    raise
                command = command.model_copy(update={"reason": self._mapping.personal_data})
                return self._deciding.decide(label, command, replace(asking, source=source))
        except Refused as error:
            self.refusals.append(Refusal(snapshot.file, row, project, error))
            return []

    def _adopt(self, district: View, snapshot: Snapshot, asking: Asking) -> None:
        """Settings the mapping needs and the district has not adopted."""
        current, wanted = settings_of(district), self._mapping.district
        kept = current.lights if district.of(SettingsAdopted) else ()
        known = {light.word for light in kept}
        lights = tuple(light for light in wanted.lights or () if light.word not in known)
        changed: dict[str, object] = {}
        for name in ("label", "name", "currency"):
            value = getattr(wanted, name)
            if value is not None and value != getattr(current, name):
                changed[name] = value
        if lights:
            changed["lights"] = (*kept, *lights)
        if changed:
            settings = current.model_copy(update=changed)
            self._do(DISTRICT, AdoptSettings(occurred_on=snapshot.as_at, settings=settings), asking, snapshot, 0, "")

    def _open_units(self, snapshot: Snapshot, asking: Asking) -> None:
        for code in dict.fromkeys(c for row in snapshot.rows if isinstance(c := row.cells.get("unit"), str)):
            if not self._deciding.past(f"unit:{code}").version:
                unit = self._mapping.units[code]
                command = OpenUnit(
                    occurred_on=snapshot.as_at, code=code, name=unit.name, name_en=unit.name_en, sort=unit.sort
                )
                self._do(None, command, asking, snapshot, 0, code)

    def _row(self, code: str | None, row: Row, snapshot: Snapshot, settings: SnapshotMapping, asking: Asking) -> str:
        """Everything one row says; answers the project's code ("" if it was refused)."""

        def do(label: str | None, command: Command) -> list[Entry]:
            return self._do(label, command, asking, snapshot, row.place, row.name)

        if code is None:
            entries = do(None, self._enter(row, snapshot))
            if not entries:
                return ""
            code = entries[0].stream
            self._projects.append(code)
        changes: tuple[Callable[[View, str], Command | None], ...] = (
            lambda view, _: self._description(view, row, snapshot),
            lambda view, _: self._listing(view, snapshot),
            lambda view, _: self._unit(view, row, snapshot),
            lambda view, _: self._plan(view, row, snapshot),
            lambda view, _: self._period_plan(view, row, snapshot, settings),
            lambda view, _: self._forecast(view, row, snapshot, settings),
            lambda view, _: self._benefits(view, row, snapshot),
            lambda view, _: self._rating(view, row, snapshot),
        )
        for change in changes:
            command = change(self._as_at(code, snapshot), code)
            if command is not None:
                do(code, command)
        return code

    def _as_at(self, code: str, snapshot: Snapshot) -> View:
        """A snapshot is compared with what held on its day: what somebody recorded of later days is not undone."""
        past = self._deciding.past(code)
        later = any(s.fact.occurred_on > snapshot.as_at for s in past.now.facts)
        return past.at(Viewpoint(snapshot.as_at)) if later else past.now

    def _text(self, row: Row, fact: str) -> str | None:
        value = row.cells.get(fact)
        return value if isinstance(value, str) else None

    def _enter(self, row: Row, snapshot: Snapshot) -> EnterProject:
        return EnterProject(
            occurred_on=snapshot.as_at,
            name=row.name,
            codes=(Code(scheme=self._mapping.scheme, value=row.number),) if row.number else (),
            **{name: self._text(row, name) for name in ATTRIBUTES if name != "name"},  # type: ignore[arg-type]
        )

    def _description(self, view: View, row: Row, snapshot: Snapshot) -> DescribeProject | None:
        said = {"name": row.name} | {name: self._text(row, name) for name in ATTRIBUTES if name != "name"}
        changed: dict[str, object] = {n: v for n, v in said.items() if v is not None and v != word(view, n)}
        found = attribute(view, "codes")
        codes: tuple[Code, ...] = found[0] if found else ()  # type: ignore[assignment]  # an attribute of codes
        if row.number and all(c != Code(scheme=self._mapping.scheme, value=row.number) for c in codes):
            changed["codes"] = (*codes, Code(scheme=self._mapping.scheme, value=row.number))
        return DescribeProject(occurred_on=snapshot.as_at, **changed) if changed else None  # type: ignore[arg-type]

    def _listing(self, view: View, snapshot: Snapshot) -> JoinList | None:
        if self._mapping.list in lists(view):
            return None
        return JoinList(act="join", occurred_on=snapshot.as_at, list=self._mapping.list)

    def _unit(self, view: View, row: Row, snapshot: Snapshot) -> Command | None:
        unit = self._text(row, "unit")
        held = [t for t in tenures_in(view) if t.role == "lead_unit" and t.covers(snapshot.as_at)]
        if unit is None or any(t.holder.unit == unit for t in held):
            return None
        if not held:
            return AssignResponsibility(act="assign", role="lead_unit", occurred_on=snapshot.as_at, holder=Holder(unit=unit))
        return HandOverResponsibility(
            act="hand_over",
            role="lead_unit",
            occurred_on=snapshot.as_at,
            outgoing=Holder(unit=held[-1].holder.unit),
            incoming=Holder(unit=unit),
        )

    def _plan(self, view: View, row: Row, snapshot: Snapshot) -> Command | None:
        said = {name: row.cells[name] for name in PLAN if name in row.cells}
        changed = {name: value for name, value in said.items() if not _same(value, plan_field(view, name)[1][0])}
        if not changed:
            return None
        if not self._deciding.past(view.label).now.of(PlanAdopted):
            return AdoptPlan(act="adopt", occurred_on=snapshot.as_at, **changed)  # type: ignore[arg-type]
        return RevisePlan(act="revise", occurred_on=snapshot.as_at, **changed)  # type: ignore[arg-type]

    def _period_plan(self, view: View, row: Row, snapshot: Snapshot, settings: SnapshotMapping) -> Command | None:
        value, span = row.cells.get("period_investment"), settings.period
        if value is None or span is None or isinstance(value, str):
            return None
        period = Period(since=span.since, until=span.until)
        in_force = [s.fact.investment for s in view.of(PeriodPlanned) if s.fact.period == period]
        if in_force and in_force[-1] == value:
            return None
        return PlanPeriod(act="period", occurred_on=snapshot.as_at, period=period, investment=value)  # type: ignore[arg-type]

    def _forecast(self, view: View, row: Row, snapshot: Snapshot, settings: SnapshotMapping) -> Command | None:
        if settings.period is None:
            return None
        period = Period(since=settings.period.since, until=settings.period.until)
        return self._expect(view, row.cells.get("period_forecast"), "invested", period, snapshot)

    def _benefits(self, view: View, row: Row, snapshot: Snapshot) -> Command | None:
        return self._expect(view, row.cells.get("benefits"), "benefits_whole_life", None, snapshot)

    def _expect(
        self, view: View, value: object, indicator: str, period: Period | None, snapshot: Snapshot
    ) -> Command | None:
        stated = [s.fact.amount for s in view.of(ForecastStated) if (s.fact.indicator, s.fact.period) == (indicator, period)]
        if value is None or (stated and stated[-1] == value):
            return None
        return StateForecast(
            occurred_on=snapshot.as_at,
            indicator=indicator,  # type: ignore[arg-type]  # one of the two above
            period=period,
            amount=value,  # type: ignore[arg-type]  # money or a blank, by the column's kind
        )

    def _rating(self, view: View, row: Row, snapshot: Snapshot) -> Command | None:
        """One a snapshot, also when nothing changed: a light is a statement as at a day."""
        light = row.cells.get("light")
        remarks = tuple(
            Remark(about=fact.removeprefix("remark."), text=value)  # type: ignore[arg-type]  # text or a blank
            for fact, value in row.cells.items()
            if fact.startswith("remark.") or (fact in SILENT and isinstance(value, Withheld | NoneProvided))
        )
        if light is None and not remarks:
            return None
        command = RateProject(occurred_on=snapshot.as_at, light=light, remarks=remarks)  # type: ignore[arg-type]
        same = [s.fact for s in view.of(SelfRated) if s.fact.occurred_on == snapshot.as_at]
        if same and (same[-1].light, same[-1].remarks) == (command.light, command.remarks):
            return None
        return command


def _same(value: object, before: object) -> bool:
    """Other words for "none provided" move nothing."""
    return value == before or (isinstance(value, NoneProvided) and isinstance(before, NoneProvided))


def suggest_renames(gone: Iterable[str], new: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs (old name, new name) that look alike: for a person to confirm in the mapping, never applied by itself."""
    old = list(gone)
    holding: dict[str, list[int]] = {}
    pairs = [_pairs(folded(name)) for name in old]
    for index, its in enumerate(pairs):
        for pair in its:
            holding.setdefault(pair, []).append(index)
    found = []
    for name in new:
        own = _pairs(folded(name))
        shared = Counter(index for pair in own for index in holding.get(pair, ()))
        near = nlargest(CLOSEST, shared, key=lambda i: shared[i] / min(len(own), len(pairs[i])))
        alike, index = max(((_likeness(folded(old[i]), folded(name)), -i) for i in near), default=(0.0, 0))
        if alike >= ALIKE:
            found.append((old[-index], name))
    return found


ALIKE = 0.75
CLOSEST = 8
"""So many are compared letter by letter: those that share most pairs of letters. All with all takes minutes for 2,000."""


def _pairs(plain: str) -> set[str]:
    return {plain[i : i + 2] for i in range(max(1, len(plain) - 1))}


def _likeness(one: str, other: str) -> float:
    """0 to 1; a name that has only become longer or shorter (Crossrail, 西湖里（二期）) is as like as can be."""
    if min(len(one), len(other)) > 1 and (one in other or other in one):
        return 1.0
    return difflib.SequenceMatcher(None, one, other).ratio()
