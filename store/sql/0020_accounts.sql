-- Accounts of people, and their sessions: no entries (DESIGN §3.14). Kept as hashes, but for the key that TOTP codes are computed with.
CREATE TABLE account (
    id             uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    username       text        NOT NULL UNIQUE,
    person         text        NOT NULL,
    password       text,                   -- Argon2id in PHC form; none where only single sign-on opens the account
    must_change    boolean     NOT NULL DEFAULT false,
    password_until timestamptz,            -- of a one-time password that an administrator gave
    changed_at     timestamptz,            -- by its owner
    totp_key       text,
    totp_pending   text,                   -- shown, and not yet confirmed by a code
    totp_step      bigint      NOT NULL DEFAULT 0,  -- of the newest code that was used: neither it nor an older one serves again
    subject        text        UNIQUE,     -- what the single sign-on's configured claim says of this person
    made_at        timestamptz NOT NULL DEFAULT now(),
    closed_at      timestamptz
);
CREATE UNIQUE INDEX account_person ON account (person) WHERE closed_at IS NULL;

CREATE TABLE account_post (
    id       uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    account  uuid        NOT NULL REFERENCES account,
    unit     text        NOT NULL,
    post     text        NOT NULL,
    role     text        NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz
);
CREATE INDEX account_post_account ON account_post (account);

CREATE TABLE recovery_code (
    account uuid        NOT NULL REFERENCES account,
    hash    bytea       NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account, hash)
);

CREATE TABLE session (
    id       uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    hash     bytea       NOT NULL UNIQUE,
    account  uuid        NOT NULL REFERENCES account,
    post     uuid        NOT NULL REFERENCES account_post,
    method   text        NOT NULL,         -- password, or oidc:issuer
    second   text,                         -- totp or recovery, once it was given
    agent    text        NOT NULL,         -- so that its owner tells one session from another
    made_at  timestamptz NOT NULL DEFAULT now(),
    seen_at  timestamptz NOT NULL DEFAULT now(),
    ends_at  timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX session_account ON session (account);

-- How soon the next attempt may be made, by account, address or second factor.
CREATE TABLE sign_in_delay (
    key     text             PRIMARY KEY,
    heat    double precision NOT NULL,     -- failures, of which half are forgotten every half hour
    last_at timestamptz      NOT NULL
);
CREATE INDEX sign_in_delay_last_at ON sign_in_delay (last_at);

-- Sign-ins that went to the single sign-on and have not come back.
CREATE TABLE sign_on (
    state    bytea       PRIMARY KEY,
    browser  bytea       NOT NULL,
    nonce    text        NOT NULL,
    verifier text        NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE ON account, account_post TO lifecycle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code, session, sign_in_delay, sign_on TO lifecycle_service;

-- Tokens have scopes: actions out of those of their role. NULL: all of them, as before 0.4.0.
ALTER TABLE token ADD COLUMN scopes text[];

-- Who is erased has no account either: what it was called is gone, and nothing opens it.
CREATE FUNCTION close_erased_account() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    erased text := (SELECT substr(s.label, length('person:') + 1) FROM stream s WHERE s.id = NEW.stream);
BEGIN
    UPDATE account_post p SET post = '已依法删除', ended_at = coalesce(p.ended_at, now())
    WHERE p.account IN (SELECT a.id FROM account a WHERE a.person = erased);
    UPDATE session s SET agent = '', ended_at = coalesce(s.ended_at, now())
    WHERE s.account IN (SELECT a.id FROM account a WHERE a.person = erased);
    UPDATE account a SET username = 'erased-' || a.id, password = NULL, totp_key = NULL, totp_pending = NULL, subject = NULL,
        closed_at = coalesce(a.closed_at, now())
    WHERE a.person = erased;
    RETURN NULL;
END $$;

CREATE TRIGGER account_of_erased AFTER INSERT ON entry
    FOR EACH ROW WHEN (NEW.topic = 'person_erased') EXECUTE FUNCTION close_erased_account();
ALTER TABLE entry ENABLE ALWAYS TRIGGER account_of_erased;

DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO lifecycle_eraser', current_schema());
    ALTER FUNCTION close_erased_account() OWNER TO lifecycle_eraser;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM lifecycle_eraser', current_schema());
END $$;
REVOKE ALL ON FUNCTION close_erased_account() FROM PUBLIC;
GRANT SELECT (id, person, closed_at), UPDATE (username, password, totp_key, totp_pending, subject, closed_at)
    ON account TO lifecycle_eraser;
GRANT SELECT (account, ended_at), UPDATE (post, ended_at) ON account_post TO lifecycle_eraser;
GRANT SELECT (account, ended_at), UPDATE (agent, ended_at) ON session TO lifecycle_eraser;
