"""What of a request goes into the security log: a route says which event it is, the guard tells who and how it ended."""

import re
from typing import Any, cast

from fastapi import Request
from fastapi.routing import APIRoute

from api.access.sessions import address_of
from api.services import Services
from domain.entry import Actor
from domain.errors import Refused
from store.accounts import PREFIX as TOKEN
from store.security_log import Event, Noted
from store.sessions import PREFIX as SESSION
from store.sessions import Session
from store.signing_in import WrongPassword

REFUSALS = frozenset((401, 403, 404, 429))
"""Not signed in, not permitted (a page of another site too), nothing that this person may read, too many."""
PLAIN = re.compile(r"[A-Za-z0-9._:@~-]{1,100}")


def notes(event: Event) -> dict[str, Any]:
    """What a route passes as `openapi_extra` besides: once it is done, it is in the security log as this."""
    return {"x-noted": event}


def about(request: Request, **more: Any) -> None:
    """What else is worth telling, never a secret; of `entries` none taken means that there is nothing to tell."""
    request.state.about = more


def note_done(request: Request, route: APIRoute, event: Event) -> None:
    """The route did what it says; a page that held no entries took nothing."""
    told: dict[str, Any] = getattr(request.state, "about", {})
    if told.get("entries") != 0:
        _note(request, Noted(event, route.operation_id or route.name, about=told, **_who(request), **_where(request, route)))


def note_refused(request: Request, status: int, code: str, error: Refused | None = None) -> None:
    """Counted for /metrics always; told in the log where somebody was kept from something."""
    request.app.state.refused[status, code] += 1
    route = request.scope.get("route")
    if status not in REFUSALS or not isinstance(route, APIRoute):
        return
    event = cast("Event | None", (route.openapi_extra or {}).get("x-noted"))
    who = _who(request)
    if isinstance(error, WrongPassword) and error.account is not None:
        who["account"] = str(error.account)
    name = route.operation_id or route.name
    kind: Event = "sign_in" if event == "sign_in" else "refusal"
    _note(request, Noted(kind, name, "refused", status, code, **who, **_where(request, route)))


def _note(request: Request, noted: Noted) -> None:
    cast("Services", request.app.state.services).security.note(noted)


def _who(request: Request) -> dict[str, Any]:
    """Whoever the token or the session names: looked up so far, also where they were refused after that."""
    told: dict[str, Any] = {"address": address_of(request)}
    session: Session | None = getattr(request.state, "session", None)
    actor: Actor | None = getattr(request.state, "actor", None)
    if session is not None:
        told["account"] = str(session.account)
        actor = actor or session.actor()
    if actor is not None:
        told |= {"person": actor.person, "unit": actor.unit, "role": actor.role.value, "signed_in": actor.signed_in}
    return told


def _where(request: Request, route: APIRoute) -> dict[str, Any]:
    named = "/".join(plain(str(value)) for value in request.path_params.values())
    door = "page" if request.scope.get("page") or not route.include_in_schema else "api"
    return {"method": request.method, "route": route.path, "object": named or None, "door": door}


def plain(value: str) -> str:
    """A name as we give names; anything else might be somebody's secret in the wrong place."""
    return value if PLAIN.fullmatch(value) and TOKEN not in value and SESSION not in value else "?"
