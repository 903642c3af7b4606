-- Names of people: one for each entry that names, erased by the entry that says so, in the same transaction.
ALTER TABLE person_name ADD COLUMN number integer NOT NULL DEFAULT 1;
ALTER TABLE person_name DROP CONSTRAINT person_name_pkey;
ALTER TABLE person_name ADD PRIMARY KEY (ref, number);

-- Whose names were erased: none is kept of them ever after, also when a request is repeated.
CREATE TABLE person_erasure (
    ref       text        PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);

-- lifecycle_eraser owns these two tables and this function, may see which stream an entry is of, and rewrite the two
-- places where somebody may have typed a name: drafts, and names of uploaded files.
CREATE FUNCTION erase_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    erased text := (SELECT substr(s.label, length('person:') + 1) FROM stream s WHERE s.id = NEW.stream);
    gone text;
BEGIN
    LOCK TABLE person_name IN SHARE ROW EXCLUSIVE MODE;  -- a name that is being kept is waited for, and erased too
    FOR gone IN SELECT n.name FROM person_name n WHERE n.ref = erased AND length(n.name) > 1 LOOP
        UPDATE draft d SET content = replace(d.content::text, trim(both '"' FROM to_json(gone)::text), '已依法删除')::jsonb
        WHERE strpos(d.content::text, trim(both '"' FROM to_json(gone)::text)) > 0;
        UPDATE upload u SET name = replace(u.name, gone, '已依法删除') WHERE strpos(u.name, gone) > 0;
        UPDATE token t SET post = replace(t.post, gone, '已依法删除') WHERE strpos(t.post, gone) > 0;
    END LOOP;
    DELETE FROM person_name n WHERE n.ref = erased;
    INSERT INTO person_erasure (ref) VALUES (erased) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER person_is_erased AFTER INSERT ON entry
    FOR EACH ROW WHEN (NEW.topic = 'person_erased') EXECUTE FUNCTION erase_person();
ALTER TABLE entry ENABLE ALWAYS TRIGGER person_is_erased;

DO $$ BEGIN
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO lifecycle_eraser', current_schema());
    ALTER TABLE person_name OWNER TO lifecycle_eraser;
    ALTER TABLE person_erasure OWNER TO lifecycle_eraser;
    ALTER FUNCTION erase_person() OWNER TO lifecycle_eraser;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM lifecycle_eraser', current_schema());
END $$;
REVOKE ALL ON FUNCTION erase_person() FROM PUBLIC;
GRANT SELECT ON stream TO lifecycle_eraser;
GRANT SELECT (content), UPDATE (content) ON draft TO lifecycle_eraser;
GRANT SELECT (name), UPDATE (name) ON upload TO lifecycle_eraser;
GRANT SELECT (post), UPDATE (post) ON token TO lifecycle_eraser;
REVOKE UPDATE, DELETE ON person_name FROM lifecycle_service;
GRANT SELECT ON person_erasure TO lifecycle_service;

-- What other streams say that bears on projects: few entries, looked for with every project.
CREATE INDEX entry_bearing ON entry (stream) WHERE topic IN ('unit_closed', 'unit_merged', 'persons_joined');

-- Auditors sign in too.
ALTER TABLE token DROP CONSTRAINT token_role_check;
ALTER TABLE token ADD CONSTRAINT token_role_check CHECK (role IN ('administrator', 'office', 'unit', 'reader', 'auditor'));
