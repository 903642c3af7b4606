"""The list of projects as a table at any viewpoint: sorted, by pages, with figures; and what one may choose from."""

from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from psycopg import Connection
from psycopg.rows import dict_row

from domain.fact import MEASURES, Authority, Measure
from domain.questions.projects import ProjectRow
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import by_bureau_code
from projections.questions.portfolio import BY_CODE, BY_NUMBER, FLOW_MEASURES, LEVEL_MEASURES, stated_codes
from projections.questions.projects import Wanted, parameters, row_of
from projections.spelling import found_by, spells

Sort = Literal[
    "code",
    "name",
    "stage",
    "stage_since",
    "lead_unit",
    "category",
    "industry",
    "light",
    "agreed",
    "received",
    "invested",
    "progress",
]
FIGURES = ("agreed", "received", "invested", "progress")
NAMES = """
SELECT DISTINCT t.text FROM fact f JOIN term t ON t.id = f.word
WHERE f.measure = 2 AND f.measure < 10 AND f.kind = ANY('{1,2}') AND f.known_from <= %(known)s
"""
FOUND = """
WHERE (%(among)s::int[] IS NULL OR l.project = ANY(%(among)s))
  AND (%(stage)s::int IS NULL OR l.stage = %(stage)s)
  AND (%(unit)s::text IS NULL OR %(unit)s = coalesce(CASE %(role)s WHEN 'lead' THEN l.lead_unit
        WHEN 'introducing' THEN l.introducing_unit ELSE l.hosting_unit END, ''))
  AND (%(category)s::text IS NULL OR coalesce(l.category, '') = %(category)s)
  AND (%(industry)s::text IS NULL OR coalesce(l.industry, '') = %(industry)s)
  AND (%(list)s::text IS NULL OR %(list)s = ANY(l.lists))
  AND (%(light)s::text IS NULL OR coalesce(l.light, '') = %(light)s)
  AND (%(yearly_class)s::text IS NULL OR coalesce(l.yearly_class, '') = %(yearly_class)s)
  AND (%(state)s::text IS NULL OR %(state)s = 'open' AND l.ended IS NULL OR %(state)s =
        CASE WHEN l.ended IS NOT NULL THEN 'ended' WHEN l.paused THEN 'paused' ELSE 'going_on' END)
  AND (%(q)s::text IS NULL OR l.name ILIKE %(q)s OR l.name_en ILIKE %(q)s OR l.code ILIKE %(q)s OR l.name = ANY(%(spelt)s))
"""
# One key for what is counted and one for what is written; of whatever has none it comes last, both ways.
SORTED = """
, amount AS (
    SELECT f.project, sum(f.amount)::bigint AS amount FROM fact f
    WHERE f.measure >= 10 AND f.measure = %(flow)s
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    GROUP BY 1
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (f.project) f.project, f.amount FROM fact f
        WHERE f.measure >= 10 AND f.measure = %(level)s
          AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
        ORDER BY f.project, f.occurred_on DESC, f.turn DESC, f.fact DESC
    ) AS last
), keyed AS (
    SELECT l.*, CASE %(sort)s WHEN 'stage' THEN l.stage WHEN 'stage_since' THEN l.stage_since - date '1900-01-01'
                     ELSE a.amount END AS number,
           CASE %(sort)s WHEN 'name' THEN l.name WHEN 'lead_unit' THEN l.lead_unit WHEN 'category' THEN l.category
                WHEN 'industry' THEN l.industry WHEN 'light' THEN l.light END COLLATE "C" AS word
    FROM found l LEFT JOIN amount a ON a.project = l.project
)
SELECT k.*, count(*) OVER ()::int AS matching FROM keyed k
ORDER BY CASE WHEN %(down)s THEN k.number END DESC NULLS LAST, CASE WHEN NOT %(down)s THEN k.number END NULLS LAST,
         CASE WHEN %(down)s THEN k.word END DESC NULLS LAST, CASE WHEN NOT %(down)s THEN k.word END NULLS LAST,
         CASE WHEN %(down)s AND %(sort)s = 'code' THEN k.code END DESC, k.code
LIMIT %(limit)s OFFSET %(skip)s
"""
AT = "WITH found AS MATERIALIZED (SELECT l.* FROM listed(%(on)s, %(known)s, NULL) l" + FOUND + ")" + SORTED
TODAY = "WITH found AS MATERIALIZED (SELECT l.* FROM current l" + FOUND + ")" + SORTED
LINES = """
WITH line AS MATERIALIZED (
    SELECT f.project, f.measure, f.amount, f.word, f.unit, f.occurred_on, f.turn, f.fact FROM fact f
    WHERE f.measure >= 10 AND f.project = ANY(%(projects)s) AND f.measure = ANY(%(every)s)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
), headline AS (
    SELECT l.* FROM line l
    JOIN unnest(%(verdicts)s::int[], %(bureaus)s::text[]) AS b(measure, bureau) ON b.measure = l.measure
    JOIN term t ON t.id = l.unit AND t.text = b.bureau
)
SELECT project, measure, sum(amount)::bigint FROM line WHERE measure = ANY(%(flows)s) GROUP BY 1, 2
UNION ALL
SELECT project, measure, sum(amount)::bigint FROM headline WHERE measure = ANY(%(verdict_flows)s) GROUP BY 1, 2
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (project, measure) project, measure, amount FROM (
        SELECT * FROM line WHERE measure = ANY(%(levels)s)
        UNION ALL
        SELECT * FROM headline WHERE NOT measure = ANY(%(verdict_flows)s)
    ) AS stated
    ORDER BY project, measure, occurred_on DESC, turn DESC, fact DESC
) AS last
UNION ALL
SELECT project, measure, sum(amount)::bigint FROM (
    SELECT DISTINCT ON (project, measure, word) project, measure, amount FROM line WHERE measure = ANY(%(statistical)s)
    ORDER BY project, measure, word, turn DESC, fact DESC
) AS cited GROUP BY 1, 2
"""
_CHOICES = """
SELECT array_agg(DISTINCT l.category) AS category, array_agg(DISTINCT l.industry) AS industry,
       array_agg(DISTINCT CASE %(role)s WHEN 'lead' THEN l.lead_unit WHEN 'introducing' THEN l.introducing_unit
                          ELSE l.hosting_unit END) AS unit,
       array_agg(DISTINCT l.light) AS light,
       (SELECT array_agg(DISTINCT one) FROM among m, unnest(m.lists) AS one) AS list
FROM among l
"""
CHOICES = "WITH among AS MATERIALIZED (SELECT * FROM listed(%(on)s, %(known)s, NULL))" + _CHOICES
CHOICES_TODAY = "WITH among AS MATERIALIZED (SELECT * FROM current)" + _CHOICES


