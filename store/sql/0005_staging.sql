-- Nothing can be staged beside an open ledger, not even in the moment it opens: such rows would wait for ever.
-- The shared lock makes staging and the append that opens take turns.
CREATE FUNCTION refuse_late_staging() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT h.opened FROM head h FOR SHARE) THEN
        RAISE EXCEPTION 'the ledger is open: nothing is staged any more / 台账已启用，不能再补录' USING ERRCODE = 'LC003';
    END IF;
    RETURN NULL;
END $$;
ALTER FUNCTION refuse_late_staging() OWNER TO lifecycle_owner;
REVOKE ALL ON FUNCTION refuse_late_staging() FROM PUBLIC;

CREATE TRIGGER staged_before_opening BEFORE INSERT ON staged
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_staging();
