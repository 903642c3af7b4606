"""The cells of the month's grid: a return's lines as the few figures that a clerk fills in, and back again.

A line that is none of these figures, or says more than cells can show, is carried along as it is (`others`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

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


STATEMENTS = ("amount", "voucher", "invested", "percent", "light")
FIELDS = {
    "funds": ("amount", "voucher", "occurred_on", "fund_kind"),
    "progress": ("invested", "percent"),
    "light": ("light",),
}


@dataclass
class Cells:
    """One project's row."""

    receipts: list[Group] = field(default_factory=list)
    progress: Group = field(default_factory=Group)
    light: Group = field(default_factory=Group)
    same: bool = False
    """本月无变化 is ticked."""

    @property
    def filled(self) -> bool:
        return any(group.filled for group in (*self.receipts, self.progress, self.light))


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
            for n, receipt in enumerate(cells.receipts):
                if receipt.filled:
                    yield f"funds.{code}.{n}", _line(code, "funds", receipt, self._funds(receipt, span))
            if cells.progress.filled:
                yield f"progress.{code}.0", _line(code, "construction", cells.progress, self._progress(cells.progress, span))
            if cells.light.filled:
                stated = {"occurred_on": span.day, **cells.light.rest, "light": cells.light.values["light"]}
                yield f"light.{code}.0", _line(code, "ratings", cells.light, stated)
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
        named = parts[4] if len(parts) > 4 and parts[4] in FIELDS[group] else FIELDS[group][0]
        return f"{named}{place.removeprefix(group)}"

    def _funds(self, receipt: Group, span: Span) -> Json:
        values = receipt.values
        stated: Json = {"act": "receive", **receipt.rest, "occurred_on": values.get("occurred_on") or span.day}
        if values.get("fund_kind"):
            stated["fund_kind"] = values["fund_kind"]
        if values.get("amount"):
            stated["amount"] = self._money(values["amount"])
        if values.get("voucher"):
            stated["voucher"] = values["voucher"]
        return stated

    def _progress(self, progress: Group, span: Span) -> Json:
        period = {"since": span.since, "until": span.day}
        stated: Json = {"act": "progress", "occurred_on": span.day, "period": period, **progress.rest}
        if progress.values.get("invested"):
            stated["invested"] = self._money(progress.values["invested"])
        if progress.values.get("percent"):
            stated["percent"] = typed(progress.values["percent"]).rstrip("%")
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
        cells.progress = _group(form, "progress", f"{code}.0")
        cells.light = _group(form, "light", f"{code}.0")
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
        {name: form.one(f"{name}.{place}") or "" for name in FIELDS[group]},
        rest if isinstance(rest, dict) else {},
        entry if isinstance(entry, int) else None,
    )


def _into(cells: Cells, line: Json, sheet: Sheet, span: Span) -> bool:
    """Whether the cells can show all of the line that is theirs to change."""
    command, noun = line.get("command"), line.get("noun")
    if not isinstance(command, dict) or set(line) - {"project", "noun", "command", "entry"}:
        return False
    command = dict(command)
    act, entry = command.get("act"), line.get("entry")
    if noun == "funds" and act == "receive":
        cells.receipts.append(Group(entry=entry))
        fits = _take(cells.receipts[-1], command, FIELDS["funds"], sheet)
        if not fits:
            cells.receipts.pop()
        return fits
    if noun == "construction" and act == "progress" and not cells.progress.filled:
        period = command.get("period")
        if entry is None and isinstance(period, dict) and period.get("since") == span.since and _within(period, span):
            command = {n: v for n, v in command.items() if n not in ("period", "occurred_on")}
        cells.progress = Group(entry=entry)
        fits = _take(cells.progress, command, FIELDS["progress"], sheet)
        cells.progress = cells.progress if fits else Group()
        return fits
    if noun == "ratings" and isinstance(command.get("light"), str) and not cells.light.filled:
        cells.light = Group(entry=entry)
        if entry is None:
            command.pop("occurred_on", None)
        return _take(cells.light, command, FIELDS["light"], sheet)
    return False


def _within(period: Json, span: Span) -> bool:
    return str(period.get("until", "")) <= span.until


def _take(group: Group, command: Json, names: Sequence[str], sheet: Sheet) -> bool:
    """Cells from the fields of a command; False where one cannot be shown as it is."""
    for name, value in command.items():
        if name == "reason":
            sheet.reason = sheet.reason or str(value)
        elif name not in names:
            group.rest[name] = value
        elif isinstance(value, dict):
            if value.get("currency") != sheet.currency:
                return False
            group.values[name] = _shown(value.get("amount"), SCALES[sheet.scale])
        else:
            group.values[name] = _shown(value, Decimal(1)) if name == "percent" else str(value)
    return "exchange" not in group.rest and group.filled


def _shown(value: object, scale: Decimal) -> str:
    text = str(value)
    return plain(Decimal(text) / scale) if NUMBER.fullmatch(text) else text


def plain(number: Decimal) -> str:
    written = format(number, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _line(project: str, noun: str, group: Group, command: Json) -> Json:
    return {"project": project, "noun": noun, "command": command} | ({"entry": group.entry} if group.entry else {})


def _read(written: str) -> Json:
    """Nothing where it is no JSON object: a form of ours writes none."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
