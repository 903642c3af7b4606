"""The importer: dated snapshots of a table, read through a mapping file, compared with the ledger."""
