"""What was filled in, as the body of a command, and a body as the fields show it. A field's name is its JSON pointer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from api.pages.forms import Form
from api.pages.shapes import Shape

SIZES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
SIZE, BLANK, SAID, GONE, KEY, MORE = ":size", ":blank", ":said", ":gone", ":key", "more"
"""What stands behind a field's name: the size of an amount, which blank, why, an item struck out, the key of an entry."""
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
SEVERAL = re.compile(r"[,，、;；\s]+")
PROJECT = re.compile(r"[A-Z][A-Z0-9]{0,7}-[0-9]{4}-[0-9]{3,6}")
CODED = re.compile(r".*[（(]([^（()）]+)[）)]", re.DOTALL)


class Missing:
    """Nothing was filled in."""


MISSING = Missing()


@dataclass
class Names:
    """Who can be chosen, by name. Where two bear one name, the code must be written too."""

    units: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)

    def of(self, sort: str) -> Mapping[str, str]:
        return {"unit": self.units, "person": self.persons, "project": self.projects}[sort]

    def shown(self, sort: str, code: str) -> str:
        name = self.of(sort).get(code)
        return code if name in (None, code) else f"{name}（{code}）"

    def code(self, sort: str, text: str) -> str | None:
        """The code of what was chosen or typed; None where nobody, or more than one, is called so."""
        known = self.of(sort)
        if text in known:
            return text
        called = [code for code, name in known.items() if name == text]
        if len(called) == 1:
            return called[0]
        written = CODED.fullmatch(text)
        code = written[1].strip() if written is not None else text
        return code if code in known or (sort == "project" and PROJECT.fullmatch(code)) else None


@dataclass
class Filled:
    """`sizes`: of amounts, as chosen; `unclear`: places where a name means nobody, or several; `twice`: where a value and a
    blank were both stated."""

    body: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    unclear: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)


def filled(shapes: Iterable[Shape], form: Form, names: Names, start: str = "") -> Filled:
    """The whole body; lists without the items that are empty or struck out, so that pointers name what is sent."""
    reader = _Reader(form, names)
    body = reader.fields(shapes, start, start)
    return Filled(body, reader.sizes, reader.unclear, reader.twice)


class _Reader:
    def __init__(self, form: Form, names: Names) -> None:
        self._form, self._names = form, names
        self.sizes: dict[str, str] = {}
        self.unclear: dict[str, str] = {}
        self.twice: list[str] = []
        self._indices: dict[str, set[int]] = {}
        for name, _ in form.everything():
            parts = name.partition(":")[0].split("/")
            for n in range(1, len(parts)):
                if parts[n].isascii() and parts[n].isdigit() and len(parts[n]) < 6:
                    self._indices.setdefault("/".join(parts[:n]), set()).add(int(parts[n]))

    def fields(self, shapes: Iterable[Shape], at: str, to: str) -> dict[str, Any]:
        found = {s.name: self.value(s, f"{at}/{s.name}", f"{to}/{s.name}") for s in shapes}
        return {name: value for name, value in found.items() if value is not MISSING}

    def value(self, shape: Shape, at: str, to: str) -> Any:
        """`at`: where the form has it; `to`: where the body will."""
        found = self._stated(shape, at, to)
        blank = self._form.one(at + BLANK) if shape.blanks else None
        if blank is None:
            return found
        if found is not MISSING:
            self.twice.append(to)
        said = self._form.one(at + SAID)
        return {"blank": blank} | ({} if said is None else {"reason" if blank == "withheld" else "note": said})

    def _stated(self, shape: Shape, at: str, to: str) -> Any:
        raw = self._form.one(at)
        match shape.sort:
            case "const":
                return shape.default
            case "flag":
                return True if raw is not None else (False if shape.default is True else MISSING)
            case "choices":
                return self._form.all(at) or ([] if shape.default else MISSING)
            case "money":
                return self._money(at, to)
            case "group":
                return self._group(shape, at, to)
            case "list":
                return self._list(shape, at, to)
            case "line":
                return self._line(shape, at, to)
            case "map":
                return self._map(shape, at, to) or MISSING
        if raw is None:
            return MISSING
        match shape.sort:
            case "whole" | "entry":
                number = plain(raw).removeprefix("#")
                return int(number) if number.isascii() and number.removeprefix("-").isdigit() else raw
            case "decimal":
                return plain(raw)
            case "unit" | "person" | "project":
                return self._chosen(shape.sort, raw, to)
            case _:
                return raw

    def _chosen(self, sort: str, raw: str, to: str) -> str:
        code = self._names.code(sort, raw)
        if code is None and sort != "project":
            self.unclear[to] = raw
        return code or raw

    def _money(self, at: str, to: str) -> Any:
        raw, currency = self._form.one(f"{at}/amount"), self._form.one(f"{at}/currency")
        if raw is None:
            return MISSING
        size = self._form.one(f"{at}/amount{SIZE}") or ""
        self.sizes[to] = size
        return {"amount": sized(plain(raw), size)} | ({} if currency is None else {"currency": currency.upper()})

    def _group(self, shape: Shape, at: str, to: str) -> Any:
        found = self.fields(shape.fields, at, to)
        defaults = {s.name: s.default for s in shape.fields}
        if all(value == defaults[name] for name, value in found.items()):
            return {} if shape.required and shape.default is None else MISSING
        return found

    def _list(self, shape: Shape, at: str, to: str) -> Any:
        assert shape.item is not None
        found: list[Any] = []
        for n in sorted(self._indices.get(at, ())):
            if self._form.one(f"{at}/{n}{GONE}") is None:
                value = self.value(shape.item, f"{at}/{n}", f"{to}/{len(found)}")
                if value is not MISSING and value != {}:
                    found.append(value)
        return found or ([] if shape.default else MISSING)

    def _line(self, shape: Shape, at: str, to: str) -> Any:
        """A fact of a project with the return: which command it is settles what else is read."""
        found, key = self.fields(shape.fields, at, to), self._form.one(f"{at}/noun")
        if key is None:
            return found or MISSING
        noun, _, act = key.partition("/")
        act = act or (self._form.one(f"{at}/command/act") or "")
        variant = next((v for v in shape.variants if (v.noun, v.act or "") == (noun, act)), None)
        command = self.fields(variant.fields, f"{at}/command", f"{to}/command") if variant is not None else {}
        return found | {"noun": noun, "command": command}

    def _map(self, shape: Shape, at: str, to: str) -> dict[str, Any]:
        assert shape.item is not None
        found: dict[str, Any] = {}
        for n in sorted(self._indices.get(at, ())):
            key, raw = self._form.one(f"{at}/{n}{KEY}"), self._form.one(f"{at}/{n}")
            if key is not None and raw is not None:
                texts = [text for text in SEVERAL.split(raw) if text]
                found[key] = [self._chosen(shape.item.sort, text, f"{to}/{key}") for text in texts]
        return found


def plain(text: str) -> str:
    """１，２００.５ and 1,200.5 are 1200.5."""
    return re.sub(r"(?<=\d),(?=\d)", "", text.translate(FULL_WIDTH).strip()).replace(" ", "")


def sized(text: str, size: str) -> str:
    """An amount in its main unit; what is no number stays as it is, to be refused in the service's own words."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return text
    if not amount.is_finite() or not size or size not in SIZES or len(text) > 40:
        return text
    return _written(amount * SIZES[size])


def shown(text: object, size: str) -> str:
    """The same the other way round."""
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return str(text)
    if not amount.is_finite() or size not in SIZES:
        return str(text)
    return _written(amount / SIZES[size])


def _written(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
