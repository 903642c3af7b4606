"""Sign-ins that went to the single sign-on: each comes back once, in the browser that it left from, within ten minutes."""

from dataclasses import dataclass

from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from domain.errors import Refused
from store.sessions import digest

REMEMBER = "INSERT INTO sign_on (state, browser, nonce, verifier) VALUES (%(state)s, %(browser)s, %(nonce)s, %(verifier)s)"
TAKE = """
DELETE FROM sign_on WHERE state = %(state)s AND browser = %(browser)s AND made_at > now() - interval '10 minutes'
RETURNING nonce, verifier
"""
SWEEP = "DELETE FROM sign_on WHERE made_at < now() - interval '10 minutes'"


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

    def remember(self, state: str, browser: str, left: Left) -> None:
        values = {"state": digest(state), "browser": digest(browser), "nonce": left.nonce, "verifier": left.verifier}
        with self._pool.connection() as connection:
            connection.execute(SWEEP)
            connection.execute(REMEMBER, values)

    def take(self, state: str, browser: str) -> Left | None:
        """None where nothing left under this state from this browser, or it came back already."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Left)) as cursor:
            return cursor.execute(TAKE, {"state": digest(state), "browser": digest(browser)}).fetchone()
