-- Which streams hold proposals that wait: each decision decides one proposal, so a stream with more proposals than decisions.
CREATE INDEX entry_proposing ON entry (stream, position, topic) WHERE topic IN (
    'correction_proposed', 'annulment_proposed', 'reinstatement_proposed', 'approved', 'declined'
);
