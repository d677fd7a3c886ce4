"""Logs: JSON lines with ids, never with texts, values or tokens; readable on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog

from talkwright.operations.settings import OperationsSettings

Logger = structlog.stdlib.BoundLogger

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logging(role: str, settings: OperationsSettings | None = None, stream: TextIO | None = None) -> None:
    """Send the logs of this process, ours and the libraries', to `stream` (standard error) under the name `role`."""
    settings = settings or OperationsSettings()
    out = stream or sys.stderr
    text = settings.log_format == "text" or (settings.log_format == "auto" and out.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer(colors=out.isatty()) if text else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("httpx2", "httpcore2", "uvicorn.access", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
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


def get_logger(name: str) -> Logger:
    """A logger whose fields are keyword arguments: `log.info("training.started", training=id)`."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
