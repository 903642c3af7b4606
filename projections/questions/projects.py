"""The list of projects at any viewpoint: `listed` in SQL; today's newest list from the rows kept ready."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from domain.fact import Stage
from domain.questions.projects import ProjectRow
from domain.viewpoint import Viewpoint

STAGES = list(Stage)
FILTERS = """
WHERE (%(after_code)s::text IS NULL OR l.code > %(after_code)s)
  AND (%(stage)s::int IS NULL OR l.stage = %(stage)s)
  AND (%(unit)s::text IS NULL OR %(unit)s = CASE %(role)s WHEN 'lead' THEN l.lead_unit
        WHEN 'introducing' THEN l.introducing_unit ELSE l.hosting_unit END)
  AND (%(category)s::text IS NULL OR l.category = %(category)s)
  AND (%(list)s::text IS NULL OR %(list)s = ANY(l.lists))
  AND (%(light)s::text IS NULL OR l.light = %(light)s)
  AND (%(yearly_class)s::text IS NULL OR l.yearly_class = %(yearly_class)s)
  AND (%(q)s::text IS NULL OR l.name ILIKE %(q)s OR l.name_en ILIKE %(q)s OR l.code ILIKE %(q)s)
ORDER BY l.code
LIMIT %(limit)s
"""
AT = "SELECT * FROM listed(%(on)s, %(known)s, NULL) l" + FILTERS
TODAY = "SELECT * FROM current l" + FILTERS


@dataclass(frozen=True)
class Wanted:
    """What to list; `q` finds part of a name or code, `role` says which of its roles `unit` means."""

    stage: Stage | None = None
    unit: str | None = None
    role: str = "lead"
    category: str | None = None
    list: str | None = None
    light: str | None = None
    q: str | None = None
    after_code: str | None = None
    limit: int = 100
    yearly_class: str | None = None


def listed(connection: Connection, viewpoint: Viewpoint, wanted: Wanted, newest: bool) -> list[ProjectRow]:
    """By code. `newest`: the viewpoint is today at the read model's end, for which rows are kept ready."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [row_of(found) for found in cursor.execute((TODAY if newest else AT).encode(), parameters(viewpoint, wanted))]


def parameters(viewpoint: Viewpoint, wanted: Wanted) -> dict[str, Any]:
    """As the queries name them."""
    return {
        "on": viewpoint.on,
        "known": viewpoint.known,
        "stage": None if wanted.stage is None else wanted.stage.rank,
        "unit": wanted.unit,
        "role": wanted.role,
        "category": wanted.category,
        "list": wanted.list,
        "light": wanted.light,
        "yearly_class": wanted.yearly_class,
        "q": _pattern(wanted.q),
        "after_code": wanted.after_code,
        "limit": wanted.limit,
    }


def _pattern(q: str | None) -> str | None:
    if q is None:
        return None
    for special in ("\\", "%", "_"):
        q = q.replace(special, "\\" + special)
    return f"%{q}%"


def row_of(found: dict[str, Any]) -> ProjectRow:
    fields = {name: found[name] for name in ProjectRow.model_fields}
    fields["stage"] = STAGES[int(found["stage"])]
    fields["lists"] = tuple(found["lists"])
    return ProjectRow.model_construct(**fields)
