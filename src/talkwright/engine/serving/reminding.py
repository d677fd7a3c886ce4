"""Reminding: one timer per conversation that waits for a reminder; when it is due its intent is said as a turn."""

from __future__ import annotations

import asyncio
import time

from talkwright.conversation.tracker import Tracker
from talkwright.engine import logs
from talkwright.engine.channels.outlets import Outlets
from talkwright.engine.dialogue.reminders import CANCEL, FIRED, REMINDER, Reminder, pending
from talkwright.engine.faults import where
from talkwright.engine.ports import Clock, TurnResult, UserMessage
from talkwright.engine.serving.bot import Bot

_LONGEST_WAIT = 24 * 3600.0  # seconds; a longer one is looked at again after it
_AGAIN = 60.0  # seconds after which a reminder that could not be said is tried again


class Reminding:
    """Keeps the timers. Reminders stand in the events, so that nothing is lost with them: `resume` arms them anew."""

    def __init__(self, bot: Bot, outlets: Outlets, *, clock: Clock = time.time) -> None:
        self._bot = bot
        self._outlets = outlets
        self._clock = clock
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._firing: set[asyncio.Task[None]] = set()

    async def note(self, conversation: str, result: TurnResult) -> None:
        """Looks at a turn that is over: it may have asked for a reminder, cancelled one, or made one senseless."""
        kinds = {event.type for event in result.events}
        if conversation in self._timers or kinds & {REMINDER, CANCEL}:
            await self._looked(conversation)

    async def look(self, conversation: str) -> None:
        """Sets the conversation's timer by what its events say."""
        tracker = await self._bot.read(conversation)
        self._arm(conversation, pending(tracker.events) if tracker is not None else ())

    async def resume(self) -> None:
        """Arms what waits in all conversations, after the bot was away; what fell due meanwhile comes at once."""
        async for conversation in self._bot.conversations(with_event=REMINDER):
            await self._looked(conversation)

    async def _looked(self, conversation: str) -> None:
        try:
            await self.look(conversation)
        except Exception as fault:  # a turn, or the reminders of other conversations, must not fail with this one
            logs.error("reminders_not_read", sender_id=conversation, **where(fault))

    async def close(self) -> None:
        """Stops all timers, and waits for what is being said."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await asyncio.gather(*self._firing, return_exceptions=True)

    def _arm(self, conversation: str, waiting: tuple[Reminder, ...]) -> None:
        present = self._timers.pop(conversation, None)
        if present is not None:
            present.cancel()
        if waiting:
            wait = min(max(0.0, waiting[0].due - self._clock()), _LONGEST_WAIT)
            self._set_timer(conversation, wait)

    def _set_timer(self, conversation: str, wait: float) -> None:
        self._timers[conversation] = asyncio.get_running_loop().call_later(wait, self._ring, conversation)

    def _ring(self, conversation: str) -> None:
        self._timers.pop(conversation, None)
        task = asyncio.get_running_loop().create_task(self._say(conversation))
        self._firing.add(task)
        task.add_done_callback(self._firing.discard)

    async def _say(self, conversation: str) -> None:
        """Says what is due and sets the timer for the next; a failure is logged, and tried again after a while."""
        try:
            await self._say_due(conversation)
            await self.look(conversation)
        except Exception as fault:  # the store may be away, or the model unloaded: the reminder stands in the events
            logs.error("reminder_failed", sender_id=conversation, **where(fault))
            self._set_timer(conversation, _AGAIN)

    async def _say_due(self, conversation: str) -> None:
        async with self._bot.holding(conversation) as (held, served):
            tracker = await held.whole(served.agent.program.initial_slots)
            due = _due(tracker, self._clock())
            if tracker is None or due is None:
                return
            channel = tracker.latest_input_channel or "reminder"
            message = UserMessage(
                text=due.payload(),
                sender=conversation,
                channel=channel,
                metadata={FIRED: due.name, "is_external": True},
            )
            result = await served.agent.handle(tracker, message)
            await held.save(tracker)
        await self._outlets.send(channel, conversation, result.messages)


def _due(tracker: Tracker | None, now: float) -> Reminder | None:
    waiting = pending(tracker.events) if tracker is not None else ()
    return waiting[0] if waiting and waiting[0].due <= now else None
