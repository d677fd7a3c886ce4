"""One browser's stream: what it may see of the facts after its position, and the frames of the moment."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from talkwright.backend.events.bus import Bus, Frame, Mailbox
from talkwright.database.announcements import STUDIO, Announcement, positions, positions_before, since
from talkwright.database.engine import Database
from talkwright.identity.principal import Principal, allowed
from talkwright.operations.waiting import first_of

KEEP_ALIVE_SECONDS = 15.0
REREAD_SECONDS = 30.0
"""How often facts are read and the person is checked without a notification."""

MOST_SCOPES = 20
"""So many assistants are followed by one stream; positions stay short enough for an address."""

_NEEDED = {
    "change": "content:read",
    "training": "trainings:read",
    "deployment": "trainings:read",
    "version": "trainings:read",
    "chat": "chats:read",
    "secret": "settings:read",
    "assistant": "assistants:read",
    "log": "trainings:read",
    "progress": "trainings:read",
}

FOR_ALL = frozenset({"queue", "missed"})
"""Frames that tell of nobody's content: that places in the queue changed, that frames were missed."""

Reauthenticate = Callable[[], Awaitable[Principal | None]]


def encode_position(position: Mapping[str, int]) -> str:
    """The opaque form of a position, as the stream's event ids carry it."""
    text = json.dumps(position, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_position(text: str) -> dict[str, int] | None:
    """A position that a browser brings back; None for one that isn't ours."""
    try:
        value = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(value, dict) or len(value) > MOST_SCOPES + 1:
        return None
    numbers = {str(scope): last for scope, last in value.items() if isinstance(last, int) and 0 <= last < 2**62}
    return numbers if len(numbers) == len(value) else None


def may_see(principal: Principal, scope: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether a person may learn of this; a fact of the studio that names an assistant is that assistant's."""
    if kind == "grant":
        return allowed(principal, "users:manage") or data.get("user") == str(principal.user_id)
    if scope == STUDIO and kind in FOR_ALL:
        return True
    named = scope if scope != STUDIO else data.get("assistant")
    try:
        assistant = UUID(str(named)) if named else None
    except ValueError:
        return False
    return allowed(principal, _NEEDED.get(kind, "assistants:read"), assistant)


class Stream:
    """One connection. `reauthenticate` says who it is now: a disabled person's stream ends within thirty seconds."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        principal: Principal,
        reauthenticate: Reauthenticate,
        scopes: Iterable[UUID | str],
    ) -> None:
        self._database = database
        self._bus = bus
        self._principal = principal
        self._reauthenticate = reauthenticate
        self._scopes = [str(scope) for scope in scopes]
        self._is_nobody = False

    async def events(self, brought: str | None, age: timedelta | None = None) -> AsyncIterator[bytes]:
        """The stream's bytes, from the position that the browser brings, from when its page began, or from now."""
        mailbox = self._bus.open(self._scopes)
        try:
            position, missed = await self._start(brought, age)
            yield _event("hello", {"position": encode_position(position)}, encode_position(position))
            if missed:
                yield _event("reset", {"scopes": missed}, encode_position(position))
            async for part in self._follow(mailbox, position):
                yield part
        finally:
            self._bus.shut(mailbox)

    async def _start(self, brought: str | None, age: timedelta | None) -> tuple[dict[str, int], list[str]]:
        """Where each scope begins, and the scopes whose pages have to read anew: the position doesn't know them."""
        async with self._database.transaction() as session:
            if not brought and age is not None:
                return await positions_before(session, self._scopes, age), []
            now = await positions(session, self._scopes)
        if not brought:
            return now, []
        given = decode_position(brought) or {}
        missed = [scope for scope in self._scopes if scope not in given]
        return {scope: given.get(scope, now[scope]) for scope in self._scopes}, missed

    async def _follow(self, mailbox: Mailbox, position: dict[str, int]) -> AsyncIterator[bytes]:
        now = asyncio.get_running_loop().time
        read_at, checked_at = float("-inf"), float("-inf")
        mailbox.facts.woken.set()
        while not self._bus.closing.is_set():
            if now() - checked_at >= REREAD_SECONDS:  # by its own clock: facts that keep coming don't put it off
                checked_at = now()
                if not await self._is_still_somebody():
                    return
            if mailbox.facts.woken.is_set() or now() - read_at >= REREAD_SECONDS:
                mailbox.facts.woken.clear()
                async for part in self._facts(position):
                    yield part
                if self._is_nobody:
                    return
                read_at = now()
            while mailbox.frames and not mailbox.facts.woken.is_set():  # frames that keep coming hold up no fact
                frame = mailbox.frames.popleft()
                if may_see(self._principal, frame.scope, frame.kind, frame.data):
                    yield _frame(frame)
            if not await _woken(mailbox, KEEP_ALIVE_SECONDS):
                yield b": still here\n\n"

    async def _is_still_somebody(self) -> bool:
        now = await self._reauthenticate()
        if now is None:
            self._is_nobody = True
            return False
        self._principal = now
        return True

    async def _facts(self, position: dict[str, int]) -> AsyncIterator[bytes]:
        while True:
            async with self._database.transaction() as session:
                news = await since(session, position)
                if news.reset:
                    position.update(await positions(session, position))
            if news.reset:
                yield _event("reset", {"scopes": list(position)}, encode_position(position))
                return
            if not news.announcements:
                return
            # Before anything of this read is shown: what a new right opens may stand beside it or follow at once.
            if any(fact.kind == "grant" for fact in news.announcements) and not await self._is_still_somebody():
                return
            for fact in news.announcements:
                position[fact.scope] = fact.id
                if may_see(self._principal, fact.scope, fact.kind, fact.payload):
                    yield _event("fact", _fact(fact), encode_position(position))


async def _woken(mailbox: Mailbox, seconds: float) -> bool:
    """Wait for a fact, a frame or the end; False when nothing came."""
    done = await first_of(mailbox.facts.woken.wait(), mailbox.woken.wait(), seconds=seconds)
    mailbox.woken.clear()
    return bool(done)


def _fact(fact: Announcement) -> dict[str, Any]:
    change = str(fact.change_id) if fact.change_id else None
    return {**fact.payload, "scope": fact.scope, "id": str(fact.id), "kind": fact.kind, "change_id": change}


def _frame(frame: Frame) -> bytes:
    return _event("frame", {**frame.data, "scope": frame.scope, "kind": frame.kind})


def _event(name: str, data: Mapping[str, Any], event_id: str | None = None) -> bytes:
    head = f"event: {name}\n" + (f"id: {event_id}\n" if event_id is not None else "")
    return f"{head}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
