"""Appending, against a plain psycopg INSERT loop of the same row by one client."""

from itertools import count

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from api.services import Services
from domain.entry import Source, stream_id
from store.recorder import Row
from tests.bench.measuring import rates, show
from tests.given import WANG, command, yuan
from tests.store.rows import recorder, request, rows

pytestmark = pytest.mark.bench
API = Source(door="api")
PLAIN = """
CREATE TABLE plain (
    stream uuid, version int, topic text, state bytea, position bigserial, recorded_at timestamptz DEFAULT now(),
    PRIMARY KEY (stream, version)
)
"""


@pytest.fixture
def ledger(running: Services) -> Services:
    unit = command("units", {"occurred_on": "2026-01-01", "code": "street-a", "name": "甲街道"}, "unit")
    running.ledger.record(None, unit, by=WANG, source=API)
    return running


def funds(number: int) -> dict[str, object]:
    return {"act": "receive", "occurred_on": "2026-02-01", "amount": yuan("5.00"), "voucher": f"V-{number}"}


def a_project_with_ten_entries(services: Services) -> str:
    entering = {"occurred_on": "2026-01-03", "name": "西湖里", "lead_unit": "street-a"}
    label = services.ledger.record(None, command("projects", entering), by=WANG, source=API).stream
    talks = command("negotiations", {"occurred_on": "2026-01-05", "with_whom": "甲"})
    services.ledger.record(label, talks, by=WANG, source=API)
    signing = {"occurred_on": "2026-01-06", "level": "contract", "counterparty": "甲", "agreed": yuan("100000000.00")}
    services.ledger.record(label, command("signings", signing), by=WANG, source=API)
    for number in range(6):
        services.ledger.record(label, command("funds", funds(number)), by=WANG, source=API)
    assert services.ledger.records.history(label).version == 10
    return label


def test_the_recorder_and_a_full_record(ledger: Services, database: str):
    projects = [a_project_with_ten_entries(ledger) for _ in range(1_200)]
    row = ledger.reading.stream(projects[0])[-1]
    own = recorder(ledger.database)
    parameters = conninfo_to_dict(database)
    datastore = PostgresDatastore(
        dbname=str(parameters["dbname"]),
        host=str(parameters.get("host", "localhost")),
        port=str(parameters.get("port", "5432")),
        user=str(parameters.get("user", "postgres")),
        password=str(parameters.get("password", "")),
    )
    stock = PostgresApplicationRecorder(datastore, events_table_name="stock")
    numbers, streams, stocks, turns = count(1), count(1), count(1), iter(projects)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(PLAIN)
        stock.create_table()

        def plain(times: int) -> None:
            for _ in range(times):
                connection.execute(
                    "INSERT INTO plain (stream, version, topic, state) VALUES (%s, %s, %s, %s)",
                    (row.originator_id, next(numbers), row.topic, row.state),
                )

        def ours(times: int) -> None:
            for _ in range(times):
                own.insert_events([_new(next(streams), row)], request=request())

        def default(times: int) -> None:
            for _ in range(times):
                event = StoredEvent(row.originator_id, next(stocks), row.topic, row.state)
                stock.insert_events([event])

        asked = command("funds", funds(99))

        def record(times: int) -> None:
            for _ in range(times):
                ledger.ledger.record(next(turns), asked, by=WANG, source=API)

        work = {
            "plain INSERT loop": plain,
            "our recorder": ours,
            "stock recorder": default,
            "ledger.record, ten entries": record,
        }
        found = rates(work, 200)
        datastore.close()
    reference = found["plain INSERT loop"]
    ratios = {
        "recorder / plain INSERT (bound 0.40)": found["our recorder"] / reference,
        "recorder / stock recorder (bound 1.5)": found["our recorder"] / found["stock recorder"],
        "ledger.record / plain INSERT (bound 0.20)": found["ledger.record, ten entries"] / reference,
    }
    show("appending, one client", found)
    show("ratios", ratios, " ×")
    assert ratios["recorder / plain INSERT (bound 0.40)"] >= 0.40
    assert ratios["recorder / stock recorder (bound 1.5)"] >= 1.5
    assert ratios["ledger.record / plain INSERT (bound 0.20)"] >= 0.20


def _new(number: int, like: Row) -> Row:
    made = rows(f"bench-{number}", 1)[0]
    return Row(stream_id(made.label), 1, like.topic, like.state, label=made.label)
