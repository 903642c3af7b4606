-- Appending in one call while every stream that was looked at stands as it was read: `must_stand` and the append.
-- One stream, mostly the district's with its settings, is given by scalars; none at all is NULL.
CREATE FUNCTION append_one_while(
    looked_at uuid, looked_at_version integer,
    request_id uuid, request_scope text, request_key text, request_body bytea,
    entry_label text, entry_stream uuid, entry_version integer, entry_topic text, entry_state bytea,
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF looked_at IS NOT NULL THEN
        PERFORM must_stand(ARRAY[looked_at], ARRAY[looked_at_version]);
    END IF;
    SELECT a.last_position, a.at INTO last_position, at
    FROM append_one(request_id, request_scope, request_key, request_body,
                    entry_label, entry_stream, entry_version, entry_topic, entry_state) a;
END $$;

CREATE FUNCTION append_many_while(
    looked_at uuid[], looked_at_versions integer[],
    request_id uuid, request_scope text, request_key text, request_body bytea,
    labels text[], streams uuid[], versions integer[], topics text[], states bytea[],
    OUT last_position bigint, OUT at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM must_stand(looked_at, looked_at_versions);
    SELECT a.last_position, a.at INTO last_position, at
    FROM append_many(request_id, request_scope, request_key, request_body, labels, streams, versions, topics, states) a;
END $$;

ALTER FUNCTION append_one_while OWNER TO lifecycle_owner;
ALTER FUNCTION append_many_while OWNER TO lifecycle_owner;
REVOKE ALL ON FUNCTION append_one_while, append_many_while FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_one_while, append_many_while TO lifecycle_service;
