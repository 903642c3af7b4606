"""The cells of the month's grid: a return's lines as the few figures that a clerk fills in, and back again.

A line that is none of these figures, or says more than cells can show, is carried along as it is (`others`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from api.pages.forms import Form

Json = dict[str, Any]
SCALES = {"wan": Decimal(10_000), "yuan": Decimal(1), "million": Decimal(1_000_000), "one": Decimal(1)}
"""How many of the currency's main unit an amount in a cell is written in."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
STATES: dict[str, tuple[str, str | None]] = {
    "negotiation_held": ("negotiations", None),
    "signed": ("signings", None),
    "enterprise_registered": ("registrations", None),
    "capital_increased": ("capital", "increase"),
    "investor_changed": ("capital", "change_investor"),
    "land_secured": ("land", None),
    "funds_received": ("funds", "receive"),
    "funds_returned": ("funds", "return"),
    "construction_started": ("construction", "start"),
    "progress_reported": ("construction", "progress"),
    "construction_paused": ("construction", "pause"),
    "construction_resumed": ("construction", "resume"),
    "construction_completed": ("construction", "complete"),
    "operation_started": ("operation", "start"),
    "capacity_reached": ("operation", "capacity"),
    "tax_paid": ("taxes", None),
    "jobs_held": ("jobs", None),
    "benefit_reported": ("benefits", None),
    "plan_adopted": ("plans", "adopt"),
    "plan_revised": ("plans", "revise"),
    "period_planned": ("plans", "period"),
    "year_classified": ("classes", None),
    "forecast_stated": ("forecasts", None),
    "self_rated": ("ratings", None),
    "entered_statistics": ("statistics", "enter"),
    "statistic_cited": ("statistics", "cite"),
    "list_joined": ("listings", "join"),
    "list_left": ("listings", "leave"),
    "project_described": ("descriptions", None),
    "responsibility_assigned": ("responsibilities", "assign"),
    "responsibility_handed_over": ("responsibilities", "hand_over"),
    "responsibility_ended": ("responsibilities", "end"),
    "project_transferred": ("transfers", None),
    "project_ended": ("endings", "end"),
    "project_revived": ("endings", "revive"),
    "enterprise_share_stated": ("shares", "state"),
}
"""By kind: the noun and act of the line that states such a fact anew, in a return that was sent back."""
DECIDED = {"land_secured": ("lands",)}
"""What a decision adds to a fact and no command says."""


class Span(NamedTuple):
    """The days a return speaks of, and the last of them that has come."""

    since: str
    until: str
    day: str


@dataclass
class Group:
    """The cells of one fact: `rest` is what its line says besides, `entry` the number of the fact that it revises."""

    values: dict[str, str] = field(default_factory=dict)
    rest: Json = field(default_factory=dict)
    entry: int | None = None

    @property
    def filled(self) -> bool:
        """Whether the clerk stated something: a day or sort that stands there by itself is no statement."""
        return any(self.values.get(name) for name in STATEMENTS)

    @property
    def carried(self) -> str:
        return json.dumps({"rest": self.rest, "entry": self.entry}, ensure_ascii=False)


class Sort(NamedTuple):
    """A group of cells: the line they make, how it is dated, each cell's name with the field it is and how it is read."""

    noun: str
    act: str | None
    dated: Literal["period", "day", "own"]
    cells: dict[str, tuple[str, Literal["money", "number", "text"]]]
    stated: Json = {}
    """What the line says besides."""


SORTS = {
    "funds": Sort(
        "funds",
        "receive",
        "own",
        {
            "amount": ("amount", "money"),
            "voucher": ("voucher", "text"),
            "occurred_on": ("occurred_on", "text"),
            "fund_kind": ("fund_kind", "text"),
        },
    ),
    "progress": Sort(
        "construction", "progress", "period", {"invested": ("invested", "money"), "percent": ("percent", "number")}
    ),
    "light": Sort("ratings", None, "day", {"light": ("light", "text")}),
    "tax": Sort("taxes", None, "period", {"total": ("total", "money"), "retained": ("retained", "money")}),
    "jobs": Sort("jobs", None, "day", {"count": ("count", "number")}),
    "output": Sort("benefits", None, "period", {"output": ("amount", "money")}, {"indicator": "output"}),
}
ONCE = tuple(name for name in SORTS if name != "funds")
"""Of these a project has one a month."""
OPERATING = ("tax", "jobs", "output")
STATEMENTS = frozenset(n for s in SORTS.values() for n in s.cells) - {"occurred_on", "fund_kind"}


