"""The single sign-on: leaving for it, and coming back."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.access.doors import Running, asks, router
from api.access.noting import notes
from api.access.sessions import address_of, agent_of, origin_of
from api.rest.sessions import SessionAnswer, welcomed
from api.services import Services
from domain.errors import NotFound
from store.sign_ons import SignOnRefused

if TYPE_CHECKING:
    from api.access.single_sign_on import SingleSignOn

made: APIRouter = router(tags=["sessions"])
BROWSER = "__Host-sign-on"
"""The cookie of the browser that left; SameSite=Lax is sent with the provider's redirect."""
VISIBLE = r"^[ -~]*$"
"""What RFC 6749 (appendix A) lets a provider send back."""
Text = Annotated[str | None, Query(max_length=300, pattern=VISIBLE)]
Code = Annotated[str | None, Query(max_length=2_000, pattern=VISIBLE)]


def configured(services: Services) -> "SingleSignOn":
    """Raises NotFound where there is none."""
    if services.single_sign_on is None:
        raise NotFound
    return services.single_sign_on


@made.get("/session/sign-on", status_code=303, operation_id="leave_for_sign_on", openapi_extra=asks("public"))
def leave(request: Request, services: Running) -> Response:
    """To the single sign-on, where there is one."""
    leaving = configured(services).leave(origin_of(request, services.origin), address_of(request))
    response = RedirectResponse(leaving.url, 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(BROWSER, leaving.browser, max_age=600, path="/", secure=True, httponly=True, samesite="lax")
    return response


@made.get(
    "/session/sign-on/return",
    response_model=SessionAnswer,
    operation_id="return_from_sign_on",
    openapi_extra=asks("public") | notes("sign_in") | {"x-unknown-parameters": "ignored"},  # RFC 6749 §4.1.2
)
def back(
    request: Request,
    response: Response,
    services: Running,
    state: Text = None,
    code: Code = None,
    iss: Text = None,
    error: Text = None,
) -> SessionAnswer:
    """Signed in, if the account is there. Whatever else a provider sends along is ignored."""
    sign_on, browser = configured(services), request.cookies.get(BROWSER)
    if state is None or code is None or browser is None or error is not None:
        raise SignOnRefused
    subject = sign_on.back(origin_of(request, services.origin), state=state, code=code, browser=browser, issuer=iss)
    opened = services.signing_in.with_subject(sign_on.issuer, subject, agent=agent_of(request))
    answer = welcomed(services, request, response, opened)
    response.delete_cookie(BROWSER, path="/", secure=True, httponly=True, samesite="lax")
    return answer
