"""The ledger searched, newest first: who recorded what, of which kind, in which stream, when, and what is odd about it."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from psycopg import Connection
from psycopg.rows import class_row

from domain.entry import stream_id
from projections.questions.record import RECORDED_BY, RECORDED_FOR, RECORDED_IN
from store.recorder import ROWS, Row

Mark = Literal["irregular", "late", "backdated", "backfilled", "correction"]
"""`irregular`: when it was recorded; `late`: after its return's deadline; `backdated`: recorded more than `AFTERWARDS` days
after the day it tells of; `backfilled`: its time of recording was stated before the ledger opened; `correction`: whatever
puts an entry right or undoes it, asked for or decided."""
MARKS: tuple[Mark, ...] = get_args(Mark)
AFTERWARDS = 30
WINDOW = 50_000
"""Positions that one page looks at where no index leads to the entries."""
CORRECTING = (
    *("correction_proposed", "annulment_proposed", "reinstatement_proposed"),
    *("approved", "declined", "corrected", "annulled"),
)
SEARCH = f"""{ROWS}
WHERE e.position <= %(until)s::bigint AND e.position > %(floor)s::bigint
  AND (%(stream)s::uuid IS NULL OR e.stream = %(stream)s)
  AND (%(kind)s::text IS NULL OR e.topic = %(kind)s)
  AND (%(unit)s::bytea IS NULL OR ({RECORDED_IN} >= %(unit)s AND {RECORDED_IN} < %(beyond_unit)s::bytea))
  AND (%(person)s::bytea IS NULL OR ({RECORDED_BY} >= %(person)s AND {RECORDED_BY} < %(beyond_person)s::bytea)
       OR (position('"on_behalf_of":"'::bytea IN state) > 0
           AND {RECORDED_FOR} >= %(person)s AND {RECORDED_FOR} < %(beyond_person)s::bytea))
  AND CASE %(mark)s::text
      WHEN 'irregular' THEN position('"irregular":[{{'::bytea IN state) > 0
      WHEN 'late' THEN position('"rule":"after_deadline"'::bytea IN state) > 0
      WHEN 'backdated' THEN (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date - %(afterwards)s
          > substring(convert_from(state, 'UTF8') FROM '"occurred_on":"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"')::date
      WHEN 'backfilled' THEN e.stated
      WHEN 'correction' THEN e.topic = ANY(%(correcting)s)
      ELSE true END
ORDER BY e.position DESC
LIMIT %(limit)s
"""
"""A quote within a text is escaped: where these bytes stand, they are names that the ledger itself wrote."""


@dataclass(frozen=True)
class Sought:
    """`until`: the highest position, `above`: all are after it; None asks for nothing."""

    until: int
    above: int = 0
    person: str | None = None
    unit: str | None = None
    kind: str | None = None
    stream: str | None = None
    mark: Mark | None = None
    limit: int = 50


def searched(connection: Connection, sought: Sought) -> tuple[list[Row], int | None]:
    """A page, and the highest position of the next; a page may hold fewer than `limit`, or none, while there is a next."""
    led = (sought.person, sought.unit, sought.stream) != (None, None, None)
    floor = sought.above if led else max(sought.above, sought.until - WINDOW)
    asked: dict[str, Any] = {
        "until": sought.until,
        "floor": floor,
        "stream": stream_id(sought.stream) if sought.stream is not None else None,
        "kind": sought.kind,
        **_named("unit", sought.unit),
        **_named("person", sought.person),
        "mark": sought.mark,
        "afterwards": AFTERWARDS,
        "correcting": list(CORRECTING),
        "limit": sought.limit,
    }
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        rows = cursor.execute(SEARCH.encode(), asked).fetchall()
    if len(rows) == sought.limit and rows[-1].position - 1 > sought.above:
        return rows, rows[-1].position - 1
    return rows, floor if floor > sought.above else None


def _named(what: str, value: str | None) -> dict[str, bytes | None]:
    """As the indexes of sql/0008_who.sql have it: a reference and its closing quote."""
    if value is None:
        return {what: None, f"beyond_{what}": None}
    return {what: f'{value}"'.encode(), f"beyond_{what}": f"{value}#".encode()}
