"""Growing delays in place of lock-outs: after failures the next attempt has to wait, and a right one then always works.

Kept in the database, so that all processes count together. An attempt is counted before it is judged: however many come at
once, each finds those before it. Names are kept as hashes, for some people type their password where the name belongs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from psycopg_pool import ConnectionPool

from domain.errors import Refused
from store.addresses import network

DELAY = "CASE WHEN round(d.heat) < %(free)s THEN 0 ELSE least(%(longest)s, 2 ^ least(round(d.heat) - %(free)s, 30)) END"
NEXT = f"d.last_at + make_interval(secs => {DELAY})"
COOLED = "d.heat * 0.5 ^ (greatest(0, extract(epoch FROM now() - d.last_at)) / 1800)"
CHARGE = f"""
INSERT INTO sign_in_delay AS d (key, heat, last_at) VALUES (%(key)s, 1, now())
ON CONFLICT (key) DO UPDATE SET heat = {COOLED} + 1, last_at = now() WHERE {NEXT} <= now()
RETURNING heat
"""
WAIT = f"SELECT ceil(extract(epoch FROM {NEXT} - now()))::integer FROM sign_in_delay d WHERE key = %(key)s"
GIVE_BACK = "UPDATE sign_in_delay SET heat = greatest(0, heat - 1) WHERE key = %(key)s"
FORGET = "DELETE FROM sign_in_delay WHERE key = %(key)s"
SWEEP = "DELETE FROM sign_in_delay WHERE last_at < now() - interval '1 day'"


class TryLater(Refused):
    """There were too many failed attempts to sign in; wait as long as Retry-After says, then the right password works."""

    zh = "登录失败次数过多，请按提示的秒数（Retry-After）等候，之后正确的密码仍然有效。"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"{seconds} s")
        self.retry_after = seconds


@dataclass(frozen=True)
class Limit:
    """`free` failures cost nothing; each one more doubles the delay, from a second up to `longest`."""

    free: int
    longest: int


BY_NAME = Limit(free=4, longest=300)
"""Of an account, or of a name that has none: failing on purpose makes its owner wait no longer than this."""
BY_ADDRESS = Limit(free=20, longest=900)
"""An office may be behind one address."""


def name_key(what: str, name: str) -> tuple[str, Limit]:
    return f"{what}:{sha256(name.encode('utf-8', 'replace')).hexdigest()}", BY_NAME


def address_key(address: str) -> tuple[str, Limit]:
    return f"address:{network(address)}", BY_ADDRESS


class Delays:
    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    @contextmanager
    def attempt(self, name: tuple[str, Limit], address: tuple[str, Limit]) -> Iterator[None]:
        """Counts an attempt; leaving the block without an exception says that it succeeded. Raises TryLater."""
        self._charge(address)
        try:
            self._charge(name)
        except TryLater:
            self._do(GIVE_BACK, address[0])
            raise
        yield
        self._do(FORGET, name[0])
        self._do(GIVE_BACK, address[0])

    def _charge(self, key: tuple[str, Limit]) -> None:
        values = {"key": key[0], "free": key[1].free, "longest": key[1].longest}
        with self._pool.connection() as connection:
            if connection.execute(CHARGE.encode(), values).fetchone() is None:
                wait = connection.execute(WAIT.encode(), values).fetchone()
                raise TryLater(max(1, wait[0]) if wait else 1)
            connection.execute(SWEEP)

    def _do(self, statement: str, key: str) -> None:
        with self._pool.connection() as connection:
            connection.execute(statement.encode(), {"key": key})
