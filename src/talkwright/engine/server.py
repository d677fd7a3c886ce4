"""The HTTP server of a running bot: its API, its channels, and what guards them (wire-protocols 4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from talkwright.engine.channels.channel import Channel
from talkwright.engine.channels.outlets import Outlets
from talkwright.engine.serving.access import Access
from talkwright.engine.serving.addressing import Addressed
from talkwright.engine.serving.answers import ApiError, broken, not_allowed, not_found, refused
from talkwright.engine.serving.bot import Bot
from talkwright.engine.serving.conversations import Conversations
from talkwright.engine.serving.loading import Loader
from talkwright.engine.serving.models import Models
from talkwright.engine.serving.pages import Pages
from talkwright.engine.serving.reminding import Reminding
from talkwright.engine.serving.trainings import Trainings
from talkwright.engine.stores import StoreError


@dataclass(frozen=True)
class BotServer:
    """A bot and all that reaches it."""

    bot: Bot
    loader: Loader
    access: Access
    channels: Sequence[Channel]
    origins: tuple[str, ...] = ()
    began: Callable[[], None] = lambda: None
    """What is done once the loop runs, before the first request."""
    deployment: str = ""
    """The only deployment that is served here, where the bot is one of a studio's."""

    def app(self) -> Starlette:
        """The ASGI application."""
        outlets = Outlets(self.channels)
        trainings = Trainings(self.loader)
        reminding = Reminding(self.bot, outlets)
        self.bot.after_turn = reminding.note
        routes = [
            *(route for channel in self.channels for route in channel.routes(self.bot)),
            *Pages(self.bot, self.access, self.loader).routes(),
            *Conversations(self.bot, self.access, outlets).routes(),
            *Models(self.bot, self.access, self.loader, trainings).routes(),
        ]
        handlers: Mapping[Any, Any] = {
            ApiError: refused,
            StoreError: refused,
            404: not_found,
            405: not_allowed,
            Exception: broken,
        }

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            self.began()
            resuming = asyncio.create_task(reminding.resume()) if self.bot.has_model else None
            yield
            if resuming is not None:
                resuming.cancel()
            await reminding.close()
            await trainings.close()
            await self.close()

        addressed = [Middleware(Addressed, deployment=self.deployment, access=self.access)] if self.deployment else []
        middleware = [*addressed, *([_cors(self.origins)] if self.origins else [])]
        return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan, middleware=middleware)

    async def drain(self) -> None:
        """Take no more turns, wait for those under way, and part from whoever is connected."""
        await self.bot.drain()
        await Outlets(self.channels).close()

    async def close(self) -> None:
        """Give everything back; it may be called after `drain` or without it."""
        await self.loader.close()
        await Outlets(self.channels).close()
        await self.bot.close()


def _cors(origins: Sequence[str]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["filename"],
    )
