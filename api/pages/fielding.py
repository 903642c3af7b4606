"""A form as it is shown: each field with its words, what was filled in, what is wrong with it; and a fact in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from api.locale import Language, texts
from api.pages.filling import Filled, Names, shown
from api.pages.shapes import Shape
from api.pages.wording import SIGNS, aside
from api.pages.writing import CURRENCIES, Writing

SECTIONS = (
    *("unit_sorts", "measures", "fund_kinds", "stages", "evidence", "landings", "endings", "roles", "reconciliation"),
    *("levels", "authorities", "yearly_classes", "outcomes", "kinds"),
)
SCATTERED = ("measures", "counts", "choices", "blanks")
"""Where the words of a choice stand: all in one of the first, or each in one of the second."""
Words = Mapping[str, str]
MOST_IN_SHORT = 4


class Option(NamedTuple):
    value: str
    text: str


class Line(NamedTuple):
    """One value of a fact; `pointer` is its place in it."""

    pointer: str
    label: str
    text: str


class Compared(NamedTuple):
    """The same value in two versions; None where one does not state it."""

    label: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


class Tongue:
    """The words of fields, choices and values in one language, with the names known now and the district's own words."""

    def __init__(self, language: Language, names: Names, settings: Mapping[str, Any]) -> None:
        self.language, self.names, self.settings = language, names, settings
        self.writing = Writing(language)
        self._texts = texts(language)

    def label(self, shape: Shape) -> str:
        found = self._about("labels", shape) or self._texts["fields"].get(shape.name, shape.name)
        return found[:1].upper() + found[1:]

    def help(self, shape: Shape) -> str | None:
        return self._about("helps", shape)

    def _about(self, section: str, shape: Shape) -> str | None:
        found = self._texts[section]
        return found.get(f"{shape.owner}.{shape.name}") or found.get(shape.name)

    def options(self, shape: Shape) -> list[Option]:
        if shape.sort == "word":
            section = {"light": "lights", "ground": "exemption_grounds"}.get(shape.name)
            own = self.settings.get(section or "", ())
            return [Option(one["word"], one[self.language]) for one in own]
        words = self._words(shape.words)
        return [Option(word, words[word]) for word in shape.words]

    def commands(self, shape: Shape) -> list[Option]:
        """What a line of a return may be."""
        return [Option(variant.key, self._texts["commands"][variant.name]) for variant in shape.variants]

    def choice(self, shape: Shape, word: str) -> str:
        return next((o.text for o in self.options(shape) if o.value == word), word)

    def currency(self, code: str) -> str:
        return CURRENCIES.get(code, code) if self.language == "zh" else code

    def currencies(self, stated: str) -> list[str]:
        """Those that can be chosen: the district's first, and whatever is stated."""
        return list(dict.fromkeys((self.settings["currency"], stated, *CURRENCIES)))

    def blank(self, word: str) -> str:
        return self._texts["blanks"][word]

    def _words(self, words: Sequence[str]) -> Words:
        whole = next((s for s in SECTIONS if set(words) <= set(self._texts[s])), None)
        if whole is not None:
            return self._texts[whole]
        found = {w: self._texts[s][w] for s in reversed(SCATTERED) for w in words if w in self._texts[s]}
        return {w: w for w in words} | found

    # a fact in words

    def told(self, shape: Shape, value: Any, at: str = "") -> list[Line]:
        """Every value that a fact states, by its place."""
        found: list[Line] = []
        for inner in shape.fields:
            if isinstance(value, dict) and value.get(inner.name) not in (None, [], ()):
                found += self._told(inner, value[inner.name], f"{at}/{inner.name}", self.label(inner))
        return found

    def _told(self, shape: Shape, value: Any, at: str, label: str) -> list[Line]:
        if shape.sort == "group" and isinstance(value, dict) and "blank" not in value:
            if set(value) == {"since", "until"}:
                return [Line(at, label, self._span(value))]
            return [Line(x.pointer, f"{label} · {x.label}", x.text) for x in self.told(shape, value, at)]
        if shape.sort == "list" and shape.item is not None and shape.item.sort == "group":
            lines = []
            for n, one in enumerate(value):
                lines += self._told(shape.item, one, f"{at}/{n}", f"{label} {n + 1}")
            return lines
        return [Line(at, label, self.value(shape, value))]

    def _span(self, period: Mapping[str, str]) -> str:
        return f"{self.writing.day(period['since'])} – {self.writing.day(period['until'])}"

    def value(self, shape: Shape, value: Any) -> str:
        """One value as it is read; what is not as expected is shown as it is."""
        signs = SIGNS[self.language]
        if isinstance(value, dict) and "blank" in value:
            said = value.get("reason") or value.get("note")
            blank = self._texts["blanks"].get(value["blank"], value["blank"])
            return blank + aside(self.language, said)
        try:
            match shape.sort:
                case "money":
                    return self.writing.exact(value["amount"], value["currency"])
                case "day":
                    return self.writing.day(value)
                case "choice" | "word":
                    return self.choice(shape, value)
                case "choices":
                    return signs.comma.join(self.choice(shape, word) for word in value)
                case "list" if shape.item is not None:
                    return signs.comma.join(self.value(shape.item, one) for one in value)
                case "map" if shape.item is not None:
                    each = [
                        f"{self.choice(shape, k)}{signs.colon}{signs.comma.join(self.names.shown('unit', c) for c in v)}"
                        for k, v in value.items()
                    ]
                    return signs.semicolon.join(each)
                case "unit" | "person" | "project":
                    return self.names.shown(shape.sort, str(value))
                case "flag":
                    return self._texts["flags"]["yes" if value else "no"]
                case "entry":
                    return f"#{value}"
        except (ArithmeticError, KeyError, TypeError, ValueError):
            pass
        return str(value)

    def in_short(self, shape: Shape, value: Mapping[str, Any]) -> str:
        """The day and the first few values, in one line."""
        lines = [line.text for line in self.told(shape, value) if line.pointer != "/occurred_on"]
        return " · ".join([self.writing.day(value.get("occurred_on")), *(t[:60] for t in lines[:MOST_IN_SHORT])])

    def compared(self, shape: Shape, before: Any, after: Any) -> list[Compared]:
        """Two versions of a fact side by side, value by value."""
        old, new = ({line.pointer: line for line in self.told(shape, one)} for one in (before, after))
        found = []
        for place in dict.fromkeys((*new, *old)):
            line = new.get(place) or old[place]
            sides = (old[place].text if place in old else None, new[place].text if place in new else None)
            found.append(Compared(line.label, *sides))
        return found


