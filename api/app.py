"""The composition root: doors, routes, errors and the OpenAPI document over a set of services."""

from collections import Counter

from fastapi import FastAPI

import domain.kinds  # noqa: F401  (fills the table of commands)
from api.access.doors import unguarded
from api.fronted import Fronted
from api.listening import Listening
from api.pages import routes
from api.rest import (
    accounts,
    audits,
    changes,
    entries,
    evidence,
    exports,
    facts,
    feed,
    health,
    instructions,
    irregularities,
    office,
    people,
    periods,
    portfolio,
    portfolio_changes,
    problems,
    questions,
    record,
    sessions,
    sign_on,
    table,
    targets,
    tasks,
    tokens,
    vocabulary,
    work,
)
from api.rest.commands import commands
from api.rest.document import DESCRIPTION, served
from api.services import Services
from api.sheets import route as imports
from api.working import Workshop
from projections.questions.viewpoints import Arrivals
from store.settings import VERSION, deployment


def create_app(services: Services) -> FastAPI:
    """Raises RuntimeError if any route could be reached without its action being declared."""
    app = Fronted(
        title="重大项目全程账 · project lifecycle ledger",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    asking = (
        questions.made,
        portfolio.made,
        table.made,
        irregularities.made,
        periods.made,
        feed.made,
        entries.made,
        facts.made,
        exports.made,
        instructions.made,
        office.made,
        people.made,
        audits.made,
        vocabulary.made,
        targets.made,
        changes.made,
        portfolio_changes.made,
        record.made,
        tasks.made,
    )
    for part in (
        commands(),
        *asking,
        evidence.made,
        periods.drafts,
        tokens.made,
        sessions.made,
        sign_on.made,
        accounts.made,
        health.made,
        imports.made,
        work.made,
        served(app, imports.SnapshotSent),
        *routes(),
    ):
        app.router.routes.extend(part.routes)  # the guarded routes themselves, not wrapped
    problems.install(app)
    app.crowded, app.ambiguous, app.too_long = problems.crowded, problems.ambiguous, problems.too_long
    if open_by_omission := unguarded(app):
        raise RuntimeError(f"routes without an action: {open_by_omission}")
    return bound(app, services)


def bound(app: FastAPI, services: Services) -> FastAPI:
    """The same app over these services."""
    settings = deployment()
    assert isinstance(app, Fronted)
    app.most = settings.requests_at_once
    app.state.listening = Listening(settings.feed_listeners)
    app.state.services = services
    app.state.refused = Counter()
    app.state.workshop = Workshop(services)
    app.state.arrivals = Arrivals(lambda: services.questions.position()[0])
    return app
