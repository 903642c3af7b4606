"""Drafts of monthly returns (草稿): outside the ledger, one for each period and unit, the last saved stays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

SAVE = """
INSERT INTO draft (period, unit, content, person) VALUES (%s, %s, %s, %s)
ON CONFLICT (period, unit) DO UPDATE SET content = excluded.content, person = excluded.person, saved_at = now()
RETURNING content, person, saved_at
"""
FIND = "SELECT content, person, saved_at FROM draft WHERE period = %s AND unit = %s"
DROP = "DELETE FROM draft WHERE period = %s AND unit = %s AND saved_at = coalesce(%s, saved_at)"


@dataclass(frozen=True)
class Draft:
    """What was saved, by whom and when."""

    content: dict[str, Any]
    person: str
    saved_at: datetime


class Drafts:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def save(self, period: str, unit: str, content: dict[str, Any], person: str) -> Draft:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Draft)) as cursor:
            saved = cursor.execute(SAVE, (period, unit, Jsonb(content), person)).fetchone()
        assert saved is not None
        return saved

    def find(self, period: str, unit: str) -> Draft | None:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Draft)) as cursor:
            return cursor.execute(FIND, (period, unit)).fetchone()

    def drop(self, period: str, unit: str, draft: Draft | None = None) -> bool:
        """Whether there was one; only this one, where one is named and somebody may have saved another since."""
        with self._pool.connection() as connection:
            return connection.execute(DROP, (period, unit, draft and draft.saved_at)).rowcount == 1
