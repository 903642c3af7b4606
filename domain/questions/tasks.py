"""待办: what waits for somebody, as their role and unit have it: to report, sign, receive, recognise, approve, answer."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Literal

from domain.entry import Actor, Role, cite
from domain.history import View
from domain.judgement import InstructionAnswered, SentBack
from domain.office.period import PeriodClosed, deadline, opening
from domain.office.reconciliation import ReconciliationOpened, reconciliation
from domain.office.returned import Return, returns
from domain.project.responsibilities import tenures_in
from domain.questions.audits import Audit
from domain.questions.instructions import instructions_in
from domain.questions.returns import exempted_from_returns
from domain.settings import Settings
from domain.values import Frozen
from domain.working_days import Basis

TaskSort = Literal[
    "report",
    "revise",
    "sign",
    "accept",
    "answer",
    "objection",
    "recognise",
    "approve",
    "rectify",
    "close_audit",
    "instruction",
    "close_instruction",
]
SPEAKING = frozenset((Role.CLERK, Role.UNIT, Role.SERVICE))
"""Who reports and answers for the own unit."""
LEADING = frozenset((Role.HEAD, Role.UNIT))
"""Who signs for it."""


class Task(Frozen):
    """One thing to do. `stream` is what it is about and `unit` whose it is; `due` the last day, where there is one.

    `count` is how many facts wait where one line stands for several, `measure` then says of which. `counted_on` is what
    working days up to `due` were counted on, where it was counted in them.
    """

    sort: TaskSort
    stream: str | None = None
    unit: str | None = None
    person: str | None = None
    text: str | None = None
    due: date | None = None
    overdue: bool = False
    counted_on: Basis | None = None
    count: int = 1
    measure: str | None = None
    sources: tuple[str, ...] = ()


def wants_units(view: View, day: date) -> bool:
    """Whether it matters who has to report in this period: while it is open, or its reconciliation awaits answers."""
    sent_round = view.last_of(ReconciliationOpened)
    return not view.of(PeriodClosed) or (sent_round is not None and day <= sent_round.fact.until)


def of_period(
    view: View, by: Actor, expected: Collection[str], units: dict[str, View], settings: Settings, day: date
) -> Iterator[Task]:
    """`expected`: who leads a project at the period's end, asked where the opening names nobody and `wants_units`."""
    opened = opening(view)
    found, must = returns(view), set(opened.units or expected)
    closed, own = bool(view.of(PeriodClosed)), found.get(by.unit)
    if by.role in SPEAKING:
        due = deadline(view, by.unit)
        if not closed and own is not None and own.state == "sent_back":
            entry, said = own.newest.said(SentBack)[-1]
            yield _task("revise", view, by.unit, due, day, text=said.reason, sources=(entry.citation,))
        begun = opened.period.since <= day
        exempt = exempted_from_returns(units.get(by.unit), opened.period)
        if not closed and own is None and begun and by.unit in must and not exempt:
            yield _task("report", view, by.unit, due, day)
        answering = reconciliation(view, by.unit, day)
        if answering.state == "awaited" and (by.unit in must or own is not None):
            awaited = _task("answer", view, by.unit, answering.until, day)
            yield awaited.model_copy(update={"counted_on": answering.counted_on})
    if by.role in LEADING and own is not None and own.state == "submitted" and _independent(own, by):
        yield _task("sign", view, by.unit, deadline(view, by.unit), day, sources=own.newest.current.sources)
    if by.role is Role.OFFICE:
        for unit, made in sorted(found.items()):
            ready = made.state == "signed" or (made.state == "submitted" and not settings.returns_need_signature)
            if ready and _independent(made, by):
                yield _task("accept", view, unit, deadline(view, unit), day, sources=made.newest.current.sources)
        if view.of(ReconciliationOpened):
            for unit in sorted(must | set(found)):
                answer = reconciliation(view, unit, day)
                if answer.state == "objected" and answer.answer is not None:
                    texts = "；".join(o.text for o in answer.answer.fact.objections)
                    yield _task("objection", view, unit, None, day, text=texts, sources=answer.answer.sources)


def _task(
    sort: TaskSort,
    view: View,
    unit: str,
    due: date | None,
    day: date,
    *,
    text: str | None = None,
    sources: tuple[str, ...] = (),
) -> Task:
    overdue = due is not None and due < day
    return Task(sort=sort, stream=view.label, unit=unit, text=text, due=due, overdue=overdue, sources=sources)


def _independent(made: Return, by: Actor) -> bool:
    """Nobody signs or receives what they submitted."""
    return all(by.people.isdisjoint(m.current.original.envelope.actor.people) for m in made.submissions)


def of_audits(audits: Iterable[Audit], by: Actor) -> Iterator[Task]:
    """`audits`: those that the actor may read. A unit's are its own to rectify; an auditor closes what was rectified."""
    for one in audits:
        unit = by.unit if by.role in SPEAKING else next(iter(one.units), None)
        due = Task(
            sort="rectify", stream=f"audit:{one.audit}", unit=unit, text=one.title, due=one.deadline, sources=one.sources
        )
        if one.state == "open" and by.role in SPEAKING:
            yield due.model_copy(update={"overdue": one.overdue})
        if one.state == "rectified" and by.role is Role.AUDITOR:
            yield due.model_copy(update={"sort": "close_audit", "due": None})


def of_proposals(view: View, by: Actor) -> Iterator[Task]:
    """Corrections, annulments and reinstatements that somebody else asked for, of facts that somebody else recorded."""
    for entry, proposal in view.pending():
        matter = view.matters[proposal.target]
        actors = [entry.envelope.actor, *(s.wording.envelope.actor for s in matter.wordings)]
        if all(by.people.isdisjoint(actor.people) for actor in actors):
            yield Task(
                sort="approve",
                stream=view.label,
                unit=entry.envelope.actor.unit,
                person=entry.envelope.actor.person,
                text=proposal.reason,
                sources=(entry.citation, cite(view.label, proposal.target)),
            )


def of_instructions(view: View, by: Actor, day: date) -> Iterator[Task]:
    """To carry out, for the unit that leads the project on the day; to close, for the leader; for the office both."""
    leads = any(t.role == "lead_unit" and t.covers(day) and t.holder.unit == by.unit for t in tenures_in(view))
    unit = leads and by.role in SPEAKING | LEADING
    for one in instructions_in(view):
        if one.state == "open" and (unit or by.role is Role.OFFICE):
            yield Task(
                sort="instruction",
                stream=view.label,
                person=one.person,
                text=one.text,
                due=one.due,
                overdue=one.due is not None and one.due < day,
                sources=(one.entry,),
            )
        theirs = by.role is Role.OFFICE or (by.role is Role.LEADER and one.person in by.people)
        answers = [act for act in one.acts if act.kind == InstructionAnswered.topic]
        if one.state == "answered" and theirs and all(act.person not in by.people for act in answers):
            yield Task(
                sort="close_instruction",
                stream=view.label,
                unit=answers[-1].unit,
                person=one.person,
                text=one.text,
                sources=(one.entry, answers[-1].entry),
            )


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """What is overdue first, then by the last day; what has none comes last."""
    return sorted(tasks, key=lambda t: (not t.overdue, t.due or date.max, t.sort, t.stream or "", t.unit or ""))
