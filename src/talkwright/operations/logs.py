"""Logs: JSON lines with ids, never with texts, values or tokens; readable on a terminal.

The message of an exception may hold what somebody typed, and so may the arguments of a library's warning. Of the one
only its kind and places in the code are logged, of the other only its fixed words with the arguments that hold no text:
numbers as they are, and of exceptions their kind.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, TextIO

if "rich" not in sys.modules:
    # With it structlog draws stack traces, which our logs never show; loading it is a tenth of a role's start.
    sys.modules["rich"] = None  # type: ignore[assignment]  # how an import is made to find nothing
import structlog

if sys.modules["rich"] is None:
    del sys.modules["rich"]

from talkwright.operations.config import load
from talkwright.operations.settings import OperationsSettings

Logger = structlog.stdlib.BoundLogger

PLACES = 12
"""How many places of a failure are logged, the innermost last."""
OURS = "talkwright"
LEFT_OUT = "…"
"""Stands for an argument that may hold what somebody typed."""

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logging(role: str, settings: OperationsSettings | None = None, stream: TextIO | None = None) -> None:
    """Send the logs of this process, ours and the libraries', to `stream` (standard error) under the name `role`."""
    settings = settings or load(OperationsSettings)[OperationsSettings]
    out = stream or sys.stderr
    text = settings.log_format == "text" or (settings.log_format == "auto" and out.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer(colors=out.isatty()) if text else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_fixed_words, *_SHARED],
            pass_foreign_args=True,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_messages,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[settings.log_level.upper()]))
    logging.getLogger(OURS).setLevel(settings.log_level.upper())  # what libraries say at `debug` may be anything
    for noisy in ("httpx2", "httpcore2", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it says each try, the database's outage what to do
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(role=role)
    sys.excepthook = _last_words


def get_logger(name: str) -> Logger:
    """A logger whose fields are keyword arguments: `log.info("training.started", training=id)`."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def places_of(error: BaseException) -> list[str]:
    """Where it failed, as places in the code."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _without_messages(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say of an exception what it is and where it came from."""
    fault = line.pop("exc_info", None)
    error = fault[1] if isinstance(fault, tuple) else fault
    if fault is True:
        error = sys.exception()
    if isinstance(error, BaseException):
        line.update(error=type(error).__name__, where=places_of(error))
    line.pop("stack_info", None)
    return line


def _fixed_words(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of a library's warning or error keep the first line of its fixed words, with the arguments that hold no text."""
    record, arguments = line["_record"], line.pop("positional_args", ())
    if record.levelno >= logging.WARNING:
        line["event"] = _filled_in(str(record.msg).partition("\n")[0], arguments)
    return line


def _filled_in(words: str, arguments: Any) -> str:
    if not arguments:
        return words
    safe = (
        {name: _textless(value) for name, value in arguments.items()}
        if isinstance(arguments, Mapping)
        else tuple(_textless(value) for value in arguments)
    )
    try:
        return words % safe
    except (TypeError, ValueError, KeyError):  # the first line alone does not take all, or a number was left out
        return words


def _textless(value: object) -> object:
    """An argument as it may be logged."""
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, int | float) else LEFT_OUT


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends the process, in place of the interpreter's own account of it."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get_logger(__name__).critical("process.failed", exc_info=(kind, error, trace))
