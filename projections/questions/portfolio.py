"""Totals at any viewpoint over the slim table: flows summed where they belong, of levels the last of each project."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise
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
TERMS_OF = """
SELECT t.project, t.fact, t.kind, t.measure, t.occurred_on, t.amount, t.unit
FROM standing('{191,192}', %(on)s, %(known)s, NULL) t
WHERE t.role = %(role)s
ORDER BY t.project, t.occurred_on, t.turn, t.fact, t.measure
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
SELECT p.code, f.fact, f.known_from, f.project, f.occurred_on
FROM fact f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN unnest(%(spans)s::int[], %(span_keys)s::int[], %(span_since)s::date[], %(span_until)s::date[])
    AS s(project, key, since, until)
    ON %(by_day)s AND NOT %(every)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE f.measure = %(measure)s AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
  AND (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
  AND (%(every)s OR CASE WHEN %(by_day)s THEN s.key ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
  AND (p.code, f.fact) > (%(after_code)s, %(after_fact)s)
ORDER BY p.code, f.fact
LIMIT %(limit)s
"""
# The last statement of each project (a level), or of each statistical period of each project.
FACTS_OF_LAST = """
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (f.project, f.word) f.project, f.fact, f.occurred_on, f.known_from
    FROM fact f
    WHERE f.measure >= 10 AND f.measure = %(measure)s
      AND f.occurred_on <= %(on)s AND f.known_from <= %(known)s AND %(known)s < f.known_to
      AND (%(bureau)s::int IS NULL OR f.unit = %(bureau)s)
    ORDER BY f.project, f.word, f.occurred_on DESC, f.turn DESC, f.fact DESC
)
SELECT p.code, f.fact, f.known_from, f.project, f.occurred_on
FROM last f JOIN project p ON p.id = f.project
LEFT JOIN unnest(%(projects)s::int[], %(keys)s::int[]) AS g(project, key) ON g.project = f.project
LEFT JOIN unnest(%(spans)s::int[], %(span_keys)s::int[], %(span_since)s::date[], %(span_until)s::date[])
    AS s(project, key, since, until)
    ON %(by_day)s AND NOT %(every)s AND s.project = f.project AND s.since <= f.occurred_on AND f.occurred_on < s.until
WHERE (%(since)s::date IS NULL OR f.occurred_on >= %(since)s)
  AND (%(every)s OR CASE WHEN %(by_day)s THEN s.key ELSE g.key END IS NOT DISTINCT FROM %(key)s::int)
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
        groups.extend(Sum(*row) for row in connection.execute(SHARED.encode(), asked | _terms(pieces)))
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
    found = counting(connection, grouped(connection, viewpoint, by, role, attribute), by, part, after, limit)
    return [(fact.code, fact.fact) for fact in found]


class CountingFact(NamedTuple):
    """A fact that counts in a total, and the position since which it reads so."""

    code: str
    fact: int
    since: int
    project: int
    occurred_on: date


def counting(
    connection: Connection, at: "Asked", by: By, part: Part, after: tuple[str, int], limit: int | None
) -> list[CountingFact]:
    """By code and number, after a pair; all of them without a limit."""
    asked = at.parameters | _spans(at.spans, at.pieces)
    asked |= {
        "measure": by_bureau_code(part.measure) if part.bureau else part.measure.code(part.authority),
        "bureau": _term(connection, part.bureau) if part.bureau else None,
        "every": part.every,
        "since": part.since if part.measure.sort == "flow" else None,
        "key": group_number(connection, by, part.group),
        "after_code": after[0],
        "after_fact": after[1],
        "limit": limit,
    }
    last = part.measure.sort == "level" or part.authority == "statistical"
    if part.measure.sort == "level":
        asked["by_day"] = False
    rows = connection.execute((FACTS_OF_LAST if last else FACTS_OF_FLOW).encode(), asked).fetchall()
    return [CountingFact(*row) for row in rows]


def group_number(connection: Connection, by: By, group: str | None) -> int | None:
    """A group's number; one that was never heard of has the number of nothing."""
    if group is None:
        return None
    if by == "stage":
        return Stage(group).rank if group in set(Stage) else -1
    return _term(connection, group)


def _term(connection: Connection, text: str) -> int:
    found = connection.execute(TERM_ID, (text,)).fetchone()
    return int(found[0]) if found else -1


def grouped(connection: Connection, viewpoint: Viewpoint, by: By, role: str, attribute: Attribute) -> "Asked":
    """The viewpoint, each project's group at it, and whose its flows are day by day where that is asked."""
    asked: dict[str, Any] = {
        "on": viewpoint.on,
        "known": viewpoint.known,
        "role": ROLE_NUMBERS[UNIT_ROLES[role]],
        "stated": STATED.get(by),
    }
    spans: list[Span] = []
    pieces: list[Piece] = []
    if by == "unit":
        stints: list[Span] = connection.execute(STINTS.encode(), asked).fetchall()
        now = {p: unit for p, unit, since, until in stints if since <= viewpoint.on < until}
        keys = [(p, now.get(p)) for (p,) in connection.execute(STANDING.encode(), asked)]
        pieces = list(_pieces(connection.execute(TERMS_OF.encode(), asked).fetchall()))
        if attribute == "then":
            spans = stints
        elif pieces:
            spans = [(p, key, FIRST, FOREVER) for p, key in keys]
        if pieces:
            spans = list(_cut(spans, pieces))
    else:
        other = {"stage": KEYS_BY_STAGE, "yearly_class": KEYS_BY_CLASS}.get(by, KEYS_BY_WORD)
        keys = connection.execute(other.encode(), asked).fetchall()
    asked |= {"projects": [p for p, _ in keys], "keys": [k for _, k in keys]}
    asked |= {"by_day": by == "unit" and (attribute == "then" or bool(pieces))}
    return Asked(asked | _edges(spans), [k for _, k in keys], spans, pieces)


class Asked(NamedTuple):
    """`parameters` that the queries share; `keys`: of the projects that stand in some stage, each one's group."""

    parameters: dict[str, Any]
    keys: list[int | None]
    spans: "list[Span]"
    pieces: "list[Piece]"


NOBODY = 0
"""Stands for no unit: an array without NULLs is indexed without a search."""


Span = tuple[int, int | None, date, date]
"""(project, key, since, until): days `[since, until)` of which its flows are a unit's; below zero: the terms' number."""


class Piece(NamedTuple):
    """Days `[since, until)` on which share terms stand for a project: the shares in hundred-millionths by unit."""

    project: int
    since: date
    until: date
    shares: dict[int, int]
    remainder: int


def _pieces(rows: list[tuple[Any, ...]]) -> Iterator[Piece]:
    """From the terms' lines, in the order of their facts: of those that cover a day the last one stands."""
    for project, lines in groupby(rows, key=lambda row: row[0]):
        acts: list[Piece] = []
        for _, of in groupby(lines, key=lambda row: row[1]):
            _, (_, _, _, _, since, until, remainder), *shares = (None, *of)
            end = date.fromordinal(until) if until is not None else FOREVER
            acts.append(Piece(project, since, end, {row[6]: row[5] for row in shares}, remainder))
        edges = sorted({day for act in acts for day in (act.since, act.until)})
        for since, until in pairwise(edges):
            standing = [act for act in acts if act.since <= since < act.until]
            if standing and standing[-1].shares:
                yield standing[-1]._replace(since=since, until=until)


def _cut(spans: list[Span], pieces: list[Piece]) -> Iterator[Span]:
    """The spans without the days of the pieces, and those: a piece's key is its number, counted from one, below zero."""
    of: dict[int, list[Piece]] = {}
    for piece in pieces:
        of.setdefault(piece.project, []).append(piece)
    for project, key, since, until in spans:
        for piece in of.get(project, ()):
            if since < min(piece.since, until):
                yield project, key, since, min(piece.since, until)
            since = max(since, piece.until)
        if since < until:
            yield project, key, since, until
    for number, piece in enumerate(pieces, start=1):
        yield piece.project, -number, piece.since, piece.until


def _spans(spans: list[Span], pieces: list[Piece]) -> dict[str, Any]:
    """The spans as arrays, one for each unit that shares."""
    each = [
        (project, unit, since, until)
        for project, key, since, until in spans
        for unit in (pieces[-key - 1].shares if key is not None and key < 0 else (key,))
    ]
    projects, keys, sinces, untils = zip(*each, strict=True) if each else ((), (), (), ())
    return {"spans": list(projects), "span_keys": list(keys), "span_since": list(sinces), "span_until": list(untils)}


def _terms(pieces: list[Piece]) -> dict[str, Any]:
    """The pieces as arrays, and whose they are; their numbers count from one."""
    shares = [
        (n, unit, ratio, unit == p.remainder) for n, p in enumerate(pieces, start=1) for unit, ratio in p.shares.items()
    ]
    return {
        "pieces": [p.project for p in pieces],
        "piece_since": [p.since for p in pieces],
        "piece_until": [p.until for p in pieces],
        "piece_terms": list(range(1, len(pieces) + 1)),
        "shared_projects": list({p.project for p in pieces}),
        "share_terms": [n for n, _, _, _ in shares],
        "share_units": [unit for _, unit, _, _ in shares],
        "share_ratios": [ratio for _, _, ratio, _ in shares],
        "share_rests": [rest for _, _, _, rest in shares],
    }


def day_by_day(at: Asked) -> dict[str, Any]:
    """The same question by days, where each project's flows are its group's on all of them."""
    parameters = at.parameters
    if not parameters["by_day"]:
        keys = zip(parameters["projects"], parameters["keys"], strict=True)
        return parameters | _edges([(project, key, FIRST, FOREVER) for project, key in keys])
    return parameters


def _edges(spans: list[Span]) -> dict[str, Any]:
    """Where units begin to answer, in the order of BY_UNIT_THEN's numbers, and who answers from there on."""
    answering: dict[float, int] = {}
    for project, key, since, until in sorted(spans, key=lambda s: (s[0], s[2])):
        answering[edge(project, since)] = key or NOBODY
        answering[min(edge(project, until), edge(project + 1, FIRST))] = NOBODY
    return {"edges": list(answering) or [0.0], "answering": list(answering.values()) or [NOBODY]}


FOREVER = date(9999, 12, 31)
FIRST = date(1900, 1, 1)
"""Before every day that a fact may have; from here on 200,000 days are more than a fact may be later."""


def edge(project: int, day: date) -> float:
    return project * 200_000.0 + (day - FIRST).days


def named(connection: Connection, by: By, keys: set[int | None]) -> dict[int | None, str | None]:
    wanted = sorted(k for k in keys if k is not None)
    names: dict[int | None, str | None] = {None: None}
    if by == "stage":
        names.update({k: STAGES[k].value for k in wanted})
    else:
        names.update(dict(connection.execute(TERMS, (wanted,)).fetchall()))
    return names
