"""Whose a project's figures are at a viewpoint: its group, day by day where that is asked, and by which share terms."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from psycopg import Connection

from domain.fact import Stage
from domain.questions.portfolio import UNIT_ROLES, Attribute, By
from domain.viewpoint import Viewpoint
from projections.lines import ROLE_NUMBERS, STATED
from projections.questions.sending import Numbers

# `fingerprint` is an XOR over the facts counted, each as worded from a position on: the same wordings of the same facts,
# in whatever order, give the same one.
STINTS = """
SELECT project, unit, since, least(until, '9999-12-31') FROM stint(%(role)s::smallint, %(on)s, %(known)s)
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
TERM_ID = "SELECT id FROM term WHERE text = %s"
TERMS = "SELECT id, text FROM term WHERE id = ANY(%s)"
STAGES = list(Stage)


def group_number(connection: Connection, by: By, group: str | None) -> int | None:
    """A group's number; one that was never heard of has the number of nothing."""
    if group is None:
        return None
    if by == "stage":
        return Stage(group).rank if group in set(Stage) else -1
    return term_number(connection, group)


def term_number(connection: Connection, text: str) -> int:
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
    asked |= {"projects": Numbers(p for p, _ in keys), "keys": Numbers(k for _, k in keys)}
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


def span_parameters(spans: list[Span], pieces: list[Piece]) -> dict[str, Any]:
    """The spans as arrays, one for each unit that shares."""
    each = [
        (project, unit, since, until)
        for project, key, since, until in spans
        for unit in (pieces[-key - 1].shares if key is not None and key < 0 else (key,))
    ]
    projects, keys, sinces, untils = zip(*each, strict=True) if each else ((), (), (), ())
    return {"spans": Numbers(projects), "span_keys": Numbers(keys), "span_since": list(sinces), "span_until": list(untils)}


def term_parameters(pieces: list[Piece]) -> dict[str, Any]:
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
    return {"edges": Numbers(answering or [0.0]), "answering": Numbers(answering.values() or [NOBODY])}


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
