"""Sockets that `up` holds for its children: a port stays the same however often the role behind it starts again."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket

TRIES = 50


class NoPortError(Exception):
    """No port could be had; the message says which were tried."""


def listen(host: str, port: int, tries: int = TRIES) -> socket.socket:
    """Listen on the port, or the next free one; 0 takes any. Raises NoPortError."""
    return _first_free(host, port, tries, listens=True)


def bind(host: str, port: int) -> socket.socket:
    """Take the port, 0 any, for a server that listens once it is ready; till then it refuses. Raises NoPortError."""
    return _first_free(host, port, 1, listens=False)


def _first_free(host: str, port: int, tries: int, *, listens: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + (tries if port else 1)):
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
            if listens:
                sock.listen(2048)
        except OSError as error:
            sock.close()
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                continue
            raise NoPortError(f"The studio can't listen on {host}: {error.strerror}. Check TALKWRIGHT_HOST.") from error
        sock.setblocking(False)
        return sock
    raise NoPortError(none_free(port, tries))


def none_free(port: int, tries: int = 1) -> str:
    """What is said where none of so many ports, from this one on, can be had."""
    if tries == 1:
        return (
            f"Port {port} can't be had: another program listens there, or you may not. Choose one with TALKWRIGHT_PORT."
        )
    return f"No port from {port} to {port + tries - 1} is free. Choose one with TALKWRIGHT_PORT."


async def answers(host: str, port: int, path: str, seconds: float) -> bool:
    """Whether a GET of the path is answered with 200 within so many seconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request)
                await writer.drain()
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
