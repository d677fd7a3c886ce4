"""The pages that change accounts: the first administrator, a new password, and checking a typed one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from talkwright.database.engine import Database
from talkwright.identity.people import PeopleError
from talkwright.identity.provider import accounts, throttle
from talkwright.identity.provider.accounts import Account, AccountError, Purpose
from talkwright.identity.provider.pages import BASE, Pages
from talkwright.identity.provider.passwords import faults

log = structlog.get_logger(__name__)

TICKET_COOKIE = "talkwright_ticket"
TICKET_LIFETIME = timedelta(minutes=2)
_BROKEN_LINK = (
    "This link doesn't work any more",
    "It was used, has expired, or is incomplete. Ask an administrator for another, or start the studio again.",
)


@dataclass(frozen=True, slots=True)
class Directory:
    """What the studio does when an account comes to be: the provider knows accounts only, the studio knows people."""

    administrator_exists: Callable[[AsyncSession], Awaitable[bool]]
    register_administrator: Callable[[AsyncSession, Account], Awaitable[None]]
    password_changed: Callable[[AsyncSession, Account], Awaitable[None]]
    """Ends what was signed in with the old password."""
    record: Callable[[AsyncSession, Request, str, UUID | None, bool], Awaitable[None]]
    """Writes the audit: the request, what was done, the account, and whether it succeeded."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a typed password: the account, or why not, in words and as a status."""

    account: Account | None
    error: str = ""
    status: int = 200
    retry_after: int = 0


class Forms:
    """Handlers of the one-time links, and the check of names with passwords."""

    def __init__(self, database: Database, pages: Pages, directory: Directory, *, home: str) -> None:
        self._database = database
        self._pages = pages
        self._directory = directory
        self._home = home

    async def check_password(self, request: Request, login: str, password: str) -> Checked:
        """Whether this is somebody's name and password; counted against guessing before it is looked at."""
        address = request.client.host if request.client else "unknown"
        name = accounts.folded(login)
        async with self._database.transaction() as session:
            until = await throttle.admit_attempt(session, name, address)
        if until is not None:
            seconds = max(1, int((until - datetime.now(UTC)).total_seconds()) + 1)
            log.warning("sign_in_throttled", address=address)
            words = f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
            return Checked(None, f"Too many wrong passwords. Try again in {words}.", 429, seconds)
        async with self._database.transaction() as session:
            row = await accounts.by_login(session, login)
        if not await accounts.is_password_right(row, password):
            async with self._database.transaction() as session:
                await self._directory.record(session, request, "sign-in", None if row is None else row.id, False)
            return Checked(None, "The name or the password is wrong.", 401)
        async with self._database.transaction() as session:
            await throttle.forgive(session, name, address)
            await accounts.renew_hash(session, row, password)
            await self._directory.record(session, request, "sign-in", row.id, True)
        return Checked(accounts.account_of(row))

    async def first_administrator(self, request: Request) -> Response:
        """GET shows the form and consumes nothing; POST sets name and password and uses the link up."""
        token = request.query_params.get("token", "")
        async with self._database.transaction() as session:
            link = await accounts.find_link(session, token, "first-administrator")
            is_needed = not await self._directory.administrator_exists(session)
        if not is_needed:
            return self._pages.message(
                request,
                "There is an administrator already",
                "Sign in, or ask the administrator for a link of your own.",
                status=410,
                link=self._home,
                link_text="Sign in",
            )
        if link is None:
            return self._pages.message(request, *_BROKEN_LINK, status=410)
        if request.method != "POST":
            return self._pages.first_administrator(request, link)
        form = await _fields(request)
        errors = _password_errors(form, form["username"])
        if errors:
            return self._pages.first_administrator(request, link, username=form["username"], errors=errors, status=422)
        try:
            account = await self._make_administrator(token, form, request)
        except (AccountError, PeopleError) as error:
            return self._pages.first_administrator(
                request, link, username=form["username"], errors=[str(error)], status=422
            )
        if account is None:
            return self._pages.message(request, *_BROKEN_LINK, status=410)
        return await self._go_on(account)

    async def _make_administrator(self, token: str, form: Mapping[str, str], request: Request) -> Account | None:
        async with self._database.transaction() as session:
            used = await accounts.use_link(session, token, "first-administrator")
            if used is None or await self._directory.administrator_exists(session):
                return None
            account = await accounts.create(session, form["username"], password=form["password"])
            await self._directory.register_administrator(session, account)
            await self._directory.record(session, request, "first-administrator", account.id, True)
            return account

    async def new_password(self, request: Request) -> Response:
        """Set the password of the account that a one-time link is for."""
        token = request.query_params.get("token", "")
        async with self._database.transaction() as session:
            link = await accounts.find_link(session, token, "password")
            account = await accounts.by_id(session, link.account) if link and link.account else None
        if link is None or account is None:
            return self._pages.message(request, *_BROKEN_LINK, status=410)
        if request.method != "POST":
            return self._pages.new_password(request, link, account.username)
        form = await _fields(request)
        errors = _password_errors(form, account.username)
        if errors:
            return self._pages.new_password(request, link, account.username, errors=errors, status=422)
        async with self._database.transaction() as session:
            used = await accounts.use_link(session, token, "password")
            if used is not None:
                await accounts.set_password(session, account.id, form["password"])
                await self._directory.password_changed(session, account)
                await self._directory.record(session, request, "password-set", account.id, True)
        if used is None:
            return self._pages.message(request, *_BROKEN_LINK, status=410)
        return await self._go_on(account)

    async def _go_on(self, account: Account) -> Response:
        """Let the browser straight in: a ticket for the next two minutes stands for the password just set."""
        async with self._database.transaction() as session:
            ticket = await accounts.make_link(session, "ticket", TICKET_LIFETIME, account.id)
        response = RedirectResponse(self._home, 303)
        response.set_cookie(
            TICKET_COOKIE,
            ticket,
            max_age=int(TICKET_LIFETIME.total_seconds()),
            path=BASE,
            httponly=True,
            samesite="lax",
            secure=self._home.startswith("https://"),
        )
        return response

    def forget_ticket(self, response: Response) -> None:
        """Take the ticket, which is used up, from the browser."""
        secure = self._home.startswith("https://")
        response.delete_cookie(TICKET_COOKIE, path=BASE, httponly=True, samesite="lax", secure=secure)

    async def account_of_ticket(self, request: Request) -> Account | None:
        """The account of the ticket that a browser brings, once."""
        ticket = request.cookies.get(TICKET_COOKIE)
        if not ticket:
            return None
        purpose: Purpose = "ticket"
        async with self._database.transaction() as session:
            link = await accounts.use_link(session, ticket, purpose)
            return await accounts.by_id(session, link.account) if link and link.account else None


async def _fields(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=20)
    return {name: str(form.get(name, "")) for name in ("username", "password", "again")}


def _password_errors(form: Mapping[str, str], username: str) -> list[str]:
    errors = faults(form["password"], username.strip())
    if form["password"] != form["again"]:
        errors.append("The two passwords are not the same.")
    return errors
