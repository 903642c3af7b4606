"""批示 about a fact, as a timeline shows them."""

from datetime import date

from domain.history import Matter, View
from domain.judgement import Instructed
from domain.values import Frozen


class InstructionNow(Frozen):
    """`person` is the leader; `document` the paper where the office recorded it from one."""

    entry: str
    person: str
    text: str
    due: date | None
    document: str | None
    recorded_on: date | None


class InstructionGiven(InstructionNow):
    """One of a list: in which stream, and about which of its entries; `about` is the first where it is about the whole."""

    stream: str
    about: str


def instructions_in(view: View) -> list[InstructionGiven]:
    """All of one stream in the order they were given; those about what was annulled since are left out."""
    found = [
        InstructionGiven(**dict(said), stream=view.label, about=matter.current.original.citation)
        for matter in view.matters.values()
        if matter.annulled_by is None
        for said in instructions_of(matter)
    ]
    return sorted(found, key=lambda said: int(said.entry.rpartition("#")[2]))


def instructions_of(matter: Matter) -> tuple[InstructionNow, ...]:
    return tuple(
        InstructionNow(
            entry=entry.citation,
            person=said.leader,
            text=said.text,
            due=said.due,
            document=entry.envelope.document,
            recorded_on=entry.recorded_on,
        )
        for entry, said in matter.said(Instructed)
    )
