"""Several sources of commands for one message: what an earlier one said stands (dialogue-semantics 4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from talkwright.conversation.stack import Stack
from talkwright.engine.commands import Command, SetSlot, StartFlow
from talkwright.engine.dialogue.frames import slot_in_question
from talkwright.engine.dropped import Dropped


def settles(commands: Sequence[Command], stack: Stack) -> bool:
    """Whether nobody else need be asked: a flow starts, or the slot in question is filled (`minimize_num_calls`)."""
    asked = slot_in_question(stack)
    return any(
        isinstance(command, StartFlow) or (isinstance(command, SetSlot) and command.name == asked)
        for command in commands
    )


def merged(earlier: Sequence[Command], later: Sequence[Command], dropped: list[Dropped] | None = None) -> list[Command]:
    """Both lists in order, without later values for slots that are set and without a later start of another flow.

    What is left out is added to `dropped`, with its reason.
    """
    filled = {command.name for command in earlier if isinstance(command, SetSlot)}
    started = {command.flow for command in earlier if isinstance(command, StartFlow)}

    def fault(command: Command) -> str | None:
        if command in earlier:
            return "it was understood before"
        if isinstance(command, SetSlot) and command.name in filled:
            return "the slot has a value that was understood before"
        if isinstance(command, StartFlow) and started and command.flow not in started:
            return "another flow was understood before"
        return None

    faults = [(command, fault(command)) for command in later]
    if dropped is not None:
        dropped.extend(Dropped(command, why) for command, why in faults if why is not None)
    return [*earlier, *(command for command, why in faults if why is None)]