@dataclass(frozen=True)
class WantedTable(Wanted):
    """Empty words ask for what has none. `among`: only these projects, by number."""

    industry: str | None = None
    state: str | None = None
    among: tuple[int, ...] | None = None
    sort: Sort = "code"
    down: bool = False
    skip: int = 0


class TableRow(NamedTuple):
    """A project's `number` in the read model, its row, and its figures: hundredths or whole numbers."""

    number: int
    row: ProjectRow
    figures: dict[tuple[str, Authority], int]


class Table(NamedTuple):
    """`matching`: how many there are on all pages."""

    rows: list[TableRow]
    matching: int


def table(connection: Connection, viewpoint: Viewpoint, wanted: WantedTable, settings: Settings, newest: bool) -> Table:
    """One page; the first where `skip` leads beyond the last."""
    asked = parameters(viewpoint, wanted) | {f.name: getattr(wanted, f.name) for f in fields(wanted) if f.name in OWN}
    asked["among"] = None if wanted.among is None else list(wanted.among)
    measure = MEASURES[wanted.sort] if wanted.sort in FIGURES else None
    for sort in ("flow", "level"):
        asked[sort] = measure.code("reported") if measure and measure.sort == sort else -1
    asked["spelt"] = _spelt(connection, viewpoint, wanted.q)
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute((TODAY if newest else AT).encode(), asked).fetchall()
        if not found and wanted.skip:
            found = cursor.execute((TODAY if newest else AT).encode(), asked | {"skip": 0}).fetchall()
    figures = figures_of(connection, viewpoint, [one["project"] for one in found], settings)
    rows = [TableRow(one["project"], row_of(one), figures.get(one["project"], {})) for one in found]
    return Table(rows, found[0]["matching"] if found else 0)


OWN = {"industry", "state", "sort", "down", "skip"}


def figures_of(
    connection: Connection, viewpoint: Viewpoint, projects: list[int], settings: Settings
) -> dict[int, dict[tuple[str, Authority], int]]:
    """Every measure of these projects in each 口径, as their status states it."""
    named = {MEASURES[name]: bureaus[0] for name, bureaus in settings.recognising.items() if name in MEASURES}
    asked: dict[str, Any] = {
        "projects": projects,
        "on": viewpoint.on,
        "known": viewpoint.known,
        "flows": stated_codes(FLOW_MEASURES, settings),
        "levels": stated_codes(LEVEL_MEASURES, settings),
        "statistical": [m.code("statistical") for m in MEASURES.values()],
        "verdicts": [by_bureau_code(m) for m in named],
        "verdict_flows": [by_bureau_code(m) for m in named if m.sort == "flow"],
        "bureaus": list(named.values()),
    }
    asked["every"] = [*asked["flows"], *asked["levels"], *asked["statistical"], *asked["verdicts"]]
    found: dict[int, dict[tuple[str, Authority], int]] = {}
    for project, code, amount in connection.execute(LINES.encode(), asked):
        measure, authority = _place(code)
        found.setdefault(project, {})[measure.name, authority] = int(amount)
    return found


def _place(code: int) -> tuple[Measure, Authority]:
    return BY_CODE[code] if code in BY_CODE else (BY_NUMBER[code // 10], "recognised")


def choices(connection: Connection, viewpoint: Viewpoint, role: str, newest: bool) -> dict[str, list[str]]:
    """The words that projects bear at the viewpoint, by what they are words for."""
    asked = {"on": viewpoint.on, "known": viewpoint.known, "role": role}
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute((CHOICES_TODAY if newest else CHOICES).encode(), asked).fetchone() or {}
    return {name: sorted(word for word in words or () if word) for name, words in found.items()}


def _spelt(connection: Connection, viewpoint: Viewpoint, q: str | None) -> list[str]:
    if q is None or not spells(q):
        return []
    return found_by(q, [name for (name,) in connection.execute(NAMES, {"known": viewpoint.known})])
