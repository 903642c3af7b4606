-- Few entries, looked for with every list of tasks (store.reading).
CREATE INDEX entry_instructed ON entry (stream) WHERE topic = 'instructed';
