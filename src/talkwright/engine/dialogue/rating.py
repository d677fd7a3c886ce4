"""The rating at the end of a conversation: asked for once a session (dialogue-semantics 5.11)."""

from __future__ import annotations

from collections.abc import Iterable

from talkwright.conversation import events as ev
from talkwright.engine.commands import Command, SetSlot
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import Program

ANYTHING_ELSE_SLOT = "continue_conversation"


def may_ask_for_rating(program: Program, commands: Iterable[Command]) -> bool:
    """Whether the turn can come to the rating, so that the whole session must be there to see whether it did before."""
    ends = any(
        isinstance(one, SetSlot) and one.name == ANYTHING_ELSE_SLOT and one.value is not True for one in commands
    )
    return ends and program.profile.rates_once


def is_rated(ledger: Ledger) -> bool:
    """Whether this session was asked for a rating already, and that is not asked for again."""
    if not ledger.program.profile.rates_once:
        return False
    session = ledger.tracker.events_of_session()
    return any(event.type == ev.FLOW_STARTED and event.get("flow_id") == frames.SATISFACTION for event in session)