@dataclass
class Cells:
    """One project's row."""

    receipts: list[Group] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=lambda: {name: Group() for name in ONCE})
    same: bool = False
    """本月无变化 is ticked."""

    @property
    def filled(self) -> bool:
        return any(group.filled for group in (*self.receipts, *self.groups.values()))

    @property
    def operates(self) -> bool:
        """Whether tax, jobs or output are stated."""
        return any(self.groups[name].filled for name in OPERATING)


@dataclass
class Other:
    """A line that is carried along as it is."""

    line: Json
    kept: bool = True

    @property
    def written(self) -> str:
        return json.dumps(self.line, ensure_ascii=False)


@dataclass
class Sheet:
    """The whole grid; `places` of its lines are the names of the groups of cells they were made from."""

    scale: str
    currency: str
    cells: dict[str, Cells]
    others: list[Other] = field(default_factory=list)
    note: str = ""
    reason: str = ""
    irregular: set[tuple[str, str]] = field(default_factory=set)
    """Project and kind of what the reason is given for."""

    def unsaid(self) -> list[str]:
        """Projects of which neither a figure nor 本月无变化 is stated."""
        told = {other.line.get("project") for other in self.others if other.kept}
        return [code for code, cells in self.cells.items() if not cells.filled and not cells.same and code not in told]

    def no_change(self) -> list[str]:
        return [code for code, cells in self.cells.items() if cells.same]

    def lines(self, span: Span) -> Iterator[tuple[str, Json]]:
        """Each with its place."""
        for place, line in self._stated(span):
            asked = {STATES[kind] for code, kind in self.irregular if code == line.get("project") and kind in STATES}
            command = line.get("command")
            if isinstance(command, dict) and (line.get("noun"), command.get("act")) in asked:
                line = {**line, "command": {**command, "reason": self.reason}}
            yield place, line

    def _stated(self, span: Span) -> Iterator[tuple[str, Json]]:
        for code, cells in self.cells.items():
            groups = [("funds", n, receipt) for n, receipt in enumerate(cells.receipts)]
            for name, n, group in (*groups, *((name, 0, group) for name, group in cells.groups.items())):
                if group.filled:
                    line = {"project": code, "noun": SORTS[name].noun, "command": self._command(SORTS[name], group, span)}
                    yield f"{name}.{code}.{n}", line | ({"entry": group.entry} if group.entry else {})
        for n, other in enumerate(self.others):
            if other.kept:
                yield f"other.{n}", other.line

    def draft(self, span: Span) -> Json:
        """As the API keeps it."""
        lines, same = [line for _, line in self.lines(span)], self.no_change()
        nothing = not lines and set(same) == set(self.cells)
        return {"lines": lines, "no_change": same, "nothing_to_report": nothing} | ({"note": self.note} if self.note else {})

    def place(self, pointer: str | None, span: Span) -> str | None:
        """The cell that the API's pointer means, where it means one."""
        parts = (pointer or "").split("/")
        if len(parts) < 3 or parts[1] != "lines" or not parts[2].isdigit():
            return None
        places = [place for place, _ in self.lines(span)]
        if int(parts[2]) >= len(places):
            return None
        place = places[int(parts[2])]
        group = place.partition(".")[0]
        if group == "other":
            return place
        cells = {of: name for name, (of, _) in SORTS[group].cells.items()}
        named = cells.get(parts[4]) if len(parts) > 4 else None
        return f"{named or next(iter(SORTS[group].cells))}{place.removeprefix(group)}"

    def _command(self, sort: Sort, group: Group, span: Span) -> Json:
        """What was stated before stands, but for what the cells say."""
        dates: Json = {"occurred_on": span.day}
        if sort.dated == "period":
            dates["period"] = {"since": span.since, "until": span.day}
        stated: Json = ({"act": sort.act} if sort.act else {}) | dates | sort.stated | group.rest
        for name, (of, read) in sort.cells.items():
            text = group.values.get(name)
            if text:
                stated[of] = self._money(text) if read == "money" else _number(text, of) if read == "number" else text
        return stated

    def _money(self, text: str) -> Json:
        """In the main unit; what is no number goes on as it was typed, and is refused there."""
        number = typed(text)
        amount = plain(Decimal(number) * SCALES[self.scale]) if NUMBER.fullmatch(number) and len(number) < 40 else text
        return {"amount": amount, "currency": self.currency}


def typed(text: str) -> str:
    """A number as people type it: full width, in thousands, with blanks."""
    return re.sub(r"[,\s]", "", unicodedata.normalize("NFKC", text))


def of_lines(projects: Sequence[str], lines: Iterable[Json], stated: Json, scale: str, currency: str, span: Span) -> Sheet:
    """A draft's lines, or those of a return that was sent back, in their cells; `stated`: no_change and note."""
    same = set(stated.get("no_change") or (projects if stated.get("nothing_to_report") else ()))
    sheet = Sheet(scale, currency, {code: Cells(same=code in same) for code in projects}, note=stated.get("note") or "")
    for line in lines:
        cells = sheet.cells.get(str(line.get("project")))
        if cells is None or not _into(cells, line, sheet, span):
            sheet.others.append(Other(line))
    for cells in sheet.cells.values():
        cells.receipts = cells.receipts or [Group()]
    return sheet


