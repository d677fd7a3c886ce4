"""How a bot logs: JSON lines with ids; of a failure its kind and place, never a text, a value or a token.

By the standard library alone: a bot starts in a fraction of the time that loading a library for this would take.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_NAME = "talkwright.engine"
_log = logging.getLogger(_NAME)


def warning(event: str, **ids: object) -> None:
    """Log what went wrong without harm."""
    _log.warning(event, extra={"ids": ids})


def error(event: str, **ids: object) -> None:
    """Log a failure."""
    _log.error(event, extra={"ids": ids})


class Lines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The event, its ids and its time."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        ids = getattr(record, "ids", {})
        line = {**ids, "event": record.getMessage(), "level": record.levelname.lower(), "timestamp": at}
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logs(*, quiet: bool = False) -> None:
    """Send the engine's own log to standard output (not where `quiet`), and of libraries warnings to standard error."""
    own, others = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    own.setFormatter(Lines())
    own.addFilter(lambda record: record.name == _NAME and not quiet)
    others.setFormatter(logging.Formatter("%(levelname)s %(name)s"))
    others.addFilter(lambda record: record.name != _NAME)
    logging.basicConfig(level=logging.WARNING, handlers=[own, others])
