"""The OpenID endpoints, where Keycloak has them, so that the ecosystem's clients find them (wire-protocols 1.1–1.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from talkwright.database.engine import Database
from talkwright.identity.provider.accounts import Account
from talkwright.identity.provider.clients import Client
from talkwright.identity.provider.forms import Forms
from talkwright.identity.provider.issuing import GrantError, Issuer
from talkwright.identity.provider.keys import ALGORITHM, Signer
from talkwright.identity.provider.pages import Pages

REALMS = ("talkwright", "rasa-studio")
MAX_VALUE = 2048
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
_SCOPES = ("openid", "profile", "email")


class Endpoints:
    """Handlers of one provider. All answers speak of one issuer, whichever realm name was asked for."""

    def __init__(
        self,
        *,
        database: Database,
        issuer: Issuer,
        signer: Signer,
        clients: Mapping[str, Client],
        forms: Forms,
        pages: Pages,
        logout_uris: frozenset[str],
    ) -> None:
        self._database = database
        self._issuer = issuer
        self._signer = signer
        self._clients = clients
        self._forms = forms
        self._pages = pages
        self._logout_uris = logout_uris

    async def discovery(self, request: Request) -> Response:
        """The discovery document."""
        del request
        base = f"{self._issuer.name}/protocol/openid-connect"
        return JSONResponse(
            {
                "issuer": self._issuer.name,
                "authorization_endpoint": f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "end_session_endpoint": f"{base}/logout",
                "jwks_uri": f"{base}/certs",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token", "password"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "scopes_supported": list(_SCOPES),
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "name", "preferred_username", "email"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def certs(self, request: Request) -> Response:
        """The published keys."""
        del request
        return JSONResponse(await self._signer.certificates(), headers={"Cache-Control": "public, max-age=60"})

    async def authorize(self, request: Request) -> Response:
        """GET shows the sign-in page, POST takes name and password and sends the browser back with a code."""
        asked = {name: value for name, value in request.query_params.items() if len(value) <= MAX_VALUE}
        client = self._clients.get(asked.get("client_id", ""))
        redirect_uri = asked.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            return self._pages.message(
                request,
                "This sign-in was not asked for by the studio",
                "The address holds a client or a way back that isn't known here. Start again from the studio.",
                status=400,
                link="/",
                link_text="Open the studio",
            )
        fault = _fault(asked, client)
        if fault is not None:
            return self._back(redirect_uri, {"error": fault[0], "error_description": fault[1]}, asked)
        account = None if request.method == "POST" else await self._forms.account_of_ticket(request)
        if account is not None:
            return await self._admit(account, client, asked)
        if asked.get("prompt") == "none":
            return self._back(redirect_uri, {"error": "login_required"}, asked)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(redirect_uri))
        if request.method != "POST":
            return self._pages.sign_in(request, username=asked.get("login_hint", ""), form_targets=[origin])
        form = await request.form(max_files=0, max_fields=20)
        login, password = str(form.get("username", "")), str(form.get("password", ""))
        checked = await self._forms.check_password(request, login, password)
        if checked.account is None:
            page = self._pages.sign_in(
                request, username=login[:254], error=checked.error, status=checked.status, form_targets=[origin]
            )
            if checked.retry_after:
                page.headers["Retry-After"] = str(checked.retry_after)
            return page
        return await self._admit(checked.account, client, asked)

    async def _admit(self, account: Account, client: Client, asked: Mapping[str, str]) -> Response:
        async with self._database.transaction() as session:
            code = await self._issuer.code(session, account, client, {**asked, "scope": _scope(asked.get("scope"))})
        response = self._back(asked["redirect_uri"], {"code": code}, asked)
        self._forms.forget_ticket(response)
        return response

    def _back(self, redirect_uri: str, values: dict[str, str], asked: Mapping[str, str]) -> Response:
        values = values | {"iss": self._issuer.name} | ({"state": asked["state"]} if "state" in asked else {})
        separator = "&" if "?" in redirect_uri else "?"
        return RedirectResponse(f"{redirect_uri}{separator}{urlencode(values)}", 303)

    async def token(self, request: Request) -> Response:
        """Trade a code, a refresh token or, for command lines, name and password for tokens."""
        form = await request.form(max_files=0, max_fields=50)
        values = {name: str(value) for name, value in form.items() if isinstance(value, str)}
        client = self._clients.get(values.get("client_id", ""))
        grant = values.get("grant_type", "")
        if client is None:
            return _refusal(401, "invalid_client", "This client is not known here.")
        if grant not in client.grants:
            return _refusal(400, "unauthorized_client", f"The client {client.id} can't use the grant {grant[:40]}.")
        try:
            if grant == "password":
                return await self._password(request, client, values)
            if grant == "authorization_code":
                names = ("code", "redirect_uri", "code_verifier")
                answer = await self._issuer.trade_code(client, *(values.get(name, "") for name in names))
            else:
                answer = await self._issuer.refresh(client, values.get("refresh_token", ""))
        except GrantError as error:
            return _refusal(400, "invalid_grant", error.description)
        return _token_answer(answer)

    async def _password(self, request: Request, client: Client, values: Mapping[str, str]) -> Response:
        checked = await self._forms.check_password(request, values.get("username", ""), values.get("password", ""))
        if checked.account is None:
            headers = {"Retry-After": str(checked.retry_after)} if checked.retry_after else {}
            return _refusal(checked.status, "invalid_grant", checked.error, headers)
        async with self._database.transaction() as session:
            grant = await self._issuer.open_session(
                session, checked.account, client, _scope(values.get("scope", "openid"))
            )
        return _token_answer(await self._issuer.answer(client, grant))

    async def userinfo(self, request: Request) -> Response:
        """Who the access token's person is."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            claims, account = await self._issuer.account_of_access(token if kind.lower() == "bearer" else "")
        except GrantError:
            account = None
        if account is None:
            answer = _refusal(401, "invalid_token", "The access token is not good any more.")
            answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return answer
        known = {"sub": claims["sub"], "preferred_username": account.username, "name": account.display}
        return JSONResponse(known | ({"email": account.email} if account.email else {}))

    async def logout(self, request: Request) -> Response:
        """End the session that a token of ours names, then send the browser on."""
        values: dict[str, Any] = dict(request.query_params)
        if request.method == "POST":
            values |= dict(await request.form(max_files=0, max_fields=20))
        token = str(values.get("id_token_hint") or values.get("refresh_token") or "")
        if token:
            await self._issuer.end_session(token)
        target = str(values.get("post_logout_redirect_uri", ""))
        if target in self._logout_uris:
            state = f"?{urlencode({'state': values['state']})}" if "state" in values else ""
            return RedirectResponse(target + state, 303)
        return self._pages.message(
            request, "You are signed out", "You can close this page.", status=200, link="/", link_text="Sign in again"
        )


def _fault(asked: Mapping[str, str], client: Client) -> tuple[str, str] | None:
    if asked.get("response_type") != "code" or "authorization_code" not in client.grants:
        return "unsupported_response_type", "Only response_type=code is supported."
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.match(asked.get("code_challenge", "")):
        return "invalid_request", "PKCE with S256 is required."
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope", "The scope openid is required."
    return None


def _scope(asked: str | None) -> str:
    return " ".join(scope for scope in _SCOPES if scope in (asked or "").split())


def _token_answer(answer: Mapping[str, Any]) -> Response:
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _refusal(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> Response:
    """An OAuth error; `message` too, because the ecosystem's client can't print one without it (wire-protocols 1.3)."""
    body = {"error": error, "error_description": description, "message": description}
    return JSONResponse(body, status, headers={"Cache-Control": "no-store", **(headers or {})})
