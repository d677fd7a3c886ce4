"""People as the users' page shows them, and the rules about them as problem documents."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.sign_in.service import SignIns
from talkwright.backend.users.schemas import GrantShown, UserShown
from talkwright.identity.accounts import AccountMaker, Accounts
from talkwright.identity.directory import person_of
from talkwright.identity.people import PeopleError

_STATUS = {
    "no-such-person": 404,
    "no-such-assistant": 404,
    "no-such-role": 422,
    "beyond-own-rights": 403,
    "last-administrator": 409,
}


def refusal(error: PeopleError) -> ProblemError:
    """What a rule of identity/people.py refuses, as a problem document."""
    return ProblemError(_STATUS.get(error.code, 409), error.code, str(error))


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


async def accounts_of(session: AsyncSession, services: Services) -> Accounts:
    """Where this studio's accounts are kept."""
    provider = await services.get(SignIns).connection.provider(session)
    return Accounts(provider, services.extensions.get(AccountMaker))
