"""The mapping file: everything that one layout of a table means, as TOML (docs/mapping.md is its reference)."""

import re
import tomllib
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain.entry import SHANGHAI
from domain.errors import Refused
from domain.settings import Light
from domain.values import Currency, Line, Prose, UnitCode, Word


class BadMapping(Refused):
    """The mapping file cannot be used."""

    zh = "映射文件有误。"
    sort = "invalid"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def a_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression / 正则表达式有误: {error}") from None
    return text


def a_format(text: str) -> str:
    """A strptime format. It says "time data" of a text that does not fit, and something else of a format that is none."""
    try:
        datetime.strptime("", text.replace("%q", "1"))  # noqa: DTZ007  (nothing is read)
    except ValueError as error:
        if not str(error).startswith("time data"):
            raise ValueError(f"no format of a date / 日期格式有误: {text!r}") from None
    return text


Format = Annotated[str, AfterValidator(a_format)]
Pattern = Annotated[str, AfterValidator(a_pattern)]
Kind = Literal["line", "prose", "date", "money", "word", "unit"]
SCALES = {"1": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9}
SCALES |= {"万": 10**4, "wan": 10**4, "亿": 10**8, "yi": 10**8}
FACTS: dict[str, Kind] = {
    "number": "line",
    "name": "line",
    "name_en": "line",
    "unit": "unit",
    "category": "line",
    "industry": "line",
    "investor": "line",
    "description": "prose",
    "light": "word",
    "start": "date",
    "completion": "date",
    "operation": "date",
    "investment": "money",
    "period_investment": "money",
    "period_forecast": "money",
    "benefits": "money",
}
"""What a column can be, and the kind of its cells; besides these `remark.ANYTHING` is prose."""
MOST_REMARKS = 14
"""So many `remark.*` columns fit in one rating, beside what is said there of blank attributes."""


class Column(Strict):
    """One fact's column. `header` is matched whole, without regard to case and white space; `*` stands for anything."""

    header: str | tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Further headers of the same fact, read where the first is empty (a table that has the column twice)."""
    join: str | None = None
    """For texts: all the headers are one value, joined with this (a number made of an office and a serial number)."""
    fill_down: bool = False
    """An empty cell reads what stands above it: cells that were merged."""
    formats: tuple[Format, ...] = ()
    """For dates: strptime formats, tried in order; `%q` is a quarter, `excel` reads a serial number."""
    day: Literal["first", "last"] = "first"
    """For dates whose format tells no day: which one of the month, quarter or year is meant."""
    dates: dict[str, date] = {}
    """For dates: single texts and the day a person says each means."""
    scale: str = "1"
    """For money: 1, thousand, 万, million, 亿, billion."""
    currency: Currency | None = None
    strip: Pattern = ""
    """For money: what is taken off before reading, such as [£,m¥\\s]."""
    words: dict[str, Word] = {}
    """For words: the spellings in the table and the word of the district's scale each means."""
    withheld: tuple[Pattern, ...] = ()
    none_provided: tuple[Pattern, ...] = ()
    empty: Literal["not_mentioned", "none_provided"] = "not_mentioned"

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.header,) if isinstance(self.header, str) else self.header

    @model_validator(mode="after")
    def _known_scale(self) -> "Column":
        if self.scale not in SCALES:
            raise ValueError(f"scale is one of {', '.join(SCALES)} / scale 须为所列之一")
        if self.join is not None and self.also:
            raise ValueError("join and also exclude each other / join 与 also 不能并用")
        return self


class Unit(Strict):
    """A unit as the ledger shall know it, and how the table spells it."""

    name: Line
    name_en: Line | None = None
    sort: Literal["street", "town", "bureau", "park", "office", "department", "other"] = "other"
    spellings: tuple[str, ...] = ()


class Span(Strict):
    since: date
    until: date


