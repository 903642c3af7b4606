-- What takes long (工作): how far it is and how it ended, for whoever asked alone, a day long. Nothing here is an entry.
CREATE TABLE work (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    person     text        NOT NULL,       -- who asked, in which unit and role: in another post the answer is not theirs
    unit       text        NOT NULL,
    role       text        NOT NULL,
    key        text,                       -- the request's Idempotency-Key
    digest     bytea       NOT NULL,       -- SHA-256 of what was asked under it
    operation  text        NOT NULL,
    about      text        NOT NULL,       -- such as the file's name
    trial      boolean     NOT NULL,       -- nothing is recorded, however it ends
    body       bytea       NOT NULL,       -- what was asked
    step       text        NOT NULL DEFAULT 'waiting',
    done       integer,
    total      integer,
    settled    boolean     NOT NULL DEFAULT false,  -- recording has begun: it stops no more
    asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- its process's last sign of life
    stop_at    timestamptz,                -- when it was asked to stop
    ended_at   timestamptz,
    status     integer,                    -- the answer's, where it came to one
    answer     bytea
);
CREATE UNIQUE INDEX work_key ON work (person, key);
CREATE INDEX work_asked_at ON work (asked_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON work TO lifecycle_service;
