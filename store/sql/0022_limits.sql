-- The roles of 0.4.0; `unit` stays what it was.
ALTER TABLE token DROP CONSTRAINT token_role_check;
ALTER TABLE token ADD CONSTRAINT token_role_check CHECK (role IN (
    'administrator', 'office', 'leader', 'bureau', 'head', 'clerk', 'auditor', 'service', 'reader', 'unit'
));

-- How many requests an address or an account may still make, shared by all workers. A crash empties it: nothing is lost by that.
CREATE UNLOGGED TABLE allowance (
    who       text             PRIMARY KEY,
    remaining double precision NOT NULL,
    at        timestamptz      NOT NULL
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON allowance TO lifecycle_service;