class SnapshotMapping(Strict):
    """One file, or what it overrides of the defaults."""

    file: str
    label: str
    as_at: date
    recorded: datetime
    """When its content is taken to have been known (backfill); with a zone."""
    layout: Literal["rows", "columns"] = "rows"
    """`columns`: transposed, one column a project."""
    encodings: tuple[str, ...] = ("gb18030",)
    """Tried in order for what is no UTF-8 and bears no byte order mark."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header_row: Annotated[int, Field(ge=1)] = 1
    """In which row (column, when transposed) the headers stand, counted from 1; what is above is left out."""
    period: Span | None = None
    """The period that period_investment and period_forecast speak of."""
    columns: dict[str, Column] = {}
    ignore: tuple[str, ...] = ()
    skip: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _zoned(self) -> "SnapshotMapping":
        if self.recorded.tzinfo is None:
            raise ValueError("recorded needs its zone, such as 2016-07-07T09:30:00+01:00 / recorded 须带时区")
        if self.recorded.astimezone(SHANGHAI).date() < self.as_at:
            raise ValueError("recorded is before as_at / recorded 早于 as_at")
        return self


class Rename(Strict):
    """Confirmed: what was called `old` is the same project as what is called `new`."""

    old: str
    new: str


class District(Strict):
    """Settings the import needs; adopted with the first import that needs them."""

    label: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,7}$")] | None = None
    name: Line | None = None
    currency: Currency | None = None
    lights: tuple[Light, ...] | None = None


class Blanks(Strict):
    """Texts (regular expressions, matched whole, without regard to case) that are no values in any column."""

    withheld: tuple[Pattern, ...] = ()
    none_provided: tuple[Pattern, ...] = ()


class Mapping(Strict):
    """The whole file."""

    list: Line
    title: Line
    scheme: Line = "number"
    """What the table's own numbers are called among a project's codes."""
    district: District = District()
    units: dict[UnitCode, Unit] = {}
    blanks: Blanks = Blanks()
    columns: dict[str, Column] = {}
    ignore: tuple[str, ...] = ()
    skip: tuple[Pattern, ...] = ()
    """Rows whose first written cell or name is this are no projects (subtotals, footnotes): left out on purpose."""
    repeated: Literal["left_out", "added_up"] = "left_out"
    """Several rows of one project: the first is read and the others listed, or their amounts are added to its own."""
    renames: tuple[Rename, ...] = ()
    personal_data: Prose | None = None
    """Why texts with phone or identity numbers are recorded all the same; without it such a row is refused and shown."""
    snapshots: tuple[SnapshotMapping, ...]

    @model_validator(mode="after")
    def _known_facts(self) -> "Mapping":
        for columns in (self.columns, *(s.columns for s in self.snapshots)):
            for fact in columns:
                kind_of(fact)
        for snapshot in self.snapshots:
            facts = self.facts(snapshot)
            if snapshot.period is None and {"period_investment", "period_forecast"} & {*facts}:
                raise ValueError(f"{snapshot.label}: period_* needs period = {{ since, until }} / 缺少 period 起止日")
            if sum(fact.startswith("remark.") for fact in facts) > MOST_REMARKS:
                raise ValueError(f"{snapshot.label}: over {MOST_REMARKS} remark columns / remark 列过多")
        return self

    def column(self, snapshot: SnapshotMapping, fact: str) -> Column:
        """A snapshot's own words for a column over the defaults."""
        default, own = self.columns.get(fact), snapshot.columns.get(fact)
        if default is None or own is None:
            return own or default or Column()
        return default.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})

    def facts(self, snapshot: SnapshotMapping) -> tuple[str, ...]:
        """Which facts the snapshot has, by the columns that name a header for it."""
        names = dict.fromkeys((*self.columns, *snapshot.columns))
        return tuple(fact for fact in names if any(self.column(snapshot, fact).headers))


def kind_of(fact: str) -> Kind:
    """Raises ValueError for what is no fact."""
    if fact.startswith("remark.") and fact != "remark.":
        return "prose"
    if fact not in FACTS:
        raise ValueError(f"`{fact}` is none of {', '.join(FACTS)}, remark.* / 没有 {fact} 这种列")
    return FACTS[fact]


def folded(text: str) -> str:
    """A header or name as it is compared: white space folded, case ignored."""
    return " ".join(text.split()).casefold()


def matches(pattern: str, header: str) -> bool:
    return fnmatchcase(folded(header), folded(pattern).replace("[", "[[]"))


def load_mapping(path: Path) -> Mapping:
    """Raises BadMapping, naming the key that is wrong and what would be right."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadMapping(f"{path.name}: {error}") from None
    return parsed(text, path.name)


def parsed(text: str, name: str) -> Mapping:
    """A mapping by its text. Raises BadMapping."""
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except (RecursionError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(f"{name}: {error}") from None
    except ValidationError as error:
        raise BadMapping(f"{name}: {told(error)}") from None


TOLD = {"extra_forbidden": "an unknown key / 不认识的键", "missing": "is wanted / 缺少此项"}


def told(error: ValidationError) -> str:
    """What is wrong and where, as a person looks for it in the file."""
    found = (
        (".".join(map(str, e["loc"])), TOLD.get(e["type"]) or e["msg"].removeprefix("Value error, "))
        for e in error.errors()[:10]
    )
    return "; ".join(f"{where}: {what}" if where else what for where, what in found)


SHIPPED = Path(__file__).parent / "mappings"


def find_mapping(name: str) -> Path:
    """A path, or the name of a mapping that comes with the program."""
    shipped = SHIPPED / f"{name}.toml"
    return shipped if not Path(name).exists() and shipped.exists() else Path(name)
