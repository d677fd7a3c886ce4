"""Making things under ids that clients choose, so that asking twice makes one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError, not_found

T = TypeVar("T")


async def made_once(
    services: Services,
    what: str,
    find: Callable[[AsyncSession], Awaitable[T | None]],
    make: Callable[[AsyncSession], Awaitable[None]],
) -> tuple[T, bool]:
    """Make a thing, unless it is there; gives it, and whether it is new. Raises ProblemError 409 for another's id."""
    try:
        async with services.transaction() as session:
            known = await find(session)
            if known is not None:
                return known, False
            await make(session)
    except IntegrityError:  # the same request a second time, at the same moment; or the id is another's
        async with services.transaction() as session:
            known = await find(session)
        if known is None:
            raise id_taken(what) from None
        return known, False
    async with services.transaction() as session:
        made = await find(session)
    if made is None:  # it was deleted at this moment, with what it belongs to
        raise not_found(what)
    return made, True


def id_taken(what: str) -> ProblemError:
    """The refusal of an id that something else has."""
    return ProblemError(409, "id-taken", "This id is taken", f"Make a new id for the {what}.")
