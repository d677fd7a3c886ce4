"""People and their accounts together: invite, help who lost a password, disable; for pages and commands alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.identity import people
from talkwright.identity.audit import Origin, record
from talkwright.identity.directory import register
from talkwright.identity.people import PeopleError
from talkwright.identity.principal import Principal


class AccountMaker(Protocol):
    """Makes accounts and links; its adapter is chosen where the studio is put together."""

    async def make(self, session: AsyncSession, username: str, email: str | None = None) -> tuple[str, str]:
        """Make an account; gives its subject and a one-time link to set the password. Raises ValueError."""

    async def password_link(self, session: AsyncSession, subject: str) -> str | None:
        """A one-time link for a new password, or None where there is no such account."""

    async def set_disabled(self, session: AsyncSession, subject: str, *, disabled: bool) -> None:
        """Let the account sign in no more, or again."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where accounts are kept: `provider` is the directory's row; without a `maker` they are kept elsewhere."""

    provider: UUID
    maker: AccountMaker | None

    async def invite(
        self,
        session: AsyncSession,
        actor: Principal,
        origin: Origin,
        *,
        username: str,
        email: str | None = None,
        roles: Iterable[str] = (),
        assistant: UUID | None = None,
    ) -> tuple[UUID, str]:
        """Make an account and its person with roles, everywhere or in one assistant.

        Gives the person and the one-time link by which they set the password. Raises PeopleError.
        """
        maker = self._maker()
        try:
            subject, link = await maker.make(session, username, email)
        except ValueError as error:
            raise PeopleError("account-exists", str(error)) from error
        user = await register(session, self.provider, subject, username=username, display=username, email=email)
        await record(session, origin, "invite", target=user)
        for key in roles:
            await people.grant(session, actor, origin, user=user, key=key, assistant=assistant)
        people.tell(session, user)
        return user, link

    async def password_link(self, session: AsyncSession, actor: Principal, origin: Origin, user: UUID) -> str:
        """A one-time link for a new password; never for somebody who may do more than the asker.

        Raises PeopleError where the person has no account here, or a disabled one.
        """
        maker = self._maker()
        await people.may_change(session, actor, user)
        for subject in await people.subjects(session, user, self.provider):
            link = await maker.password_link(session, subject)
            if link is not None:
                await record(session, origin, "password-link", target=user)
                return link
        raise PeopleError("no-account-here", "This person has no account here, or it is disabled.")

    async def set_disabled(
        self, session: AsyncSession, actor: Principal, origin: Origin, user: UUID, *, disabled: bool
    ) -> None:
        """Let a person in no more, or again; an account that is kept here goes the same way. Raises PeopleError."""
        await people.set_disabled(session, actor, origin, user, disabled=disabled)
        if self.maker is not None:
            for subject in await people.subjects(session, user, self.provider):
                await self.maker.set_disabled(session, subject, disabled=disabled)

    def _maker(self) -> AccountMaker:
        if self.maker is None:
            raise PeopleError(
                "accounts-elsewhere",
                "Accounts are kept at the sign-in service that this studio uses: let people in there. They appear here "
                "once they signed in.",
            )
        return self.maker
