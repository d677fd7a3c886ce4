"""What administrators do with accounts: make one for somebody, and give a link for a new password."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.identity.provider import accounts
from talkwright.identity.provider.accounts import AccountError
from talkwright.identity.provider.pages import BASE

INVITATION = timedelta(days=7)


class BuiltInAccounts:
    """Accounts of the built-in provider, as the studio's pages and its command line see them."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def make(self, session: AsyncSession, username: str, email: str | None = None) -> tuple[str, str]:
        """Make an account without a password; gives its subject and the link by which its person sets one.

        Raises ValueError whose message is for people.
        """
        try:
            account = await accounts.create(session, username, email=email, password=None)
        except AccountError as error:
            raise ValueError(str(error)) from error
        return str(account.id), await self._link(session, account.id)

    async def password_link(self, session: AsyncSession, subject: str) -> str | None:
        """A link for a new password, or None where there is no such account."""
        try:
            account = await accounts.by_id(session, UUID(subject))
        except ValueError:
            return None
        return None if account is None else await self._link(session, account.id)

    async def set_disabled(self, session: AsyncSession, subject: str, *, disabled: bool) -> None:
        """Let the account sign in no more, or again."""
        await accounts.disable(session, UUID(subject), disabled=disabled)

    async def _link(self, session: AsyncSession, account: UUID) -> str:
        token = await accounts.make_link(session, "password", INVITATION, account)
        return f"{self._base_url}{BASE}/password?token={token}"
