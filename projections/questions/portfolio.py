"""Totals at any viewpoint over the slim table: flows summed where they belong, of levels the last of each project."""

from collections.abc import Sequence
from typing import NamedTuple

from psycopg import Connection

from domain.fact import AUTHORITIES, MEASURES, Authority, Measure
from domain.questions.portfolio import Attribute, By
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import by_bureau_code
from projections.questions.groups import TERMS, Asked, grouped, named, term_parameters

# Who answered for a project on a day is looked up, not joined: project and day as one number, searched among the edges
# where an answering unit begins or ends. A join costs half as much again, and needs to know how many stints projects have.
# A day under share terms finds no unit but the terms' number below zero: what those facts come to is divided by SHARED.
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
SELECT CASE WHEN %(by_day)s
            THEN nullif((SELECT %(answering)s::int[])[
                width_bucket(c.project * 200000::float8 + (c.occurred_on - date '1900-01-01'), (SELECT %(edges)s::float8[]))
            ], 0)
            ELSE g.key END,
       c.measure, sum(c.amount)::bigint, count(*),
       bit_xor(hashint8extended((c.project::bigint << 32) + c.fact, c.known_from))
FROM cited c LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
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
SELECT CASE WHEN %(by_day)s AND c.flows
            THEN nullif((SELECT %(answering)s::int[])[
                width_bucket(c.project * 200000::float8 + (c.occurred_on - date '1900-01-01'), (SELECT %(edges)s::float8[]))
            ], 0)
            ELSE g.key END,
       c.measure, c.unit, sum(c.amount)::bigint, count(*),
       bit_xor(hashint8extended((c.project::bigint << 32) + c.fact, c.known_from)), count(*) FILTER (WHERE c.split)
FROM counting c LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) USING (project)
GROUP BY 1, 2, 3
"""
# Flows of days under share terms, to each of their units: amount × ratio without its fraction, the rest to the one named.
# Asked only where terms stand, and of their projects alone.
SHARED = """
WITH line AS MATERIALIZED (
    SELECT f.* FROM fact f
    WHERE f.measure >= 10 AND f.project = ANY(%(shared_projects)s)
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
), figure AS (
    SELECT f.project, f.fact, f.measure, f.occurred_on, f.amount, f.known_from, NULL::int AS bureau, false AS split
    FROM line f WHERE f.measure = ANY(%(flows)s)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (f.measure, f.project, f.word)
               f.project, f.fact, f.measure, f.occurred_on, f.amount, f.known_from, NULL::int, false
        FROM line f WHERE f.measure = ANY(%(statistical)s)
        ORDER BY f.measure, f.project, f.word, f.turn DESC, f.fact DESC
    ) AS cited
    UNION ALL
    SELECT f.project, f.fact, f.measure, f.occurred_on, f.amount, f.known_from, f.unit,
           min(f.amount) OVER w <> max(f.amount) OVER w
    FROM line f WHERE f.measure = ANY(%(by_bureau)s) AND NOT f.measure = ANY(%(levels_by_bureau)s)
    WINDOW w AS (PARTITION BY f.project, f.fact, f.measure)
), part AS (
    SELECT s.unit, s.rest, f.*,
           f.amount - sum(div(f.amount::numeric * s.ratio, 100000000)) OVER (
               PARTITION BY f.project, f.fact, f.measure, f.bureau
           ) + div(f.amount::numeric * s.ratio, 100000000) AS with_rest,
           div(f.amount::numeric * s.ratio, 100000000) AS floored
    FROM figure f
    JOIN unnest(%(pieces)s::int[], %(piece_since)s::date[], %(piece_until)s::date[], %(piece_terms)s::int[])
        AS p(project, since, until, terms)
        ON p.project = f.project AND p.since <= f.occurred_on AND f.occurred_on < p.until
    JOIN unnest(%(share_terms)s::int[], %(share_units)s::int[], %(share_ratios)s::bigint[], %(share_rests)s::bool[])
        AS s(terms, unit, ratio, rest) USING (terms)
)
SELECT unit, measure, bureau, sum(CASE WHEN rest THEN with_rest ELSE floored END)::bigint, count(*),
       bit_xor(hashint8extended((project::bigint << 32) + fact, known_from)), count(*) FILTER (WHERE split)
