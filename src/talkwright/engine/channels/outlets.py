"""All channels of a bot by name: who sends to people who did not ask just now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from talkwright.engine import logs
from talkwright.engine.channels.channel import Channel
from talkwright.engine.faults import where
from talkwright.engine.ports import BotMessage

_CLOSE_SECONDS = 5.0


class Outlets:
    """The open channels."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self.channels = tuple(channels)
        self._by_name = {channel.name: channel for channel in channels}

    async def send(self, channel: str | None, recipient: str, messages: Sequence[BotMessage]) -> None:
        """Send by a channel; one that is not there, or can't, sends nothing. A failure is logged, not raised."""
        found = self._by_name.get(channel or "")
        if found is None or not messages:
            return
        try:
            await found.send(recipient, messages)
        except Exception as fault:  # whatever a channel raises, what was asked for has been done
            logs.error("channel_failed", channel=channel, sender_id=recipient, **where(fault))

    async def close(self) -> None:
        """Close all channels; one that fails, or takes too long, keeps no other from closing and no bot from ending."""
        for channel in self.channels:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await channel.close()
            except Exception as fault:  # as above
                logs.error("channel_failed", channel=channel.name, **where(fault))
