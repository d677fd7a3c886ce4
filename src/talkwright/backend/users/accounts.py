"""What the users' pages need of a provider that keeps accounts itself; other providers have pages of their own."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession


class AccountMaker(Protocol):
    """Makes accounts and links; its adapter is chosen where the studio is put together."""

    async def make(self, session: AsyncSession, username: str, email: str | None = None) -> tuple[str, str]:
        """Make an account; gives its subject and a one-time link to set the password. Raises ValueError."""

    async def password_link(self, session: AsyncSession, subject: str) -> str | None:
        """A one-time link for a new password, or None where there is no such account."""

    async def set_disabled(self, session: AsyncSession, subject: str, *, disabled: bool) -> None:
        """Let the account sign in no more, or again."""
