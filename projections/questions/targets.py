"""What a year's targets are measured against, from the read model: the same as domain.questions.targets.reckoned."""

from psycopg import Connection

from domain.entry import cite
from domain.indicators import COUNTS
from domain.questions.targets import Forecast, Reckoned, Sum, Sums, Year
from domain.settings import Settings
from domain.viewpoint import Viewpoint
from projections.lines import ROLE_NUMBERS
from projections.questions.portfolio import totals

# The fact by which each project first reached a stage, where that lies within the year, and who answered on its day.
REACHED = """
WITH reached AS MATERIALIZED (
    SELECT DISTINCT ON (s.project, s.amount) s.project, s.amount, s.occurred_on, s.fact
    FROM standing('{30,70,74,80}', %(end)s, %(known)s, NULL) s
    WHERE s.measure = 0 AND s.amount = ANY(%(ranks)s)
    ORDER BY s.project, s.amount, s.occurred_on, s.turn, s.fact
), answering AS MATERIALIZED (SELECT * FROM stint(%(lead)s::smallint, %(end)s, %(known)s))
SELECT u.text, r.amount, p.code, r.fact
FROM reached r JOIN project p ON p.id = r.project
LEFT JOIN answering s ON s.project = r.project AND s.since <= r.occurred_on AND r.occurred_on < s.until
LEFT JOIN term u ON u.id = s.unit
WHERE r.occurred_on >= %(first)s
ORDER BY p.code, r.fact
"""
# The last forecast of each project and indicator for the whole year; its words are indicator, period and currency.
FORECASTS = """
WITH said AS MATERIALIZED (
    SELECT DISTINCT ON (s.project, split_part(t.text, ' ', 1))
           s.project, split_part(t.text, ' ', 1) AS indicator, split_part(t.text, ' ', 3) AS currency, s.amount, s.fact
    FROM standing('{130}', %(on)s, %(known)s, NULL) s JOIN term t ON t.id = s.word
    WHERE s.measure = 0 AND split_part(t.text, ' ', 2) = %(year)s
    ORDER BY s.project, split_part(t.text, ' ', 1), s.occurred_on DESC, s.turn DESC, s.fact DESC
), answering AS MATERIALIZED (
    SELECT * FROM stint(%(lead)s::smallint, %(on)s, %(known)s) WHERE since <= %(on)s AND %(on)s < until
)
SELECT u.text, f.indicator, f.currency, f.amount, p.code, f.fact
FROM said f JOIN project p ON p.id = f.project
LEFT JOIN answering s ON s.project = f.project LEFT JOIN term u ON u.id = s.unit
WHERE f.amount IS NOT NULL
ORDER BY p.code, f.fact
"""
EXEMPT = """
SELECT DISTINCT p.code FROM standing('{180}', %(on)s, %(known)s, NULL) s JOIN project p ON p.id = s.project ORDER BY 1
"""


def reckoned(connection: Connection, at: Viewpoint, year: int, settings: Settings) -> Reckoned:
    days = Year(year, at.on)
    asked = {
        "on": at.on,
        "known": at.known,
        "first": days.first,
        "end": days.end,
        "year": days.key,
        "lead": ROLE_NUMBERS["lead_unit"],
        "ranks": [stage.rank for stage in COUNTS.values()],
    }
    names = {stage.rank: name for name, stage in COUNTS.items()}
    reached: dict[tuple[str | None, str], list[str]] = {}
    for unit, rank, code, fact in connection.execute(REACHED.encode(), asked):
        reached.setdefault((unit, names[rank]), []).append(cite(code, fact))
    forecasts: dict[tuple[str | None, str, str], list[tuple[int, str]]] = {}
    for unit, indicator, currency, amount, code, fact in connection.execute(FORECASTS.encode(), asked):
        forecasts.setdefault((unit, indicator, currency), []).append((amount, cite(code, fact)))
    return Reckoned(
        end=_sums(connection, Viewpoint(days.end, at.known), settings),
        before=_sums(connection, Viewpoint(days.before, at.known), settings),
        reached={key: tuple(of) for key, of in reached.items()},
        forecasts={key: Forecast(sum(a for a, _ in of), tuple(c for _, c in of)) for key, of in forecasts.items()},
    )


def _sums(connection: Connection, at: Viewpoint, settings: Settings) -> Sums:
    found = totals(connection, at, "unit", "lead", "then", settings).totals
    return {(t.group, t.measure.name, t.authority): Sum(t.amount, t.facts, t.fingerprint) for t in found}


def exempt_projects(connection: Connection, at: Viewpoint) -> list[str]:
    """Projects that an exemption was granted to by then, whether or not it is over."""
    return [code for (code,) in connection.execute(EXEMPT, {"on": at.on, "known": at.known})]
