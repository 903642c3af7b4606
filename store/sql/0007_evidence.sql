-- Files of evidence are kept outside the database; here is who uploaded what, and what the last verification found.
CREATE TABLE upload (
    sha256      text        NOT NULL,
    person      text        NOT NULL,
    unit        text        NOT NULL,
    name        text        NOT NULL,
    media_type  text        NOT NULL,
    size        bigint      NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, person)
);

-- Only what was wrong.
CREATE TABLE evidence_finding (
    sha256   text        PRIMARY KEY,
    state    text        NOT NULL CHECK (state IN ('missing', 'altered')),
    found_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE evidence_verification (
    finished_at timestamptz PRIMARY KEY DEFAULT now(),
    files       bigint      NOT NULL,
    missing     bigint      NOT NULL,
    altered     bigint      NOT NULL,
    orphans     bigint      NOT NULL
);

-- Which entries name a file: the digest is the first of its name in an entry's exact bytes.
CREATE INDEX entry_evidence ON entry (substring(state FROM position('"sha256":"'::bytea IN state) + 10 FOR 64), position)
    WHERE topic = 'evidence_attached';

GRANT SELECT, INSERT, UPDATE ON upload TO lifecycle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON evidence_finding TO lifecycle_service;
GRANT SELECT, INSERT ON evidence_verification TO lifecycle_service;
