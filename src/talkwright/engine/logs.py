"""How a bot logs: JSON lines with ids; of a failure its kind and place, never a text, a value or a token."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

_FRAMES = 3


def configure_logs(*, quiet: bool = False) -> None:
    """Send the engine's own log to standard output (only breakdowns where `quiet`), and of libraries warnings only."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_failure,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")


def _place_of_failure(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The kind of an exception and where it was raised instead of its message, which may quote what somebody wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        event["at"] = _frames(info[2])
    return event


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{frame.filename.rpartition('talkwright/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
