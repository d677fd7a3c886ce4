"""Runs a model: loads it, listens, says the port, and ends cleanly."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from talkwright.assistant.assistant import Assistant
from talkwright.engine.actions import EndpointError, HttpActions, read_endpoint
from talkwright.engine.agent import Agent
from talkwright.engine.dialogue.profile import Profile, profile_of
from talkwright.engine.lines import say
from talkwright.engine.logs import configure_logs
from talkwright.engine.model import Model, ModelError, load_model
from talkwright.engine.ports import ActionRunner
from talkwright.engine.quiet_server import QuietServer
from talkwright.engine.server import BotServer
from talkwright.engine.settings import EngineSettings, load_settings
from talkwright.engine.stores import MemoryStore
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

STOPPED, FAILED, REFUSED = 0, 1, 2
_DRAIN_SECONDS = 600
"""Turns under way may finish as long as whoever ended the bot is patient: a second signal waits for none."""
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def make_server(model: Model, settings: EngineSettings) -> BotServer:
    """Everything that serves one model.

    The project's event broker and its tracker, lock and model stores are not looked at: who runs the bot decides those.
    A project whose action endpoint can't be used still talks; each of its actions then fails with the reason.
    """
    actions = make_actions(model.assistant.endpoints, settings)
    agent = make_agent(model, actions, settings)
    token = settings.engine_token.get_secret_value() if settings.engine_token else None
    return BotServer(model, agent, actions, MemoryStore(settings.engine_conversations), token=token)


def make_agent(model: Model, actions: ActionRunner, settings: EngineSettings) -> Agent:
    """The agent of a model, with the choices that whoever runs the bot has made."""
    return Agent(
        model.assistant,
        LocalUnderstanding(model.classifier),
        actions,
        model_id=model.model_id,
        model_name=model.file.removesuffix(".tar.gz"),
        profile=chosen_profile(model.assistant, settings),
    )


def chosen_profile(assistant: Assistant, settings: EngineSettings) -> Profile:
    """The project's profile, with the choices that whoever runs the bot has made."""
    return replace(
        profile_of(assistant.config),
        clarify_multiple_starts=settings.engine_clarify_multiple_starts,
        max_actions=settings.engine_max_actions,
    )


def make_actions(endpoints: Mapping[str, Any], settings: EngineSettings) -> HttpActions:
    """The client of the project's action server, or one that says why there is none."""
    try:
        endpoint = read_endpoint(endpoints, url=settings.engine_actions_url)
    except EndpointError as problem:
        say("warning", str(problem))
        return HttpActions(None, why_none=str(problem))
    return HttpActions(endpoint, timeout=settings.engine_actions_timeout, compress=settings.engine_compress_actions)


def run_job(model_path: Path, *, host: str, port: int, settings: EngineSettings | None = None) -> int:
    """Serve the model until a signal ends it; `port` 0 takes a free one, which the ready line names.

    Returns 0 after a clean end, 1 where the address is taken, 2 where the model can't be run.
    """
    configure_logs()
    say("loading", f"Loading {model_path.name}")
    try:
        model = load_model(model_path)
        server = make_server(model, settings or load_settings())
    except (ModelError, ValueError) as problem:
        say("refused", str(problem))
        return REFUSED
    try:
        listener = _listen(host, port)
    except OSError as problem:
        say("failed", f"{host}:{port} can't be used: {problem.strerror}. Choose another port, or 0 for a free one.")
        return FAILED
    config = uvicorn.Config(
        server.app(), log_config=None, access_log=False, timeout_graceful_shutdown=_DRAIN_SECONDS, lifespan="on"
    )
    _Serving(config, listener.getsockname()[1], model, server.prepare).run(sockets=[listener])
    say("stopped", "The bot has stopped")
    return STOPPED


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Serving(QuietServer):
    """A server that ends on a signal, says on which port it is ready, and then loads what its first turn needs."""

    def __init__(self, config: uvicorn.Config, port: int, model: Model, prepare: Callable[[], None]) -> None:
        super().__init__(config)
        self._port = port
        self._model = model
        self._prepare = prepare

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on a signal, and end well: the usual way raises it once more, so that a clean stop looks like a crash."""
        loop = asyncio.get_running_loop()
        for name in _ENDING_SIGNALS:
            loop.add_signal_handler(name, self.end)
        try:
            yield
        finally:
            for name in _ENDING_SIGNALS:
                loop.remove_signal_handler(name)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the line that others wait for."""
        await super().startup(sockets)
        if self.started:
            say("ready", f"Listening on port {self._port}", port=self._port, model_id=self._model.model_id)
            threading.Thread(target=self._prepare, name="prepare", daemon=True).start()
