"""批示 about a fact, as a timeline shows them."""

from datetime import date

from domain.history import Matter
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