class Filling:
    """`mistakes`: as the service told them, by pointer; `was`: the version that is corrected; `extra`: a list that more
    places were asked for; `entries`: facts of the stream that a number may name."""

    def __init__(
        self,
        tongue: Tongue,
        shapes: Iterable[Shape],
        state: Filled,
        mistakes: Sequence[Mapping[str, Any]] = (),
        *,
        was: Mapping[str, Any] | None = None,
        extra: str | None = None,
        entries: Mapping[str, list[Option]] | None = None,
    ) -> None:
        self.tongue, self.shapes, self.state = tongue, tuple(shapes), state
        self.was, self.extra, self.entries = was, extra, entries or {}
        self._mistakes: dict[str, list[str]] = {}
        for mistake in mistakes:
            if mistake.get("pointer") is not None:
                self._mistakes.setdefault(str(mistake["pointer"]), []).append(str(mistake["detail"]))

    def wrong(self, shape: Shape, at: str) -> list[str]:
        inner = (f"{at}/amount", f"{at}/currency") if shape.sort == "money" else ()
        told = [said for place in (at, *inner) for said in self._mistakes.get(place, ())]
        if shape.blanks:  # of a value that may be blank the service tells what each form of it lacks
            told += [said for place, more in self._mistakes.items() if place.startswith(f"{at}/") for said in more]
        return list(dict.fromkeys(told))

    def within(self, at: str) -> bool:
        """Whether anything below is wrong: what is folded is then open."""
        return any(place == at or place.startswith(f"{at}/") for place in self._mistakes)

    def size(self, at: str) -> str:
        return self.state.sizes.get(at, "万" if self.tongue.language == "zh" else "")

    def amount(self, at: str, value: Any) -> str:
        return shown(value["amount"], self.size(at)) if isinstance(value, dict) and "amount" in value else ""

    def text(self, shape: Shape, value: Any) -> str:
        """As an input shows it."""
        if value is None or isinstance(value, dict | list):
            return ""
        if shape.sort in ("unit", "person", "project"):
            return self.tongue.names.shown(shape.sort, str(value))
        return str(value)

    def codes(self, shape: Shape, value: Iterable[str]) -> str:
        return "、".join(str(code) for code in value)

    def places(self, shape: Shape, value: Any, at: str) -> int:
        """How many items are shown: what is there, and room for more."""
        there = len(value) if isinstance(value, list | dict) else 0
        return there + (4 if self.extra == at else 1 if there or not shape.required else 2)

    def changed(self, shape: Shape, at: str, value: Any) -> str | None:
        """What it reads in the version that is corrected, where that is something else."""
        if self.was is None or at.split("/")[1] not in self.was:
            return None
        before: Any = self.was
        for part in at.split("/")[1:]:
            if isinstance(before, list) and part.isdigit():
                before = before[int(part)] if int(part) < len(before) else None
            else:
                before = before.get(part) if isinstance(before, dict) else None
        said, now = ("" if v in (None, [], {}) else self.tongue.value(shape, v) for v in (before, value))
        return None if said == now else said

    def opens(self, shapes: Iterable[Shape]) -> bool:
        """Whether any of these was filled in or is wrong."""
        return any(s.name in self.state.body or self.within(f"/{s.name}") for s in shapes if s.name != "reason")

    def anchor(self, pointer: str) -> str:
        """The field that a mistake is shown at: the one named, or the nearest that it stands in."""
        return self._nearest(pointer)[0]

    def named(self, pointer: str) -> str:
        return self._nearest(pointer)[1]

    def _nearest(self, pointer: str) -> tuple[str, str]:
        at, label, shapes = "", "", self.shapes
        for part in pointer.split("/")[1:]:
            if part.isdigit():
                at, label = f"{at}/{part}", f"{label} {int(part) + 1}"
                continue
            shape = next((s for s in shapes if s.name == part), None)
            if shape is None:
                break
            at, label = f"{at}/{part}", f"{label} · {self.tongue.label(shape)}" if label else self.tongue.label(shape)
            shapes = shape.item.fields if shape.item is not None else shape.fields
        return at or pointer, label or pointer
