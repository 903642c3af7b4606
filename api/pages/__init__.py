"""The pages: served whole, in Chinese and English, working without JavaScript and without the internet.

They are a client of the API like any other (api.pages.asking), in the name of whoever is signed in.
"""

from fastapi import APIRouter

from api.pages import (
    account,
    accounts,
    audits,
    calendar,
    comparing,
    entrance,
    entries,
    exports,
    feed,
    files,
    help,
    importing,
    instructions,
    month,
    people,
    portfolio,
    project,
    projects,
    putting_right,
    recognising,
    reconciliation,
    recording,
    returns,
    settings,
    sheet,
    tasks,
    tokens,
    units,
    work,
)
from api.pages.visit import PUBLIC, missing, pages

FILES = (
    *(files, entrance, help),
    *(portfolio, projects),
    *(project, comparing, entries),
    *(tasks, month, reconciliation, returns, recognising),
    *(recording, putting_right, sheet, importing, work),
    *(people, units, instructions, audits, feed, exports),
    *(account, accounts, tokens, settings, calendar),
)


def routes() -> list[APIRouter]:
    """One router for each page's file; last of all the page that says that there is none."""
    nowhere = pages()
    nowhere.add_api_route("/pages/{rest:path}", missing, methods=["GET"], openapi_extra=PUBLIC)
    return [*(file.made for file in FILES), nowhere]
