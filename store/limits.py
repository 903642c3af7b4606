"""How many requests an address or an account may make: a bucket each, kept in the database and shared by all workers.

A bucket holds `burst` requests and fills at `rate` a second. Its table is unlogged: after a crash all begin with a full one.
"""

import random
from dataclasses import dataclass
from math import ceil

from psycopg_pool import ConnectionPool

from store.addresses import network

TAKE = """
INSERT INTO allowance AS a (who, remaining, at) VALUES (%(who)s, %(burst)s - 1, clock_timestamp())
ON CONFLICT (who) DO UPDATE SET
    remaining = least(%(burst)s, a.remaining + %(rate)s * greatest(0, extract(epoch FROM excluded.at - a.at))) - 1,
    at = greatest(a.at, excluded.at)
WHERE a.remaining + %(rate)s * greatest(0, extract(epoch FROM excluded.at - a.at)) >= 1
RETURNING true
"""
FORGET = "DELETE FROM allowance WHERE at < now() - interval '1 hour'"
FORGETTING = 5_000
"""About every so many requests the buckets of those who stayed away are dropped: full again, they say nothing."""


@dataclass(frozen=True)
class Rate:
    """Requests a second in the long run, and how many at once after a rest."""

    rate: float
    burst: int

    @property
    def wait(self) -> int:
        """Seconds after which one more request is let in."""
        return max(1, ceil(1 / self.rate))


class Allowances:
    def __init__(self, pool: ConnectionPool, address: Rate, account: Rate) -> None:
        self._pool = pool
        self.address = address
        self.account = account

    def of_address(self, address: str) -> bool:
        """Whether one more request from there is within its allowance; it then counts."""
        return self._take(f"address {network(address)}", self.address)

    def of_account(self, person: str) -> bool:
        return self._take(f"account {person}", self.account)

    def _take(self, who: str, rate: Rate) -> bool:
        with self._pool.connection() as connection:
            if random.randrange(FORGETTING) == 0:  # noqa: S311  (no secret)
                connection.execute(FORGET)
            asked = {"who": who, "rate": rate.rate, "burst": rate.burst}
            return connection.execute(TAKE, asked).fetchone() is not None
