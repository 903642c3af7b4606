"""The pages: served whole, in Chinese and English, working without JavaScript and without the internet.

They are a client of the API like any other (api.pages.asking), in the name of whoever is signed in.
"""

from fastapi import APIRouter

from api.pages import (
    account,
    accounts,
    audits,
    comparing,
    entrance,
    entries,
    exports,
    feed,
    files,
    help,
    people,
    project,
    settings,
    tokens,
    units,
)
from api.pages.visit import missing, pages


def routes() -> list[APIRouter]:
    """One router for each page's file; last of all the page that says that there is none."""
    nowhere = pages()
    nowhere.add_api_route("/pages/{rest:path}", missing, methods=["GET"], openapi_extra=files.PUBLIC)
    return [
        files.made,
        entrance.made,
        project.made,
        comparing.made,
        entries.made,
        people.made,
        units.made,
        audits.made,
        feed.made,
        exports.made,
        account.made,
        accounts.made,
        tokens.made,
        settings.made,
        help.made,
        nowhere,
    ]
