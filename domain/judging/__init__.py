"""Decisions about any fact of any stream, by its entry number."""
