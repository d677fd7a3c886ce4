"""The socket.io channel: both sides speak over one connection, in sessions that outlast it (wire-protocols 4.5)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import socketio
from starlette.routing import BaseRoute, Mount, Route

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.engine.channels.channel import ChannelError, Host, Setting
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.channels.rest import health
from talkwright.engine.channels.telling import spoken
from talkwright.engine.ports import BotMessage, Piece, UserMessage
from talkwright.engine.serving.access import JwtReader
from talkwright.engine.serving.answers import ApiError, bad_request
from talkwright.engine.serving.bodies import MAX_ID, MAX_MESSAGE

_SILENCE_SLOT = "silence_timeout"
_SILENCE = "/silence_timeout"
_PARTING_SECONDS = 1.0


@dataclass
class _Room:
    """Where a conversation's messages go, and how long its question waits."""

    seconds: float | None = None
    timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None


class SocketChannel:
    """`socketio`, by python-socketio."""

    name = "socketio"

    def __init__(self, setting: Setting) -> None:
        self._user_event = setting.text("user_message_evt") or "user_uttered"
        self._bot_event = setting.text("bot_message_evt") or "bot_uttered"
        self._persists = setting.flag("session_persistence")
        self._path = "/" + (setting.text("socketio_path") or "/socket.io").strip("/")
        self._namespace = setting.text("namespace") or "/"
        self._metadata_key = setting.text("metadata_key") or "metadata"
        self._minds_silence = setting.flag("enable_silence_timeout")
        self._jwt = _jwt(setting)
        self._rooms: dict[str, _Room] = {}
        self._silent: set[asyncio.Task[None]] = set()
        origins = setting.origins
        self._server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins="*" if "*" in origins else list(origins) or None,
            max_http_buffer_size=MAX_MESSAGE,
        )

    def routes(self, host: Host) -> Sequence[BaseRoute]:
        """Health, and the connections."""
        on = self._server.on
        on("connect", self._connected, namespace=self._namespace)
        on("disconnect", self._left, namespace=self._namespace)
        on("session_request", self._session, namespace=self._namespace)

        async def heard(sid: str, data: Any = None) -> None:
            await self._heard(host, sid, data)

        on(self._user_event, heard, namespace=self._namespace)
        connections = socketio.ASGIApp(self._server, socketio_path="")
        return [Route("/webhooks/socketio/", health), Mount(self._path, app=connections)]

    async def send(self, recipient: str, messages: Sequence[BotMessage]) -> None:
        """Send to everybody who is in the recipient's session now."""
        for message in messages:
            for content in _contents(message):
                await self._emit(self._bot_event, content, recipient)

    async def close(self) -> None:
        """Part from everybody."""
        for room in self._rooms.values():
            room.stop()
        with suppress(TimeoutError):  # who has gone without a word never takes their last packet
            async with asyncio.timeout(_PARTING_SECONDS):
                await self._server.eio.disconnect()
        await self._server.shutdown()

    async def _connected(self, _: str, __: Mapping[str, Any], auth: Any = None) -> bool:
        """Whether the client may connect: with a `jwt_key`, only with a valid `token`."""
        if self._jwt is None:
            return True
        token = auth.get("token") if isinstance(auth, Mapping) else None
        return isinstance(token, str) and self._jwt.claims(token.removeprefix("Bearer ")) is not None

    async def _left(self, sid: str, *_: Any) -> None:
        room = self._rooms.pop(sid, None)
        if room is not None:
            room.stop()

    async def _session(self, sid: str, data: Any = None) -> None:
        """Confirm a session: the one that is asked for, or a new one."""
        asked = data.get("session_id") if isinstance(data, Mapping) else None
        session = asked if isinstance(asked, str) and 0 < len(asked) <= MAX_ID else uuid.uuid4().hex
        if self._persists:
            await self._server.enter_room(sid, session, namespace=self._namespace)
        await self._emit("session_confirm", session, sid)

    async def _heard(self, host: Host, sid: str, data: Any) -> None:
        try:
            message, room = self._read(sid, data)
            await self._answer(host, message, room)
        except ApiError as refused:
            await self._emit("error", refused.body(), sid)

    def _read(self, sid: str, data: Any) -> tuple[UserMessage, str]:
        """The message and the room that its answers go to; raises ApiError."""
        if not isinstance(data, Mapping) or not isinstance(data.get("message"), str):
            raise bad_request("A message is a map with a text `message`.")
        sender = sid
        if self._persists:
            session = data.get("session_id")
            if not isinstance(session, str) or not 0 < len(session) <= MAX_ID:
                raise bad_request("With sessions, a message needs its `session_id`: ask for one by `session_request`.")
            sender = session
        metadata = data.get(self._metadata_key)
        message = UserMessage(
            text=data["message"],
            sender=sender,
            channel=self.name,
            metadata=dict(metadata) if isinstance(metadata, Mapping) else {},
        )
        return message, sender

    async def _answer(self, host: Host, message: UserMessage, recipient: str) -> None:
        room = self._rooms.setdefault(recipient, _Room()) if self._minds_silence else _Room()
        room.stop()
        heard: list[Event] = []
        await self._say(spoken(host, message, heard.extend), recipient)
        if self._minds_silence:
            self._await_answer(host, recipient, room, heard)

    async def _say(self, turn: AsyncIterator[BotMessage | Piece], recipient: str) -> None:
        """Send a turn: pieces of a text between `stream_start` and `stream_end`, then the whole of it as a message."""
        streaming = False
        async for said in turn:
            is_piece = isinstance(said, Piece)
            if is_piece is not streaming:
                streaming = is_piece
                await self._emit("stream_start" if is_piece else "stream_end", {}, recipient)
            if isinstance(said, Piece):
                await self._emit("stream_chunk", {"text": said.text}, recipient)
            else:
                await self.send(recipient, [said])
        if streaming:  # what was being written never came to be said as a whole
            await self._emit("stream_end", {}, recipient)

    def _await_answer(self, host: Host, recipient: str, room: _Room, turn: Sequence[Event]) -> None:
        """Count from now on how long the question waits, as the slot `silence_timeout` of the turn says (5.4)."""
        for event in turn:
            if event.type == ev.SLOT and event.get("name") == _SILENCE_SLOT:
                value = None if event.metadata.get("reset") else event.get("value")
                room.seconds = float(value) if isinstance(value, int | float) and value > 0 else None
            if event.type == ev.SESSION_ENDED:
                room.seconds = None
        if room.seconds is None or recipient not in self._rooms:
            self._rooms.pop(recipient, None)
            return

        def silent() -> None:
            task = asyncio.ensure_future(self._mind_silence(host, recipient))
            self._silent.add(task)
            task.add_done_callback(self._silent.discard)

        room.timer = asyncio.get_running_loop().call_later(room.seconds, silent)

    async def _mind_silence(self, host: Host, recipient: str) -> None:
        if not any(self._server.manager.get_participants(self._namespace, recipient)):
            self._rooms.pop(recipient, None)  # nobody is there who could be silent
            return
        message = UserMessage(text=_SILENCE, sender=recipient, channel=self.name)
        try:
            await self._answer(host, message, recipient)
        except ApiError:  # nobody asked, so nobody is told; the next message tells
            self._rooms.pop(recipient, None)

    async def _emit(self, event: str, data: Any, to: str) -> None:
        await self._server.emit(event, data, to=to, namespace=self._namespace)


def _jwt(setting: Setting) -> JwtReader | None:
    key = setting.text("jwt_key")
    if key is None:
        return None
    try:
        return JwtReader(key, setting.text("jwt_method") or "HS256")
    except ValueError as problem:
        raise ChannelError(f"`socketio.jwt_key` can't be used. {problem}") from problem


def _contents(message: BotMessage) -> list[Any]:
    """The bot message as socket.io clients of the ecosystem take it: one map for each part of it."""
    contents: list[Any] = []
    for content in to_rest("", [message]):
        if "text" in content or "buttons" in content:
            told: dict[str, Any] = {"text": content.get("text", "")}
            if content.get("buttons"):
                told["quick_replies"] = [_reply(button) for button in content["buttons"]]
            contents.append(told)
        elif "image" in content:
            contents.append({"attachment": {"type": "image", "payload": {"src": content["image"]}}})
        elif "attachment" in content:
            contents.append({"attachment": content["attachment"]})
        else:
            contents.append(content["custom"])
    return contents


def _reply(button: Any) -> Any:
    if not isinstance(button, dict):
        return button
    return {"content_type": "text", "title": button.get("title"), "payload": button.get("payload")}
