"""What follows when something goes wrong inside a turn (dialogue-semantics 5.10)."""

from __future__ import annotations

from typing import Any

from talkwright.engine.commands import ERROR_DEFAULT
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.interruption import push_cancel
from talkwright.engine.dialogue.ledger import Ledger


def push_error(ledger: Ledger, error_type: str = ERROR_DEFAULT, info: dict[str, Any] | None = None) -> None:
    """Puts the internal-error pattern on top."""
    ledger.push(frames.pattern_frame(frames.INTERNAL_ERROR, ledger.new_id(), error_type=error_type, info=info or {}))


def fail_softly(ledger: Ledger, reason: str) -> None:
    """Says that something went wrong and lets the flow go on (5.3, failing tools)."""
    push_error(ledger, info={"reason": reason})


def fail_flow(ledger: Ledger, reason: str) -> None:
    """Cancels the running flow and says that something went wrong: the error speaks first, then the cancellation."""
    stack = ledger.tracker.stack
    if not push_cancel(ledger, stack):
        ledger.set_stack(tuple(frames.ended(frame) for frame in stack if "step_id" in frame))
    push_error(ledger, info={"reason": reason})
