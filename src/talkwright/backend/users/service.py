"""Letting people in, changing what they hold, and letting them in no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.sign_in.service import SignIns
from talkwright.backend.users.accounts import AccountMaker
from talkwright.backend.users.schemas import GrantShown, Invited, NewUser, UserShown
from talkwright.database.announcements import STUDIO, announce
from talkwright.identity import people
from talkwright.identity.audit import Origin, record
from talkwright.identity.directory import person_of, register
from talkwright.identity.people import PeopleError
from talkwright.identity.principal import Principal

_STATUS = {
    "no-such-person": 404,
    "no-such-assistant": 404,
    "no-such-role": 422,
    "beyond-own-rights": 403,
    "last-administrator": 409,
}


def refusal(error: PeopleError) -> ProblemError:
    """What a rule of identity/people.py refuses, as a problem document."""
    return ProblemError(_STATUS.get(error.code, 409), error.code, "That can't be done", str(error))


def shown(row: Any) -> UserShown:
    """A person's row as the page shows it."""
    person = person_of(row)
    names = row.names or []
    return UserShown(
        id=person.id,
        name=person.display,
        email=row.email,
        usernames=sorted({username for _, username, _ in names if username}),
        has_account_here=any(kind == "builtin" for kind, _, _ in names),
        disabled=person.disabled,
        roles=sorted(person.roles),
        grants=[
            GrantShown(assistant=assistant, role=role)
            for assistant, roles in sorted(person.grants.items())
            for role in sorted(roles)
        ],
        created_at=row.created_at,
        seen_at=row.seen_at,
    )


def tell(session: AsyncSession, user: UUID) -> None:
    """Have the person's open pages look again at what they may see."""
    announce(session, STUDIO, "grant", {"user": str(user)})


async def invite(
    session: AsyncSession, services: Services, actor: Principal, origin: Origin, wanted: NewUser
) -> Invited:
    """Make an account at the built-in provider and its person with roles."""
    maker = account_maker(services)
    try:
        subject, link = await maker.make(session, wanted.username, wanted.email)
    except ValueError as error:
        raise ProblemError(409, "account-exists", "The account can't be made", str(error)) from error
    provider = await services.get(SignIns).connection.provider(session)
    user = await register(
        session, provider, subject, username=wanted.username, display=wanted.username, email=wanted.email
    )
    await record(session, origin, "invite", target=user)
    for key in wanted.roles:
        await people.grant(session, actor, origin, user=user, key=key)
    tell(session, user)
    return Invited(id=user, link=link)


async def password_link(session: AsyncSession, services: Services, actor: Principal, origin: Origin, user: UUID) -> str:
    """A one-time link for a person's new password; never for somebody who may do more than the asker."""
    maker = account_maker(services)
    await people.may_change(session, actor, user)
    provider = await services.get(SignIns).connection.provider(session)
    for subject in await people.subjects(session, user, provider):
        link = await maker.password_link(session, subject)
        if link is not None:
            await record(session, origin, "password-link", target=user)
            return link
    raise ProblemError(
        409, "no-account-here", "There is no password here", "This person's account is disabled or kept elsewhere."
    )


async def set_disabled(
    session: AsyncSession, services: Services, actor: Principal, origin: Origin, user: UUID, *, disabled: bool
) -> None:
    """Let a person in no more, or again; their account at the built-in provider goes the same way."""
    await people.set_disabled(session, actor, origin, user, disabled=disabled)
    connection = services.get(SignIns).connection
    if connection.kind == "builtin":
        for subject in await people.subjects(session, user, await connection.provider(session)):
            await account_maker(services).set_disabled(session, subject, disabled=disabled)
    tell(session, user)


def account_maker(services: Services) -> AccountMaker:
    """The built-in provider's accounts; raises 409 where another provider keeps them."""
    maker: AccountMaker | None = services.extensions.get(AccountMaker)
    if maker is None:
        raise ProblemError(
            409,
            "accounts-elsewhere",
            "Accounts are kept elsewhere",
            "People are let in at the sign-in service that this studio uses; they appear here once they signed in.",
        )
    return maker
