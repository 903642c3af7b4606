"""The read model's tables and functions; a change here, or of VERSION, makes the next start rebuild them."""

from hashlib import sha256

VERSION = 5
"""Raise it when the handlers write other rows for the same entries."""

TABLES = """
CREATE TABLE project (id int PRIMARY KEY, code text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE term (id int PRIMARY KEY, text text COLLATE "C" NOT NULL UNIQUE);

-- One line of a fact, as known from one position to before another. Measures: 0 the fact itself (amount: the rank of
-- the stage it enters, the ordinal day a tenure or share terms are settled to end, the year of a class, or what is
-- forecast), 1 the closing side of a handover or end, 2.. the attributes it states, 6 a share, 7 a word that may cross
-- projects (its print in amount, its sort in role; of funds and taxes in the line of the fact itself), 8 a day that a plan
-- has something due on (its field in role), 10.. its figures (Measure.code; projections.lines).
-- Order: (occurred_on, turn, fact).
CREATE TABLE fact (
    project     int      NOT NULL,
    fact        int      NOT NULL,
    turn        int      NOT NULL,
    kind        smallint NOT NULL,
    measure     smallint NOT NULL,
    role        smallint,
    occurred_on date     NOT NULL,
    amount      bigint,
    unit        int,
    person      int,
    word        int,
    known_from  bigint   NOT NULL,
    known_to    bigint   NOT NULL
);
CREATE INDEX fact_figures ON fact (measure, project, occurred_on DESC, turn DESC, fact DESC)
    INCLUDE (amount, unit, word, known_from, known_to) WHERE measure >= 10;
CREATE INDEX fact_states ON fact (kind, measure, project, occurred_on DESC, turn DESC, fact DESC)
    INCLUDE (role, amount, unit, person, word, known_from, known_to) WHERE measure < 10;
CREATE INDEX fact_own ON fact (project, fact);
CREATE INDEX fact_clues ON fact (role, amount) INCLUDE (project, occurred_on, known_from, known_to)
    WHERE role IS NOT NULL AND kind NOT IN (10, 11, 12, 13, 191, 192);
CREATE INDEX fact_persons ON fact (person) INCLUDE (project, known_from) WHERE kind IN (10, 11, 12, 13);
CREATE INDEX fact_units ON fact (unit) INCLUDE (project, known_from) WHERE kind IN (10, 11, 12, 13);

-- One row a project: the list as it is today; recomputed when `until` comes.
CREATE TABLE current (
    project int PRIMARY KEY,
    code text NOT NULL, name text, name_en text, stage smallint, stage_since date, category text, industry text,
    lead_unit text, introducing_unit text, hosting_unit text, light text, light_on date,
    ended text, paused boolean NOT NULL, lists text[] NOT NULL, yearly_class text,
    until date
);

CREATE TABLE progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version text NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    reckoned_on date,
    failure text
);

-- The functions below join by hashing only: of their inner results the planner knows no sizes, and a nested loop over
-- ten thousand projects takes seconds where a hash join takes milliseconds.

-- Facts of some kinds as they stand at a viewpoint.
CREATE FUNCTION standing(kinds smallint[], on_day date, known bigint, projects int[]) RETURNS SETOF fact
LANGUAGE sql STABLE AS $$
    SELECT * FROM fact
    WHERE measure < 10 AND kind = ANY(kinds) AND occurred_on <= on_day AND known_from <= known AND known < known_to
      AND (projects IS NULL OR project = ANY(projects))
$$;

-- Tenures of one role: each opening side ends with the first later closing side that names its holder (DESIGN 3.11).
CREATE FUNCTION tenure(of_role smallint, on_day date, known bigint, projects int[])
RETURNS TABLE (project int, unit int, person int, word int, since date, until date, turn int, fact int)
LANGUAGE sql STABLE SET enable_nestloop = off AS $$
    WITH side AS MATERIALIZED (
        SELECT * FROM standing('{10,11,12,13}', on_day, known, projects) WHERE role = of_role
    ), closing AS MATERIALIZED (SELECT * FROM side WHERE measure = 1),
    held AS (
        SELECT o.project, o.unit, o.person, o.word, o.occurred_on AS since, o.turn, o.fact,
               least(CASE WHEN o.kind = 10 THEN date '0001-01-01' + (o.amount - 1)::int END, min(c.occurred_on)) AS until
        FROM side o
        LEFT JOIN closing c ON c.project = o.project
            AND (c.occurred_on, c.turn, c.fact) > (o.occurred_on, o.turn, o.fact)
            AND CASE WHEN c.person IS NOT NULL THEN o.person = c.person
                     WHEN c.unit IS NOT NULL THEN o.unit = c.unit
                     ELSE o.word IS NOT DISTINCT FROM c.word END
        WHERE o.measure = 0
        GROUP BY o.project, o.unit, o.person, o.word, o.occurred_on, o.turn, o.fact, o.kind, o.amount
    )
    SELECT h.project, h.unit, h.person, h.word, h.since, h.until, h.turn, h.fact FROM held h
    WHERE h.until IS NULL OR h.since < h.until
$$;

-- The unit answering for each project, day by day, without overlaps: of several holders the one who began last.
CREATE FUNCTION stint(of_role smallint, on_day date, known bigint)
RETURNS TABLE (project int, unit int, since date, until date)
LANGUAGE sql STABLE SET enable_nestloop = off AS $$
    WITH held AS MATERIALIZED (
        SELECT t.project, t.unit, t.since, coalesce(t.until, 'infinity') AS until, t.turn, t.fact,
               max(coalesce(t.until, 'infinity')) OVER w > t.since AS touches
        FROM tenure(of_role, on_day, known, NULL) t
        WINDOW w AS (PARTITION BY t.project ORDER BY t.since, t.turn, t.fact
                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), odd AS MATERIALIZED (
        SELECT * FROM held WHERE project IN (SELECT h.project FROM held h WHERE h.touches)
    ), edge AS (
        SELECT project, since AS day FROM odd UNION SELECT project, until FROM odd WHERE until < 'infinity'
    ), piece AS (
        SELECT project, day AS since, lead(day, 1, 'infinity') OVER (PARTITION BY project ORDER BY day) AS until
        FROM edge
    )
    SELECT h.project, h.unit, h.since, h.until FROM held h
    WHERE h.project NOT IN (SELECT o.project FROM odd o)
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (p.project, p.since) p.project, o.unit, p.since, p.until
        FROM piece p JOIN odd o ON o.project = p.project AND o.since <= p.since AND p.since < o.until
        ORDER BY p.project, p.since, o.since DESC, o.turn DESC, o.fact DESC
    ) AS answering
$$;

-- What each project counts as in the year of the day (annual class), as last stated.
CREATE FUNCTION class_of_year(on_day date, known bigint, projects int[]) RETURNS TABLE (project int, term int, word text)
LANGUAGE sql STABLE SET enable_nestloop = off AS $$
    SELECT DISTINCT ON (s.project) s.project, s.word, t.text
    FROM standing('{123}', on_day, known, projects) s JOIN term t ON t.id = s.word
    WHERE s.measure = 0 AND s.amount = extract(year FROM on_day)::int
    ORDER BY s.project, s.occurred_on DESC, s.turn DESC, s.fact DESC
$$;

-- The list of projects as it stands at a viewpoint, in words.
CREATE FUNCTION listed(on_day date, known bigint, projects int[])
RETURNS TABLE (project int, code text, name text, name_en text, stage smallint, stage_since date,
               category text, industry text, lead_unit text, introducing_unit text, hosting_unit text,
               light text, light_on date, ended text, paused boolean, lists text[], yearly_class text)
LANGUAGE sql STABLE SET enable_nestloop = off AS $$
    WITH stages AS (
        SELECT DISTINCT ON (s.project) s.project, s.amount::smallint AS rank, s.occurred_on AS since
        FROM standing('{1,20,30,40,50,70,74,80,81}', on_day, known, projects) s
        WHERE s.measure = 0 AND s.amount IS NOT NULL
        ORDER BY s.project, s.amount DESC, s.occurred_on, s.turn, s.fact
    ), said AS (
        SELECT DISTINCT ON (s.project, s.measure) s.project, s.measure, t.text
        FROM standing('{1,2}', on_day, known, projects) s JOIN term t ON t.id = s.word
        WHERE s.measure BETWEEN 2 AND 5
        ORDER BY s.project, s.measure, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ), words AS (
        SELECT s.project, max(s.text) FILTER (WHERE s.measure = 2) AS name,
               max(s.text) FILTER (WHERE s.measure = 3) AS name_en,
               max(s.text) FILTER (WHERE s.measure = 4) AS category,
               max(s.text) FILTER (WHERE s.measure = 5) AS industry
        FROM said s GROUP BY s.project
    ), rated AS (
        SELECT DISTINCT ON (s.project) s.project, t.text AS light, s.occurred_on AS light_on
        FROM standing('{140}', on_day, known, projects) s JOIN term t ON t.id = s.word
        ORDER BY s.project, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ), endings AS (
        SELECT DISTINCT ON (s.project) s.project, t.text AS ended
        FROM standing('{160,161}', on_day, known, projects) s LEFT JOIN term t ON t.id = s.word
        ORDER BY s.project, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ), pauses AS (
        SELECT DISTINCT ON (s.project) s.project, s.kind = 72 AS paused
        FROM standing('{72,73,74,80,81}', on_day, known, projects) s
        ORDER BY s.project, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ), steps AS (
        SELECT DISTINCT ON (s.project, s.word) s.project, t.text, s.kind
        FROM standing('{170,171}', on_day, known, projects) s JOIN term t ON t.id = s.word
        ORDER BY s.project, s.word, s.occurred_on DESC, s.turn DESC, s.fact DESC
    ), lists AS (
        SELECT s.project, array_agg(s.text ORDER BY s.text) AS lists FROM steps s WHERE s.kind = 170 GROUP BY s.project
    ), classes AS (
        SELECT * FROM class_of_year(on_day, known, projects)
    ), units AS (
        SELECT h.project, h.role, h.unit FROM (
            SELECT DISTINCT ON (r.role, t.project) r.role, t.project, t.unit
            FROM unnest('{3,9,10}'::smallint[]) AS r(role), tenure(r.role, on_day, known, projects) t
            WHERE t.until IS NULL OR t.until > on_day
            ORDER BY r.role, t.project, t.since DESC, t.turn DESC, t.fact DESC
        ) AS h
    ), holders AS (
        SELECT u.project, max(t.text) FILTER (WHERE u.role = 3) AS lead_unit,
               max(t.text) FILTER (WHERE u.role = 9) AS introducing_unit,
               max(t.text) FILTER (WHERE u.role = 10) AS hosting_unit
        FROM units u JOIN term t ON t.id = u.unit GROUP BY u.project
    )
    SELECT p.id, p.code, w.name, w.name_en, s.rank, s.since, w.category, w.industry,
           h.lead_unit, h.introducing_unit, h.hosting_unit, r.light, r.light_on, e.ended,
           coalesce(pa.paused, false), coalesce(l.lists, '{}'), c.word
    FROM stages s JOIN project p ON p.id = s.project
    LEFT JOIN words w ON w.project = s.project LEFT JOIN holders h ON h.project = s.project
    LEFT JOIN rated r ON r.project = s.project LEFT JOIN endings e ON e.project = s.project
    LEFT JOIN pauses pa ON pa.project = s.project LEFT JOIN lists l ON l.project = s.project
    LEFT JOIN classes c ON c.project = s.project
$$;
"""


def of_few(name: str) -> str:
    """A function of the tables once more, for a few projects: joins by hashing read every term and every project."""
    text = TABLES[TABLES.index(f"CREATE FUNCTION {name}(") :]
    text = text[: text.index("$$;") + 4].replace(" SET enable_nestloop = off", "")
    return text.replace("listed(", "listed_of_few(").replace("class_of_year(", "class_of_year_of_few(")


TABLES += of_few("class_of_year") + of_few("listed")

FINGERPRINT = sha256(f"{VERSION}\n{TABLES}".encode()).hexdigest()
"""What the tables in place must have been made from."""
