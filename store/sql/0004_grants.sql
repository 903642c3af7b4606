-- Least privilege. The functions' owner is a role that nobody logs in as.
ALTER TABLE entry OWNER TO lifecycle_owner;
ALTER TABLE stream OWNER TO lifecycle_owner;
ALTER TABLE request OWNER TO lifecycle_owner;
ALTER TABLE head OWNER TO lifecycle_owner;
ALTER TABLE staged OWNER TO lifecycle_owner;
ALTER VIEW ledger_head OWNER TO lifecycle_owner;
ALTER FUNCTION refuse_change() OWNER TO lifecycle_owner;
ALTER FUNCTION begin_append() OWNER TO lifecycle_owner;
ALTER FUNCTION append_one OWNER TO lifecycle_owner;
ALTER FUNCTION insert_entries OWNER TO lifecycle_owner;
ALTER FUNCTION append_many OWNER TO lifecycle_owner;
ALTER FUNCTION append_stated OWNER TO lifecycle_owner;
ALTER FUNCTION append_opening OWNER TO lifecycle_owner;

REVOKE ALL ON FUNCTION refuse_change, begin_append, append_one, insert_entries, append_many, append_stated, append_opening
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_one, append_many, append_stated, append_opening TO lifecycle_service;
GRANT SELECT ON entry, stream, request, ledger_head, staged TO lifecycle_service, lifecycle_projector, lifecycle_reader;
GRANT INSERT, DELETE ON staged TO lifecycle_service;
GRANT SELECT, INSERT, UPDATE ON token TO lifecycle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON person_name TO lifecycle_service;
GRANT SELECT ON person_name TO lifecycle_reader;
