"""Signing in: passwords, codes of an authenticator (TOTP, RFC 6238), recovery codes, and what the single sign-on says."""

import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import pyotp
from psycopg import Connection
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.errors import Refused
from store.delays import Delays, address_key, name_key
from store.passwords import accept, hashed, matches, outdated
from store.sealing import NotOurs, Seal
from store.sessions import END_ALL, Opened, Session, Sessions, digest

log = logging.getLogger("lifecycle.security")
ISSUER = "重大项目全程账"
"""How an authenticator names what its codes are for."""
STEP = 30
RECOVERY_CODES = 8
BY = """
SELECT id, username, person, password, password_until IS NOT NULL AND password_until < now() AS late, totp_key, totp_pending,
    closed_at, extract(epoch FROM now())::bigint AS clock, (
        SELECT p.id FROM account_post p WHERE p.account = a.id AND p.ended_at IS NULL ORDER BY p.made_at, p.id LIMIT 1
    ) AS serving
FROM account a
"""
REHASH = "UPDATE account SET password = %(to)s WHERE id = %(account)s AND password = %(was)s"
CHANGE = """
UPDATE account SET password = %(to)s, must_change = false, password_until = NULL, changed_at = now()
WHERE id = %(account)s AND password IS NOT DISTINCT FROM %(was)s
"""
USE_STEP = "UPDATE account SET totp_step = %(step)s WHERE id = %(account)s AND totp_step < %(step)s"
USE_RECOVERY = "UPDATE recovery_code SET used_at = now() WHERE account = %(account)s AND hash = %(hash)s AND used_at IS NULL"
PENDING = "UPDATE account SET totp_pending = %(key)s WHERE id = %(account)s"
UNSEALED = "SELECT id, totp_key FROM account WHERE totp_key IS NOT NULL AND totp_key NOT LIKE 's1.%'"
SEAL = "UPDATE account SET totp_key = %(sealed)s WHERE id = %(account)s AND totp_key = %(clear)s"
CONFIRM = """
UPDATE account SET totp_key = totp_pending, totp_pending = NULL, totp_step = %(step)s
WHERE id = %(account)s AND totp_pending = %(key)s
"""
NEW_CODES = "DELETE FROM recovery_code WHERE account = %(account)s"
NEW_CODE = "INSERT INTO recovery_code (account, hash) VALUES (%s, %s)"
SERVES = "SELECT EXISTS (SELECT FROM account_post WHERE account = %s AND id = %s AND ended_at IS NULL)"


class WrongPassword(Refused):
    """User name and password do not fit; it may also be that the account is closed or the one-time password has run out."""

    zh = "用户名与密码不符；也可能账号已关闭或一次性密码已过期，请联系系统管理员。"
    sort = "forbidden"
    account: UUID | None = None
    """Whose it would have been: for the security log, never for whoever asks."""


class WrongCode(Refused):
    """This code is not right, or was used already: wait for the next one, or use a recovery code."""

    zh = "验证码不对或已用过，请等下一个验证码，或使用恢复码。"
    sort = "forbidden"


class NotExpected(Refused):
    """The session does not wait for this."""

    zh = "当前会话无需此步骤。"


class NoAccount(Refused):
    """The single sign-on knows you, but no account here is yours; ask the system administrator for one."""

    zh = "统一身份认证已通过，但此处没有您的账号，请联系系统管理员开通。"
    sort = "forbidden"


class NotYourPost(Refused):
    """The account has no such post."""

    zh = "账号没有这一职务。"
    sort = "invalid"


class SessionEnded(Refused):
    """The session has ended meanwhile; sign in again."""

    zh = "会话已结束，请重新登录。"
    sort = "forbidden"


class SamePassword(Refused):
    """The new password is the old one; choose another."""

    zh = "新密码与旧密码相同，请另选一个。"
    sort = "invalid"


