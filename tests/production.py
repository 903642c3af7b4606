"""A server as in production: over TCP with scram-sha-256, a login that is no superuser and was granted our roles alone."""

import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from store.migrations import ROLES
from store.server import Embedded

LOGIN = "lifecycle_app"
ACCESS = """
local all postgres trust
host all all 127.0.0.1/32 scram-sha-256
"""
"""The superuser only through the socket, in a directory that nobody else enters."""


@contextmanager
def production(major: int, settings: Mapping[str, str]) -> Iterator[str]:
    """The login's address of a server of the wheel's 16 or 18, until the end of the block.

    The login may make databases besides, for each test has one; a deployment's need not.
    """
    with tempfile.TemporaryDirectory(prefix="lifecycle-production-") as home:
        server, port = Embedded(Path(home), major), free_port()
        own = {**settings, "port": str(port), "listen_addresses": "127.0.0.1", "password_encryption": "scram-sha-256"}
        options = " ".join(f"-c {name}={value}" for name, value in own.items())
        where = f"{options} -c max_connections=100 -c unix_socket_directories='{server.place.sockets}'"
        try:
            server._prepare()
            (server.place.data / "pg_hba.conf").write_text(ACCESS)
            server._command(
                *(
                    "pg_ctl",
                    "-D",
                    str(server.place.data),
                    "-l",
                    str(server.place.log),
                    "-w",
                    "-t",
                    "60",
                    "-o",
                    where,
                    "start",
                )
            )
            yield granted(make_conninfo("", host=str(server.place.sockets), port=port, user="postgres"), port)
        finally:
            server.stop()
            shutil.rmtree(server.place.root, ignore_errors=True)  # as root it is not below home


def granted(superuser: str, port: int) -> str:
    """What `lifecycle migrate` tells the server's administrator to type, and a login with a password."""
    password = secrets.token_urlsafe(24)
    with psycopg.connect(superuser, dbname="postgres", autocommit=True) as connection:
        for role in ROLES:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(sql.Identifier(LOGIN), sql.Literal(password))
        )
        ours = sql.SQL(", ").join(map(sql.Identifier, ROLES))
        connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE").format(ours, sql.Identifier(LOGIN)))
    return make_conninfo("", host="127.0.0.1", port=port, user=LOGIN, password=password, dbname="postgres")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