FROM part GROUP BY 1, 2, 3
"""

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
    """By group and measure; the group None is what belongs to none. `bureaus`: also what is not the headline.

    `whole`: of all groups together, each fact once, though several units may share it.
    """

    counts: dict[str | None, int]
    totals: list[Total]
    bureaus: list[Bureau]
    whole: list[Total]
    whole_bureaus: list[Bureau]


class Sum(NamedTuple):
    """Facts of one group (a number, None for none) and measure; `bureau` where it is one bureau's verdicts."""

    key: int | None
    measure: int
    bureau: int | None
    amount: int
    facts: int
    fingerprint: int
    disputed: int = 0


def totals(
    connection: Connection, viewpoint: Viewpoint, by: By, role: str, attribute: Attribute, settings: Settings
) -> Totals:
    return totals_of(connection, grouped(connection, viewpoint, by, role, attribute), by, settings)


def stated_codes(measures: Sequence[Measure], settings: Settings) -> list[int]:
    """What is reported, and what whoever judged last recognises where the district names nobody."""
    return [m.code(a) for m in measures for a in REPORTED if a == "reported" or m.name not in settings.recognising]


def totals_of(connection: Connection, at: "Asked", by: By, settings: Settings, flows: Sequence[Sum] | None = None) -> Totals:
    """`flows`: of what is reported, where they are summed already."""
    keys, pieces = at.keys, at.pieces
    asked = at.parameters | {
        "flows": stated_codes(FLOW_MEASURES, settings),
        "levels": stated_codes(LEVEL_MEASURES, settings),
        "statistical": [m.code("statistical") for m in MEASURES.values()],
        "by_bureau": [by_bureau_code(m) for m in MEASURES.values()],
        "levels_by_bureau": [by_bureau_code(m) for m in LEVEL_MEASURES],
    }
    found: list[Sum] = list(flows or ())
    flowing = [BY_UNIT_THEN if asked["by_day"] else FLOWS] if flows is None else []
    for query in (*flowing, LEVELS, CITED):
        for key, measure, *rest in connection.execute(query.encode(), asked):
            found.append(Sum(key, measure, None, *rest))
    found.extend(Sum(*row) for row in connection.execute(BUREAUS.encode(), asked))
    groups = [s for s in found if s.key is None or s.key >= 0]
    if pieces:
        groups.extend(Sum(*row) for row in connection.execute(SHARED.encode(), asked | term_parameters(pieces)))
    names = named(connection, by, {s.key for s in groups} | set(keys))
    units: dict[int, str] = dict(connection.execute(TERMS, ([s.bureau for s in found if s.bureau],)).fetchall())
    counts: dict[str | None, int] = {}
    for key in keys:
        counts[names[key]] = counts.get(names[key], 0) + 1
    return Totals(
        dict(sorted(counts.items(), key=lambda c: (c[0] is None, c[0] or ""))),
        *_written(groups, names, units, settings),
        *_written([s._replace(key=None) for s in found], {None: None}, units, settings),
    )


def _written(
    sums: list[Sum], names: dict[int | None, str | None], units: dict[int, str], settings: Settings
) -> tuple[list[Total], list[Bureau]]:
    """Sums of one group and measure put together, in words and in order; the headline bureau's are recognised as well."""
    merged: dict[tuple[int | None, int, int | None], Sum] = {}
    for one in sums:
        place = one[:3]
        other = merged.get(place)
        merged[place] = one if other is None else _both(one, other)
    made: list[Total] = []
    bureaus: list[Bureau] = []
    for key, measure, bureau, amount, facts, fingerprint, disputed in merged.values():
        figures = (int(amount), int(facts), _print(fingerprint))
        if bureau is None:
            of, authority = BY_CODE[measure]
            made.append(Total(names[key], of, authority, *figures))
            continue
        of = BY_NUMBER[measure // 10]
        bureaus.append(Bureau(names[key], of, units[bureau], *figures, disputed))
        if settings.recognising.get(of.name, ("",))[0] == units[bureau]:
            made.append(Total(names[key], of, "recognised", *figures))
    made.sort(key=lambda t: (t.group is None, t.group or "", t.measure.number, t.authority))
    bureaus.sort(key=lambda b: (b.group is None, b.group or "", b.measure.number, b.bureau))
    return made, bureaus


def _both(one: Sum, other: Sum) -> Sum:
    return one._replace(
        amount=one.amount + other.amount,
        facts=one.facts + other.facts,
        fingerprint=one.fingerprint ^ other.fingerprint,
        disputed=one.disputed + other.disputed,
    )


def _print(fingerprint: int) -> str:
    return f"{fingerprint & 0xFFFFFFFFFFFFFFFF:016x}"
