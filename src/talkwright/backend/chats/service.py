"""Beginning, listing and reading chats, and sentences to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.flows import PATTERN_PREFIX
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.assistant.parsing.nlu import parse_examples
from talkwright.backend.chats.placing import PlaceBook, place_state, place_turn
from talkwright.backend.chats.schemas import Chat, Chats, NewChat, Suggestions, Timeline, chat_of
from talkwright.backend.chats.turns import readable, state_of
from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError, not_found
from talkwright.conversation.fold import view
from talkwright.conversation.timeline import timeline
from talkwright.database import assistants
from talkwright.database import chats as repository
from talkwright.database.heads import head_bodies

MOST_SUGGESTIONS = 6
LONGEST_SUGGESTION = 90
_SENTENCE = re.compile(r"^.+?[.!?](?=\s|$)", re.DOTALL)


async def begin_chat(services: Services, assistant: UUID, by: UUID, wanted: NewChat) -> tuple[Chat, bool]:
    """Begin a chat; gives it, and whether it is new."""
    try:
        async with services.transaction() as session:
            known = await repository.get_chat(session, assistant, wanted.id)
            if known is not None:
                return chat_of(known), False
            language = await _language(session, assistant, wanted.language)
            await repository.insert_chat(session, wanted.id, assistant=assistant, language=language, by=by)
    except IntegrityError:
        async with services.transaction() as session:
            known = await repository.get_chat(session, assistant, wanted.id)
        if known is None:
            raise ProblemError(409, "id-taken", "This id is taken", "Make a new id for the chat.") from None
        return chat_of(known), False
    async with services.transaction() as session:
        return await one_chat(session, assistant, wanted.id), True


async def one_chat(session: AsyncSession, assistant: UUID, chat: UUID) -> Chat:
    """One chat; raises 404."""
    row = await repository.get_chat(session, assistant, chat)
    if row is None:
        raise not_found("chat")
    return chat_of(row)


async def page_of_chats(session: AsyncSession, assistant: UUID, before: UUID | None, limit: int) -> Chats:
    """Chats, newest first."""
    rows = await repository.list_chats(session, assistant, before=before, limit=limit + 1)
    more = len(rows) > limit
    return Chats(items=[chat_of(row) for row in rows[:limit]], next=str(rows[limit - 1]["id"]) if more else None)


async def read_timeline(
    session: AsyncSession, book: PlaceBook, assistant: UUID, chat: UUID, *, after: int, limit: int
) -> Timeline:
    """Turns after a number, made of the stored events by the fold; model names and notices are those of their time."""
    row = await repository.get_chat(session, assistant, chat)
    if row is None:
        raise not_found("chat")
    state = await state_of(session, row)
    bodies = [body for _, body in await repository.event_bodies(session, chat)]
    said = {answer["turn"]["number"]: answer["turn"] for answer in await repository.answers(session, chat)}
    turns = [turn for turn in timeline(readable(bodies), state.initial if state else None) if turn["number"] > after]
    for turn in turns:
        stored: Mapping[str, Any] = said.get(turn["number"], {})
        turn |= {name: stored[name] for name in ("model", "notice") if name in stored}
    page = turns[:limit]
    where = view(state) if state else {"stack": [], "flow": None, "step": None, "slots": {}, "terminated": False}
    places = await book.of(session, {_model(turn) for turn in turns})
    for turn in page:
        place_turn(turn, places[_model(turn)])
    if turns:
        place_state(where, places[_model(turns[-1])])
    return Timeline(turns=page, state=where, next=page[-1]["number"] if len(turns) > limit else None)


def _model(turn: Mapping[str, Any]) -> str:
    return str((turn.get("model") or {}).get("id") or "")


async def suggest(session: AsyncSession, assistant: UUID) -> Suggestions:
    """Sentences that the assistant's own examples and descriptions offer, one for each flow."""
    bodies = await head_bodies(session, assistant, ("flow", "intent"))
    return Suggestions(texts=list(_few(suggestions(bodies))))


def suggestions(bodies: Mapping[tuple[str, str], Any]) -> Iterator[str]:
    """An example of an intent that starts the flow, else the first sentence of its description, else its name."""
    for (kind, name), body in bodies.items():
        if kind != "flow" or name.startswith(PATTERN_PREFIX):
            continue
        flow, _ = parse_flow(name, body)
        if flow is None or flow.guard is not None:
            continue
        examples = _examples(bodies, (trigger.intent for trigger in flow.nlu_triggers))
        sentence = _SENTENCE.match(flow.description.strip())
        yield next(examples, None) or (sentence.group(0) if sentence else flow.description or flow.name)


def _examples(bodies: Mapping[tuple[str, str], Any], intents: Iterable[str]) -> Iterator[str]:
    for intent in intents:
        body = bodies.get(("intent", intent))
        if isinstance(body, dict):
            for example in parse_examples(intent, body)[0]:
                yield example.text


def _few(texts: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        short = " ".join(text.split())
        if short and short not in seen and len(short) <= LONGEST_SUGGESTION:
            seen.add(short)
            yield short
        if len(seen) == MOST_SUGGESTIONS:
            return


async def _language(session: AsyncSession, assistant: UUID, wanted: str | None) -> str:
    row = await assistants.find(session, assistant)
    if row is None:
        raise not_found("assistant")
    known = (row.language, *row.additional_languages)
    if wanted is not None and wanted not in known:
        detail = f"The assistant speaks {', '.join(known)}."
        raise ProblemError(422, "unknown-language", "The assistant does not speak this language", detail)
    return wanted or row.language
