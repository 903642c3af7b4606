"""What takes long (工作): how far it is and how it ended, in the database, so that every process of the service can tell.

A day later it is gone. Of its owner alone: the same person in another unit or role is somebody else here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from psycopg.rows import args_row, class_row
from psycopg_pool import ConnectionPool

from domain.entry import Actor
from domain.errors import NotFound, Refused
from store.ledger import Asked, KeyReused

Step = Literal["waiting", "load", "compare", "report", "record"]
STEPS: tuple[Step, ...] = get_args(Step)
"""Each has its words in the languages' files."""
State = Literal["waiting", "running", "stopping", "ended", "stopped", "interrupted"]
GOING: frozenset[State] = frozenset({"waiting", "running", "stopping"})
SILENCE = 15
"""Seconds without a sign of life after which whatever did the work is taken for dead."""
MOST = 4
"""Of one person, that have not ended."""

LASTING = "asked_at > now() - interval '1 day'"
ALIVE = f"ended_at IS NULL AND seen_at > clock_timestamp() - interval '{SILENCE} seconds'"
OWN = f"person = %(person)s AND unit = %(unit)s AND role = %(role)s AND {LASTING}"
SWEEP = f"DELETE FROM work WHERE NOT {LASTING}"
UNDER_KEY = f"""
SELECT id, digest, ({ALIVE}) OR coalesce(status < 400, false) AS stands FROM work
WHERE person = %(person)s AND key = %(key)s FOR UPDATE
"""
SUPERSEDE = "UPDATE work SET key = NULL, ended_at = coalesce(ended_at, clock_timestamp()) WHERE id = %s"
BEGIN = f"""
INSERT INTO work (person, unit, role, key, digest, operation, about, trial, body)
SELECT %(person)s, %(unit)s, %(role)s, %(key)s, %(digest)s, %(operation)s, %(about)s, %(trial)s, %(body)s
WHERE (SELECT count(*) FROM work WHERE person = %(person)s AND {ALIVE}) < {MOST}
ON CONFLICT (person, key) DO NOTHING RETURNING id
"""
KEYED = "SELECT id FROM work WHERE person = %(person)s AND key = %(key)s"
REPORT = """
UPDATE work SET step = %(step)s, done = %(done)s, total = %(total)s, settled = %(settled)s, seen_at = clock_timestamp()
WHERE id = %(id)s AND ended_at IS NULL AND stop_at IS NULL
"""
"""One statement says how far it is and hears whether to go on: nobody can ask it to stop once it stands as settled."""
LIVE = "UPDATE work SET seen_at = clock_timestamp() WHERE id = ANY(%s) AND ended_at IS NULL"
END = """
UPDATE work SET ended_at = clock_timestamp(), status = %s, answer = %s WHERE id = %s AND ended_at IS NULL
"""
STOP = f"""
UPDATE work
SET stop_at = coalesce(stop_at, clock_timestamp()), ended_at = CASE WHEN step = 'waiting' THEN clock_timestamp() END
WHERE id = %(id)s AND {OWN} AND ended_at IS NULL AND NOT settled
"""
SHOWN = f"""
SELECT id, operation, about, trial, step, done, total, asked_at, ended_at, status,
    CASE
        WHEN status IS NOT NULL THEN 'ended'
        WHEN ended_at IS NOT NULL AND stop_at IS NOT NULL THEN 'stopped'
        WHEN NOT ({ALIVE}) THEN 'interrupted'
        WHEN stop_at IS NOT NULL THEN 'stopping'
        WHEN step = 'waiting' THEN 'waiting'
        ELSE 'running'
    END AS state,
    settled, %(whole)s AND answer IS NOT NULL AS answered, CASE WHEN %(whole)s THEN answer END AS answer
FROM work
"""
FIND = f"{SHOWN} WHERE id = %(id)s AND {OWN}"
LIST = f"{SHOWN} WHERE {OWN} ORDER BY asked_at DESC"
BODY = f"SELECT body FROM work WHERE id = %(id)s AND operation = %(operation)s AND {OWN}"


