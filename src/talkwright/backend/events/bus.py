"""Frames on their way to the streams of this process, from itself and from other roles; and the end of all streams."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from talkwright.database.announcements import REREAD_SECONDS, STUDIO, Listener, Subscription
from talkwright.database.frames import FRAMES_CHANNEL
from talkwright.database.hearing import hear

log = structlog.get_logger(__name__)

WAITING_FRAMES = 500
"""Frames that wait for one slow page; older ones are dropped, because the page can read all of it elsewhere."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Something of the moment; `kind` is log, progress or chat, for instance."""

    scope: str
    kind: str
    data: Mapping[str, Any]


@dataclass(eq=False)
class Mailbox:
    """What waits for one stream."""

    scopes: frozenset[str]
    facts: Subscription
    frames: deque[Frame] = field(default_factory=lambda: deque(maxlen=WAITING_FRAMES))
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Bus:
    """The streams of this process and what reaches them. One connection hears the frames of other roles."""

    def __init__(self, direct_url: str, listener: Listener) -> None:
        self._url = direct_url
        self._listener = listener
        self._mailboxes: set[Mailbox] = set()
        self._task: asyncio.Task[None] | None = None
        self._hears = False
        self.closing = asyncio.Event()

    def open(self, scopes: Iterable[UUID | str]) -> Mailbox:
        """Begin to collect for one stream."""
        wanted = frozenset(str(scope) for scope in scopes)
        mailbox = Mailbox(wanted, self._listener.subscribe(wanted))
        self._mailboxes.add(mailbox)
        return mailbox

    def shut(self, mailbox: Mailbox) -> None:
        """Stop collecting."""
        self._mailboxes.discard(mailbox)
        self._listener.unsubscribe(mailbox.facts)

    def publish(self, scope: UUID | str, kind: str, data: Mapping[str, Any]) -> None:
        """Send a frame to the streams of this process that look at the scope."""
        frame = Frame(str(scope), kind, data)
        for mailbox in self._mailboxes:
            if frame.scope in mailbox.scopes:
                mailbox.frames.append(frame)
                mailbox.woken.set()

    def close_streams(self) -> None:
        """End every open stream now, so that none holds up the process's end."""
        self.closing.set()
        for mailbox in self._mailboxes:
            mailbox.woken.set()

    async def start(self) -> None:
        """Begin to hear other roles' facts and frames."""
        await self._listener.start()
        if self._task is None:
            hearing = hear(self._url, FRAMES_CHANNEL, self._take, reread=REREAD_SECONDS)
            self._task = asyncio.create_task(hearing, name="frames")

    async def stop(self) -> None:
        """End all streams and stop hearing."""
        self.close_streams()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._listener.stop()

    def _take(self, payload: str | None) -> None:
        """Pass on what another role sent; where frames may have been missed, pages are told to read what goes on."""
        if payload is None:
            if self._hears:
                self.publish(STUDIO, "missed", {})
            self._hears = True
            return
        try:
            values = json.loads(payload)
            scope, kind = str(values.pop("scope")), str(values.pop("kind"))
        except (ValueError, KeyError, AttributeError):
            log.warning("frame_unreadable")
            return
        self.publish(scope, kind, values)
