"""Totals at any viewpoint over the slim table: flows summed where they belong, of levels the last of each project."""

from datetime import date
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import AUTHORITIES, MEASURES, Authority, Measure, Stage
from domain.questions.portfolio import UNIT_ROLES, Attribute, By
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import ROLE_NUMBERS, STATED, by_bureau_code

# `fingerprint` is an XOR over the facts counted, each as worded from a position on: the same wordings of the same facts,
# in whatever order, give the same one.
STINTS = """
SELECT project, unit, since, least(until, '9999-12-31') FROM stint(%(role)s::smallint, %(on)s, %(known)s)
"""
# Who answered for a project on a day is looked up, not joined: project and day as one number, searched among the edges
# where an answering unit begins or ends. A join costs half as much again, and needs to know how many stints projects have.
# (SELECT …) makes each array once: in a generic plan a bare cast would copy it for every fact.
BY_UNIT_THEN = """
SELECT nullif((SELECT %(answering)s::int[])[
           width_bucket(f.project * 200000::float8 + (f.occurred_on - date '1900-01-01'), (SELECT %(edges)s::float8[]))
       ], 0), f.measure, sum(f.amount)::bigint, count(*),
       bit_xor(hashint8extended((f.project::bigint << 32) + f.fact, f.known_from))
FROM fact f
WHERE f.measure = ANY(%(flows)s) AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
GROUP BY 1, 2
"""
FLOWS = """
WITH flow AS MATERIALIZED (
    SELECT f.project, f.measure, sum(f.amount)::bigint AS amount, count(*) AS facts,
           bit_xor(hashint8extended((f.project::bigint << 32) + f.fact, f.known_from)) AS print
    FROM fact f
    WHERE f.measure = ANY(%(flows)s) AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    GROUP BY 1, 2
)
SELECT g.key, f.measure, sum(f.amount)::bigint, sum(f.facts)::bigint, bit_xor(f.print)
FROM flow f LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
GROUP BY 1, 2
"""
LEVELS = """
WITH level AS MATERIALIZED (
    SELECT DISTINCT ON (f.measure, f.project) f.measure, f.project, f.amount, f.fact, f.known_from
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = ANY(%(levels)s)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    ORDER BY f.measure, f.project, f.occurred_on DESC, f.turn DESC, f.fact DESC
)
SELECT g.key, l.measure, sum(l.amount)::bigint, count(*),
       bit_xor(hashint8extended((l.project::bigint << 32) + l.fact, l.known_from))
FROM level l LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
GROUP BY 1, 2
"""
# Of several citations of one statistical period the last stands.
CITED = """
WITH cited AS MATERIALIZED (
    SELECT DISTINCT ON (f.measure, f.project, f.word) f.measure, f.project, f.occurred_on, f.amount, f.fact, f.known_from
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = ANY(%(statistical)s)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    ORDER BY f.measure, f.project, f.word, f.turn DESC, f.fact DESC
)
SELECT CASE WHEN %(then)s THEN s.unit ELSE g.key END, c.measure, sum(c.amount)::bigint, count(*),
       bit_xor(hashint8extended((c.project::bigint << 32) + c.fact, c.known_from))
FROM cited c
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
LEFT JOIN stint(%(role)s::smallint, %(on)s, %(known)s) s
    ON %(then)s AND s.project = c.project AND s.since <= c.occurred_on AND c.occurred_on < s.until
GROUP BY 1, 2
"""
# What each bureau recognises, whether or not it is the headline; of levels the last. `split`: others say otherwise.
BUREAUS = """
WITH said AS MATERIALIZED (
    SELECT f.measure, f.project, f.unit, f.amount, f.occurred_on, f.turn, f.fact, f.known_from,
           min(f.amount) OVER w <> max(f.amount) OVER w AS split
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = ANY(%(by_bureau)s)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
    WINDOW w AS (PARTITION BY f.project, f.fact, f.measure)
), counting AS (
    SELECT s.*, true AS flows FROM said s WHERE NOT s.measure = ANY(%(levels_by_bureau)s)
    UNION ALL
    SELECT last.*, false FROM (
        SELECT DISTINCT ON (s.measure, s.project, s.unit) s.* FROM said s WHERE s.measure = ANY(%(levels_by_bureau)s)
        ORDER BY s.measure, s.project, s.unit, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ) AS last
)
SELECT CASE WHEN %(then)s AND c.flows
            THEN nullif((SELECT %(answering)s::int[])[
                width_bucket(c.project * 200000::float8 + (c.occurred_on - date '1900-01-01'), (SELECT %(edges)s::float8[]))
            ], 0)
            ELSE g.key END,
       c.measure, c.unit, sum(c.amount)::bigint, count(*),
       bit_xor(hashint8extended((c.project::bigint << 32) + c.fact, c.known_from)), count(*) FILTER (WHERE c.split)
FROM counting c LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
GROUP BY 1, 2, 3
"""
STANDING = """
SELECT DISTINCT project FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, NULL)
WHERE measure = 0 AND amount IS NOT NULL
"""
KEYS_BY_STAGE = """
SELECT project, max(amount)::int FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, NULL)
WHERE measure = 0 AND amount IS NOT NULL
GROUP BY 1
"""
KEYS_BY_WORD = """
SELECT DISTINCT ON (st.project) st.project, w.word
FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, NULL) st
LEFT JOIN standing('{1,2}', %(on)s, %(known)s, NULL) w ON w.project = st.project AND w.measure = %(stated)s
WHERE st.measure = 0 AND st.amount IS NOT NULL
ORDER BY st.project, w.occurred_on DESC NULLS LAST, w.turn DESC, w.fact DESC
"""
KEYS_BY_CLASS = """
SELECT DISTINCT ON (st.project) st.project, c.term
FROM standing('{1,20,30,40,50,70,74,80,81}', %(on)s, %(known)s, NULL) st
LEFT JOIN class_of_year(%(on)s, %(known)s, NULL) c ON c.project = st.project
WHERE st.measure = 0 AND st.amount IS NOT NULL
ORDER BY st.project
"""
FACTS_OF_FLOW = """
SELECT p.code, f.fact
FROM fact f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN stint(%(role)s::smallint, %(on)s, %(known)s) s
    ON %(then)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE f.measure = %(measure)s AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
  AND (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
  AND (%(every)s OR CASE WHEN %(then)s THEN s.unit ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
  AND (p.code, f.fact) > (%(after_code)s, %(after_fact)s)
ORDER BY p.code, f.fact
LIMIT %(limit)s
"""
# The last statement of each project (a level), or of each statistical period of each project.
FACTS_OF_LAST = """
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (f.project, f.word) f.project, f.fact, f.occurred_on
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = %(measure)s
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
      AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
    ORDER BY f.project, f.word, f.occurred_on DESC, f.turn DESC, f.fact DESC
)
SELECT p.code, f.fact
FROM last f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN stint(%(role)s::smallint, %(on)s, %(known)s) s
    ON %(then)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(every)s OR CASE WHEN %(then)s THEN s.unit ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
  AND (p.code, f.fact) > (%(after_code)s, %(after_fact)s)
ORDER BY p.code, f.fact
LIMIT %(limit)s
"""
TERM_ID = "SELECT id FROM term WHERE text = %s"
TERMS = "SELECT id, text FROM term WHERE id = ANY(%s)"
STAGES = list(Stage)

