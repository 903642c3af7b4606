"""Sign-ins that went to the single sign-on: each comes back once, in the browser that it left from, within ten minutes."""

from dataclasses import dataclass

from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.errors import Refused
from store.addresses import network
from store.sessions import digest

REMEMBER = """
INSERT INTO sign_on (state, browser, nonce, verifier, address)
VALUES (%(state)s, %(browser)s, %(nonce)s, %(verifier)s, %(address)s)
"""
TAKE = """
DELETE FROM sign_on WHERE state = %(state)s AND browser = %(browser)s AND made_at > now() - interval '10 minutes'
RETURNING nonce, verifier
"""
SWEEP = """
DELETE FROM sign_on WHERE made_at < now() - interval '10 minutes'
OR state IN (SELECT state FROM sign_on WHERE address = %(address)s ORDER BY made_at DESC OFFSET %(each)s)
OR state IN (SELECT state FROM sign_on ORDER BY made_at DESC OFFSET %(most)s)
"""
EACH = 200
"""Sign-ins of one address that may be under way at once: an office's, or one attacker's, whose oldest then count no more."""
MOST = 10_000
"""Of everybody."""


class SignOnAway(Refused):
    """The single sign-on does not answer properly just now; try again shortly, or sign in with your password."""

    zh = "统一身份认证暂时无法使用，请稍后重试，或用密码登录。"


class SignOnRefused(Refused):
    """The single sign-on's answer is not one to this browser's sign-in, or is forged, old or refused; begin again."""

    zh = "统一身份认证的答复与本次登录不符、已失效或被拒绝，请重新登录。"
    sort = "forbidden"


@dataclass(frozen=True)
class Left:
    """What is to be found again in the answer."""

    nonce: str
    verifier: str


class SignOns:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def remember(self, state: str, browser: str, left: Left, address: str) -> None:
        """Whoever begins too many loses the oldest of them."""
        values = {"state": digest(state), "browser": digest(browser), "nonce": left.nonce, "verifier": left.verifier}
        where = network(address)
        with self._pool.connection() as connection:
            connection.execute(REMEMBER, values | {"address": where})
            connection.execute(SWEEP, {"address": where, "each": EACH, "most": MOST})

    def take(self, state: str, browser: str) -> Left | None:
        """None where nothing left under this state from this browser, or it came back already."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Left)) as cursor:
            return cursor.execute(TAKE, {"state": digest(state), "browser": digest(browser)}).fetchone()
