"""Validation outside a question: slots with own rules are checked as soon as they are set (dialogue-semantics 5.5)."""

from __future__ import annotations

from collections.abc import Iterable

from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.ledger import Ledger


def push_validations(ledger: Ledger, names: Iterable[str]) -> None:
    """Pushes a validation frame for each slot that has rules, unless it is being validated already."""
    for name in dict.fromkeys(names):
        slot = ledger.program.slots.get(name)
        if slot is None or slot.validation is None or _is_open(ledger, name):
            continue
        ledger.push(
            frames.pattern_frame(
                frames.VALIDATE,
                ledger.new_id(),
                validate=name,
                refill_utter=slot.validation.refill_utter,
                refill_action=f"action_ask_{name}",
                rejections=[{"if": rule.condition, "utter": rule.utter} for rule in slot.validation.rejections],
            )
        )


def _is_open(ledger: Ledger, name: str) -> bool:
    return any(frame.get("type") == frames.VALIDATE and frame.get("validate") == name for frame in ledger.tracker.stack)
