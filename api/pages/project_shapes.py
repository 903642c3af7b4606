"""A project's answers shaped for its page: bars, marks, lanes and curves for the pictures, rows for the lists."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from api.pages.drawing.curves import Curve
from api.pages.drawing.lanes import Held, Role
from api.pages.drawing.life import Bar, Lane, Mark
from api.pages.stating import Stating
from api.pages.visit import Visit
from api.pages.wording import noted
from api.pages.writing import Writing

SHAPED = (("annulled", "annulled"), ("irregular", "irregular"), ("corrected", "corrected"), ("late", "late"))
"""The mark of a fact that its shape tells, the gravest first."""
SIGNS = {"late": "▲", "corrected": "◆", "irregular": "■", "annulled": "✕"}
MONEY = (
    "funds_",
    "progress_",
    "tax_",
    "jobs_",
    "benefit_",
    "statistic",
    "entered_statistics",
    "capital_",
    "enterprise_share",
)
DUTY = ("responsibility_", "project_transferred")
RESUMED = frozenset(("construction_resumed", "construction_completed", "operation_started", "capacity_reached"))
"""What ends a pause, as domain.questions.stages has it."""
STOPS = frozenset(("construction_paused", "construction_resumed", "project_ended", "project_revived", "projects_absorbed"))
GROUPS = {
    "stage": noted("阶段"),
    "money": noted("资金与产出"),
    "duty": noted("责任"),
    "other": noted("计划与其他"),
}
CURVES = (
    ("agreed", "agreed", "reported"),
    ("received", "received", "reported"),
    ("received recognised", "received", "recognised"),
    ("invested", "invested", "reported"),
    ("invested recognised", "invested", "recognised"),
)
"""Class, measure and 口径 of each line; the agreed sum is a level, the others are sums of what came."""


class Shapes:
    """`moments` is None where the reader may not see the entries."""

    def __init__(
        self, visit: Visit, stating: Stating, status: Any, held: Any, moments: list[dict[str, Any]] | None, listed: int
    ) -> None:
        assert visit.viewpoint is not None
        self._visit, self._stating, self._status, self._held = visit, stating, status, held
        self.moments = moments
        self._listed = listed
        self.on = date.fromisoformat(visit.viewpoint["on"])
        self._writing = Writing(visit.language)
        self.word = stating.word

    # the list

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.moments or ()) // self._listed))

    def page(self, number: int) -> list[dict[str, Any]] | None:
        """The latest first."""
        if self.moments is None:
            return None
        return self.moments[::-1][(number - 1) * self._listed : number * self._listed]

    def gist(self, moment: dict[str, Any]) -> str:
        return self._stating.gist(moment["kind"], moment["states"])

    def sign(self, mark: str) -> str:
        """What stands before a mark's name, of the same shape as in the picture."""
        return SIGNS.get(mark, "")

    # the picture of its life

    def rows(self) -> list[tuple[str, list[Bar]]]:
        """As planned first, as planned now where that differs, as lived."""
        say = self._visit.say
        first, now = self._planned("original"), self._planned("in_force")
        plans = [(say("计划"), now)] if first == now else [(say("原计划"), first), (say("现行计划"), now)]
        return [*((name, bars) for name, bars in plans if bars), (say("实际"), list(self._lived()))]

    def _planned(self, which: str) -> list[Bar]:
        word, days = self.word, {}
        for field in self._status["plan"]:
            value = field[which]["value"]
            if isinstance(value, str):
                days[field["field"]] = date.fromisoformat(value)
        bars = []
        for begins, ends, stage in (("start", "completion", "under_construction"), ("completion", "operation", "completed")):
            if begins in days and days.get(ends, date.min) > days[begins]:
                said = f"{word('plans', begins)} {self.span(days[begins], days[ends])} {word('plans', ends)}"
                bars.append(Bar(days[begins], days[ends], word("stages", stage), said, None, "planned"))
        for field, day in days.items():
            if not any(day in (bar.since, bar.until) for bar in bars):
                said = f"{word('plans', field)} {self._writing.day(day)}"
                bars.append(Bar(day, day, word("plans", field), said, None, "planned"))
        return bars

    def _lived(self) -> Iterator[Bar]:
        ending = self._status["ending"]
        ended = date.fromisoformat(ending["since"]) if ending else None
        by = {m["stage"]: m["entry"] for m in reversed(self.moments or []) if m["stage"] and "annulled" not in m["marks"]}
        for stage in self._held["stages"]:
            since = date.fromisoformat(stage["since"])
            until = date.fromisoformat(stage["until"]) if stage["until"] else ended
            name = self.word("stages", stage["stage"])
            yield Bar(since, until, name, f"{name} {self.span(since, until)}", self._href(by.get(stage["stage"])))
        yield from self._pauses(ended)

    def _pauses(self, ended: date | None) -> Iterator[Bar]:
        stands = [m for m in self.moments or [] if "annulled" not in m["marks"]]
        since, name = None, self.word("marks", "paused")
        for moment in stands:
            day = date.fromisoformat(moment["occurred_on"])
            if moment["kind"] == "construction_paused":
                since = since or (day, moment["entry"])
            elif moment["kind"] in RESUMED and since is not None:
                yield Bar(since[0], day, name, f"{name} {self.span(since[0], day)}", self._href(since[1]), "paused")
                since = None
        if since is not None:
            yield Bar(since[0], ended, name, f"{name} {self.span(since[0], ended)}", self._href(since[1]), "paused")

    def lanes(self) -> list[Lane]:
        marks: dict[str, list[Mark]] = {group: [] for group in GROUPS}
        for moment in self.moments or []:
            word, day = self.word, date.fromisoformat(moment["occurred_on"])
            said = [
                f"{self._writing.day(day)} {word('kinds', moment['kind'])}",
                *(word("marks", m) for m in moment["marks"]),
            ]
            sort = next((shape for mark, shape in SHAPED if mark in moment["marks"]), "plain")
            href = self._href(moment["entry"])
            assert href is not None
            marks[group_of(moment)].append(Mark(day, sort, " · ".join((*said, moment["entry"])), href))
        return [Lane(self._visit.say(name), marks[group]) for group, name in GROUPS.items() if marks[group]]

    # who answered for it

    def roles(self) -> list[Role]:
        """In the order of the answer; whatever is only a gap comes where its role would stand."""
        found: dict[str, list[Held]] = {}
        for part, sort in (("held", "held"), ("gaps", "gap"), ("overlaps", "overlap")):
            for one in self._held[part]:
                found.setdefault(one["role"], []).append(self._held_bar(one, sort))
        return [Role(self.word("roles", role), held) for role, held in found.items()]

    def _held_bar(self, one: dict[str, Any], sort: str) -> Held:
        since = date.fromisoformat(one["since"])
        until = date.fromisoformat(one["until"]) if one["until"] else None
        if sort == "held":
            name = self._stating.holder(one["holder"])
        else:
            name = self._visit.say("空档") if sort == "gap" else self._visit.say("职责交叉")
        said = f"{self.word('roles', one['role'])} · {name} · {self.span(since, until)}"
        return Held(since, until, name, said, self._href(next(iter(one["sources"]), None)), sort)

    # its money

    def curves(self) -> list[Curve]:
        """Each from the first day that anything is said of it; those of which nothing is said are left out."""
        found = []
        for sort, measure, authority in CURVES:
            points = list(self._points(measure, authority))
            if points:
                word = self.word
                found.append(Curve(sort, f"{word('measures', measure)}（{word('authorities', authority)}）", points))
        return found

    def _points(self, measure: str, authority: str) -> Iterator[tuple[date, Decimal]]:
        total = Decimal(0)
        for moment in self.moments or []:
            for figure in moment["figures"]:
                if figure["measure"] == measure and figure[authority] is not None:
                    amount = Decimal(figure[authority])
                    total = amount if measure == "agreed" else total + amount
                    yield date.fromisoformat(moment["occurred_on"]), total

    def years(self) -> dict[str, Any]:
        """The same in a table: what each line came to at the end of each year, and at the viewpoint."""
        of = self.curves()
        if not of:
            return {"days": [], "lines": []}
        first = min(c.points[0][0].year for c in of)
        days = [date(year, 12, 31) for year in range(first, self.on.year)] + [self.on]
        lines = []
        for curve in of:
            sums = [next((v for d, v in reversed(curve.points) if d <= day), None) for day in days]
            lines.append({"name": curve.name, "sums": sums})
        return {"days": days, "lines": lines}

    def written(self, value: Decimal) -> str:
        return self._writing.money(str(value), self._stating.settings.currency)

    def lateness(self, field: dict[str, Any]) -> str | None:
        """How far what happened, or has not by the viewpoint's day, lies from the day planned; exempt days left out."""
        due, say = field["in_force"]["value"], self._visit.say
        if not isinstance(due, str):
            return None
        done = field["actual"]
        clock = field["clock"]
        until = date.fromisoformat(clock["due"]) if clock else date.fromisoformat(due)
        days = clock["days"] if clock else ((date.fromisoformat(done["value"]) if done else self.on) - until).days
        if done is not None:
            return (
                say("晚 {days} 天", days=days) if days > 0 else say("早 {days} 天", days=-days) if days < 0 else say("如期")
            )
        return say("已逾期 {days} 天", days=days) if days > 0 else None

    def span(self, since: date, until: date | None) -> str:
        return self._stating.span(since.isoformat(), until.isoformat() if until else None)

    def _href(self, citation: str | None) -> str | None:
        if citation is None or self.moments is None:
            return None
        label, _, number = citation.rpartition("#")
        return self._visit.link(f"/pages/entries/{label}/{number}")


def group_of(moment: dict[str, Any]) -> str:
    """The lane of the picture that a fact stands in."""
    kind = str(moment["kind"])
    if moment["stage"] or kind in STOPS:
        return "stage"
    return "money" if kind.startswith(MONEY) else "duty" if kind.startswith(DUTY) else "other"