class TooMuchWork(Refused):
    """Too much of what you asked for is still being done; wait until some of it has ended, or stop it (DELETE /work/…)."""

    zh = "您交办的工作尚有多项未完成，请待其完成，或先取消（DELETE /work/…）。"


@dataclass(frozen=True)
class Shown:
    """`settled`: recording has begun. `status` and `answer` as the request itself would have been answered."""

    id: UUID
    operation: str
    about: str
    trial: bool
    step: Step
    done: int | None
    total: int | None
    asked_at: datetime
    ended_at: datetime | None
    status: int | None
    state: State
    settled: bool
    answered: bool
    answer: bytes | None

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def stoppable(self) -> bool:
        return self.state in ("waiting", "running") and not self.settled


class Begun(NamedTuple):
    """`new` unless the same was asked before, under the same key."""

    id: UUID
    new: bool


class Works:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def begin(self, by: Actor, key: Asked | None, operation: str, about: str, body: bytes, *, trial: bool) -> Begun:
        """What was refused, stopped or interrupted is begun anew under its key. Raises KeyReused, TooMuchWork."""
        digest = sha256(body if key is None else key.body).digest()
        values = _owner(by) | {"key": key and key.key, "digest": digest, "trial": trial, "body": body}
        values |= {"operation": operation, "about": about}
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(SWEEP)
            found = connection.execute(UNDER_KEY.encode(), values).fetchone()
            if found is not None:
                if found[1] != digest:
                    raise KeyReused(str(values["key"]))
                if found[2]:
                    return Begun(found[0], new=False)
                connection.execute(SUPERSEDE, (found[0],))
            made = connection.execute(BEGIN.encode(), values).fetchone()
            if made is not None:
                return Begun(made[0], new=True)
            same = connection.execute(KEYED, values).fetchone()  # who asked at the same moment was first
            if same is None:
                raise TooMuchWork
            return Begun(same[0], new=False)

    def sweep(self) -> None:
        """Drops what is older than a day, as beginning anything does."""
        with self._pool.connection() as connection:
            connection.execute(SWEEP)

    def report(self, work: UUID, step: Step, done: int | None, total: int | None, *, settled: bool = False) -> bool:
        """Whether to go on."""
        values = {"id": work, "step": step, "done": done, "total": total, "settled": settled}
        with self._pool.connection() as connection:
            return connection.execute(REPORT, values).rowcount == 1

    def live(self, works: Collection[UUID]) -> None:
        with self._pool.connection() as connection:
            connection.execute(LIVE, (list(works),))

    def end(self, work: UUID, status: int | None = None, answer: bytes | None = None) -> None:
        """With an answer, or without one: stopped, or interrupted."""
        with self._pool.connection() as connection:
            connection.execute(END, (status, answer, work))

    def stop(self, work: UUID, by: Actor) -> bool:
        """Whether it will stop: neither ended nor recording."""
        with self._pool.connection() as connection:
            return connection.execute(STOP.encode(), _owner(by) | {"id": work}).rowcount == 1

    def find(self, work: UUID, by: Actor, *, whole: bool = True) -> Shown:
        """Raises NotFound; `whole`: with its answer."""
        values = _owner(by) | {"id": work, "whole": whole}
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Shown)) as cursor:
            found = cursor.execute(FIND.encode(), values).fetchone()
        if found is None:
            raise NotFound(str(work))
        return found

    def of(self, by: Actor) -> list[Shown]:
        """All of somebody's, newest first, without the answers."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Shown)) as cursor:
            return cursor.execute(LIST.encode(), _owner(by) | {"whole": False}).fetchall()

    def body(self, work: UUID, by: Actor, operation: str) -> bytes:
        """What was asked of an operation. Raises NotFound."""
        values = _owner(by) | {"id": work, "operation": operation}
        with self._pool.connection() as connection, connection.cursor(row_factory=args_row(bytes)) as cursor:
            found = cursor.execute(BODY.encode(), values).fetchone()
        if found is None:
            raise NotFound(str(work))
        return found


def _owner(by: Actor) -> dict[str, object]:
    return {"person": by.person, "unit": by.unit, "role": by.role.value}