@dataclass(frozen=True)
class Known:
    """What signing in looks at."""

    id: UUID
    username: str
    person: str
    password: str | None
    late: bool
    totp_key: str | None
    totp_pending: str | None
    closed_at: datetime | None
    clock: int
    serving: UUID | None


class SigningIn:
    def __init__(self, pool: ConnectionPool, seal: Seal | None = None) -> None:
        """`seal`: of the keys of authenticators; without one they last as long as this process."""
        self._pool = pool
        self._seal = seal or Seal()
        self._delays = Delays(pool)
        self.sessions = Sessions(pool)

    def with_password(self, username: str, password: str, *, address: str, agent: str) -> Opened:
        """A session in the account's oldest post; whether more is wanted of it, it says. Raises WrongPassword, TryLater."""
        name = username.strip().casefold()[:200]
        with self._delays.attempt(name_key("account", name), address_key(address)):
            with self._pool.connection() as connection:
                known = _known(connection, "username", name)
            right = matches(known.password if known is not None else None, password)
            if not right or known is None or known.closed_at is not None or known.late or known.serving is None:
                wrong = WrongPassword()
                wrong.account = known.id if known is not None else None
                raise wrong
            self._rehashed(known, password)
            opened = self.sessions.open(known.id, known.serving, "password", agent)
            if opened is None:
                raise WrongPassword
            return opened

    def with_subject(self, issuer: str, subject: str, *, agent: str) -> Opened:
        """A session for the account that has this subject; none is ever made here. Raises NoAccount."""
        with self._pool.connection() as connection:
            known = _known(connection, "subject", subject)
        if known is None or known.closed_at is not None or known.serving is None:
            raise NoAccount
        opened = self.sessions.open(known.id, known.serving, f"oidc:{issuer}", agent)
        if opened is None:
            raise NoAccount
        return opened

    def with_code(self, token: str, session: Session, code: str, *, address: str) -> Opened:
        """The second factor, each code once. Raises NotExpected, WrongCode, TryLater, SessionEnded."""
        if session.waits_for != "code":
            raise NotExpected
        with self._delays.attempt(name_key("code", str(session.account)), address_key(address)):
            with self._pool.connection() as connection:
                second = self._second(connection, session.account, code)
            if second is None:
                raise WrongCode
            return _lasting(self.sessions.renew(token, second=second))

    def change_password(self, token: str, session: Session, old: str, new: str, *, address: str) -> Opened:
        """Every other session of the account ends. Raises WrongPassword, what `accept` raises, TryLater, SessionEnded."""
        with self._delays.attempt(name_key("account", session.username), address_key(address)):
            with self._pool.connection() as connection:
                known = _known(connection, "id", session.account)
            if known is None or not matches(known.password, old):
                raise WrongPassword(pointer="/old")
        if new == old:
            raise SamePassword(pointer="/new")
        values = {"to": hashed(accept(new, known.username, known.person)), "was": known.password, "account": known.id}
        with self._pool.connection() as connection:
            if connection.execute(CHANGE, values).rowcount == 0:
                raise SessionEnded
        return _lasting(self.sessions.renew(token, alone=True))

    def set_password(self, username: str, new: str) -> bool:
        """By whoever has the machine (the command line): all sessions end. Whether there is such an account."""
        with self._pool.connection() as connection, connection.transaction():
            known = _known(connection, "username", username)
            if known is None:
                return False
            to = hashed(accept(new, known.username, known.person))
            values = {"to": to, "was": known.password, "account": known.id, "but": None}
            done = connection.execute(CHANGE, values).rowcount == 1
            connection.execute(END_ALL, values)
        return done

    def begin_totp(self, session: Session) -> str:
        """The address (otpauth:) of a new key, for the authenticator; it counts only once a code of it has been given."""
        key = pyotp.random_base32()
        with self._pool.connection() as connection:
            connection.execute(PENDING, {"key": self._seal.close(key, str(session.account)), "account": session.account})
        return pyotp.TOTP(key).provisioning_uri(name=session.username, issuer_name=ISSUER)

    def confirm_totp(self, token: str, session: Session, code: str, *, address: str) -> tuple[list[str], Opened]:
        """Recovery codes in clear, once; every other session ends. Raises NotExpected, WrongCode, TryLater, SessionEnded."""
        with self._delays.attempt(name_key("code", str(session.account)), address_key(address)):
            with self._pool.connection() as connection, connection.transaction():
                known = _known(connection, "id", session.account)
                if known is None or known.totp_pending is None:
                    raise NotExpected
                key = self._opened(known.totp_pending, known.id)
                step = _step(key, code, known.clock) if key is not None and code.isascii() else None
                values = {"account": known.id, "key": known.totp_pending, "step": step}
                if step is None or connection.execute(CONFIRM, values).rowcount == 0:
                    raise WrongCode
                codes = _recovery(connection, known.id)
            return codes, _lasting(self.sessions.renew(token, second="totp", alone=True))

    def act_in(self, token: str, session: Session, post: UUID) -> Opened:
        """The same session in another post. Raises NotYourPost, SessionEnded."""
        with self._pool.connection() as connection:
            if connection.execute(SERVES, (session.account, post)).fetchone() != (True,):
                raise NotYourPost(pointer="/post")
        return _lasting(self.sessions.renew(token, post=post))

    def seal_all(self) -> None:
        """What was kept in clear before there were seals."""
        with self._pool.connection() as connection:
            for account, clear in connection.execute(UNSEALED).fetchall():
                connection.execute(
                    SEAL, {"sealed": self._seal.close(clear, str(account)), "clear": clear, "account": account}
                )

    def _opened(self, sealed: str, account: UUID) -> str | None:
        """None for what another key sealed: no code fits, recovery codes go on, the administrator can reset."""
        try:
            return self._seal.open(sealed, str(account))
        except NotOurs:
            log.error("the authenticator of account %s was sealed with another key (LIFECYCLE_SEAL_KEY_FILE)", account)
            return None

    def _second(self, connection: Connection[Any], account: UUID, code: str) -> str | None:
        """What was given, and is used up by it."""
        known = _known(connection, "id", account)
        if known is None or known.totp_key is None:
            return None
        code = "".join(code.split()).replace("-", "").casefold()
        if not code.isascii():
            return None
        key = self._opened(known.totp_key, account)
        step = _step(key, code, known.clock) if key is not None else None
        if step is not None:
            return "totp" if connection.execute(USE_STEP, {"account": account, "step": step}).rowcount == 1 else None
        used = connection.execute(USE_RECOVERY, {"account": account, "hash": digest(code)}).rowcount == 1
        return "recovery" if used else None

    def _rehashed(self, known: Known, password: str) -> None:
        """The parameters of today, now that the password is at hand."""
        assert known.password is not None
        if outdated(known.password):
            values = {"to": hashed(password), "was": known.password, "account": known.id}
            with self._pool.connection() as connection:
                connection.execute(REHASH, values)


def _known(connection: Connection[Any], by: Literal["username", "subject", "id"], value: str | UUID) -> Known | None:
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(f"{BY} WHERE {by} = %s".encode(), (value,)).fetchone()


def _step(key: str, code: str, clock: int) -> int | None:
    """Which time step the code is of: this one, the one before or the one after, for clocks differ."""
    totp = pyotp.TOTP(key, interval=STEP)
    now = clock // STEP
    fitting = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate_otp(step), code)]
    return max(fitting, default=None)


def _recovery(connection: Connection[Any], account: UUID) -> list[str]:
    """Eighty random bits each: a plain hash does."""
    codes = [secrets.token_hex(10) for _ in range(RECOVERY_CODES)]
    connection.execute(NEW_CODES, {"account": account})
    for code in codes:
        connection.execute(NEW_CODE, (account, digest(code)))
    return ["-".join(code[n : n + 5] for n in range(0, 20, 5)) for code in codes]


def _lasting(opened: Opened | None) -> Opened:
    if opened is None:
        raise SessionEnded
    return opened
