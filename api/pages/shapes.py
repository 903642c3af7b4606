"""What a form asks for, made from the JSON schemas of the OpenAPI document: one shape for every field of every command."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import domain.kinds  # noqa: F401  (fills the table of commands)
from api.locale import declared, snake
from domain.command import TABLE, Action, StatesFact
from domain.entry import Role
from domain.fact import StreamKind
from domain.permissions import EVERY, allows, of_stream

# fmt: off
Sort = Literal[
    "text", "prose", "day", "whole", "decimal", "money", "choice", "choices", "flag", "list", "group", "map",
    "unit", "person", "project", "entry", "word", "const", "line",
]
# fmt: on
Schema = Mapping[str, Any]
REF = "#/components/schemas/"
BLANKS = ("Withheld", "NoneProvided")
BY_PATTERN: dict[str, Sort] = {
    "^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$": "unit",
    "^[a-z0-9][a-z0-9-]{1,31}$": "person",
    "^[A-Z][A-Z0-9]{0,7}-[0-9]{4}-[0-9]{3,6}$": "project",
    "^[a-z][a-z0-9_]{0,39}$": "word",
}
"""References are known by how codes are written; `OWN` are new ones, that nobody can choose yet."""
OWN = ("code", "ref", "word", "noun", "sha256")
ENTRIES = ("after", "receipt", "exemption", "instruction", "entry")
"""Entry numbers of the same stream."""
WORDS: dict[str, str] = {
    "measure": "measures",
    "kind": "kinds",
    "single_holder_roles": "roles",
    "required_roles": "roles",
    "recognising": "measures",
}
"""Fields whose words are the program's own; those of `light` and `ground` are in the district's settings."""
MORE = ("reason", "confidentiality", "on_behalf_of", "under", "after")
"""What most records leave out: asked for under "more"."""
LONG = 300
PLURALS: dict[str, StreamKind] = {
    "projects": "project",
    "units": "unit",
    "people": "person",
    "periods": "period",
    "targets": "targets",
    "audits": "audit",
    "district": "district",
}
JUDGING = frozenset(d.noun for d in TABLE.values() if {"target", "proposal"} & d.command.model_fields.keys())
"""Nouns of what is said about a fact, or about what was asked for it."""


@dataclass(frozen=True)
class Shape:
    """One field; `owner` is the model it stands in, in snake case."""

    name: str
    sort: Sort
    required: bool = True
    owner: str = ""
    words: tuple[str, ...] = ()
    fields: tuple["Shape", ...] = ()
    item: "Shape | None" = None
    blanks: bool = False
    """Whether it may be withheld or not provided (domain.values.Blank) instead."""
    default: Any = None
    variants: tuple["Variant", ...] = ()
    """Of a line of a return: what its command may be."""

    def variant(self, value: Any) -> "Variant | None":
        """The one that a line, as it is sent or filled in, is of."""
        if not isinstance(value, Mapping):
            return None
        act = value["command"].get("act") if isinstance(value.get("command"), Mapping) else None
        return next((v for v in self.variants if (v.noun, v.act) == (value.get("noun"), act)), None)


@dataclass(frozen=True)
class Variant:
    """A command that a line may hold; `key` is how a form chooses it."""

    name: str
    noun: str
    act: str | None
    fields: tuple[Shape, ...] = field(repr=False)

    @property
    def key(self) -> str:
        return self.noun if self.act is None else f"{self.noun}/{self.act}"


@dataclass(frozen=True)
class Asked:
    """A command as a form asks for it; `noun` is where it is posted."""

    name: str
    stream: StreamKind
    noun: str
    act: str | None
    begins: bool
    action: Action
    fields: tuple[Shape, ...] = field(repr=False)

    def by(self, role: Role) -> bool:
        """Whether a role may ask for it anywhere."""
        action = of_stream(self.action, self.stream, role)
        return any(allows(role, action, relation) for relation in EVERY)

    @property
    def main(self) -> tuple[Shape, ...]:
        """The day first, the document last."""
        own = [s for s in self.fields if s.name not in (*MORE, "act", "document", "occurred_on")]
        return (*self._named("occurred_on"), *own, *self._named("document"))

    def _named(self, name: str) -> tuple[Shape, ...]:
        return tuple(s for s in self.fields if s.name == name)

    @property
    def more(self) -> tuple[Shape, ...]:
        return tuple(s for s in self.fields if s.name in MORE)


class Shapes:
    """Every command by its stream and noun, and every kind of fact as a correction states it."""

    def __init__(self, document: Schema) -> None:
        self._models: Schema = document["components"]["schemas"]
        self.commands: dict[tuple[StreamKind, str], list[Asked]] = {}
        deeds = {command.__name__: deed for command, deed in TABLE.items()}
        for path, operations in document["paths"].items():
            asked = operations.get("post", {})
            _, first, *rest = path.split("/")
            if "commands" not in asked.get("tags", ()) or first not in PLURALS:
                continue
            stream, noun = PLURALS[first], rest[-1] if rest else first
            for title, model in self._several(asked["requestBody"]["content"]["application/json"]["schema"]):
                deed = deeds[title]
                found = Asked(snake(title), stream, noun, deed.act, deed.begins, deed.action, self._fields(title, model))
                self.commands.setdefault((stream, noun), []).append(found)
        kinds = self._models["WholeFact"]["discriminator"]["mapping"]
        self.facts: dict[str, Shape] = {kind: self._fact(kind, ref.removeprefix(REF)) for kind, ref in kinds.items()}

    def command(self, stream: StreamKind, noun: str, act: str | None) -> Asked | None:
        """The one of this act; of a noun with one command that one."""
        found = self.commands.get((stream, noun), [])
        return found[0] if len(found) == 1 else next((c for c in found if c.act == act), None)

    def _several(self, schema: Schema) -> Iterator[tuple[str, Schema]]:
        """The commands of a body, by the name of their models."""
        if "oneOf" in schema:
            for one in schema["oneOf"]:
                yield from self._several(one)
        elif "discriminator" in (found := self._models[schema["$ref"].removeprefix(REF)]):
            yield from self._several(found)
        else:
            yield found["title"].removesuffix("Input"), found

    def _fact(self, kind: str, model: str) -> Shape:
        fields = self._fields(model, self._models[model])
        last = tuple(f for f in fields if f.name == "after")
        return Shape("reads", "group", fields=(*(f for f in fields if f.name not in ("kind", "after")), *last), owner=kind)

    def _fields(self, title: str, model: Schema) -> tuple[Shape, ...]:
        required, owner = model.get("required", ()), snake(title)
        found = (self._shape(n, s, owner, n in required) for n, s in model["properties"].items())
        return tuple(shape for shape in found if shape is not None)

    def _shape(self, name: str, schema: Schema, owner: str, required: bool = True) -> Shape | None:
        """None for what is asked for elsewhere: the fact that a correction states."""
        default = schema.get("default")
        if "anyOf" in schema:
            return self._either(name, schema["anyOf"], owner, required, default)
        title = schema["$ref"].removeprefix(REF) if "$ref" in schema else ""
        schema = self._models[title] if title else schema
        made = Shape(name, "text", required, owner, default=default)
        if "oneOf" in schema:
            return None
        if "enum" in schema:
            return replace(made, sort="choice", words=tuple(schema["enum"]))
        if schema.get("const") is not None and schema["type"] != "boolean":
            return replace(made, sort="const", default=schema["const"])
        match schema["type"]:
            case "string":
                return replace(made, **self._string(name, schema))
            case "integer":
                return replace(made, sort="entry" if name in ENTRIES else "whole")
            case "boolean":
                return replace(made, sort="flag")
            case "array":
                return self._list(made, schema["items"])
            case "object":
                return self._object(made, title, schema)
        raise TypeError(f"no field for {owner}.{name}: {schema}")

    def _either(self, name: str, schemas: list[Schema], owner: str, required: bool, default: Any) -> Shape | None:
        stated = [s for s in schemas if s.get("type") != "null" and not self._blank(s)]
        made = [self._shape(name, s, owner, required and len(schemas) == len(stated)) for s in stated]
        first = made[0]
        if first is None:
            return None
        words = tuple(word for shape in made if shape is not None for word in shape.words)
        optional = any(s.get("type") == "null" for s in schemas)
        blanks = any(self._blank(s) for s in schemas)
        return replace(first, words=words, required=required and not optional, blanks=blanks, default=default)

    def _blank(self, schema: Schema) -> bool:
        return str(schema.get("$ref", "")).removeprefix(REF).removesuffix("Input") in BLANKS

    def _string(self, name: str, schema: Schema) -> dict[str, Any]:
        if schema.get("format") == "date":
            return {"sort": "day"}
        sort = BY_PATTERN.get(schema.get("pattern", ""))
        if sort == "word" and name in WORDS:
            return {"sort": "choice", "words": declared()[WORDS[name]]}
        if sort is not None and name not in OWN:
            return {"sort": sort}
        if "pattern" in schema:
            return {"sort": "text"}
        if "maxLength" not in schema:
            return {"sort": "decimal"}
        return {"sort": "prose" if schema["maxLength"] > LONG else "text"}

    def _list(self, made: Shape, items: Schema) -> Shape | None:
        item = self._shape(made.name, items, made.owner)
        if item is None:
            return None
        if item.sort == "choice":
            return replace(made, sort="choices", words=item.words)
        return replace(made, sort="list", item=item)

    def _lines(self) -> tuple[Variant, ...]:
        """What a line of a return may record about a project: the facts of its life, as their own forms ask for them."""
        models = {str(m["title"]).removesuffix("Input"): m for m in self._models.values() if "title" in m}
        found = []
        for command, deed in TABLE.items():
            if deed.stream == "project" and deed.action is Action.RECORD and issubclass(command, StatesFact):
                fields = self._fields(command.__name__, models[command.__name__])
                kept = tuple(f for f in fields if f.name not in MORE or f.name == "reason")
                found.append(Variant(snake(command.__name__), deed.noun, deed.act, kept))
        return tuple(found)

    def _object(self, made: Shape, title: str, schema: Schema) -> Shape | None:
        if "patternProperties" in schema:
            (inner,) = schema["patternProperties"].values()
            item = self._shape(made.name, inner["items"], made.owner)
            return replace(made, sort="map", words=declared()[WORDS[made.name]], item=item)
        if "properties" not in schema:
            return None
        if set(schema["properties"]) == {"amount", "currency"}:
            return replace(made, sort="money")
        if title.startswith("ReturnLine"):
            fields = self._fields(
                title, {**schema, "properties": {k: schema["properties"][k] for k in ("project", "entry")}}
            )
            return replace(made, sort="line", fields=fields, variants=self._lines())
        wanted = len(schema["properties"])
        fields = self._fields(title or made.name, schema)
        return replace(made, sort="group", fields=fields) if len(fields) == wanted else None
