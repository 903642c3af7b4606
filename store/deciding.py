"""A command becomes entries: permit, decide, check what it names, mark what is irregular, put it in its envelope."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID, uuid4

from domain.acting import stands_in
from domain.command import TABLE, Action, Command, Context, Deed, KeptFile, Load, Part, check_fact
from domain.entry import SHANGHAI, Actor, Entry, Envelope, Event, Irregularity, Role, Source, stream_kind
from domain.errors import (
    Broken,
    NotFound,
    NotPermitted,
    ReasonNeeded,
    Refused,
    UnknownPerson,
    UnknownProject,
    UnknownUnit,
)
from domain.fact import Fact, Mentions
from domain.history import History
from domain.judgement import Corrected, CorrectionProposed
from domain.judging.corrections import ProposeAnnulment, ProposeCorrection
from domain.judging.evidence import AttachEvidence
from domain.judging.verdicts import GiveVerdict
from domain.office.audit import PREFIX as AUDIT
from domain.office.audit import OpensAudit
from domain.office.district import LABEL as DISTRICT
from domain.office.exemptions import need_not_report
from domain.office.identities import joined_with
from domain.office.period import opening
from domain.office.person import EnterPerson
from domain.office.returned import is_theirs, late
from domain.office.returns import NotAFact, SubmitReturn
from domain.permissions import allows, answers_for, of_stream, permit
from domain.personal import PersonalData
from domain.project.intake import EnterProject
from domain.project.responsibilities import HOLDING, tenures_in
from domain.questions.irregularities import broken, marks_of
from domain.settings import Settings
from store.marking import irregular, personal
from store.places import is_place, place_of
from store.streams import InForce, Knows, NextNumber, Streams

FindFile = Callable[[str, Actor], KeptFile | None]
"""The kept file with this SHA-256, under the name that the actor uploaded it with where they did."""


def no_file(sha256: str, by: Actor) -> KeptFile | None:
    """Where no evidence is kept."""
    return None


def knows_none(label: str) -> bool:
    """Where nothing is remembered: every stream is looked up."""
    return False


NOBODY = Mentions()
DRY = "试算 / a dry run"
"""Stands for the reason that is not asked for yet."""


@dataclass(frozen=True)
class Asking:
    """Who asks for a request, through which door, at what moment (stated, in a backfill)."""

    by: Actor
    source: Source
    moment: datetime
    request: UUID = field(default_factory=uuid4)
    batch: UUID | None = None
    imported: bool = False
    """Imports and backfills give their own reason for what is irregular: nobody is there to be asked."""
    returned_in: str | None = None
    """The submission of a monthly return that everything is recorded in."""
    causation: str | None = None
    """The entry that began an act over several streams, for what follows from it."""
    late: str | None = None
    """The reason given for a return after its deadline: each of its entries is marked."""
    marked_later: bool = False
    """What is irregular is looked for when the whole request is decided: a return's facts are recorded together."""
    remembering: bool = False
    """Histories will do as this process knows them: where one has moved on, nothing is appended and all is decided anew."""
    dry: bool = False
    """Nothing will be recorded: what is irregular is only asked about, and needs no reason yet."""

    @cached_property
    def today(self) -> date:
        return self.moment.astimezone(SHANGHAI).date()


