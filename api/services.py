"""Everything a running service consists of, put together in one place and taken apart again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import store.evidence
from projections.questions.asking import Questions
from store.accounts import Accounts
from store.database import Database, opened
from store.drafts import Drafts
from store.evidence import Evidence, Limits
from store.ledger import Ledger
from store.migrations import migrate
from store.people import People
from store.reading import Reading
from store.recorder import Recorder
from store.server import Embedded
from store.settings import Deployment, deployment
from store.uploads import Uploads


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
    evidence: Evidence
    uploads: Uploads
    limits: Limits
    embedded: Embedded | None = None


@contextmanager
def services(settings: Deployment, *, size: int = 10) -> Iterator[Services]:
    """The embedded server started or a given one reached, migrated, pools open. Raises DatabaseNotStarted, BadSetting."""
    evidence = store.evidence.opened(settings)
    with ExitStack() as stack:
        embedded: Embedded | None = None
        dsn = settings.database_url
        if dsn is None:
            embedded = stack.enter_context(Embedded(settings.home).used())
            dsn = embedded.dsn()
        migrate(dsn, settings.schema)
        database = stack.enter_context(opened(dsn, settings.schema, size=size))
        yield over(database, dsn, settings.schema, embedded, evidence)


def over(
    database: Database,
    dsn: str,
    schema: str = "district",
    embedded: Embedded | None = None,
    evidence: Evidence | None = None,
) -> Services:
    """The same over pools that are open already; files of evidence are kept where the environment says, unless told."""
    recorder, reading = Recorder(database.writing, database.reading), Reading(database.reading)
    people = People(database.writing)
    settings = deployment()
    evidence = evidence or store.evidence.opened(settings)
    uploads = Uploads(database.writing, database.reading, evidence)
    ledger = Ledger(recorder, reading, people, uploads.find)
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
        evidence=evidence,
        uploads=uploads,
        limits=Limits(settings.evidence_bytes, settings.evidence_seconds),
        embedded=embedded,
    )
