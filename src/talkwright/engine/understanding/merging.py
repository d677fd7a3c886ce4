"""Several sources of commands for one message: what an earlier one said stands (dialogue-semantics 4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from talkwright.conversation.stack import Stack
from talkwright.engine.commands import Command, SetSlot, StartFlow
from talkwright.engine.dialogue.frames import slot_in_question


def settles(commands: Sequence[Command], stack: Stack) -> bool:
    """Whether nobody else need be asked: a flow starts, or the slot in question is filled (`minimize_num_calls`)."""
    asked = slot_in_question(stack)
    return any(
        isinstance(command, StartFlow) or (isinstance(command, SetSlot) and command.name == asked)
        for command in commands
    )


def merged(earlier: Sequence[Command], later: Sequence[Command]) -> list[Command]:
    """Both lists in order, without later values for slots that are set and without a later start of another flow."""
    filled = {command.name for command in earlier if isinstance(command, SetSlot)}
    started = {command.flow for command in earlier if isinstance(command, StartFlow)}

    def stands(command: Command) -> bool:
        if isinstance(command, SetSlot):
            return command.name not in filled
        return not isinstance(command, StartFlow) or not started or command.flow in started

    return [*earlier, *(command for command in later if stands(command) and command not in earlier)]