class Deciding:
    """Decides commands one after another, each on the facts that the ones before it left."""

    def __init__(
        self, load: Load, next_number: NextNumber, find_file: FindFile = no_file, knows: Knows = knows_none
    ) -> None:
        self._find_file = find_file
        self.streams = Streams(load, next_number, knows)
        self.past = self.streams.past
        self.entries: list[Entry] = []
        self.irregular: dict[str, tuple[Broken, ...]] = {}
        """What each entry breaks, by its citation."""
        self._permitted: set[tuple[str, Action, Role, str, date]] = set()
        self._shared: tuple[Asking, InForce, Context] | None = None
        self.names: Sequence[str] = ()
        """Of people: those that somebody found in what is asked."""
        self.looked_through = False
        """Whether all that is asked was looked through already, and holds nothing personal."""

    def decide(
        self,
        label: str | None,
        command: Command,
        asking: Asking,
        together: frozenset[tuple[str, str]] = frozenset(),
    ) -> list[Entry]:
        """The new entries, which count as past from here on. Raises the Refused of the rule broken."""
        deed = TABLE[type(command)]
        in_force = self.streams.in_force
        label = self._label(label, command, deed, in_force.settings)
        past = self.past(label)
        by = self._acting(asking, command, label)
        if deed.stream not in (None, stream_kind(label)):
            raise NotFound(label)
        if not past.version and not deed.begins and label != DISTRICT:
            raise NotFound(label)
        self.permit(by, deed.action, past, asking.today)
        asking = self._in_time(label, command, asking, by)
        context = self._context(past, command, by, asking, in_force, together)
        opening = len(self.entries)
        entries: list[Entry] = []
        for event in deed.decide(past, command, context):
            if isinstance(event, Fact):
                check_fact(past, event, context)
                self._check_mentions(event, label, command)
            elif isinstance(event, CorrectionProposed | Corrected):
                self._check_mentions(event.reads, label, command)
            past = self._grown(past, event, command, by, asking, in_force)
            self.streams.now(past)
            entries.append(past.entries[-1])
            if not isinstance(event, Fact) or isinstance(event, HOLDING):
                self._permitted.clear()
        self.entries.extend(entries)
        if deed.follow is None or (deed.joint and asking.causation is not None):
            return entries
        entries.extend(self._follow(deed, label, command, context, replace(asking, by=by), entries[0].citation))
        return self._join(opening, asking) if deed.joint and len(entries) > 1 else entries

    def _acting(self, asking: Asking, command: Command, label: str) -> Actor:
        """Who acts: for somebody else only as their recorded stand-in. Raises UnknownPerson, NoStandIn."""
        principal = command.on_behalf_of
        if principal is None:
            return asking.by
        if not self.streams.exists(f"person:{principal}"):
            raise UnknownPerson(principal, pointer="/on_behalf_of")
        document = stands_in(
            self.past, label, asking.by.person, principal, asking.today, lambda refs: joined_with(self.past, refs)
        )
        return asking.by.model_copy(update={"on_behalf_of": principal, "under": command.under or document})

    def permit(self, by: Actor, action: Action, past: History, today: date) -> None:
        """Asked of each command, but looked up once while nobody's responsibilities change.

        Raises NotPermitted, or NotFound for an audit that the actor may not even read.
        """
        action = of_stream(action, stream_kind(past.label), by.role)
        key = (past.label, action, by.role, by.unit, today)
        if key not in self._permitted:
            permit(by, action, past.now if stream_kind(past.label) == "project" else None, today)
            if action is Action.RECTIFY and not answers_for(by.unit, past.now, self.past, today):
                raise NotPermitted(f"{by.unit} · {action}") if allows(by.role, Action.ENTRIES) else NotFound(past.label)
            self._permitted.add(key)

    def _join(self, opening: int, asking: Asking) -> list[Entry]:
        """Everything decided since then is one act: one batch, its entries each other's counterparts."""
        batch, act = asking.batch or uuid4(), self.entries[opening:]
        made = []
        for entry in act:
            others = tuple(o.citation for o in act if o.stream != entry.stream)
            envelope = entry.envelope.model_copy(update={"batch": batch, "counterparts": others})
            made.append(replace(entry, envelope=envelope))
        self.entries[opening:] = made
        for entry in made:
            entries = self.past(entry.stream).entries
            whole = (*entries[: entry.number - 1], entry, *entries[entry.number :])
            self.streams.now(History(entry.stream, whole))
        return made

    def _follow(
        self, deed: Deed, label: str, command: Command, context: Context, asking: Asking, citation: str
    ) -> list[Entry]:
        """What the command does in other streams; a refusal there points at the place in the command that asked for it."""
        assert deed.follow is not None
        whole = isinstance(command, SubmitReturn)
        if whole:
            asking = replace(asking, returned_in=citation, marked_later=True)
        parts = deed.follow(self.past(label), command, context, self.past)
        if deed.joint:
            if parts and asking.returned_in is not None:
                raise NotAFact(TABLE[type(command)].noun)
            asking = replace(asking, causation=citation)
        entries: list[Entry] = []
        asked: dict[str, Part] = {}
        for part in parts:
            try:
                decided = self.decide(part.label, part.command, asking)
                entries.extend(decided)
                if whole:
                    asked.update({entry.citation: part for entry in decided})
            except Refused as refused:
                if not (deed.joint and refused.pointer in ("/reason", "/document")):
                    refused.pointer = part.pointer + (refused.pointer or "") if part.pointer else None
                    if deed.joint and not is_place(command.model_dump(), refused.pointer or ""):
                        refused.pointer = part.pointer
                refused.about = f"{part.label} {refused.about}".strip()
                raise
        return self._marked_together(entries, asked, asking) if whole else entries

    def _marked_together(self, entries: list[Entry], asked: Mapping[str, Part], asking: Asking) -> list[Entry]:
        """The facts of a return, each marked as it stands beside all the others; one look at each project.

        Raises ReasonNeeded, pointing at the first line that lacks its reason.
        """
        settings, gates, _ = self.streams.in_force
        changed: dict[str, Entry] = {}
        facts: dict[str, list[Entry]] = {}
        for entry in entries:
            if isinstance(entry.event, Fact):
                facts.setdefault(entry.stream, []).append(entry)
        for label, own in facts.items():
            found = marks_of(self.past(label).now, {entry.number for entry in own}, settings, gates)
            for entry in own:
                if rules := found.get(entry.number):
                    part = asked[entry.citation]
                    reason = part.command.reason or self._own_reason(asking)
                    if reason is None:
                        raise ReasonNeeded(rules=rules, pointer=f"{part.pointer}/reason")
                    more = (*entry.envelope.irregular, *(Irregularity(rule=r.rule, reason=reason) for r in rules))
                    self.irregular[entry.citation] = (*self.irregular.get(entry.citation, ()), *rules)
                    marked = entry.envelope.model_copy(update={"irregular": more})
                    changed[entry.citation] = replace(entry, envelope=marked)
        if not changed:
            return entries
        for label in {entry.stream for entry in changed.values()}:
            told = tuple(changed.get(e.citation, e) for e in self.past(label).entries)
            self.streams.now(History(label, told))
        self.entries[:] = [changed.get(e.citation, e) for e in self.entries]
        return [changed.get(e.citation, e) for e in entries]

    def _in_time(self, label: str, command: Command, asking: Asking, by: Actor) -> Asking:
        """Marks a return after its deadline, unless the unit is exempt. Raises ReasonNeeded where none is given."""
        if not isinstance(command, SubmitReturn) or not self.past(label).version:
            return asking
        if not late(self.past(label).now, command.unit or by.unit, asking.today):
            return asking
        if need_not_report(self.past(f"unit:{command.unit or by.unit}").now, opening(self.past(label).now).period):
            return asking
        reason = command.reason or self._own_reason(asking)
        if reason is None:
            raise ReasonNeeded(rules=[broken("after_deadline")], pointer="/reason")
        return replace(asking, late=reason)

    def _context(
        self,
        past: History,
        command: Command,
        by: Actor,
        asking: Asking,
        in_force: InForce,
        together: frozenset[tuple[str, str]],
    ) -> Context:
        context = self._shared_context(by, asking, in_force, together)
        match command:
            case ProposeCorrection() | ProposeAnnulment():
                target = past.entry(command.target)
                period, _, number = (target.envelope.returned_in or "" if target else "").rpartition("#")
                alone = bool(period) and is_theirs(self.past(period), int(number), by.unit)
                return replace(context, alone=alone)
            case GiveVerdict():
                held = [t for t in tenures_in(past.now) if t.role == "recognising_bureau" and t.covers(asking.today)]
                return replace(context, bureau=any(t.holder.unit == by.unit for t in held))
            case OpensAudit():
                projects = getattr(command, "projects", ())
                return replace(context, answerable=self._leading(projects, command.occurred_on))
            case AttachEvidence():
                return replace(context, file=self._find_file(command.sha256, by))
            case _:
                return context

    def _shared_context(self, by: Actor, asking: Asking, in_force: InForce, together: frozenset[tuple[str, str]]) -> Context:
        """Made once for all that is asked together."""
        if self._shared is not None:
            asked, then, context = self._shared
            if asked is asking and then is in_force and context.by is by and context.together == together:
                return context
        context = Context(
            by=by,
            today=asking.today,
            settings=in_force.settings,
            calendar=in_force.calendar,
            together=together,
            imported=asking.imported,
            same=lambda refs: joined_with(self.past, refs),
            load=self.past,
            new_code=lambda year: self.streams.promise(f"{in_force.settings.label}-{year}-"),
        )
        self._shared = asking, in_force, context
        return context

    def _leading(self, projects: Iterable[str], day: date) -> tuple[str, ...]:
        """The units that lead any of the projects on the day."""
        held = (t for code in projects for t in tenures_in(self.past(code).now) if t.role == "lead_unit" and t.covers(day))
        return tuple(dict.fromkeys(t.holder.unit for t in held if t.holder.unit is not None))

    def record(self, label: str, event: Event, asking: Asking) -> Entry:
        """Enter an event that no command asked for: the opening of the ledger."""
        grown = self._grown(self.past(label), event, Command(), asking.by, asking, self.streams.in_force)
        self.streams.now(grown)
        self.entries.append(grown.entries[-1])
        return grown.entries[-1]

    def _label(self, label: str | None, command: Command, deed: Deed, settings: Settings) -> str:
        if not deed.begins:
            if label is None:
                raise NotFound
            return label
        begun = command.begins()
        if begun is not None:
            return begun
        match command:
            case EnterProject():
                return self.streams.new_code(f"{settings.label}-{command.occurred_on.year}-")
            case OpensAudit():
                return self.streams.new_code(f"{AUDIT}{command.occurred_on.year}-")
            case EnterPerson():
                return f"person:p-{uuid4().hex[:10]}"
            case _:
                raise NotFound

    def _grown(self, past: History, event: Event, command: Command, by: Actor, asking: Asking, in_force: InForce) -> History:
        """The stream with the event entered, which is marked with what it breaks. Raises PersonalData, ReasonNeeded."""
        said = {
            "id": uuid4(),
            "stream": past.label,
            "actor": by,
            "request": asking.request,
            "source": asking.source,
            "batch": asking.batch,
            "counterparts": (),
            "causation": asking.causation,
            "returned_in": asking.returned_in,
            "document": command.document,
            "confidentiality": command.confidentiality,
            "reason": command.reason,
            "irregular": (),
        }
        envelope = Envelope.checked(said)
        entry = Entry(past.version + 1, event, envelope, recorded_at=asking.moment)
        marked: list[Irregularity] = []
        rules: tuple[Broken, ...] = ()
        if isinstance(event, Fact) and asking.late is not None:
            rules = (broken("after_deadline"),)
            marked.append(Irregularity(rule="after_deadline", reason=asking.late))
        data = [] if self.looked_through else personal(event, command, past.version == 0, self.names)
        if data:
            reason = command.reason or (DRY if asking.dry else None)
            if reason is None:
                raise PersonalData(rules=[rule for rule, _ in data], pointer=place_of(command.model_dump(), data[0][1]))
            rules += tuple(dict.fromkeys(rule for rule, _ in data))
            marked.extend(Irregularity(rule=name, reason=reason) for name in dict.fromkeys(r.rule for r, _ in data))
        grown = past.plus([entry])
        later = asking.marked_later and isinstance(event, Fact)
        marks = () if later else irregular(grown, in_force.settings, in_force.gates)
        if marks:
            own = event.reason if isinstance(event, CorrectionProposed | Corrected) else self._own_reason(asking)
            reason = command.reason or own
            if reason is None:
                raise ReasonNeeded(rules=marks, pointer="/reason")
            rules += marks
            marked.extend(Irregularity(rule=r.rule, reason=reason) for r in marks)
        if marked:
            self.irregular[entry.citation] = rules
            entry = replace(entry, envelope=envelope.model_copy(update={"irregular": tuple(marked)}))
            grown = past.plus([entry])
        return grown

    @staticmethod
    def _own_reason(asking: Asking) -> str | None:
        source = asking.source
        if asking.dry:
            return DRY
        return f"导入 / imported: {source.file} row {source.row}" if asking.imported else None

    def _check_mentions(self, fact: Fact, label: str, command: Command) -> None:
        """Raises UnknownUnit, UnknownPerson, UnknownProject, pointing at where the command names it."""
        mentions = fact.mentions()
        if mentions == NOBODY:
            return
        missing: Iterable[tuple[type[Refused], str]] = (
            *((UnknownUnit, code) for code in mentions.units if not self.streams.exists(f"unit:{code}")),
            *((UnknownPerson, ref) for ref in mentions.persons if not self.streams.exists(f"person:{ref}")),
            *((UnknownProject, code) for code in mentions.projects if code == label or not self.streams.exists(code)),
        )
        for error, about in missing:
            raise error(about, pointer=place_of(command.model_dump(), about))
