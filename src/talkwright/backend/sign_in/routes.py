"""Routes of signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf
from talkwright.backend.pages import message_page
from talkwright.backend.security import SignedIn, check_origin, public
from talkwright.backend.sign_in import cookies
from talkwright.backend.sign_in.schemas import Person, SessionAnswer, SignedOut
from talkwright.backend.sign_in.service import SignInRefusedError, SignIns
from talkwright.identity.client import ProviderDownError

router = APIRouter(tags=["session"])
PUBLIC = [Depends(public)]


@router.get("/session")
async def read_session(principal: SignedIn, services: ServicesOf) -> SessionAnswer:
    """Who is signed in, and what they may do in the whole studio."""
    return SessionAnswer(
        person=Person(id=principal.user_id, name=principal.display),
        roles=sorted(principal.roles),
        permissions=sorted(principal.permissions),
        csrf=principal.csrf,
        instance=services.instance,
    )


@router.get("/sign-in", dependencies=PUBLIC, response_class=RedirectResponse, status_code=302)
async def begin(
    request: Request,
    services: ServicesOf,
    page: Annotated[str, Query(alias="next", max_length=4000)] = "/",
    moved: bool = False,
) -> Response:
    """Send the browser to the sign-in page; `next` is the page of the studio to come back to.

    `moved` says that the browser was sent to the public address already: behind a proxy that passes on its own Host,
    it would be sent there for ever.
    """
    sign_ins = services.get(SignIns)
    scheme, _, netloc = services.settings.base_url.partition("://")
    if request.headers.get("Host", netloc) != netloc and not moved:
        # The cookie and the way back belong to the public address: begin there.
        there = request.url.replace(scheme=scheme, netloc=netloc).include_query_params(moved="true")
        return RedirectResponse(str(there))
    try:
        begun = await sign_ins.begin(page, cookies.begun_secret_of(request))
    except ProviderDownError:
        return _provider_down(request)
    response = RedirectResponse(begun.url, 302)
    cookies.keep_begun(request, response, begun.browser_secret)
    return response


@router.get("/sign-in/callback", dependencies=PUBLIC, response_class=RedirectResponse, status_code=302)
async def finish(request: Request, services: ServicesOf) -> Response:
    """Take the provider's answer and let the browser in."""
    sign_ins = services.get(SignIns)
    try:
        done = await sign_ins.finish(
            dict(request.query_params),
            cookies.begun_secret_of(request),
            origin_of(request),
            standing=cookies.secret_of(request),
        )
    except ProviderDownError:
        return _provider_down(request)
    except SignInRefusedError as refusal:
        return message_page(
            request, "You are not signed in", str(refusal), status=403, link="/api/sign-in", link_text="Try again"
        )
    response = RedirectResponse(done.next, 302)
    cookies.keep_secret(request, response, done.secret, sign_ins.hours)
    return response


@router.post("/sign-out", dependencies=PUBLIC, response_model=SignedOut)
async def sign_out(request: Request, services: ServicesOf) -> Response:
    """End the browser's sign-in. It needs no token of the page: whoever signs out twice is signed out."""
    check_origin(request)
    target = await services.get(SignIns).sign_out(cookies.secret_of(request), origin_of(request))
    response = JSONResponse({"redirect": target})
    cookies.forget(request, response)
    return response


def _provider_down(request: Request) -> Response:
    return message_page(
        request,
        "The sign-in service doesn't answer",
        "Nothing is lost. Try again in a minute; if it stays so, tell an administrator.",
        status=503,
        link="/api/sign-in",
        link_text="Try again",
    )
