"""Everything a running service consists of, put together in one place and taken apart again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import store.evidence
import store.security_log
from projections.questions.asking import Questions
from store.accounts import Accounts
from store.database import Database, opened
from store.drafts import Drafts
from store.evidence import Evidence, Limits
from store.holders import Holders
from store.ledger import Ledger
from store.limits import Allowances, Rate
from store.migrations import migrate
from store.people import People
from store.reading import Reading
from store.recorder import Recorder
from store.sealing import Seal, kept_seal
from store.security_log import SecurityLog
from store.server import MAJOR, Embedded, written_by
from store.settings import Deployment, deployment
from store.sign_ons import SignOns
from store.signing_in import SigningIn
from store.uploads import Uploads
from store.works import Works

if TYPE_CHECKING:
    from api.access.single_sign_on import SingleSignOn


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
    holders: Holders
    signing_in: SigningIn
    drafts: Drafts
    works: Works
    questions: Questions
    evidence: Evidence
    uploads: Uploads
    limits: Limits
    allowances: Allowances
    security: SecurityLog
    embedded: Embedded | None = None
    single_sign_on: "SingleSignOn | None" = None
    origin: str | None = None
    """The address that browsers use, where a proxy stands before the service; None: the one they name (Host)."""


@contextmanager
def reached(settings: Deployment, *, as_written: bool = False) -> Iterator[tuple[str, Embedded | None]]:
    """The administrator's address of the database, as it is: the embedded server started, or the given one's.

    `as_written` starts the version of PostgreSQL that wrote the data. Raises DatabaseNotStarted.
    """
    if settings.database_url is not None:
        yield settings.database_url, None
        return
    found = written_by(settings.home) if as_written else None
    with Embedded(settings.home, found or MAJOR).used() as embedded:
        yield embedded.dsn(), embedded


@contextmanager
def services(settings: Deployment, *, size: int = 10) -> Iterator[Services]:
    """The embedded server started or a given one reached, migrated, pools open. Raises DatabaseNotStarted, BadSetting."""
    evidence = store.evidence.opened(settings)
    with ExitStack() as stack:
        dsn, embedded = stack.enter_context(reached(settings))
        migrate(dsn, settings.schema)
        database = stack.enter_context(opened(dsn, settings.schema, size=size))
        security = store.security_log.opened(settings)
        stack.callback(security.close)
        running = over(database, dsn, settings.schema, embedded, evidence, security, kept_seal(settings))
        running.signing_in.seal_all()
        running.works.sweep()
        yield running


def over(
    database: Database,
    dsn: str,
    schema: str = "district",
    embedded: Embedded | None = None,
    evidence: Evidence | None = None,
    security: SecurityLog | None = None,
    seal: Seal | None = None,
) -> Services:
    """The same over pools that are open already; files of evidence are kept where the environment says, unless told.

    Nothing is written to a security log unless one is given, and without a seal authenticators last as long as this process.
    """
    recorder, reading = Recorder(database.writing, database.reading), Reading(database.reading)
    people = People(database.writing, dsn, schema)
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
        holders=Holders(database.writing),
        signing_in=SigningIn(database.writing, seal),
        drafts=Drafts(database.writing),
        works=Works(database.writing),
        questions=Questions(database.reading, ledger.records, reading),
        evidence=evidence,
        uploads=uploads,
        limits=Limits(settings.evidence_bytes, settings.evidence_seconds),
        allowances=Allowances(
            database.writing,
            Rate(settings.address_rate, 20 * settings.address_rate),
            Rate(settings.account_rate, 20 * settings.account_rate),
        ),
        security=security or SecurityLog(),
        embedded=embedded,
        single_sign_on=_single_sign_on(settings, database),
        origin=settings.proxy,
    )


def _single_sign_on(settings: Deployment, database: Database) -> "SingleSignOn | None":
    if settings.sign_on is None:
        return None
    from api.access.single_sign_on import SingleSignOn  # half a second that only some need

    return SingleSignOn(settings.sign_on, SignOns(database.writing))
