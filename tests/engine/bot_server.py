"""A bot's server inside the test's process, for what needs no process of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from talkwright.engine.actions import HttpActions
from talkwright.engine.agent import Agent
from talkwright.engine.channels.channel import Channel, Setting
from talkwright.engine.channels.rest import RestChannel
from talkwright.engine.model import Model
from talkwright.engine.running import make_served
from talkwright.engine.server import BotServer
from talkwright.engine.serving.access import Access, JwtReader
from talkwright.engine.serving.bot import Bot, Served
from talkwright.engine.serving.loading import Loader
from talkwright.engine.settings import EngineSettings
from talkwright.engine.stores import ConversationStore, MemoryStore


def served_app(
    model: Model,
    agent: Agent,
    *,
    token: str | None = None,
    jwt: JwtReader | None = None,
    store: ConversationStore | None = None,
    most_turns: int = 100,
    folder: Path | None = None,
    deployment: str = "",
    channels: Callable[[Setting], Sequence[Channel]] = lambda setting: (RestChannel(setting),),
) -> Starlette:
    """The application of a bot with one model."""
    bot = Bot(
        Served(model, agent, HttpActions(None)), MemoryStore(100) if store is None else store, most_turns=most_turns
    )
    access = Access(token, jwt)
    loader = Loader(bot, lambda path: make_served(path, EngineSettings()), folder=folder)
    opened = channels(Setting({}, may_see_events=access.admit))
    return BotServer(bot, loader, access, opened, deployment=deployment).app()


def serve(model: Model, agent: Agent, *, token: str | None = None, limit: int = 100) -> TestClient:
    """A client of such a bot."""
    app = served_app(model, agent, token=token, store=MemoryStore(limit))
    return TestClient(app, raise_server_exceptions=False)
