"""The process of a running bot: it listens, says the port, parts from clients that hang, and ends cleanly."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from asyncio import TimerHandle, Transport
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn
from starlette.routing import BaseRoute, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from talkwright.engine.lines import say
from talkwright.engine.quiet_server import QuietServer
from talkwright.engine.server import BotServer
from talkwright.engine.stores import ConversationStore, StoreError

DRAIN_SECONDS = 600
"""Turns under way may finish as long as whoever ended the bot is patient: a second signal waits for none."""
REST_SECONDS = 10
"""How long everything else may take to end once the turns have."""
HEAD_SECONDS = 20.0
"""How long a client may take from its first byte, or its connection, to the end of a request's head."""
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket on an address, not listening yet; raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class Impatient(HttpToolsProtocol):
    """HTTP that parts from clients which begin a request and never end its head; bodies have their own limit."""

    _patience: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Count from now on."""
        super().connection_made(transport)
        self._count()

    def on_message_begin(self) -> None:
        """Count anew: another request on the same connection."""
        self._count()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to count."""
        self._stop()
        super().connection_lost(exc)

    def _count(self) -> None:
        self._stop()
        self._patience = self.loop.call_later(HEAD_SECONDS, self._part)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _part(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class Serving(QuietServer):
    """A server that ends on a signal, says on which port it is ready, and then loads what its first turn needs."""

    def __init__(self, server: BotServer, store: ConversationStore, listener: socket.socket) -> None:
        app = server.app()
        super().__init__(
            uvicorn.Config(
                app,
                http=Impatient,
                ws="wsproto" if _needs_sockets(app.routes) else "none",
                ws_max_size=1 << 20,
                log_config=None,
                access_log=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=REST_SECONDS,
                lifespan="on",
            )
        )
        self.refused: StoreError | None = None
        """Why it did not begin, where its conversations can't be reached."""
        self._server = server
        self._store = store
        self._address: tuple[str, int] = listener.getsockname()[:2]
        self._forced = asyncio.Event()

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

    def end(self) -> None:
        """Begin to stop; told twice, wait for nobody."""
        super().end()
        if self.force_exit:
            self._forced.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Reach the conversations, listen, then print the line that others wait for."""
        try:
            await self._store.open()
        except StoreError as problem:
            self.refused = problem
            self.should_exit = True
            return
        await super().startup(sockets)
        if self.started:
            bot = self._server.bot
            fields = {"model_id": bot.served.model.model_id} if bot.has_model else {}
            host, port = self._address
            say("ready", f"Listening on http://{f'[{host}]' if ':' in host else host}:{port}", port=port, **fields)
            if bot.has_model:
                threading.Thread(target=bot.served.prepare, name="prepare", daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in any more, finish the turns under way, and only then part from everybody."""
        for listening in self.servers:
            listening.close()
        drained = asyncio.ensure_future(self._server.drain())
        forced = asyncio.ensure_future(self._forced.wait())
        await asyncio.wait({drained, forced}, timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in (drained, forced):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await super().shutdown(sockets)


def _needs_sockets(routes: Sequence[BaseRoute]) -> bool:
    """Whether a channel does more than answer single requests; only then is the library for it loaded."""
    return any(not isinstance(route, Route) for route in routes)
