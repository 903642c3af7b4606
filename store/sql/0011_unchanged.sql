-- A decision that rests on other streams than it writes in holds only while those stand as they were read.
-- Called before appending, in the same transaction: it takes the lock that appending takes.
CREATE FUNCTION must_stand(looked_at uuid[], versions integer[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM begin_append();
    IF EXISTS (
        SELECT FROM unnest(looked_at, versions) AS l(stream, version)
        WHERE l.version <> (SELECT coalesce(max(e.version), 0) FROM entry e WHERE e.stream = l.stream)
    ) THEN
        RAISE EXCEPTION 'a stream that was looked at has moved on' USING ERRCODE = 'LC001';
    END IF;
END $$;
ALTER FUNCTION must_stand OWNER TO lifecycle_owner;
REVOKE ALL ON FUNCTION must_stand FROM PUBLIC;
GRANT EXECUTE ON FUNCTION must_stand TO lifecycle_service;
