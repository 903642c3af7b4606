"""Figures and entries in words, for people at a terminal: amounts, dates, units and marks as they are read aloud."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from api.locale import Language, texts
from domain.fact import MEASURES
from domain.questions.comparing import Path
from domain.questions.replay import Effect, Step
from domain.settings import Settings

CURRENCIES = {
    "CNY": ("元", "CNY "),
    "GBP": ("英镑", "£"),
    "USD": ("美元", "US$"),
    "EUR": ("欧元", "€"),
    "HKD": ("港元", "HK$"),
    "JPY": ("日元", "JP¥"),
}
QUIET = ("gates", "gaps", "awaiting_decision")
"""Parts that a reader of the whole story is told otherwise, or not at all: by marks, or by the entries themselves."""
QUIET_ENDS = ("clock", "exempted", "not_judged", "ratio", "ratio_of_original")
TOLD_BY_FIGURES = frozenset(
    ("plan_adopted", "plan_revised", "period_planned", "forecast_stated", "self_rated", "list_joined", "list_left")
)
TOLD = (
    *(
        "with_whom",
        "counterparty",
        "level",
        "amount",
        "total",
        "retained",
        "period",
        "count",
        "voucher",
        "payer",
        "enterprise",
    ),
    *("paper", "site", "publication", "because", "note", "summary", "indicator", "ground", "approver", "open_matters"),
    *("measure", "outcome", "value", "authority", "name", "list"),
)
"""What an entry says that no figure of the project repeats."""


@dataclass
class Telling:
    """In one language, with the names known now; `width` of a line in columns of a terminal."""

    language: Language
    settings: Settings
    units: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)
    width: int = 100
    longest: int = 400
    """Characters of a text that are shown."""

    def either(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def word(self, section: str, word: str) -> str:
        return texts(self.language).get(section, {}).get(word, word)

    def unit(self, code: str) -> str:
        name = self.units.get(code)
        return code if name is None or name == code else self.either(f"{name}（{code}）", f"{name} ({code})")

    def person(self, ref: str) -> str:
        return self.persons.get(ref, ref)

    def money(self, amount: Decimal | str, currency: str) -> str:
        """To the last digit, in 万元 or 亿元; in English in thousands set apart, millions named."""
        value = Decimal(amount)
        zh, en = CURRENCIES.get(currency, (currency, f"{currency} "))
        if self.language == "zh":
            for least, scale, word in ((Decimal(10**8), 8, "亿"), (Decimal(10**4), 4, "万")):
                if abs(value) >= least:
                    return f"{_plain(value.scaleb(-scale))}{word}{zh}"
            return f"{_plain(value)}{zh}"
        sign = "-" if value < 0 else ""
        if abs(value) >= 10**6:
            return f"{sign}{en}{_plain(abs(value).scaleb(-6))} million"
        return f"{sign}{en}{_plain(abs(value))}"

    def label(self, path: Path) -> str:
        """What a figure is called."""
        match path:
            case ("measures", measure, "bureaus", bureau, *_):
                return f"{self.word('measures', measure)} · {self.word('authorities', 'recognised')} · {self.unit(bureau)}"
            case ("measures", measure, ("reported" | "recognised" | "statistical") as authority):
                return f"{self.word('measures', measure)} · {self.word('authorities', authority)}"
            case ("measures", measure, mark):
                return f"{self.word('measures', measure)} · {self.word('marks', mark)}"
            case ("plan", name, "in_force"):
                return self.word("plans", name)
            case ("plan", name, "original"):
                return self.either(f"{self.word('plans', name)}（原计划）", f"{self.word('plans', name)} (original)")
            case ("plan", name, "actual"):
                return self.either(f"{self.word('plans', name)}：实际", f"{self.word('plans', name)}: what happened")
            case ("period_plans", period, which):
                of = self.period(period)
                what = {
                    "original": self.either("计划投资（原计划）", "planned investment (original)"),
                    "in_force": self.either("计划投资", "planned investment"),
                    "achieved": self.either("完成投资", "invested"),
                }.get(which, which)
                return self.either(f"{of} {what}", f"{what} {of}")
            case ("forecasts", indicator, period, *_):
                what = self.word("measures", indicator) if indicator in MEASURES else indicator.replace("_", " ")
                of = "" if period == "-" else " " + self.period(period)
                return self.either(f"预计{of} {what}", f"forecast of {what}{of}")
            case ("responsible" | "overlaps" as part, role, *_):
                held = self.word("roles", role)
                return held if part == "responsible" else self.either(f"职责交叉：{held}", f"overlap: {held}")
            case ("marks", mark, *_):
                return self.word("marks", mark)
            case ("lists", name, *_):
                return self.either(f"清单 {name}", f"list {name}")
            case ("yearly_classes", year, *_):
                return self.either(f"{year} 年分类", f"class of {year}")
            case _:
                return self._plain_label(path)

    def _plain_label(self, path: Path) -> str:
        words = {
            "stage": ("阶段", "stage"),
            "ending": ("终结", "ending"),
            "paused": ("停工", "paused"),
            "in_statistics": ("入统", "in statistics"),
            "light": ("自评", "unit's own light"),
            "exemptions": ("剔除（免责）", "exemption"),
            "evidence": ("佐证", "evidence"),
        }
        return self.either(*words[path[0]]) if path[0] in words else self.word("fields", path[0])

    def period(self, text: str) -> str:
        """A whole year by its number."""
        since, _, until = text.partition("..")
        if (since[5:], until[5:]) == ("01-01", "12-31") and since[:4] == until[:4]:
            return self.either(f"{since[:4]} 年", f"in {since[:4]}")
        return self.either(f"{since} 至 {until}", f"from {since} to {until}")

    def value(self, path: Path, value: Any) -> str:
        """What a figure reads."""
        if isinstance(value, dict):
            return self._model(path, value)
        if isinstance(value, list):
            return self.either("、", ", ").join(self.value(path, v) for v in value)
        return self.short(str(value))

    def _model(self, path: Path, value: dict[str, Any]) -> str:
        part = path[0]
        if "holder" in value:
            since = self.either(f"（{value['since']} 起）", f" (since {value['since']})")
            return self.holder(value["holder"]) + since
        if "holders" in value:
            return self.either(" 与 ", " and ").join(self.holder(h) for h in value["holders"])
        if part == "stage":
            since = self.either(f"（{value['since']} 起）", f" (since {value['since']})")
            return self.word("stages", value["stage"]) + since
        if part == "light":
            return self._light(value)
        if part == "marks":
            return self.either(f"{value['since']} 起", f"since {value['since']}") if "since" in value else ""
        if part == "ending":
            return f"{self.word('endings', value['how'])} {value['since']}"
        if part == "yearly_classes":
            return self.word("yearly_classes", value["yearly_class"])
        if "scheme" in value:
            return f"{value['scheme']} {value['value']}"
        if part == "evidence":
            return f"{value['name']} → {value['fact']}"
        return self._figure(path, value)

    def _figure(self, path: Path, value: dict[str, Any]) -> str:
        if "blank" in value:
            said = self.word("blanks", value["blank"])
            note = value.get("note")
            return said if note is None else self.either(f"{said}（{self.short(note)}）", f"{said} ({self.short(note)})")
        inner = value.get("value", value.get("because", ""))
        if isinstance(inner, dict) and "amount" in inner:
            return self.money(inner["amount"], inner["currency"])
        if "currency" in value:
            return self.money(value["value"], value["currency"])
        if path[0] == "measures":
            unit = MEASURES[path[1]].unit
            return f"{_plain(Decimal(str(inner)))}{'%' if unit == 'percent' else ''}"
        if path[0] == "lists":
            return self.either(f"{value['since']} 列入", f"since {value['since']}")
        return self.short(str(inner or value.get("since", "")))

    def _light(self, value: dict[str, Any]) -> str:
        words = {light.word: light.zh if self.language == "zh" else light.en for light in self.settings.lights}
        if "light" in value:
            return str(words.get(value["light"], value["light"]))
        return self.word("blanks", value.get("blank", "not_mentioned"))

    def holder(self, holder: dict[str, Any]) -> str:
        said = [self.person(holder["person"])] if "person" in holder else []
        said += [holder["post"]] if "post" in holder else []
        said += [self.unit(holder["unit"])] if "unit" in holder else []
        said += [holder["outside"]] if "outside" in holder else []
        return self.either("，", ", ").join(said)

    def short(self, text: str) -> str:
        text = " ".join(text.split())
        return text if len(text) <= self.longest else text[: self.longest].rstrip() + " …"

    def effect(self, effect: Effect) -> str | None:
        """One line; None for what need not be told to somebody reading the whole story."""
        path = effect.figure
        if path[0] in QUIET or path[-1] in QUIET_ENDS or path[:2] == ("marks", "irregular") or "bureaus" in path:
            return None
        before, after = (None if s is None else self.value(path, s.value) for s in (effect.before, effect.after))
        if before == after:
            return None
        if path[0] == "marks":
            if before is not None and after is not None:
                return None
            mark = self.either("标记", "mark")
            gone = self.either("不再", "no longer ")
            said = f"{mark}：" if self.language == "zh" else f"{mark}: "
            return said + (gone if after is None else "") + self.label(path) + (f" {after}" if after else "")
        colon = self.either("：", ": ")
        if after is None:
            return self.label(path) + colon + self.either(f"不再是 {before}", f"no longer {before}")
        return self.label(path) + colon + (after if before is None else f"{before} → {after}")

    def details(self, step: Step) -> str:
        """What the entry says besides the figures."""
        if step.kind in TOLD_BY_FIGURES and step.moved:
            return ""
        said = step.states.get("reads", step.states)
        if not isinstance(said, dict):
            return ""
        parts = [
            f"{self.word('fields', name)} {self._stated(name, said[name])}"
            for name in TOLD
            if name in said and not (name == "name" and step.kind != "evidence_attached")
        ]
        return self.short(self.either("，", ", ").join(parts))

    def _stated(self, name: str, value: Any) -> str:
        if isinstance(value, dict) and "amount" in value:
            return self.money(value["amount"], value["currency"])
        if isinstance(value, dict) and "since" in value:
            return self.period(f"{value['since']}..{value['until']}")
        if isinstance(value, dict) and "blank" in value:
            return self.word("blanks", value["blank"])
        if isinstance(value, list):
            return self.either("；", "; ").join(map(str, value))
        section = {"level": "levels", "outcome": "outcomes", "measure": "measures", "indicator": "measures"}.get(name)
        if section is not None:
            return self.word(section, str(value))
        return self.unit(value) if name == "authority" else self.person(value) if name == "approver" else str(value)

    def lines(self, text: str, indent: str, more: int = 2) -> Iterator[str]:
        """Wrapped to the width, later lines by so many columns more; what is Chinese may break anywhere."""
        line, room = indent, self.width
        for word in _words(text):
            if columns(line) + columns(word.rstrip()) > room and line.strip():
                yield line.rstrip()
                line = " " * (columns(indent) + more)
                word = word.lstrip()
            line += word
        if line.strip():
            yield line.rstrip()


IN_SHORT = ("stage", "ending", "responsible", "plan", "measures", "light")


def in_short(path: Path) -> bool:
    """Whether the course of a figure over the whole record is told before the record itself."""
    match path:
        case ("plan", _, which):
            return which == "in_force"
        case ("measures", _, authority):
            return authority in ("reported", "recognised", "statistical")
        case ("responsible", role, *_):
            return role in ("lead_unit", "project_owner", "project_officer")
        case _:
            return path[0] in IN_SHORT


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in text:
        if unicodedata.east_asian_width(character) in "WF":
            yield from (word, character) if word else (character,)
            word = ""
        elif character == " ":
            yield word + " "
            word = ""
        else:
            word += character
    if word:
        yield word


def columns(text: str) -> int:
    """How wide a terminal shows it."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _plain(value: Decimal) -> str:
    """No trailing zeros, thousands set apart."""
    return f"{value.normalize():,f}"
