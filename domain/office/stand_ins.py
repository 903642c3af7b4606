"""AB岗: who may act for a person, from when until when, under which document; recorded with the person they stand in for."""

from datetime import date
from typing import ClassVar, Literal

from domain.command import Action, Context, StatesFact, deed
from domain.entry import Event
from domain.errors import NoDocument, Refused, SelfApproval
from domain.fact import Fact, Kind, Mentions, Others, Particulars
from domain.history import History, Standing, View
from domain.office.identities import PREFIX
from domain.settings import Settings
from domain.values import Day, PersonRef


class StandsInForThemselves(Refused):
    """Nobody stands in for themselves, nor for another reference of their own."""

    zh = "不能由本人（含本人的另一编号）代行本人职责。"
    sort = "invalid"


class EndsBeforeItStarts(Refused):
    """The appointment ends after the day it begins."""

    zh = "代行的止日须晚于起日。"
    sort = "invalid"


class NotAppointed(Refused):
    """This person is not a stand-in on that day; there is nothing to end."""

    zh = "该人当日并非AB岗，无可终止。"


class Naming(Particulars):
    stand_in: PersonRef


class Appointing(Naming):
    until: Day
    """The first day it no longer holds: an appointment always has an end."""


class StandInAppointed(Appointing, Fact):
    """AB岗授权: the stand-in may act for this person over `[occurred_on, until)`, with the rights of their own role only."""

    kind: ClassVar = Kind(280, "stand_in_appointed", "person")
    may_begin_later: ClassVar = True

    def mentions(self) -> Mentions:
        return Mentions(persons=(self.stand_in,))

    def check(self, others: Others, settings: Settings) -> None:
        if self.until <= self.occurred_on:
            raise EndsBeforeItStarts(str(self.until), pointer="/until")


class StandInEnded(Naming, Fact):
    """AB岗终止: from its day on the appointments before it no longer hold."""

    kind: ClassVar = Kind(281, "stand_in_ended", "person")

    def mentions(self) -> Mentions:
        return Mentions(persons=(self.stand_in,))


class AppointStandIn(Appointing, StatesFact):
    """Appoint who acts for this person, under a document and for a period."""

    act: Literal["appoint"]


class EndStandIn(Naming, StatesFact):
    """End what a stand-in was appointed for before its time."""

    act: Literal["end"]


@deed("stand-ins", stream="person", action=Action.SETTLE)
def appoint_stand_in(past: History, command: AppointStandIn, context: Context) -> list[Event]:
    if command.document is None:
        raise NoDocument(pointer="/document")
    stand_in = context.same([command.stand_in])
    if past.label.removeprefix(PREFIX) in stand_in:
        raise StandsInForThemselves(command.stand_in, pointer="/stand_in")
    if context.people & stand_in:  # a power to act for others is given by others
        raise SelfApproval(command.stand_in, pointer="/stand_in")
    return [StandInAppointed.of(command)]


@deed("stand-ins", stream="person", action=Action.SETTLE)
def end_stand_in(past: History, command: EndStandIn, context: Context) -> list[Event]:
    if not any(a.fact.stand_in == command.stand_in for a in appointed(past.now, command.occurred_on)):
        raise NotAppointed(command.stand_in, pointer="/stand_in")
    return [StandInEnded.of(command)]


def appointed(view: View, day: date) -> list[Standing[StandInAppointed]]:
    """The appointments that hold on the day, in order."""
    ends = view.of(StandInEnded)
    return [
        made
        for made in view.of(StandInAppointed)
        if made.fact.occurred_on <= day < made.fact.until
        and not any(
            end.fact.stand_in == made.fact.stand_in and made.place < end.place and end.fact.occurred_on <= day
            for end in ends
        )
    ]
