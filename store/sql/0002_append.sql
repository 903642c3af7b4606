-- Appending. SECURITY DEFINER: the service may EXECUTE, and do nothing else to the ledger.
-- Races surface as unique_violation on entry or stream, repeats as one on request: the caller reads the constraint.
-- SQLSTATEs: LC001 an entry does not follow · LC003 stated times after opening · LC004 rows are staged
--            LC005 wrong isolation · LC006 stated times run backwards or lie ahead

-- Takes the lock; answers the last position, after which the new ones follow.
CREATE FUNCTION begin_append(OUT last bigint, OUT clock timestamptz, OUT is_open boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append needs READ COMMITTED' USING ERRCODE = 'LC005';
    END IF;
    SELECT h.position, h.recorded_at, h.opened INTO last, clock, is_open FROM head h FOR UPDATE;
END $$;

-- The one entry of most requests: scalars, because arrays cost half the speed.
CREATE FUNCTION append_one(
    request_id uuid, request_scope text, request_key text, request_body bytea,
    entry_label text, entry_stream uuid, entry_version integer, entry_topic text, entry_state bytea,
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    is_open boolean;
BEGIN
    SELECT b.last, b.clock, b.is_open INTO last_position, at, is_open FROM begin_append() b;
    IF NOT is_open THEN
        RAISE EXCEPTION 'the ledger is not open' USING ERRCODE = 'LC004';
    END IF;
    at := greatest(clock_timestamp(), at);
    last_position := last_position + 1;
    IF entry_version = 1 THEN
        INSERT INTO stream VALUES (entry_stream, entry_label, last_position);
    ELSIF NOT EXISTS (SELECT FROM entry e WHERE e.stream = entry_stream AND e.version = entry_version - 1) THEN
        RAISE EXCEPTION 'entry % of % does not follow', entry_version, entry_label USING ERRCODE = 'LC001';
    END IF;
    INSERT INTO entry VALUES (entry_stream, entry_version, entry_topic, entry_state, last_position, at, false);
    INSERT INTO request VALUES (request_id, request_scope, request_key, request_body, last_position, last_position, at);
    UPDATE head SET position = last_position, recorded_at = at;
    PERFORM pg_notify('lifecycle_' || current_schema(), last_position::text);
END $$;

-- Inserts rows and request at one moment; private to the functions below.
CREATE FUNCTION insert_entries(
    request_id uuid, request_scope text, request_key text, request_body bytea,
    labels text[], streams uuid[], versions integer[], topics text[], states bytea[],
    before bigint, at timestamptz, is_stated boolean
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    last_position bigint := before + cardinality(streams);
BEGIN
    INSERT INTO stream (id, label, since)
    SELECT n.stream, n.label, before + n.nth
    FROM unnest(streams, labels, versions) WITH ORDINALITY AS n(stream, label, version, nth)
    WHERE n.version = 1;
    INSERT INTO entry (stream, version, topic, state, position, recorded_at, stated)
    SELECT n.stream, n.version, n.topic, n.state, before + n.nth, at, is_stated
    FROM unnest(streams, versions, topics, states) WITH ORDINALITY AS n(stream, version, topic, state, nth);
    IF EXISTS (
        SELECT FROM unnest(streams, versions) AS n(stream, version)
        WHERE n.version > 1
          AND NOT EXISTS (SELECT FROM entry e WHERE e.stream = n.stream AND e.version = n.version - 1)
    ) THEN
        RAISE EXCEPTION 'an entry does not follow' USING ERRCODE = 'LC001';
    END IF;
    INSERT INTO request VALUES (request_id, request_scope, request_key, request_body, before + 1, last_position, at);
    UPDATE head SET position = last_position, recorded_at = at;
    PERFORM pg_notify('lifecycle_' || current_schema(), last_position::text);
    RETURN last_position;
END $$;

-- Several entries, or the first of all, which opens the ledger when nothing is staged.
CREATE FUNCTION append_many(
    request_id uuid, request_scope text, request_key text, request_body bytea,
    labels text[], streams uuid[], versions integer[], topics text[], states bytea[],
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    before bigint;
    is_open boolean;
BEGIN
    SELECT b.last, b.clock, b.is_open INTO before, at, is_open FROM begin_append() b;
    IF NOT is_open THEN
        IF EXISTS (SELECT FROM staged) THEN
            RAISE EXCEPTION 'past records are staged' USING ERRCODE = 'LC004';
        END IF;
        UPDATE head SET opened = true;
    END IF;
    at := greatest(clock_timestamp(), at);
    last_position := insert_entries(request_id, request_scope, request_key, request_body,
                                    labels, streams, versions, topics, states, before, at, false);
END $$;

-- Backfill: one request at its stated time; many of these and one append_opening make up one transaction.
CREATE FUNCTION append_stated(
    request_id uuid, request_scope text, request_key text, request_body bytea,
    labels text[], streams uuid[], versions integer[], topics text[], states bytea[], stated_at timestamptz,
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    before bigint;
    clock timestamptz;
    is_open boolean;
BEGIN
    SELECT b.last, b.clock, b.is_open INTO before, clock, is_open FROM begin_append() b;
    IF is_open THEN
        RAISE EXCEPTION 'the ledger is open: nobody states recording times any more' USING ERRCODE = 'LC003';
    END IF;
    IF stated_at < clock OR stated_at > clock_timestamp() THEN
        RAISE EXCEPTION 'stated time % runs backwards or lies ahead', stated_at USING ERRCODE = 'LC006';
    END IF;
    at := stated_at;
    last_position := insert_entries(request_id, request_scope, request_key, request_body,
                                    labels, streams, versions, topics, states, before, at, true);
END $$;

-- The end of a backfill: the opening entry, by the database's clock; nothing stays staged.
CREATE FUNCTION append_opening(
    request_id uuid, request_scope text, request_key text, request_body bytea,
    labels text[], streams uuid[], versions integer[], topics text[], states bytea[],
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT b.is_open FROM begin_append() b) THEN
        RAISE EXCEPTION 'the ledger is open already' USING ERRCODE = 'LC003';
    END IF;
    DELETE FROM staged;
    SELECT a.last_position, a.at INTO last_position, at
    FROM append_many(request_id, request_scope, request_key, request_body, labels, streams, versions, topics, states) a;
END $$;
