"""Tokens: who is behind each, kept as hashes only."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.entry import Actor, Role

PREFIX = "lct_"
"""Lets a leaked token be recognised for what it is."""
FIND = """
SELECT id, person, unit, post, role, made_at, expires_at, revoked_at, scopes FROM token
WHERE hash = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
MAKE = """
INSERT INTO token (hash, person, unit, post, role, expires_at, scopes)
VALUES (%s, %s, %s, %s, %s, now() + make_interval(days => %s), %s)
RETURNING id, person, unit, post, role, made_at, expires_at, revoked_at, scopes
"""
LIST = "SELECT id, person, unit, post, role, made_at, expires_at, revoked_at, scopes FROM token ORDER BY made_at, id"
REVOKE = "UPDATE token SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL"
ADMINISTRATORS = "SELECT count(*) FROM token WHERE role = 'administrator'"


@dataclass(frozen=True)
class Token:
    """What is kept of a token; the token itself is shown once, when it is made."""

    id: UUID
    person: str
    unit: str
    post: str
    role: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str] | None
    """The actions it may be used for, out of those of its role; None: all of them."""

    def actor(self) -> Actor:
        return Actor(person=self.person, unit=self.unit, post=self.post, role=Role(self.role), signed_in=f"token:{self.id}")


class Accounts:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def make(
        self, person: str, unit: str, post: str, role: Role, days: int | None = None, scopes: Sequence[str] | None = None
    ) -> tuple[str, Token]:
        """A new token in clear, once, and what is kept of it."""
        clear = PREFIX + secrets.token_urlsafe(32)
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Token)) as cursor:
            made = cursor.execute(
                MAKE, (_hash(clear), person, unit, post, role.value, days, None if scopes is None else list(scopes))
            ).fetchone()
        assert made is not None
        return clear, made

    def find(self, clear: str) -> Token | None:
        """The token, if it is known, unrevoked and unexpired."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Token)) as cursor:
            return cursor.execute(FIND, (_hash(clear),)).fetchone()

    def all(self) -> list[Token]:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Token)) as cursor:
            return cursor.execute(LIST).fetchall()

    def revoke(self, token: UUID) -> bool:
        """Whether there was one to revoke."""
        with self._pool.connection() as connection:
            return connection.execute(REVOKE, (token,)).rowcount == 1

    def first_administrator(self, hand_over: Callable[[str], None] | None = None) -> str | None:
        """The first start's token, made exactly once however many start at once; None ever after.

        It is kept only once it was handed over: one that nobody could be told would lock everybody out.
        """
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("LOCK TABLE token IN SHARE ROW EXCLUSIVE MODE")
            if connection.execute(ADMINISTRATORS).fetchone() != (0,):
                return None
            clear = PREFIX + secrets.token_urlsafe(32)
            who = ("administrator", "system", "系统管理员", Role.ADMINISTRATOR.value, None, None)
            connection.execute(MAKE, (_hash(clear), *who))
            if hand_over is not None:
                hand_over(clear)
            return clear


def _hash(clear: str) -> bytes:
    """A plain hash does: 256 random bits cannot be guessed."""
    return sha256(clear.encode("utf-8", "replace")).digest()
