"""Conversations over the API: trackers, events, and turns that no channel asked for (wire-protocols 4.2, 4.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from talkwright.assistant.builtins import BUILTIN_INTENTS
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.channels.outlets import Outlets
from talkwright.engine.ports import BotMessage, UserMessage
from talkwright.engine.serving.access import Access
from talkwright.engine.serving.answers import ApiError, bad_request, json_answer
from talkwright.engine.serving.bodies import (
    MAX_EVENTS,
    MAX_ID,
    MAX_MESSAGE,
    as_map,
    choice_of,
    conversation_of,
    events_in,
    flag_of,
    read_json,
    text_in,
    until_of,
)
from talkwright.engine.serving.bot import Bot, Served
from talkwright.engine.serving.bot import conversation as found
from talkwright.engine.serving.stories import story_of

_NAME = re.compile(r"[^\s/(){}@]+")
_API = "api"
"""The channel of messages that the API itself brings."""


class Conversations:
    """The routes under `/conversations/<id>/`."""

    def __init__(self, bot: Bot, access: Access, outlets: Outlets) -> None:
        self._bot = bot
        self._access = access
        self._outlets = outlets

    def routes(self) -> list[Route]:
        """All of them."""
        one = "/conversations/{conversation:path}"
        return [
            Route(f"{one}/tracker/events", self._replace_events, methods=["PUT"]),
            Route(f"{one}/tracker/events", self._append_events, methods=["POST"]),
            Route(f"{one}/tracker", self._tracker, methods=["GET"]),
            Route(f"{one}/tracker", self._delete, methods=["DELETE"]),
            Route(f"{one}/story", self._story, methods=["GET"]),
            Route(f"{one}/details", self._detail, methods=["GET"]),
            Route(f"{one}/messages", self._message, methods=["POST"]),
            Route(f"{one}/trigger_intent", self._trigger, methods=["POST"]),
            Route(f"{one}/execute", self._execute, methods=["POST"]),
            Route(f"{one}/predict", self._predict, methods=["POST"]),
        ]

    def _admitted(self, request: Request) -> str:
        conversation = conversation_of(request)
        self._access.admit_to(request, conversation)
        return conversation

    async def _tracker(self, request: Request) -> Response:
        conversation, choice, until = self._admitted(request), choice_of(request), until_of(request)
        starts = flag_of(request, "start_session", default=True)
        tracker = await self._bot.read(conversation)
        if tracker is None and starts:
            tracker = await self._begun(conversation)
        return json_answer(self._until(conversation, tracker, until).to_dict(choice))

    async def _detail(self, request: Request) -> Response:
        """How a message was understood, for whoever runs the bot: prompts are no business of the people it talks to."""
        self._access.admit(request)
        conversation, message_id = conversation_of(request), request.query_params.get("message_id", "")
        if not 0 < len(message_id) <= MAX_ID or "\0" in message_id:
            raise bad_request(f"`message_id` names the message, in 1 to {MAX_ID} characters.", parameter="message_id")
        detail = await self._bot.detail(conversation, message_id)
        if detail is None:
            raise ApiError(
                404,
                "NotFound",
                "Nothing is kept of how this message was understood. A bot records it while TALKWRIGHT_ENGINE_RECORD"
                " is on.",
            )
        return json_answer(detail)

    async def _begun(self, conversation: str) -> Tracker:
        """The conversation with the session that it begins with."""
        async with self._bot.holding(conversation) as (held, served):
            tracker = await held.whole(served.agent.program.initial_slots)
            if tracker is None:
                tracker = served.agent.new_tracker(conversation)
                served.agent.start_session(tracker)
                await held.save(tracker)
            return tracker

    def _until(self, conversation: str, tracker: Tracker | None, until: float | None) -> Tracker:
        """The conversation as it was at a time, seconds since 1970; an empty one where there is none."""
        agent = self._bot.served.agent
        if tracker is None:
            return agent.new_tracker(conversation)
        if until is None:
            return tracker
        earlier = [event for event in tracker.events if event.timestamp <= until]
        return agent.restored_tracker(conversation, earlier, user_id=tracker.user_id)

    async def _replace_events(self, request: Request) -> Response:
        conversation, choice = self._admitted(request), choice_of(request)
        events = events_in(await read_json(request, MAX_EVENTS))
        async with self._bot.holding(conversation) as (held, served):
            tracker = _restored(served, conversation, events)
            await held.replace(tracker)
            return json_answer(tracker.to_dict(choice))

    async def _append_events(self, request: Request) -> Response:
        """Append events. With `execute_side_effects` what they say goes out by the channel that is named."""
        conversation, choice = self._admitted(request), choice_of(request)
        goes_out = flag_of(request, "execute_side_effects")
        events = events_in(await read_json(request, MAX_EVENTS))
        async with self._bot.holding(conversation) as (held, served):
            _restored(served, conversation, events)
            tracker = await found(held, served) or served.agent.new_tracker(conversation)
            for event in events:
                tracker.apply(event)
            await held.save(tracker)
            channel = _channel(request, tracker)
        if goes_out:
            said = [
                BotMessage(text=event.text_of("text"), data=event.get("data") or {})
                for event in events
                if event.type == ev.BOT
            ]
            await self._outlets.send(channel, conversation, said)
        return await self._state(conversation, choice)

    async def _delete(self, request: Request) -> Response:
        conversation = self._admitted(request)
        async with self._bot.holding(conversation) as (held, _):
            if not await held.delete():
                raise ApiError(404, "NotFound", "There is no such conversation.")
        return Response(status_code=204)

    async def _story(self, request: Request) -> Response:
        conversation, until = self._admitted(request), until_of(request)
        whole = flag_of(request, "all_sessions")
        tracker = self._until(conversation, await self._bot.read(conversation), until)
        events = tracker.events if whole else tracker.events_of_session()
        return Response(story_of(conversation, events), media_type="text/yaml")

    async def _message(self, request: Request) -> Response:
        """Take a message into the conversation, without an answer of the bot."""
        conversation, choice = self._admitted(request), choice_of(request)
        body = as_map(await read_json(request, MAX_MESSAGE), "`text` and `sender`")
        text, parse_data = text_in(body, "text", longest=MAX_MESSAGE), body.get("parse_data")
        if body.get("sender", "user") != "user":
            raise bad_request("`sender` must be `user`: what the bot says is written as an event.", parameter="sender")
        if parse_data is not None and not isinstance(parse_data, dict):
            raise bad_request("`parse_data` must be a map.", parameter="parse_data")
        message = UserMessage(text=text, sender=conversation, channel=_channel(request, None) or _API)
        async with self._bot.holding(conversation) as (held, served):
            tracker = await found(held, served) or served.agent.new_tracker(conversation)
            await served.agent.note(tracker, message, parse_data)
            await held.save(tracker)
        return await self._state(conversation, choice)

    async def _trigger(self, request: Request) -> Response:
        """Answer as if the user had said an intent; the messages come back and go out by `output_channel`."""
        conversation, choice = self._admitted(request), choice_of(request)
        body = as_map(await read_json(request, MAX_MESSAGE), "the `name` of an intent and its `entities`")
        name, entities = text_in(body, "name"), body.get("entities") or {}
        if not isinstance(entities, dict):
            raise bad_request("`entities` must be a map of names to values.", parameter="entities")
        if not _knows_intent(self._bot.served, name):
            raise ApiError(404, "NotFound", f"This assistant knows no intent {name!r}.")
        channel = _channel(request, await self._bot.read(conversation))
        text = f"/{name}{json.dumps(entities) if entities else ''}"
        result = await self._bot.turn(UserMessage(text=text, sender=conversation, channel=channel or _API))
        await self._outlets.send(channel, conversation, result.messages)
        return await self._spoken(conversation, choice, result.messages)

    async def _execute(self, request: Request) -> Response:
        conversation, choice = self._admitted(request), choice_of(request)
        body = as_map(await read_json(request, MAX_MESSAGE), "the `name` of an action")
        name = text_in(body, "name")
        async with self._bot.holding(conversation) as (held, served):
            if not served.agent.program.knows_action(name):
                raise ApiError(404, "NotFound", f"This assistant knows no action {name!r}.")
            tracker = await found(held, served) or served.agent.new_tracker(conversation)
            channel = _channel(request, tracker)
            result = await served.agent.perform(tracker, name)
            await held.save(tracker)
        await self._outlets.send(channel, conversation, result.messages)
        return await self._spoken(conversation, choice, result.messages)

    async def _spoken(self, conversation: str, choice: str, messages: Sequence[BotMessage]) -> Response:
        tracker = self._until(conversation, await self._bot.read(conversation), None)
        return json_answer({"tracker": tracker.to_dict(choice), "messages": to_rest(conversation, messages)})

    async def _state(self, conversation: str, choice: str) -> Response:
        return json_answer(self._until(conversation, await self._bot.read(conversation), None).to_dict(choice))

    async def _predict(self, request: Request) -> Response:
        conversation, choice = self._admitted(request), choice_of(request)
        tracker = await self._bot.read(conversation)
        if tracker is None or not tracker.events:
            raise ApiError(409, "Conflict", "The conversation has no events to go on from.")
        return json_answer(prediction(self._bot.served, conversation, tracker.events, choice))


def prediction(served: Served, conversation: str, events: Sequence[Event], choice: str) -> dict[str, Any]:
    """What the dialogue would do next, in the ecosystem's form: one action is certain, all others are not."""
    tracker = _restored(served, conversation, events)
    state = tracker.to_dict(choice)
    name = served.agent.next_action(tracker)
    return {"scores": [{"action": name, "score": 1.0}], "policy": "FlowPolicy", "confidence": 1.0, "tracker": state}


def _restored(served: Served, conversation: str, events: Sequence[Event]) -> Tracker:
    """A conversation of events that somebody wrote; raises ApiError where they make none."""
    try:
        return served.agent.restored_tracker(conversation, events)
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise bad_request(f"These events make no conversation: {type(problem).__name__}.") from problem


def _channel(request: Request, tracker: Tracker | None) -> str | None:
    """The channel that `output_channel` names; `latest` is the one of the last message."""
    name = request.query_params.get("output_channel")
    return tracker.latest_input_channel if name == "latest" and tracker is not None else name


def _knows_intent(served: Served, name: str) -> bool:
    if not _NAME.fullmatch(name):
        return False
    program = served.agent.program
    triggers = (trigger.intent for flow in program.flows.values() for trigger in flow.nlu_triggers)
    return name in program.assistant.domain.intents or name in BUILTIN_INTENTS or name in triggers
