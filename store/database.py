"""Connections: one pool that writes, one that reads, each taking its least-privileged role."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

from store.settings import BadSetting

Role = Literal["lifecycle_service", "lifecycle_projector", "lifecycle_reader"]


def as_role(dsn: str, role: Role, schema: str = "district") -> str:
    """The same server, with a role and a search path of ours.

    The role is taken by an option of the connection, not by another login: this serves the embedded server and one
    that gives us a single login alike, and the role cannot do more than was granted to it.
    """
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS"):
        raise BadSetting("请取消环境变量 / unset POSTGRES_ENABLE_DB_FUNCTIONS: it appends without a lock")
    own = conninfo_to_dict(dsn).get("options") or ""
    options = f"{own} -c role={role} -c search_path={schema}_read,{schema} -c timezone=Asia/Shanghai".strip()
    return make_conninfo(dsn, options=options, application_name=f"lifecycle {role.removeprefix('lifecycle_')}")


@dataclass
class Database:
    """A district's pools; open before use, close after. Writes go to `writing`, everything else may go to a replica."""

    writing: ConnectionPool
    reading: ConnectionPool

    def close(self) -> None:
        self.writing.close()
        self.reading.close()


@contextmanager
def opened(dsn: str, schema: str = "district", *, size: int = 10, read_dsn: str | None = None) -> Iterator[Database]:
    """Both pools, opened; `read_dsn` names a replica where there is one. Raises psycopg_pool.PoolTimeout when away."""
    service = as_role(dsn, "lifecycle_service", schema)
    reader = as_role(read_dsn or dsn, "lifecycle_service", schema)
    # A plan made while tables were empty would scan them whole ever after: the writer looks up by key only, and
    # questions are planned for what they ask.
    service = make_conninfo(service, options=f"{conninfo_to_dict(service)['options']} -c enable_seqscan=off")
    asking = "-c plan_cache_mode=force_custom_plan -c work_mem=32MB"
    reader = make_conninfo(reader, options=f"{conninfo_to_dict(reader)['options']} {asking}")
    database = Database(_pool(service, size), _pool(reader, size))
    try:
        database.writing.open(wait=True, timeout=30)
        database.reading.open(wait=True, timeout=30)
        yield database
    finally:
        database.close()


PATIENCE = 2.0
"""Seconds that a request waits for a connection before it is told to try again (503)."""


def _pool(dsn: str, size: int) -> ConnectionPool:
    return ConnectionPool(
        dsn, min_size=1, max_size=size, timeout=PATIENCE, max_idle=120, open=False, kwargs={"autocommit": True}
    )


def listening(dsn: str, schema: str = "district") -> psycopg.Connection:
    """A connection of its own that hears every append (NOTIFY); a replica cannot listen, so this goes to the primary."""
    connection = psycopg.connect(as_role(dsn, "lifecycle_projector", schema), autocommit=True)
    connection.execute(f'LISTEN "lifecycle_{schema}"'.encode())
    return connection


MAY_DROP = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = %s"
VACUUMING = 20.0
"""Seconds that the server's own vacuum is waited for where it stands in the way."""


def drop(connection: psycopg.Connection, name: str) -> None:
    """Drop a database, whoever is connected to it; nothing where there is none.

    No login ends the server's own vacuum, which is waited for, VACUUMING seconds long. Raises InsufficientPrivilege.
    """
    deadline = time.monotonic() + VACUUMING
    while True:
        try:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            if connection.execute(MAY_DROP, (name,)).fetchone() != (True,) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
