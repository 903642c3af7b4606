-- Sign-ins that wait for the single sign-on are counted by address: nobody fills the table.
ALTER TABLE sign_on ADD COLUMN address text NOT NULL DEFAULT '?';
CREATE INDEX sign_on_address ON sign_on (address, made_at);
CREATE INDEX sign_on_made_at ON sign_on (made_at);

-- Who is erased has no tokens either.
CREATE FUNCTION end_tokens_of_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE token t SET revoked_at = now()
    WHERE t.revoked_at IS NULL
      AND t.person = (SELECT substr(s.label, length('person:') + 1) FROM stream s WHERE s.id = NEW.stream);
    RETURN NULL;
END $$;

CREATE TRIGGER tokens_of_erased AFTER INSERT ON entry
    FOR EACH ROW WHEN (NEW.topic = 'person_erased') EXECUTE FUNCTION end_tokens_of_erased();
ALTER TABLE entry ENABLE ALWAYS TRIGGER tokens_of_erased;

DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO lifecycle_eraser', current_schema());
    ALTER FUNCTION end_tokens_of_erased() OWNER TO lifecycle_eraser;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM lifecycle_eraser', current_schema());
END $$;
REVOKE ALL ON FUNCTION end_tokens_of_erased() FROM PUBLIC;
GRANT SELECT (person, revoked_at), UPDATE (revoked_at) ON token TO lifecycle_eraser;
