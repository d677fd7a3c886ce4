"""Beginning, listing and reading chats, and sentences to begin with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.flows import PATTERN_PREFIX, Flow
from talkwright.assistant.items import Part
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.assistant.parsing.nlu import parse_example
from talkwright.backend.chats.greeting import greets
from talkwright.backend.chats.placing import PlaceBook, place_state, place_turn
from talkwright.backend.chats.schemas import Chat, Chats, NewChat, Prompt, Prompts, Suggestions, Timeline, chat_of
from talkwright.backend.chats.turns import readable, state_of
from talkwright.backend.content.service import find_assistant
from talkwright.backend.context import Services
from talkwright.backend.creating import made_once
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.paging import page_of
from talkwright.conversation.events import Event
from talkwright.conversation.fold import view
from talkwright.conversation.timeline import timeline
from talkwright.database import assistants
from talkwright.database import chats as repository
from talkwright.database.heads import head_bodies
from talkwright.database.items import load_named
from talkwright.identity.audit import Origin, record

MOST_SUGGESTIONS = 6
LONGEST_SUGGESTION = 90
_SENTENCE = re.compile(r"^.+?[.!?](?=\s|$)", re.DOTALL)


async def begin_chat(
    services: Services, assistant: UUID, by: UUID, wanted: NewChat, origin: Origin
) -> tuple[Chat, bool]:
    """Begin a chat; gives it, and whether it is new."""

    async def find(session: AsyncSession) -> Chat | None:
        row = await repository.get_chat(session, assistant, wanted.id)
        return None if row is None else chat_of(row)

    async def make(session: AsyncSession) -> None:
        language = await _language(session, assistant, wanted.language)
        await repository.insert_chat(session, wanted.id, assistant=assistant, language=language, by=by)
        await record(session, origin, "chats.begin", assistant=assistant, target=wanted.id)

    return await made_once(services, "chat", find, make)


async def one_chat(session: AsyncSession, assistant: UUID, chat: UUID) -> Chat:
    """One chat; raises 404."""
    row = await repository.get_chat(session, assistant, chat)
    if row is None:
        raise not_found("chat")
    return chat_of(row)


async def page_of_chats(
    session: AsyncSession, assistant: UUID, before: UUID | None, limit: int, by: UUID | None = None
) -> Chats:
    """Chats, newest first; `by`: those that this person began."""
    rows = await repository.list_chats(session, assistant, before=before, limit=limit + 1, by=by)
    shown, following = page_of(rows, limit, lambda row: row["id"])
    return Chats(items=[chat_of(row) for row in shown], next=following)


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
    every = await asyncio.to_thread(lambda: timeline(readable(bodies), state.initial if state else None))
    turns = [turn for turn in every if turn["number"] > after]
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


async def read_prompts(session: AsyncSession, assistant: UUID, chat: UUID, message: str) -> Prompts:
    """The prompts that the engine recorded for a message; raises 404 for an unknown chat."""
    await one_chat(session, assistant, chat)
    bodies = await repository.user_bodies(session, chat, message)
    return Prompts(prompts=[prompt for event in readable(bodies) for prompt in prompts_in(event)])


def prompts_in(event: Event) -> Iterator[Prompt]:
    """The prompts in a user's event, as wire-protocols 3.6 has them; what isn't in that form is left out."""
    parse_data = event.get("parse_data")
    recorded = parse_data.get("prompts") if isinstance(parse_data, Mapping) else None
    for one in recorded if isinstance(recorded, list | tuple) else ():
        told = one.get("llm_response_metadata") if isinstance(one, Mapping) else None
        if isinstance(told, Mapping):
            usage = told.get("usage")
            tokens: Mapping[str, Any] = usage if isinstance(usage, Mapping) else {}
            with suppress(ValidationError):
                yield Prompt(
                    component=str(one.get("component_name") or ""),
                    prompt=str(one.get("user_prompt") or ""),
                    answer="\n".join(map(str, told.get("choices") or ())),
                    model=str(told.get("model") or ""),
                    prompt_tokens=tokens.get("prompt_tokens") or 0,
                    completion_tokens=tokens.get("completion_tokens") or 0,
                    ms=told.get("latency_ms") or 0.0,
                )


def _model(turn: Mapping[str, Any]) -> str:
    return str((turn.get("model") or {}).get("id") or "")


async def suggest(session: AsyncSession, assistant: UUID, language: str | None = None) -> Suggestions:
    """Sentences that the assistant's own examples and descriptions offer, one for each flow."""
    row = await find_assistant(session, assistant)
    wanted = language or row.language
    others = {row.language, *row.additional_languages} - {wanted}
    flows = await head_bodies(session, assistant, ("flow",))
    parsed = [flow for (_, name), body in flows.items() if (flow := _startable(name, body)) is not None]
    named = {("intent", trigger.intent) for flow in parsed for trigger in flow.nlu_triggers}
    examples = {
        item.name: list(spoken(item.parts, wanted, others)) for item in await load_named(session, assistant, named)
    }
    texts = list(_few(suggestions(parsed, examples)))
    return Suggestions(texts=texts, greets=await greets(session, assistant))


def suggestions(flows: Iterable[Flow], examples: Mapping[str, list[str]]) -> Iterator[str]:
    """An example of an intent that starts the flow, else the first sentence of its description, else its name."""
    for flow in flows:
        own = [text for trigger in flow.nlu_triggers for text in examples.get(trigger.intent, ())]
        sentence = _SENTENCE.match(flow.description.strip())
        yield own[0] if own else sentence.group(0) if sentence else flow.description or flow.name


def spoken(parts: Iterable[Part], language: str, others: Collection[str]) -> Iterator[str]:
    """The examples in files of the language, told by their path; then those in files of no other language."""
    listed = [part for part in parts if part.place.startswith("nlu")]
    of_language = [part for part in listed if language in _words(part.file)]
    neutral = [part for part in listed if part not in of_language and not _words(part.file) & set(others)]
    for part in (*of_language, *neutral):
        for line in part.source.splitlines():
            text = line.strip()
            if text.startswith("- ") and not text.startswith("- intent:"):
                yield parse_example(text[2:].strip().strip("\"'")).text


def _words(path: str) -> set[str]:
    return set(re.split(r"[/._-]", path))


def _startable(name: str, body: Any) -> Flow | None:
    """A flow that a person may start with a sentence."""
    if name.startswith(PATTERN_PREFIX):
        return None
    flow, _ = parse_flow(name, body)
    return flow if flow is not None and flow.guard is None else None


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
