"""批示 about a fact, as a timeline shows them: given, answered, sent back, closed."""

from datetime import date

from domain.entry import Entry
from domain.history import Matter, View
from domain.judgement import AboutInstruction, Instructed, InstructionAnswered, InstructionClosed, InstructionSentBack
from domain.judging.instructions import State, acts_about, state
from domain.values import Frozen


class InstructionAct(Frozen):
    """What followed: reported, sent back or closed, by whom and of which unit."""

    entry: str
    kind: str
    person: str
    unit: str
    text: str | None
    due: date | None
    document: str | None
    recorded_on: date | None


class InstructionNow(Frozen):
    """`person` is the leader; `document` the paper where the office recorded it from one; `due` the day as it stands, `acts`
    what followed, in order."""

    entry: str
    person: str
    text: str
    due: date | None
    document: str | None
    recorded_on: date | None
    state: State
    acts: tuple[InstructionAct, ...]


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
    return tuple(_now(matter, entry, said) for entry, said in matter.said(Instructed))


def _now(matter: Matter, entry: Entry, said: Instructed) -> InstructionNow:
    acts = tuple(_act(*one) for one in acts_about(matter, entry.number))
    return InstructionNow(
        entry=entry.citation,
        person=said.leader,
        text=said.text,
        due=next((one.due for one in reversed(acts) if one.due is not None), said.due),
        document=entry.envelope.document,
        recorded_on=entry.recorded_on,
        state=state(matter, entry.number),
        acts=acts,
    )


def _act(entry: Entry, said: AboutInstruction) -> InstructionAct:
    due, text = None, None
    match said:
        case InstructionAnswered():
            text = said.text
        case InstructionSentBack():
            text, due = said.reason, said.due
        case InstructionClosed():
            text = said.note
    return InstructionAct(
        entry=entry.citation,
        kind=said.topic,
        person=entry.envelope.actor.person,
        unit=entry.envelope.actor.unit,
        text=text,
        due=due,
        document=entry.envelope.document,
        recorded_on=entry.recorded_on,
    )
