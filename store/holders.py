"""Accounts, as the administrator keeps them: one for each person, with one post or several; closed, never deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.entry import Role
from domain.errors import Refused
from store.passwords import accept, hashed, one_time
from store.sessions import END_ALL

ACCOUNTS = """
SELECT id, username, person, subject, password IS NOT NULL AS has_password, must_change, totp_key IS NOT NULL AS has_totp,
    made_at, closed_at
FROM account
"""
POSTS = "SELECT id, account, unit, post, role, made_at, ended_at FROM account_post"
MAKE = """
INSERT INTO account (username, person, subject, password, must_change, password_until)
VALUES (
    %(username)s, %(person)s, %(subject)s, %(password)s, %(password)s::text IS NOT NULL,
    now() + make_interval(days => %(days)s)
)
RETURNING id
"""
SERVE = "INSERT INTO account_post (account, unit, post, role) VALUES (%s, %s, %s, %s) RETURNING id"
LEAVE = "UPDATE account_post SET ended_at = now() WHERE account = %s AND id = %s AND ended_at IS NULL"
CLOSE = "UPDATE account SET closed_at = now() WHERE id = %(account)s AND closed_at IS NULL"
END_TOKENS = """
UPDATE token SET revoked_at = now()
WHERE revoked_at IS NULL AND person = (SELECT person FROM account WHERE id = %(account)s AND closed_at IS NOT NULL)
"""
RESET = """
UPDATE account SET password = %(password)s, must_change = true, password_until = now() + make_interval(days => %(days)s),
    totp_key = CASE WHEN %(totp)s THEN NULL ELSE totp_key END
WHERE id = %(account)s AND closed_at IS NULL
"""
FORGET_CODES = "DELETE FROM recovery_code WHERE account = %(account)s"
FIRST = "SELECT id, changed_at IS NOT NULL FROM account WHERE person = 'administrator' ORDER BY made_at LIMIT 1"
UNCHANGED = "SELECT count(*) FROM account WHERE person = 'administrator' AND changed_at IS NULL AND closed_at IS NULL"
DAYS = 7
"""How long a one-time password opens an account."""
FIRST_USER = "administrator"


class UsernameTaken(Refused):
    """Another account has this user name, or had it."""

    zh = "已有账号使用或曾使用这个用户名。"


class HasAnAccount(Refused):
    """This person has an account already; add the post to it (POST /accounts/{account}/posts)."""

    zh = "此人已有账号；请在原账号上增加职务（POST /accounts/{account}/posts）。"


class SubjectTaken(Refused):
    """Another account is opened by this name of the single sign-on."""

    zh = "此统一身份标识已对应另一账号。"


@dataclass(frozen=True)
class Post:
    """A post that an account may act in."""

    id: UUID
    account: UUID
    unit: str
    post: str
    role: str
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Account:
    id: UUID
    username: str
    person: str
    subject: str | None
    has_password: bool
    must_change: bool
    has_totp: bool
    made_at: datetime
    closed_at: datetime | None


class Serving(NamedTuple):
    """Unit, post and role, as an account is to act."""

    unit: str
    post: str
    role: Role


class Holders:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def make(
        self, username: str, person: str, posts: Sequence[Serving], subject: str | None = None, *, password: bool = True
    ) -> tuple[UUID, str | None]:
        """The account, and its one-time password in clear, once; without one only the single sign-on opens it.

        Raises UsernameTaken, HasAnAccount, SubjectTaken.
        """
        clear = one_time() if password else None
        values = {"username": username, "person": person, "subject": subject, "days": DAYS}
        try:
            with self._pool.connection() as connection, connection.transaction():
                made = connection.execute(MAKE, values | {"password": hashed(clear) if clear else None}).fetchone()
                assert made is not None
                for serving in posts:
                    connection.execute(SERVE, (made[0], serving.unit, serving.post, serving.role.value))
        except psycopg.errors.UniqueViolation as taken:
            match taken.diag.constraint_name:
                case "account_person":
                    raise HasAnAccount(person, pointer="/person") from None
                case "account_subject_key":
                    raise SubjectTaken(pointer="/subject") from None
                case _:
                    raise UsernameTaken(username, pointer="/username") from None
        return made[0], clear

    def all(self) -> list[Account]:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Account)) as cursor:
            return cursor.execute(f"{ACCOUNTS} ORDER BY made_at, id".encode()).fetchall()

    def get(self, account: UUID) -> Account | None:
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Account)) as cursor:
            return cursor.execute(f"{ACCOUNTS} WHERE id = %s".encode(), (account,)).fetchone()

    def posts(self, account: UUID | None = None) -> list[Post]:
        """Of one account or of all, those that ended too, the oldest first."""
        wanted = f"{POSTS} WHERE %(account)s::uuid IS NULL OR account = %(account)s ORDER BY made_at, id"
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Post)) as cursor:
            return cursor.execute(wanted.encode(), {"account": account}).fetchall()

    def serve(self, account: UUID, serving: Serving) -> UUID:
        """One more post."""
        with self._pool.connection() as connection:
            made = connection.execute(SERVE, (account, serving.unit, serving.post, serving.role.value)).fetchone()
        assert made is not None
        return UUID(str(made[0]))

    def leave(self, account: UUID, post: UUID) -> bool:
        """Sessions in this post end with it. Whether there was one to end."""
        with self._pool.connection() as connection:
            return connection.execute(LEAVE, (account, post)).rowcount == 1

    def reset(self, account: UUID, *, totp: bool) -> str | None:
        """A new one-time password; every session ends, with `totp` the second factor too. None: no such account."""
        clear = one_time()
        values = {"account": account, "password": hashed(clear), "days": DAYS, "totp": totp, "but": None}
        with self._pool.connection() as connection, connection.transaction():
            if connection.execute(RESET, values).rowcount == 0:
                return None
            if totp:
                connection.execute(FORGET_CODES, values)
            connection.execute(END_ALL, values)
        return clear

    def close(self, account: UUID) -> bool:
        """Every session ends, and every token that stands for its person. Whether it was open."""
        values = {"account": account, "but": None}
        with self._pool.connection() as connection, connection.transaction():
            done = connection.execute(CLOSE, values).rowcount == 1
            connection.execute(END_ALL, values)
            connection.execute(END_TOKENS, values)
        return done

    def first(self, hand_over: Callable[[str, str], None] | None = None, password: str | None = None) -> bool:
        """The administrator's account, made exactly once however many start at once; kept only once it was handed over.

        `password`: chosen already, in place of a one-time password. Whether it was made now. Raises what `accept` raises.
        """
        clear = accept(password, FIRST_USER) if password is not None else one_time()
        with self._pool.connection() as connection, connection.transaction():
            connection.execute("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE")
            if connection.execute(FIRST).fetchone() is not None:
                return False
            values = {"username": FIRST_USER, "person": "administrator", "subject": None, "days": None}
            made = connection.execute(MAKE, values | {"password": hashed(clear)}).fetchone()
            assert made is not None
            connection.execute(SERVE, (made[0], "system", "系统管理员", Role.ADMINISTRATOR.value))
            if password is not None:
                connection.execute("UPDATE account SET must_change = false, changed_at = now() WHERE id = %s", made)
            if hand_over is not None:
                hand_over(FIRST_USER, clear)
        return True

    def first_unchanged(self) -> bool:
        """Whether the one-time password of the first start still opens the administrator's account."""
        with self._pool.connection() as connection:
            return connection.execute(UNCHANGED).fetchone() != (0,)