FLOW_MEASURES = [m for m in MEASURES.values() if m.sort == "flow"]
LEVEL_MEASURES = [m for m in MEASURES.values() if m.sort == "level"]
BY_CODE: dict[int, tuple[Measure, Authority]] = {m.code(a): (m, a) for m in MEASURES.values() for a in AUTHORITIES}
BY_NUMBER: dict[int, Measure] = {m.number: m for m in MEASURES.values()}
REPORTED: tuple[Authority, ...] = ("reported", "recognised")


class Bureau(NamedTuple):
    """What one bureau recognises of one measure; `disputed` counts the facts of which another recognises another amount."""

    group: str | None
    measure: Measure
    bureau: str
    amount: int
    facts: int
    fingerprint: str
    disputed: int


class Total(NamedTuple):
    """`amount` in hundredths or whole numbers; `facts` counts what it was made of, `fingerprint` tells it apart."""

    group: str | None
    measure: Measure
    authority: Authority
    amount: int
    facts: int
    fingerprint: str


class Totals(NamedTuple):
    """By group and measure; the group None is what belongs to none. `bureaus`: also what is not the headline."""

    counts: dict[str | None, int]
    totals: list[Total]
    bureaus: list[Bureau]


def totals(
    connection: Connection, viewpoint: Viewpoint, by: By, role: str, attribute: Attribute, settings: Settings
) -> Totals:
    asked = _asked(connection, viewpoint, by, role, attribute)
    anyone = [m for m in MEASURES.values() if m.name not in settings.recognising]
    asked |= {
        "flows": [m.code(a) for m in FLOW_MEASURES for a in REPORTED if a == "reported" or m in anyone],
        "levels": [m.code(a) for m in LEVEL_MEASURES for a in REPORTED if a == "reported" or m in anyone],
        "statistical": [m.code("statistical") for m in MEASURES.values()],
        "by_bureau": [by_bureau_code(m) for m in MEASURES.values()],
        "levels_by_bureau": [by_bureau_code(m) for m in LEVEL_MEASURES],
    }
    found: list[tuple[Any, ...]] = []
    for query in (BY_UNIT_THEN if asked["then"] else FLOWS, LEVELS, CITED):
        found.extend(connection.execute(query.encode(), asked).fetchall())
    verdicts = connection.execute(BUREAUS.encode(), asked).fetchall()
    keys: list[int | None] = asked["keys"]
    names = _names(connection, by, {row[0] for row in (*found, *verdicts)} | set(keys))
    units: dict[int, str] = dict(connection.execute(TERMS, ([v[2] for v in verdicts],)).fetchall())
    bureaus = [
        Bureau(names[key], BY_NUMBER[measure // 10], units[unit], int(amount), int(facts), _print(fingerprint), disputed)
        for key, measure, unit, amount, facts, fingerprint, disputed in verdicts
    ]
    counts: dict[str | None, int] = {}
    for key in keys:
        counts[names[key]] = counts.get(names[key], 0) + 1
    made = [
        Total(names[key], *BY_CODE[measure], int(amount), int(facts), _print(fingerprint))
        for key, measure, amount, facts, fingerprint in found
    ]
    made.extend(
        Total(b.group, b.measure, "recognised", b.amount, b.facts, b.fingerprint)
        for b in bureaus
        if settings.recognising.get(b.measure.name, ("",))[0] == b.bureau
    )
    made.sort(key=lambda t: (t.group is None, t.group or "", t.measure.number, t.authority))
    bureaus.sort(key=lambda b: (b.group is None, b.group or "", b.measure.number, b.bureau))
    return Totals(dict(sorted(counts.items(), key=lambda c: (c[0] is None, c[0] or ""))), made, bureaus)


def _print(fingerprint: int) -> str:
    return f"{fingerprint & 0xFFFFFFFFFFFFFFFF:016x}"


class Part(NamedTuple):
    """Which total's sources: of one group (None: what belongs to none), or of every group."""

    measure: Measure
    authority: Authority
    group: str | None
    every: bool
    bureau: str | None = None
    """Of one bureau's verdicts alone."""
    since: date | None = None
    """Of a flow only what is dated from this day on."""


def sources(
    connection: Connection,
    viewpoint: Viewpoint,
    by: By,
    role: str,
    attribute: Attribute,
    part: Part,
    after: tuple[str, int] = ("", 0),
    limit: int = 200,
) -> list[tuple[str, int]]:
    """(project, fact number) of the facts that make a total, by code and number, after a pair."""
    asked = _asked(connection, viewpoint, by, role, attribute)
    asked |= {
        "measure": by_bureau_code(part.measure) if part.bureau else part.measure.code(part.authority),
        "bureau": _term(connection, part.bureau) if part.bureau else None,
        "every": part.every,
        "since": part.since if part.measure.sort == "flow" else None,
        "key": _key(connection, by, part.group),
        "after_code": after[0],
        "after_fact": after[1],
        "limit": limit,
    }
    last = part.measure.sort == "level" or part.authority == "statistical"
    if part.measure.sort == "level":
        asked["then"] = False
    return connection.execute((FACTS_OF_LAST if last else FACTS_OF_FLOW).encode(), asked).fetchall()


def _key(connection: Connection, by: By, group: str | None) -> int | None:
    """A group's number; one that was never heard of has the number of nothing."""
    if group is None:
        return None
    if by == "stage":
        return Stage(group).rank if group in set(Stage) else -1
    return _term(connection, group)


def _term(connection: Connection, text: str) -> int:
    found = connection.execute(TERM_ID, (text,)).fetchone()
    return int(found[0]) if found else -1


def _asked(connection: Connection, viewpoint: Viewpoint, by: By, role: str, attribute: Attribute) -> dict[str, Any]:
    """What the queries share: the viewpoint, and each project's group at it."""
    asked: dict[str, Any] = {
        "on": viewpoint.on,
        "known": viewpoint.known,
        "role": ROLE_NUMBERS[UNIT_ROLES[role]],
        "stated": STATED.get(by),
        "then": by == "unit" and attribute == "then",
        "edges": [0.0],
        "answering": [NOBODY],
    }
    if by == "unit":
        stints = connection.execute(STINTS.encode(), asked).fetchall()
        now = {p: unit for p, unit, since, until in stints if since <= viewpoint.on < until}
        keys = [(p, now.get(p)) for (p,) in connection.execute(STANDING.encode(), asked)]
        asked |= _edges(stints)
    else:
        other = {"stage": KEYS_BY_STAGE, "yearly_class": KEYS_BY_CLASS}.get(by, KEYS_BY_WORD)
        keys = connection.execute(other.encode(), asked).fetchall()
    return asked | {"projects": [p for p, _ in keys], "keys": [k for _, k in keys]}


NOBODY = 0
"""Stands for no unit: an array without NULLs is indexed without a search."""


def _edges(stints: list[tuple[int, int | None, date, date]]) -> dict[str, Any]:
    """Where units begin to answer, in the order of BY_UNIT_THEN's numbers, and who answers from there on."""
    answering: dict[float, int] = {}
    for project, unit, since, until in sorted(stints, key=lambda s: (s[0], s[2])):
        answering[_edge(project, since)] = unit or NOBODY
        answering[min(_edge(project, until), _edge(project + 1, FIRST))] = NOBODY
    return {"edges": list(answering), "answering": list(answering.values())}


FIRST = date(1900, 1, 1)
"""Before every day that a fact may have; from here on 200,000 days are more than a fact may be later."""


def _edge(project: int, day: date) -> float:
    return project * 200_000.0 + (day - FIRST).days


def _names(connection: Connection, by: By, keys: set[int | None]) -> dict[int | None, str | None]:
    wanted = sorted(k for k in keys if k is not None)
    names: dict[int | None, str | None] = {None: None}
    if by == "stage":
        names.update({k: STAGES[k].value for k in wanted})
    else:
        names.update(dict(connection.execute(TERMS, (wanted,)).fetchall()))
    return names
