-- A file that waits to be reviewed may bear the name of who is erased: what takes long is forgotten with the person, and asked anew.
CREATE FUNCTION forget_work() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM work;
    RETURN NULL;
END $$;

CREATE TRIGGER work_is_forgotten AFTER INSERT ON entry
    FOR EACH ROW WHEN (NEW.topic = 'person_erased') EXECUTE FUNCTION forget_work();
ALTER TABLE entry ENABLE ALWAYS TRIGGER work_is_forgotten;

DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO lifecycle_eraser', current_schema());
    ALTER FUNCTION forget_work() OWNER TO lifecycle_eraser;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM lifecycle_eraser', current_schema());
END $$;
REVOKE ALL ON FUNCTION forget_work() FROM PUBLIC;
GRANT DELETE ON work TO lifecycle_eraser;
