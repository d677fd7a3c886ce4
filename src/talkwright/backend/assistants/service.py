"""Making, listing and deleting assistants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.build import languages, merged_document
from talkwright.assistant.items import ItemBody
from talkwright.assistant.naming import assistant_id
from talkwright.assistant.project import Project
from talkwright.backend.content.checking import CHECKER
from talkwright.backend.content.presenting import person
from talkwright.backend.content.words import words_of
from talkwright.backend.content.writing import ChangeRequest, begin, first_answer
from talkwright.backend.deployments.schemas import deployment_of
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.interchange.importing import import_project
from talkwright.backend.paging import decode_cursor, encode_cursor, invalid_cursor, page_of
from talkwright.backend.trainings.schemas import training_of
from talkwright.database import assistants
from talkwright.database.announcements import STUDIO, announce
from talkwright.database.assistants import ListedAssistant
from talkwright.database.workers import offered_engines
from talkwright.identity.principal import Principal, visible_assistants

_STRANGE = re.compile(r"[^A-Za-z0-9_.-]+")


async def page_of_assistants(
    session: AsyncSession, principal: Principal, cursor: str | None, limit: int, *, name: str | None = None
) -> dict[str, Any]:
    """The assistants that the caller may see, by title; with a name the one that has it."""
    parts = decode_cursor(cursor, 2)
    after = None if parts is None else (parts[0], _uuid(parts[1]))
    visible = visible_assistants(principal)
    found = await assistants.list_assistants(session, visible, name=name, after=after, limit=limit + 1)
    shown, following = page_of(found, limit, lambda entry: encode_cursor(entry.sorting, str(entry.assistant.id)))
    return {"items": [summary(entry, principal) for entry in shown], "next": following}


async def one_assistant(session: AsyncSession, principal: Principal, assistant: UUID) -> dict[str, Any]:
    """One assistant with its figures; raises 404."""
    found = await assistants.list_assistants(session, [assistant], limit=1)
    if not found:
        raise not_found("assistant")
    return summary(found[0], principal)


def summary(entry: ListedAssistant, principal: Principal) -> dict[str, Any]:
    """An assistant as the API says it."""
    row, change = entry.assistant, entry.last_change
    last = None
    if change is not None:
        words = words_of(change.command)
        last = {"number": change.number, "at": change.at, "by": person(change.by), "words": words}
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "language": row.language,
        "additional_languages": list(row.additional_languages),
        "problems": dict(entry.problems),
        "counts": dict(entry.counts),
        "training": None if entry.training is None else training_of(entry.training),
        "deployment": None if entry.deployment is None else deployment_of(entry.deployment),
        "failed_start": None if entry.failed_start is None else deployment_of(entry.failed_start),
        "last_change": last,
        "permissions": sorted(principal.permissions_in(row.id)),
        "engine": row.engine,
    }


async def choose_engine(session: AsyncSession, assistant: UUID, engine: str) -> None:
    """Have the next trainings made by another engine. Raises ProblemError 409 for one that is not set up here."""
    offered = await offered_engines(session)
    if engine not in offered:
        detail = f"The operator has set up {', '.join(offered)}. Choose one of them, or ask for {engine}."
        raise ProblemError(409, "engine-not-set-up", "This engine is not set up here", detail)
    await assistants.set_engine(session, assistant, engine)


async def make_assistant(
    session: AsyncSession,
    principal: Principal,
    row: Mapping[str, Any],
    project: Project,
    request: ChangeRequest,
) -> dict[str, Any]:
    """Make an assistant with a project as its first change; returns the report, the first one where it is asked again.

    `row` holds id, name, title and language. Raises ProblemError 409 for an id or name that is taken.
    """
    assistant = row["id"]
    await assistants.reserve(session, assistant, row["name"])
    if await assistants.exists(session, assistant):
        answer = await first_answer(session, assistant, request.id)
        if answer is None or await assistants.find(session, assistant) is None:
            raise ProblemError(409, "id-taken", "This id is taken", "Make a new UUID for each assistant.")
        report: dict[str, Any] = answer
        return report
    if await assistants.find_named(session, row["name"]) is not None:
        raise ProblemError(
            409, "name-taken", "This name is taken", f"There is already an assistant named “{row['name']}”."
        )
    words = {key: row[key] for key in ("name", "title", "language")}
    await assistants.create(session, assistant, author=principal.user_id, **words)
    writing = await begin(session, CHECKER, assistant, principal.user_id)
    report = await import_project(writing, project, request)
    announce(session, STUDIO, "assistant", {"assistant": str(assistant), "made": True}, change_id=request.id)
    return report


async def free_name(session: AsyncSession, wanted: str) -> str:
    """A name that no assistant has, as near to the wanted one as can be."""
    plain = _STRANGE.sub("-", wanted).strip("-._")[:90] or "assistant"
    plain = plain if plain[0].isalpha() else f"a-{plain}"
    name, number = plain, 1
    while await assistants.find_named(session, name) is not None:
        number += 1
        name = f"{plain}-{number}"
    return name


def said_by(project: Project) -> tuple[str, str]:
    """The name and language that a project's config gives."""
    files = [ItemBody(str(item.kind), item.name, item.body) for item in project.items if item.kind == "config"]
    config = merged_document(files, "config", [])
    return assistant_id(project.items) or "assistant", languages(config)[0]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invalid_cursor() from None
