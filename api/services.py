"""Everything a running service consists of, put together in one place and taken apart again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from projections.questions.asking import Questions
from store.accounts import Accounts
from store.database import Database, opened
from store.drafts import Drafts
from store.ledger import Ledger
from store.migrations import migrate
from store.people import People
from store.reading import Reading
from store.recorder import Recorder
from store.server import Embedded
from store.settings import Deployment


@dataclass
class Services:
    """`dsn` is the administrator's address of the database: migrations and the projection worker use it."""

    dsn: str
    schema: str
    database: Database
    ledger: Ledger
    reading: Reading
    people: People
    accounts: Accounts
    drafts: Drafts
    questions: Questions
    embedded: Embedded | None = None


@contextmanager
def services(deployment: Deployment, *, size: int = 10) -> Iterator[Services]:
    """The embedded server started or a given one reached, migrated, pools open. Raises DatabaseNotStarted."""
    with ExitStack() as stack:
        embedded: Embedded | None = None
        dsn = deployment.database_url
        if dsn is None:
            embedded = stack.enter_context(Embedded(deployment.home).used())
            dsn = embedded.dsn()
        migrate(dsn, deployment.schema)
        database = stack.enter_context(opened(dsn, deployment.schema, size=size))
        yield over(database, dsn, deployment.schema, embedded)


def over(database: Database, dsn: str, schema: str = "district", embedded: Embedded | None = None) -> Services:
    """The same over pools that are open already."""
    recorder, reading = Recorder(database.writing, database.reading), Reading(database.reading)
    people = People(database.writing)
    ledger = Ledger(recorder, reading, people)
    return Services(
        dsn=dsn,
        schema=schema,
        database=database,
        ledger=ledger,
        reading=reading,
        people=people,
        accounts=Accounts(database.writing),
        drafts=Drafts(database.writing),
        questions=Questions(database.reading, ledger.records, reading),
        embedded=embedded,
    )
