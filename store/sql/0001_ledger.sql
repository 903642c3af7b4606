-- The ledger of one district: a PostgreSQL schema (search_path names it; nothing here does).
-- Everything is append-only, and only the functions of 0002 append.

CREATE TABLE entry (
    stream      uuid        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    topic       text        NOT NULL,
    state       bytea       NOT NULL,
    position    bigint      NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL,
    stated      boolean     NOT NULL,
    PRIMARY KEY (stream, version)
);

CREATE TABLE stream (
    id    uuid   PRIMARY KEY,
    label text   COLLATE "C" NOT NULL UNIQUE,
    since bigint NOT NULL
);

-- One row per request: what makes a repeat recognisable, and where a viewpoint may stand.
CREATE TABLE request (
    id          uuid        PRIMARY KEY,
    scope       text        NOT NULL,
    key         text        NOT NULL,
    body        bytea       NOT NULL,
    first       bigint      NOT NULL,
    last        bigint      NOT NULL UNIQUE,
    recorded_at timestamptz NOT NULL,
    UNIQUE (scope, key)
);
CREATE INDEX request_by_time ON request (recorded_at, last);

-- The lock every writer takes first, and the counter; readable and writable by nobody but the functions' owner.
CREATE TABLE head (
    one         boolean     PRIMARY KEY DEFAULT true CHECK (one),
    position    bigint      NOT NULL DEFAULT 0,
    recorded_at timestamptz NOT NULL DEFAULT '-infinity',
    opened      boolean     NOT NULL DEFAULT false
) WITH (fillfactor = 10);
INSERT INTO head DEFAULT VALUES;

CREATE VIEW ledger_head AS SELECT position, recorded_at, opened FROM head;

-- Past records waiting for the opening (历史数据补录); emptied by it.
CREATE TABLE staged (
    sha256    bytea       NOT NULL,
    file      text        NOT NULL,
    stated_at timestamptz NOT NULL,
    row       integer     NOT NULL,
    kind      text        NOT NULL,
    content   bytea       NOT NULL,
    PRIMARY KEY (sha256, stated_at, row)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is never changed: % on % is refused / 台账不可更改', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'LC009';
END $$;

CREATE TRIGGER entry_is_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stream_is_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON stream
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER request_is_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON request
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
