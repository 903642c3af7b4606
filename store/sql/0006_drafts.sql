-- Drafts of monthly returns: no entries, kept until submitted or thrown away.
CREATE TABLE draft (
    period   text        NOT NULL,
    unit     text        NOT NULL,
    content  jsonb       NOT NULL,
    person   text        NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (period, unit)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO lifecycle_service;
