"""An empty ledger is filled: the play is written down as a command file, staged, decided and opened as any backfill is."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from api.demo import audits, figures, handovers, incidents, judging, months, projects, setting, story
from api.demo.cast import Cast, Person, cast
from api.demo.days import DAY, month_of
from api.demo.lives import Life, lives
from api.demo.months import District
from api.demo.play import Play, RefusedByItself
from api.services import Services
from api.sheets.staging import Opening, staged_commands
from domain.command import KeptFile
from domain.entry import Actor, Role, Source, stream_kind
from domain.errors import Refused
from store.backfill import Backfill
from store.evidence import Arriving
from store.reading import no_collection

SEED, UNTIL, SIZE, YEARS = 1, date(2026, 10, 31), 108, 2
"""What `lifecycle demo` plays when nothing else is asked for; docs/tutorial.md walks through it."""
SMALLEST = 12
BY = Actor(person="demo", unit="office", post="演示 / demonstration", role=Role.OFFICE, signed_in="command line")


class NotEmpty(Refused):
    """Entries are here already, and the demonstration fills only an empty ledger: name another LIFECYCLE_HOME for both."""

    zh = (
        "台账中已有记录：演示数据只填入空台账。请为演示另设目录，例如 LIFECYCLE_HOME=~/lifecycle-demo ./run demo，"
        "再以同一 LIFECYCLE_HOME 启动服务。"
    )


@dataclass(frozen=True)
class Written:
    """The play, written down: the command file, and the files of evidence by their SHA-256."""

    lines: bytes
    files: dict[str, tuple[KeptFile, bytes, Person]]
    cast: Cast
    lives: list[Life]


@dataclass(frozen=True)
class Filled:
    requests: int
    entries: int
    position: int
    projects: int


def write(
    seed: int = SEED, until: date = UNTIL, size: int = SIZE, progress: Callable[[int], None] = lambda _: None
) -> Written:
    """The same seed, day and size give the same bytes. Raises RefusedByItself."""
    files: dict[str, tuple[KeptFile, bytes, Person]] = {}

    def keep(name: str, raw: bytes, by: Person) -> str:
        digest = sha256(raw).hexdigest()
        media_type = "image/png" if name.endswith(".png") else "application/pdf"
        files[digest] = KeptFile(name, media_type, len(raw)), raw, by
        return digest

    def find(digest: str, by: Actor) -> KeptFile | None:
        found = files.get(digest)
        return found[0] if found else None

    play = Play(seed, until, cast(), find, keep, progress)
    since = month_of(until, -12 * YEARS + 1)
    made = lives(play.chance("lives"), size - 1, since, until, story.life(until))  # one more is split off on the way
    district = District(play, made)
    setting.begin(play, since)
    for life in made:
        projects.record(play, life, since)
        stock(play, life, since)
    months.report(district, since)
    handovers.hand_over(district, since)
    incidents.disturb(district, since)
    audits.audit(district)
    story.tell(district)
    for quarter in range(0, 12 * YEARS, 3):
        begun = month_of(since, quarter - (since.month - 1) % 3)
        play.due(month_of(begun, 3) + 35 * DAY, judging.cite, play, begun, hour=15)
    with no_collection():  # a hundred thousand small objects and no circles
        play.run()
    return Written(b"\n".join(play.lines) + b"\n", files, play.cast, made)


def stock(play: Play, life: Life, since: date) -> None:
    """What was invested and received before the ledger, entered with the rest of the stock."""

    def record() -> None:
        clerk = play.cast.clerk(life.lead)
        made = [
            play.do(clerk, str(line["noun"]), dict(line["command"]), life.code)[0]
            for line in figures.before(play, life, since)
        ]
        judging.consider(play, made, clerk)

    if life.entered < since:
        play.due(since + DAY * (18 + life.serial % 5), record, hour=10)


def fill(
    services: Services,
    written: Written,
    progress: Callable[[int], None] = lambda _: None,
    name: str = "demo.jsonl",
) -> Filled:
    """Stage, decide and open, marked as synthetic for good. Raises NotEmpty, RefusedByItself."""
    refuse_unless_empty(services)
    backfill = Backfill(services.database.writing, services.reading, services.uploads.find)
    for digest, (file, raw, person) in written.files.items():
        with Arriving(services.evidence.incoming, len(raw)) as arriving:
            arriving.write(raw)
            arriving.finish()
            services.evidence.put(arriving.path, digest)
        by = Actor(person=person.ref, unit=person.unit, post=person.post, role=person.role, signed_in="command file")
        services.uploads.remember(by, digest, file)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(written.lines)
        backfill.stage(staged_commands(path))
    opening = Opening()
    try:
        with no_collection():
            prepared = backfill.decide_all(opening.decide, BY, progress)
        for refusal in opening.refusals:
            raise RefusedByItself(f"{refusal.row} {refusal.project}: {refusal.error.said(False)}")
        last = backfill.open(prepared, BY, Source(door="cli"), synthetic=True)
    except BaseException:
        backfill.discard()
        raise
    for (ref, number), said in opening.names.items():
        services.people.remember(ref, said, number)
    services.people.sweep()
    entries = [entry for _, made in prepared.requests for entry in made]
    return Filled(
        requests=len(prepared.requests),
        entries=len(entries),
        position=last,
        projects=sum(e.number == 1 and stream_kind(e.stream) == "project" for e in entries),
    )


def refuse_unless_empty(services: Services) -> None:
    """Raises NotEmpty."""
    if services.reading.head().position or services.reading.staged():
        raise NotEmpty
