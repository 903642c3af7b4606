"""The one writer: load, permit, decide, mark irregular, append."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from domain.command import TABLE, Command
from domain.entry import SHANGHAI, Actor, Entry, Source, cite
from domain.errors import Broken, Refused
from domain.office.district import LABEL as DISTRICT
from domain.office.district import LedgerOpened
from domain.office.identities import PREFIX as PERSON
from domain.office.person import NAMING, ErasePerson, NameInEntries
from domain.personal import may_hold_numbers, texts
from domain.values import clean
from domain.working_days import LastDayOff, days_off
from store.counterparts import joined, together_in
from store.deciding import DRY, Asking, Deciding, FindFile, no_file
from store.people import People
from store.reading import Reading, no_collection
from store.recorder import Conflict, Recorder, Request, RequestRepeated
from store.records import Records

ATTEMPTS = 8
"""How often a command is decided anew because somebody was first, before they are told so."""


class Changed(Refused):
    """The record has moved on since you read it; read it again and decide anew."""

    zh = "您读取之后记录已有变化，请重新读取后再办理。"


class SomebodyWasFirst(Refused):
    """Others kept recording in the same place; nothing was recorded, please try again."""

    zh = "他人正在同处记录，本次未记录，请稍后重试。"


class KeyReused(Refused):
    """This Idempotency-Key was used for another request; use a new key."""

    zh = "该幂等键（Idempotency-Key）已用于另一请求，请换用新的键。"
    sort = "invalid"


class NotOpen(Refused):
    """Past records are being staged; open the ledger first (lifecycle open) or discard them."""

    zh = "正在补录历史数据，请先启用台账（lifecycle open）或放弃补录。"


@dataclass(frozen=True)
class Asked:
    """An idempotency key in the scope of its actor, with the canonical bytes of what was asked."""

    scope: str
    key: str
    body: bytes


@dataclass(frozen=True)
class Recorded:
    """What a request recorded; `repeated` when it had been recorded before and this is the first answer again."""

    entries: tuple[str, ...]
    stream: str
    position: int
    recorded_at: datetime
    repeated: bool = False
    naming: tuple[str, ...] = ()
    """The entries that gave somebody a name, in order."""

    @property
    def entry(self) -> str:
        """The first entry: the one that was asked for."""
        return self.entries[0]


@dataclass(frozen=True)
class Proposed:
    """What a request would record now, and what each entry would break, by citation."""

    entries: tuple[Entry, ...]
    irregular: Mapping[str, tuple[Broken, ...]]
    reason_needed: bool
    advice: Mapping[str, tuple[LastDayOff, ...]]
    """What whoever records each entry had better know, by citation: nothing is refused for it."""


NAMING_TOPICS = frozenset(kind.kind.topic for kind in NAMING)
Item = tuple[str | None, Command]
Work = Callable[[Deciding, Asking], None]
"""Decides whatever one request is to record; may be called again when somebody was first."""


class NothingToRecord(Exception):
    """The work decided nothing."""


class Ledger:
    """Records commands. Everything it promises holds across processes: the database decides who was first."""

    def __init__(self, recorder: Recorder, reading: Reading, people: People, find_file: FindFile = no_file) -> None:
        self.records = Records(recorder)
        self._recorder = recorder
        self._reading = reading
        self._people = people
        self._find_file = find_file
        self._open = False

    def record(
        self,
        label: str | None,
        command: Command,
        *,
        by: Actor,
        source: Source,
        key: Asked | None = None,
        expected: int | None = None,
    ) -> Recorded:
        """Record one command; `label` is None where it begins its stream.

        `expected` is the last entry number the asker saw (If-Match). Raises the Refused of the rule broken.
        """
        return self.record_all([(label, command)], by=by, source=source, key=key, expected=expected, joint=False)

    def record_all(
        self,
        items: Sequence[Item],
        *,
        by: Actor,
        source: Source,
        key: Asked | None = None,
        expected: int | None = None,
        joint: bool = True,
    ) -> Recorded:
        """All commands in one request, or none; `joint` makes entries of different streams each other's counterparts."""
        request = uuid4()
        if key is None:
            key = Asked(by.person, str(request), b"")  # nobody else can ask for it again under this key
        asked = Request(id=request, scope=key.scope, key=key.key, body=sha256(key.body).digest())

        def work(deciding: Deciding, asking: Asking) -> None:
            self._decide(deciding, asking, items, expected, joint)

        recorded = self._transact(work, Asking(by, source, datetime.now(SHANGHAI), request), asked)
        self._remember_names(recorded, items, key.key)
        if any(isinstance(command, ErasePerson) for _, command in items):
            self._people.sweep()
        return recorded

    def propose(
        self,
        items: Sequence[Item],
        *,
        by: Actor,
        source: Source,
        expected: int | None = None,
        joint: bool = True,
    ) -> Proposed:
        """Decide as `record_all` would, and record nothing; what is irregular is answered, not refused for want of a reason.

        Raises the Refused of any other rule broken.
        """
        asking = Asking(by, source, datetime.now(SHANGHAI), dry=True)
        deciding = self.deciding()
        self._begin(deciding, asking)
        opening = len(deciding.entries)
        self._decide(deciding, asking, items, expected, joint)
        entries = tuple(deciding.entries[opening:])
        asked = any(i.reason == DRY for e in entries for i in e.envelope.irregular)
        calendar = deciding.streams.in_force.calendar
        advice = {e.citation: tuple(days_off(e.event.last_days(), calendar)) for e in entries}
        return Proposed(entries, deciding.irregular, asked, advice)

    def _remember_names(self, recorded: Recorded, items: Sequence[Item], key: str) -> None:
        """Only names that were recorded: those of a refused request leave no trace.

        Raises KeyReused where a repeat gives another name: the digest of a request does not know it.
        """
        names = [clean(str(getattr(command, field))) for _, command in items for field in command.erasable]
        places = [citation.removeprefix(PERSON).rpartition("#") for citation in recorded.naming]
        kept = self._people.by_number([ref for ref, _, _ in places]) if recorded.repeated and places else {}
        for (ref, _, number), name in zip(places, names, strict=True):
            if kept.get((ref, int(number)), name) != name:
                raise KeyReused(key)
            self._people.remember(ref, name, int(number))

    def record_work(
        self, work: Work, *, by: Actor, source: Source, body: bytes, key: Asked | None = None
    ) -> Recorded | None:
        """One request of what `work` decides, for imports; of nothing decided the first answer to a repeat, or None."""
        request = uuid4()
        key = key or Asked(by.person, str(request), body)
        asked = Request(id=request, scope=key.scope, key=key.key, body=sha256(key.body).digest())
        asking = Asking(by, source, datetime.now(SHANGHAI), request, batch=uuid4(), imported=True)
        try:
            return self._transact(work, asking, asked)
        except NothingToRecord:
            return self._repeated(asked)

    def deciding(self) -> Deciding:
        """Decides on the ledger as it is, without recording: for dry runs."""
        return Deciding(self.records.history, self._reading.next_number, self._find_file, self.records.knows)

    @no_collection()
    def _transact(self, work: Work, asking: Asking, asked: Request) -> Recorded:
        for attempt in range(ATTEMPTS):
            deciding = self.deciding()
            try:
                self._decided(deciding, work, replace(asking, moment=datetime.now(SHANGHAI), remembering=attempt == 0))
            except Refused:
                if deciding.streams.remembered:
                    continue
                repeated = self._repeated(asked)
                if repeated is not None:
                    return repeated
                raise
            try:
                return self._append(deciding, asked)
            except RequestRepeated:
                repeated = self._repeated(asked)
                if repeated is not None:
                    return repeated
            except Conflict:
                continue
        raise SomebodyWasFirst

    def _decided(self, deciding: Deciding, work: Work, asking: Asking) -> None:
        """Raises NothingToRecord, or the Refused of the rule broken."""
        self._begin(deciding, asking)
        opening = len(deciding.entries)
        work(deciding, asking)
        if len(deciding.entries) == opening:
            raise NothingToRecord

    def _decide(self, deciding: Deciding, asking: Asking, items: Sequence[Item], expected: int | None, joint: bool) -> None:
        labels = list(_looked_at(items))
        remembered = self.records.remembered(labels) if asking.remembering else None
        deciding.streams.prefetch(remembered or self.records.histories(labels), remembered=remembered is not None)
        for label, command in items:
            if expected is not None and label is not None and deciding.past(label).version != expected:
                if deciding.past(label).version:  # whoever may not record there is not told how far it is
                    deciding.permit(asking.by, TABLE[type(command)].action, deciding.past(label), asking.today)
                raise Changed(cite(label, deciding.past(label).version))
        if len(items) > 1:
            asking = replace(asking, batch=uuid4())
        said = "\n".join(text for _, command in items for text in texts(command, skip=command.erasable))
        deciding.names = self._people.named_in(said) if len(said) > 1 else ()
        begun = any(TABLE[type(command)].begins or command.erasable for _, command in items)
        deciding.looked_through = not (begun or deciding.names or may_hold_numbers(said))
        opening = len(deciding.entries)
        together = together_in(items, deciding.past)
        for number, (label, command) in enumerate(items):
            try:
                deciding.decide(label, command, asking, together)
            except Refused as refused:
                refused.item = number
                raise
        self._nowhere_else(items)
        decided = deciding.entries[opening:]
        if joint and len({e.stream for e in decided}) > 1:
            deciding.entries[opening:] = joined(decided)

    def _nowhere_else(self, items: Sequence[Item]) -> None:
        """Names to be erased stand in no entry, or a reason is given. Raises NameInEntries."""
        for number, (label, command) in enumerate(items):
            erases = isinstance(command, ErasePerson) and command.reason is None and label is not None
            if erases and (found := self._people.in_entries(str(label).removeprefix(PERSON))):
                refused = NameInEntries(", ".join(found), pointer="/reason")
                refused.item = number
                raise refused

    def _begin(self, deciding: Deciding, asking: Asking) -> None:
        """With nothing staged the first live command opens the ledger. Raises NotOpen while anything is staged."""
        if self._open:
            return
        head = self._reading.head()
        if not head.opened:
            if self._reading.staged():
                raise NotOpen
            deciding.record(DISTRICT, LedgerOpened(occurred_on=asking.today), asking)
        else:
            self._open = True

    def _append(self, deciding: Deciding, asked: Request) -> Recorded:
        last = self.records.append(deciding, asked)
        decided = [e for e in deciding.entries if not isinstance(e.event, LedgerOpened)]
        return Recorded(
            entries=tuple(e.citation for e in decided),
            stream=decided[0].stream,
            position=int(last),
            recorded_at=last.recorded_at,
            naming=tuple(e.citation for e in decided if isinstance(e.event, NAMING)),
        )

    def repeated(self, key: Asked) -> Recorded | None:
        """The first answer to a request recorded before under this key. Raises KeyReused when it was another request."""
        return self._repeated(Request(uuid4(), key.scope, key.key, sha256(key.body).digest()))

    def _repeated(self, asked: Request) -> Recorded | None:
        """The first answer to a request recorded before. Raises KeyReused when it was another request."""
        found = self._recorder.find_request(asked.scope, asked.key)
        if found is None:
            return None
        if found.body != asked.body:
            raise KeyReused(asked.key)
        rows = [r for r in self._recorder.entries_of(found.first, found.last) if r.topic != LedgerOpened.kind.topic]
        labels = [(r.label or "", r.originator_version) for r in rows]
        cited = tuple(cite(label, number) for label, number in labels)
        return Recorded(
            entries=cited,
            stream=labels[0][0],
            position=found.last,
            recorded_at=found.recorded_at,
            repeated=True,
            naming=tuple(c for c, r in zip(cited, rows, strict=True) if r.topic in NAMING_TOPICS),
        )


def _looked_at(items: Sequence[Item]) -> dict[str, None]:
    """Every stream that the commands are about or speak of, each once."""
    labels = dict.fromkeys((DISTRICT, *(label for label, _ in items if label)))
    return labels | dict.fromkeys(label for _, command in items for label in command.looks_at())
