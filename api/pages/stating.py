"""Entries and figures in the words of the office: what an entry states field by field, what a figure is called and reads."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from markupsafe import Markup
from pydantic_core import to_json

from api.pages.visit import Visit
from api.pages.wording import aside, noted
from api.pages.writing import Writing
from api.telling import Telling
from domain.questions.comparing import Path
from domain.settings import Settings

DATE = re.compile(r"\d{4}-\d\d-\d\d")
CITED = re.compile(r"[^\s#]+#\d+")
SECTIONS = {
    "role": "roles",
    "level": "levels",
    "fund_kind": "fund_kinds",
    "lands": "landings",
    "how": "endings",
    "outcome": "outcomes",
    "measure": "measures",
    "indicator": "measures",
    "yearly_class": "yearly_classes",
    "stage": "stages",
    "noun": "nouns",
    "act": "acts",
    "kind": "kinds",
}
"""The words that a field takes."""
UNITS = frozenset(("unit", "lead_unit", "introducing_unit", "hosting_unit", "from_unit", "to_unit", "authority", "bureau"))
PERSONS = frozenset(("person", "approver", "leader", "other", "on_behalf_of", "stand_in"))
PERCENT = frozenset(("percent", "progress"))
INNER = {
    "person": noted("人员"),
    "post": noted("职务"),
    "outside": noted("外部主体"),
    "media_type": noted("文件类型"),
    "size": noted("字节数"),
    "rate": noted("汇率"),
    "currency": noted("币种"),
    "noun": noted("填报事项"),
    "command": noted("内容"),
    "project": noted("项目"),
    "since": noted("起日"),
    "about": noted("关于"),
    "scheme": noted("编码体系"),
    "kind": noted("种类"),
    "entry": noted("记录"),
    "approval": noted("批准"),
    "word": noted("代号"),
    "rank": noted("次序"),
}
"""Fields inside of fields, which the vocabulary does not name."""


class Row(NamedTuple):
    """One field as it is read; `said` may hold links."""

    name: str
    label: str
    said: str | Markup


class Stating(Telling):
    """In the reader's language, with the names that the page's answers brought."""

    def __init__(self, visit: Visit, settings: Any = None) -> None:
        known = Settings() if settings is None else Settings.model_validate_json(to_json(settings["settings"]))
        super().__init__(visit.language, known, longest=300)
        self._visit = visit
        self._writing = Writing(visit.language)

    # the figures of a status, as answers about changes name them

    def label(self, path: Path) -> str:
        say = self._visit.say
        match path:
            case ("gaps", role, *_):
                return say("责任空档：{role}", role=self.word("roles", role))
            case ("dissolved", role, *_):
                return say("责任单位已撤销：{role}", role=self.word("roles", role))
            case ("awaiting_decision",):
                return say("待审批的申请")
            case ("gates", "stages", stage, *_):
                return say("{stage}关口尚缺", stage=self.word("stages", stage))
            case ("gates", *_):
                return say("阶段关口表")
            case ("measures", measure, "not_judged"):
                return f"{self.word('measures', measure)} · {say('尚未认定')}"
            case _:
                return super().label(path)

    def value(self, path: Path, value: Any) -> str:
        if isinstance(value, list) and value and all(isinstance(v, str) and CITED.fullmatch(v) for v in value):
            return self._visit.say("{count} 条记录", count=len(value))
        if path[:2] == ("gates", "stages") and isinstance(value, dict):
            return self.either("、", ", ").join(self.word("kinds", m["kind"]) for m in value["missing"])
        if path[0] in ("gaps", "exemptions") and isinstance(value, dict):
            return self.span(value["since"], value.get("until"))
        if path[0] == "light" and isinstance(value, dict) and "as_at" in value:
            stated = {name: inner for name, inner in value.items() if inner is not None}
            return self._visit.say("{light}（{day}）", light=self._light(stated), day=self._writing.day(value["as_at"]))
        if isinstance(value, dict) and isinstance(value.get("since"), str) and "until" not in value:
            value = value | {"since": self._writing.day(value["since"])}
        return super().value(path, value)

    # how things are written

    def unit(self, code: str) -> str:
        return self._visit.unit(code)

    def person(self, ref: str) -> str:
        return self._visit.person(ref)

    def money(self, amount: Any, currency: str) -> str:
        return self._writing.money(str(amount), currency)

    def period(self, text: str) -> str:
        since, _, until = text.partition("..")
        if (since[5:], until[5:]) == ("01-01", "12-31") and since[:4] == until[:4]:
            return super().period(text)
        return self.span(since, until)

    def span(self, since: str, until: str | None) -> str:
        """From a day to another, or on."""
        day = self._writing.day
        return self._visit.say("{since} 起", since=day(since)) if until is None else f"{day(since)} – {day(until)}"

    def short(self, text: str) -> str:
        return self._writing.day(text) if DATE.fullmatch(text) else super().short(text)

    def holder(self, holder: dict[str, Any]) -> str:
        return super().holder({name: value for name, value in holder.items() if value is not None})

    # what an entry states

    def rows(self, kind: str, states: dict[str, Any]) -> list[Row]:
        """Field by field; the whole fact that a correction states is told in its place."""
        found: list[Row] = []
        for name, value in states.items():
            if name == "reads":
                found += self.rows(str(value.get("kind", kind)), {n: v for n, v in value.items() if n != "kind"})
            elif value not in (None, [], {}):
                found.append(Row(name, self.field(name, kind), self.stated(name, value, kind)))
        return found

    def field(self, name: str, kind: str = "") -> str:
        if kind.startswith("funds") and name == "kind":
            return self.word("fields", "fund_kind")
        if kind == "period_planned" and name == "investment":
            return self._visit.say("计划投资")
        if name in INNER:
            return self._visit.say(INNER[name])
        return self.word("fields", name)

    def stated(self, name: str, value: Any, kind: str = "") -> str | Markup:
        """One field's value; an amount to the last digit beside the figure that is read."""
        match value:
            case {"amount": amount, "currency": str(currency)}:
                short, exact = self._writing.money(amount, currency), self._writing.exact(amount, currency)
                return short if short == exact else self._visit.say("{short}（{exact}）", short=short, exact=exact)
            case {"since": str(since), "until": str(until)}:
                return self.period(f"{since}..{until}")
            case {"blank": str(blank)}:
                note = value.get("reason") or value.get("note")
                return self.word("blanks", blank) + aside(self._visit.language, note)
            case dict() if value.keys() <= {"person", "post", "unit", "outside"}:
                return self.holder(value)
            case dict():
                parts = ((self.field(n), self.stated(n, v)) for n, v in value.items() if v not in (None, [], {}))
                return self._joined(Markup("{} {}").format(*p) if isinstance(p[1], Markup) else " ".join(p) for p in parts)
            case list():
                return self._joined(self.stated(name, v, kind) for v in value)
            case bool():
                return self._visit.say("是") if value else self._visit.say("否")
            case str():
                return self._text(name, value, kind)
            case _:
                return self._writing.number(str(value)) if name not in ("year", "rank", "target") else str(value)

    def _joined(self, parts: Iterable[str | Markup]) -> str | Markup:
        every, between = list(parts), self.either("；", "; ")
        linked = any(isinstance(part, Markup) for part in every)
        return (Markup("") + between).join(every) if linked else between.join(every)

    def _text(self, name: str, value: str, kind: str) -> str | Markup:
        if name == "kind" and kind.startswith("funds"):
            return self.word("fund_kinds", value)
        if name == "sort":
            return self.word("evidence" if kind.startswith("evidence") else "unit_sorts", value)
        if name == "ground":
            grounds = {g.word: g.zh if self.language == "zh" else g.en for g in self.settings.exemption_grounds}
            return grounds.get(value, value)
        if name == "light":
            return self._light({"light": value})
        if name in SECTIONS:
            said = self.word(SECTIONS[name], value)
            return self.word("counts", value) if said == value and name == "indicator" else said
        if name in UNITS:
            return self.unit(value)
        if name in PERSONS:
            return self.person(value)
        if name in PERCENT:
            return self._writing.percent(value)
        if CITED.fullmatch(value):
            return self.cited(value)
        return self._writing.day(value) if DATE.fullmatch(value) else value

    def cited(self, citation: str) -> Markup:
        """A link to the page of the entry."""
        label, _, number = citation.rpartition("#")
        address = self._visit.link(f"/pages/entries/{label}/{number}")
        return Markup('<a class="cite" href="{}">{}</a>').format(address, citation)

    def gist(self, kind: str, states: dict[str, Any]) -> str:
        """What an entry states in one short line, without what its kind and day say already."""
        return self.either("，", ", ").join(self._gist(kind, states))[:200]

    def _gist(self, kind: str, states: dict[str, Any]) -> Iterator[str]:
        inner = states.get("reads") if isinstance(states.get("reads"), dict) else states
        assert isinstance(inner, dict)
        for name in GIST:
            value = inner.get(name)
            if value in (None, [], {}, ""):
                continue
            said = self.stated(name, value, kind) if not _money(value) else self.money(value["amount"], value["currency"])
            if name in BARE or (_money(value) and name == "amount"):
                yield str(said)
            else:
                yield f"{self.field(name, kind)} {said}"


BARE = frozenset(("role", "name", "list", "sort", "light", "outcome", "text", "summary", "because"))
GIST = (
    *("role", "holder", "outgoing", "incoming", "name", "list", "light", "with_whom", "counterparty", "agreed"),
    *("enterprise", "capital", "outcome", "measure", "amount", "voucher", "invested", "percent", "total", "count"),
    *(
        "start",
        "completion",
        "operation",
        "investment",
        "period",
        "value",
        "text",
        "summary",
        "because",
        "yearly_class",
        "sort",
    ),
)
"""The fields worth a line in a list, in the order they are read."""


def _money(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= {"amount", "currency"}
