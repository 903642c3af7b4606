"""The reference: the library's ProjectionRunner, PostgreSQL recorders, one trivial table. Run as a process of its own."""

import sys
import time
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import get_topic
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier


class Thing(Aggregate):
    @event("Happened")
    def happen(self, amount: int) -> None:
        self.amount = amount


class Things(Application[Any]):
    pass


class Counts(PostgresTrackingRecorder):
    """One trivial table: an amount per event, written with its tracking."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_identifier_length("trivial")
        table = SQL("CREATE TABLE IF NOT EXISTS {0}.trivial (id bigserial, amount bigint)")
        self.sql_create_statements.append(table.format(Identifier(self.datastore.schema)))

    def count(self, amount: int, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute("INSERT INTO trivial (amount) VALUES (%s)", (amount,))


class Counting(Projection[Counts]):
    name = "counting"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.count(getattr(domain_event, "amount", 0), tracking)


def main(dsn: str, count: int) -> None:
    parameters = conninfo_to_dict(dsn)
    env = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parameters["dbname"]),
        "POSTGRES_HOST": str(parameters.get("host", "localhost")),
        "POSTGRES_PORT": str(parameters.get("port", "5432")),
        "POSTGRES_USER": str(parameters.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(parameters.get("password", "x")),
        "TRACKING_RECORDER_TOPIC": get_topic(Counts),
    }
    with Things(env) as things:
        for _ in range(count // 100):
            thing = Thing()
            for amount in range(99):
                thing.happen(amount)
            last = things.save(thing)[-1].notification.id
    begun = time.perf_counter()
    with ProjectionRunner(application_class=Things, projection_class=Counting, view_class=Counts, env=env) as runner:
        runner.wait(last, timeout=240)
    print(count / (time.perf_counter() - begun))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
