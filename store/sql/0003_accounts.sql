-- Tokens are no entries (DESIGN §3.14). Only hashes are kept.
CREATE TABLE token (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    hash       bytea       NOT NULL UNIQUE,
    person     text        NOT NULL,
    unit       text        NOT NULL,
    post       text        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('administrator', 'office', 'unit', 'reader')),
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

-- Names live here and nowhere in the ledger, so that they can be erased.
CREATE TABLE person_name (
    ref  text PRIMARY KEY,
    name text NOT NULL
);
