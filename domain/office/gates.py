"""阶段关口: which facts and evidence are expected from which stage on; a table that is data, adopted by the district."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import AlreadyEntered, Refused
from domain.fact import KINDS, Fact, Kind, Others, Particulars, Stage
from domain.history import History, Standing, View
from domain.judgement import EvidenceSort
from domain.settings import Settings
from domain.values import Frozen, Line, Word

By = Literal["entry", "next"]
"""Whether it must be there when the stage is entered, or when a later one is: what proves a stage's own fact can only be
attached once that fact is recorded."""


class NoSuchKind(Refused):
    """A project has no such kind of fact; GET /vocabulary lists them."""

    zh = "项目没有这种事实，种类见 GET /vocabulary。"
    sort = "invalid"


class Expectation(Frozen):
    """A fact of `kind`; where `evidence` names sorts, one that carries a file of one of them."""

    stage: Stage
    kind: Word
    evidence: Annotated[tuple[EvidenceSort, ...], Field(max_length=11)] = ()
    dated: bool = False
    """Whether the file must bear a date: a photograph of the site without one proves nothing."""
    by: By = "next"
    within_days: Annotated[int, Field(ge=0, le=3_660)] | None = None
    """Days after the stage is entered by which it is due; lists say so, and nothing is refused or marked for them."""

    @property
    def threshold(self) -> int:
        """The lowest rank of a stage whose entering passes the gate."""
        return self.stage.rank + (self.by == "next")

    def __str__(self) -> str:
        return self.kind + (f" [{' | '.join(self.evidence)}]" if self.evidence else "")


class Gates(Frozen):
    """One version of the table; `name` is how people cite it."""

    name: Line
    expects: Annotated[tuple[Expectation, ...], Field(max_length=500)] = ()


NO_TABLE = Gates(name="-")
"""Of which nothing is expected."""


class AdoptingGates(Particulars):
    gates: Gates


class GatesAdopted(AdoptingGates, Fact):
    """关口采用: the whole table, for stages entered from `occurred_on` on; a day ahead may be set."""

    kind: ClassVar = Kind(260, "gates_adopted", "district")
    may_begin_later: ClassVar = True

    def check(self, others: Others, settings: Settings) -> None:
        known_kinds(self.gates)
        for other in others.of(GatesAdopted):
            if other.fact.gates.name == self.gates.name:
                raise AlreadyEntered(f"{self.gates.name}, #{other.number}", pointer="/gates/name")


def known_kinds(gates: Gates) -> None:
    """Raises NoSuchKind."""
    for number, expected in enumerate(gates.expects):
        kind = KINDS.get(expected.kind)
        if kind is None or kind.kind.stream != "project":
            raise NoSuchKind(expected.kind, pointer=f"/gates/expects/{number}/kind")


class AdoptGates(AdoptingGates, StatesFact):
    """Adopt the stage gates, the whole table under a name of its own."""


@deed("gates", stream="district", action=Action.SETTLE)
def adopt_gates(past: History, command: AdoptGates, context: Context) -> list[Event]:
    return [GatesAdopted.of(command)]


@dataclass(frozen=True)
class GatesInForce:
    """The tables a district adopted, by the day they begin. What was passed before the first begins is no irregularity:
    for those days `shipped` only says what is expected (docs/decisions/0023)."""

    adopted: Sequence[Standing[GatesAdopted]] = ()
    shipped: Gates = NO_TABLE

    def adopted_on(self, day: date) -> Standing[GatesAdopted] | None:
        """The adoption whose table holds on a day."""
        begun = [s for s in self.adopted if s.fact.occurred_on <= day]
        return begun[-1] if begun else None

    def expected(self, day: date) -> Gates:
        adoption = self.adopted_on(day)
        return adoption.fact.gates if adoption else self.shipped

    def binding(self, day: date) -> Iterator[Expectation]:
        """What passing without is irregular."""
        adoption = self.adopted_on(day)
        return iter(adoption.fact.gates.expects if adoption else ())


def gates_of(district: View, shipped: Gates = NO_TABLE) -> GatesInForce:
    """In force at the district's view."""
    return GatesInForce(district.of(GatesAdopted), shipped)


NO_GATES = GatesInForce()
"""For whoever asks about no district."""