def of_facts(facts: Iterable[Json]) -> list[Json]:
    """The lines that state these facts of a return anew; each keeps its number (`entry`)."""
    lines = []
    for fact in facts:
        noun, act = STATES.get(fact["kind"], (fact["kind"], None))
        command = {n: v for n, v in fact["states"].items() if n not in DECIDED.get(fact["kind"], ())}
        command |= {"act": act} if act else {}
        lines.append({"project": fact["project"], "noun": noun, "command": command, "entry": fact["number"]})
    return lines


def of_form(form: Form, projects: Sequence[str], scale: str, currency: str) -> Sheet:
    """As it was sent. What a cell carries along besides was made here; of anything else the API will say what it thinks."""
    sheet = Sheet(scale, currency, {}, note=form.one("note") or "", reason=form.one("reason") or "")
    for code in projects:
        receipts: list[Group] = []
        while (n := len(receipts)) < MOST_RECEIPTS and f"amount.{code}.{n}" in form:
            receipts.append(_group(form, "funds", f"{code}.{n}"))
        cells = Cells(receipts or [Group()], same=f"same.{code}" in form)
        cells.groups = {name: _group(form, name, f"{code}.0") for name in ONCE}
        sheet.cells[code] = cells
    kept = set(form.all("keep"))
    for n, written in enumerate(form.all("other")):
        line = _read(written)
        if line:
            sheet.others.append(Other(line, kept=str(n) in kept))
    return sheet


MOST_RECEIPTS = 50


def _group(form: Form, group: str, place: str) -> Group:
    carried = _read(form.one(f"rest.{group}.{place}") or "{}")
    rest, entry = carried.get("rest"), carried.get("entry")
    return Group(
        {name: form.one(f"{name}.{place}") or "" for name in SORTS[group].cells},
        rest if isinstance(rest, dict) else {},
        entry if isinstance(entry, int) else None,
    )


def _into(cells: Cells, line: Json, sheet: Sheet, span: Span) -> bool:
    """Whether the cells can show all of the line that is theirs to change."""
    command = line.get("command")
    if not isinstance(command, dict) or set(line) - {"project", "noun", "command", "entry"}:
        return False
    for name, sort in SORTS.items():
        says = command.get("act") == sort.act and sort.stated.items() <= command.items()
        if line.get("noun") != sort.noun or not says or (name in ONCE and cells.groups[name].filled):
            continue
        group = _taken(sort, dict(command), line.get("entry"), sheet, span)
        if group is None:
            return False
        if name in ONCE:
            cells.groups[name] = group
        else:
            cells.receipts.append(group)
        return True
    return False


def _within(period: Json, span: Span) -> bool:
    return str(period.get("until", "")) <= span.until


def _taken(sort: Sort, command: Json, entry: int | None, sheet: Sheet, span: Span) -> Group | None:
    """Cells from the fields of a command; None where one cannot be shown as it is. What is no entry yet is dated anew."""
    group, names = Group(entry=entry), {of: (name, read) for name, (of, read) in sort.cells.items()}
    period = command.get("period")
    in_span = isinstance(period, dict) and period.get("since") == span.since and _within(period, span)
    if entry is None and (sort.dated == "day" or in_span):
        command = {n: v for n, v in command.items() if n not in ("period", "occurred_on")}
    for of, value in command.items():
        name, read = names.get(of, (of, ""))
        if of == "reason":
            sheet.reason = sheet.reason or str(value)
        elif not read:
            group.rest[of] = value
        elif read == "money":
            if not isinstance(value, dict) or value.get("currency") != sheet.currency:
                return None
            group.values[name] = _shown(value.get("amount"), SCALES[sheet.scale])
        elif isinstance(value, dict):
            return None
        else:
            group.values[name] = _shown(value, Decimal(1)) if read == "number" else str(value)
    return group if group.filled and "exchange" not in group.rest else None


def _number(text: str, field: str) -> str | int:
    """A count goes as a whole number, where it is one."""
    number = typed(text).rstrip("%")
    return int(number) if field == "count" and number.isascii() and number.isdecimal() and len(number) < 10 else number


def _shown(value: object, scale: Decimal) -> str:
    text = str(value)
    return plain(Decimal(text) / scale) if NUMBER.fullmatch(text) else text


def plain(number: Decimal) -> str:
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _read(written: str) -> Json:
    """Nothing where it is no JSON object: a form of ours writes none."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
