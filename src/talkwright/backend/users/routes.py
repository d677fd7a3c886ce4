"""Routes of people and roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from talkwright.backend.audit import origin_of
from talkwright.backend.context import ServicesOf, Session
from talkwright.backend.errors import ProblemError
from talkwright.backend.paging import Limit, page_of
from talkwright.backend.security import require
from talkwright.backend.users import service
from talkwright.backend.users.schemas import Invited, NewUser, PasswordLink, RoleList, RoleShown, UserList
from talkwright.identity import people
from talkwright.identity.people import PeopleError
from talkwright.identity.principal import Principal
from talkwright.identity.roles import BUILT_IN


async def _rules_as_problems() -> AsyncIterator[None]:
    """Answer what a rule about people refuses as a problem document."""
    try:
        yield
    except PeopleError as error:
        raise service.refusal(error) from error


router = APIRouter(tags=["users"], dependencies=[Depends(_rules_as_problems, scope="function")])
Manager = Annotated[Principal, Depends(require("users:manage"))]


@router.get("/users")
async def list_users(
    _manager: Manager,
    session: Session,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
) -> UserList:
    """Everybody who was let in, in the order they came."""
    rows = await people.people(session, after=_after(cursor), limit=limit + 1)
    shown, following = page_of(rows, limit, lambda row: row.id)
    return UserList(items=[service.shown(row) for row in shown], next=following)


@router.post("/users", status_code=201)
async def invite(
    request: Request, manager: Manager, services: ServicesOf, session: Session, wanted: NewUser
) -> Invited:
    """Make a user and give the one-time link by which its person sets the password."""
    accounts = await service.accounts_of(session, services)
    user, link = await accounts.invite(
        session,
        manager,
        origin_of(request),
        username=wanted.username,
        email=wanted.email,
        roles=wanted.roles,
        assistant=wanted.assistant,
    )
    return Invited(id=user, link=link)


@router.post("/users/{uid}/password-link")
async def password_link(
    request: Request, manager: Manager, services: ServicesOf, session: Session, uid: UUID
) -> PasswordLink:
    """A one-time link for a new password, for somebody who lost it."""
    accounts = await service.accounts_of(session, services)
    return PasswordLink(link=await accounts.password_link(session, manager, origin_of(request), uid))


@router.post("/users/{uid}/disable", status_code=204)
async def disable(request: Request, manager: Manager, services: ServicesOf, session: Session, uid: UUID) -> None:
    """Let a person in no more; every sign-in and token of theirs ends."""
    accounts = await service.accounts_of(session, services)
    await accounts.set_disabled(session, manager, origin_of(request), uid, disabled=True)


@router.post("/users/{uid}/enable", status_code=204)
async def enable(request: Request, manager: Manager, services: ServicesOf, session: Session, uid: UUID) -> None:
    """Let a person in again."""
    accounts = await service.accounts_of(session, services)
    await accounts.set_disabled(session, manager, origin_of(request), uid, disabled=False)


@router.put("/users/{uid}/grants/{role}", status_code=204)
async def grant(
    request: Request, *, manager: Manager, session: Session, uid: UUID, role: str, assistant: UUID | None = None
) -> None:
    """Give a role for the studio, or for one assistant."""
    await people.grant(session, manager, origin_of(request), user=uid, key=role, assistant=assistant)


@router.delete("/users/{uid}/grants/{role}", status_code=204)
async def revoke(
    request: Request, *, manager: Manager, session: Session, uid: UUID, role: str, assistant: UUID | None = None
) -> None:
    """Take a role back."""
    await people.revoke(session, manager, origin_of(request), user=uid, key=role, assistant=assistant)


@router.get("/roles")
async def list_roles(_manager: Manager) -> RoleList:
    """The roles, and what each allows."""
    return RoleList(
        items=[RoleShown(key=each.key, title=each.title, permissions=sorted(each.permissions)) for each in BUILT_IN]
    )


def _after(cursor: str | None) -> UUID | None:
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        raise ProblemError(
            422, "invalid-cursor", "The cursor isn't one of ours", "Start again without a cursor."
        ) from None
