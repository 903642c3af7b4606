"""Sessions: opaque random tokens, known by their hash, 30 minutes idle and 12 hours in all; a new token at every change."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.command import Action
from domain.entry import Actor, Role
from domain.permissions import EVERY, allows

PREFIX = "lcs_"
"""Lets a leaked session be recognised for what it is."""
Waits = Literal["code", "password", "totp"]
LIVE = """
s.ended_at IS NULL AND s.ends_at > now() AND s.seen_at > now() - interval '30 minutes'
AND a.closed_at IS NULL AND p.ended_at IS NULL
"""
SEEN = """
SELECT s.id, s.account, a.username, a.person, s.post AS serving, p.unit, p.post, p.role, s.method, s.second, s.agent,
    a.must_change, a.totp_key IS NOT NULL AS has_totp, s.made_at, s.seen_at, s.ends_at
FROM session s JOIN account a ON a.id = s.account JOIN account_post p ON p.id = s.post
"""
FIND = f"{SEEN} WHERE s.hash = %(hash)s AND {LIVE}"
TOUCH = "UPDATE session SET seen_at = now() WHERE id = %(id)s AND seen_at < now() - interval '1 minute'"
"""Once a minute: a write for each question would cost more than a minute's exactness is worth."""
LIST = f"{SEEN} WHERE (%(account)s::uuid IS NULL OR s.account = %(account)s) AND {LIVE} ORDER BY s.made_at, s.id"
OPEN = """
INSERT INTO session (hash, account, post, method, agent, ends_at)
VALUES (%(hash)s, %(account)s, %(post)s, %(method)s, %(agent)s, now() + interval '30 minutes')
RETURNING id
"""
RENEW = """
UPDATE session s
SET hash = %(hash)s, second = coalesce(%(second)s, s.second), post = coalesce(%(post)s, s.post), seen_at = now()
WHERE s.hash = %(old)s AND s.ended_at IS NULL AND s.ends_at > now() AND s.seen_at > now() - interval '30 minutes'
RETURNING s.id
"""
LASTING = """
UPDATE session SET ends_at = least(
    made_at + interval '12 hours', CASE WHEN %(waits)s THEN now() + interval '30 minutes' ELSE 'infinity' END
) WHERE id = %(id)s
"""
"""A session that waits for a code or a new password soon ends; a whole one lasts, from the sign-in on."""
END = "UPDATE session SET ended_at = now() WHERE id = %(id)s AND ended_at IS NULL"
END_ALL = """
UPDATE session SET ended_at = now()
WHERE account = %(account)s AND ended_at IS NULL AND id IS DISTINCT FROM %(but)s::uuid
"""
SWEEP = "DELETE FROM session WHERE made_at < now() - interval '30 days'"


@dataclass(frozen=True)
class Session:
    """Somebody signed in, in one of their posts, with the role they have at this moment; `serving` is the post's id."""

    id: UUID
    account: UUID
    username: str
    person: str
    serving: UUID
    unit: str
    post: str
    role: str
    method: str
    second: str | None
    agent: str
    must_change: bool
    has_totp: bool
    made_at: datetime
    seen_at: datetime
    ends_at: datetime

    @property
    def signed_in(self) -> str:
        """As entries tell it: password, password+totp, password+recovery, oidc:issuer."""
        return f"{self.method}+{self.second}" if self.second else self.method

    @property
    def waits_for(self) -> Waits | None:
        """What must be done before anything else; the single sign-on asks for second factors itself."""
        if self.method != "password":
            return None
        if self.has_totp and self.second is None:
            return "code"
        if self.must_change:
            return "password"
        return "totp" if not self.has_totp and approves(Role(self.role)) else None

    def actor(self) -> Actor:
        return Actor(person=self.person, unit=self.unit, post=self.post, role=Role(self.role), signed_in=self.signed_in)


class Opened(NamedTuple):
    """The session's token in clear, once, and the session."""

    token: str
    session: Session


def approves(role: Role) -> bool:
    """Whether people of this role decide about what others recorded: they need a second factor."""
    return any(allows(role, Action.APPROVE, relation) for relation in EVERY)


class Sessions:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def open(self, account: UUID, post: UUID, method: str, agent: str) -> Opened | None:
        """A new session, never under a token that the browser brought. None where account or post ended meanwhile."""
        token = fresh()
        values = {"hash": digest(token), "account": account, "post": post, "method": method, "agent": agent[:200]}
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(SWEEP)
            connection.execute(OPEN, values)
            return self._settled(connection, token)

    def find(self, token: str) -> Session | None:
        """The session, if it is known, not ended, and neither idle nor old; it was seen just now."""
        with self._pool.connection() as connection:
            found = _found(connection, token)
            if found is not None:
                connection.execute(TOUCH, {"id": found.id})
            return found

    def renew(
        self, token: str, *, second: str | None = None, post: UUID | None = None, alone: bool = False
    ) -> Opened | None:
        """The same session under a new token, the old one being worth nothing; `alone`: every other of the account ends."""
        renewed = fresh()
        values = {"hash": digest(renewed), "old": digest(token), "second": second, "post": post}
        with self._pool.connection() as connection, connection.transaction():
            if connection.execute(RENEW, values).fetchone() is None:
                return None
            opened = self._settled(connection, renewed)
            if alone and opened is not None:
                connection.execute(END_ALL, {"account": opened.session.account, "but": opened.session.id})
            return opened

    def of(self, account: UUID | None) -> list[Session]:
        """Those of an account that have not ended, or everybody's."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Session)) as cursor:
            return cursor.execute(LIST.encode(), {"account": account}).fetchall()

    def end(self, session: UUID) -> bool:
        """Whether there was one to end."""
        with self._pool.connection() as connection:
            return connection.execute(END, {"id": session}).rowcount == 1

    def _settled(self, connection: Connection[Any], token: str) -> Opened | None:
        found = _found(connection, token)
        if found is None:
            return None
        connection.execute(LASTING, {"id": found.id, "waits": found.waits_for is not None})
        settled = _found(connection, token)
        return Opened(token, settled) if settled is not None else None


def _found(connection: Connection[Any], token: str) -> Session | None:
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(FIND.encode(), {"hash": digest(token)}).fetchone()


def fresh() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """A plain hash does: 256 random bits cannot be guessed."""
    return sha256(token.encode("utf-8", "replace")).digest()
