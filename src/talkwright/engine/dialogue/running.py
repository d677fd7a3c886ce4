"""Running a turn's commands: what each does to stack and slots (dialogue-semantics 4.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from talkwright.conversation import events as ev
from talkwright.conversation.stack import Stack, is_base_frame, running_flows, top_user_frame
from talkwright.engine.commands import (
    CancelFlow,
    CannotHandle,
    ChitChat,
    Clarify,
    Command,
    CorrectSlots,
    ErrorCommand,
    HandleCodeChange,
    HumanHandoff,
    Knowledge,
    Repeat,
    Restart,
    SessionEnd,
    SessionStart,
    SetSlot,
    SkipQuestion,
    StartFlow,
    UserSilence,
)
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.corrections import push_correction
from talkwright.engine.dialogue.failures import push_error
from talkwright.engine.dialogue.flow_end import drop_ended
from talkwright.engine.dialogue.interruption import (
    push_cancel,
    remove_completed_question,
    remove_continue_question,
    resume,
)
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.slots import same, stored
from talkwright.engine.dialogue.validation import push_validations

HASHES_SLOT = "flow_hashes"


@dataclass(frozen=True)
class _Turn:
    """What the commands of one turn need to know of each other."""

    ledger: Ledger
    started: tuple[str, ...]


def note_code_change(ledger: Ledger) -> bool:
    """Stores the flows' fingerprints where they are new; whether a flow on the stack was edited since (4.6.1)."""
    known = ledger.tracker.slots.get(HASHES_SLOT)
    current = ledger.program.fingerprints
    if known == current:
        return False
    if HASHES_SLOT in ledger.program.slots:
        ledger.set_slot(HASHES_SLOT, dict(current))
    if not isinstance(known, Mapping):
        return False
    on_stack = {str(frame["flow_id"]) for frame in ledger.tracker.stack if "flow_id" in frame}
    return any(flow_id in known and known[flow_id] != current.get(flow_id) for flow_id in on_stack)


def run_commands(ledger: Ledger, commands: Sequence[Command]) -> None:
    """Runs cleaned commands, backwards, so that the first one ends on top; then the validations of slots set."""
    before = len(ledger.events)
    turn = _Turn(ledger, tuple(command.flow for command in commands if isinstance(command, StartFlow)))
    for command in _in_running_order(ledger, commands):
        effect = _EFFECTS.get(type(command))
        if effect is not None:
            effect(turn, command)
    written = [str(event.get("name")) for event in ledger.events[before:] if event.type == ev.SLOT]
    push_validations(ledger, written)


def _in_running_order(ledger: Ledger, commands: Sequence[Command]) -> list[Command]:
    """Backwards; if no flow is active, the last start of the list runs first, so that values come after it (12.24).

    A correction beside the resumption of a flow runs last: the resumed flow would come to lie above it.
    """
    ordered = list(reversed(commands))
    on_stack = {frame.get("flow_id") for frame in ledger.before}
    if any(isinstance(command, StartFlow) and command.flow in on_stack for command in commands):
        ordered.sort(key=lambda command: isinstance(command, CorrectSlots))
    if not _is_active(ledger.before):
        start = next((command for command in ordered if isinstance(command, StartFlow)), None)
        if start is not None:
            ordered.remove(start)
            ordered.insert(0, start)
    return ordered


def _is_active(stack: Stack) -> bool:
    return any(is_base_frame(frame) for frame in stack)


def _start(turn: _Turn, command: Command) -> None:
    ledger = turn.ledger
    if not isinstance(command, StartFlow) or command.flow not in ledger.program.flows:
        return
    remove_completed_question(ledger)
    current = top_user_frame(ledger.before)
    if command.flow in running_flows(ledger.before):
        if remove_continue_question(ledger):
            resume(ledger, command.flow)
        return
    drop_ended(ledger, command.flow)
    if any(frame.get("flow_id") == command.flow for frame in ledger.tracker.stack):
        remove_continue_question(ledger)
        resume(ledger, command.flow)
        if current is not None and current["flow_id"] != command.flow:
            ledger.flow_interrupted(str(current["flow_id"]), current.get("step_id"))
        return
    interrupting = _is_active(ledger.before)
    remove_continue_question(ledger)
    ledger.push(frames.user_frame(command.flow, "interrupt" if interrupting else "regular", ledger.new_id()))
    if interrupting and current is not None:
        ledger.flow_interrupted(str(current["flow_id"]), current.get("step_id"))


def _set_slot(turn: _Turn, command: Command) -> None:
    ledger = turn.ledger
    if not isinstance(command, SetSlot):
        return
    slot = ledger.program.slots.get(command.name)
    if slot is None or not _is_awaited(turn, command.name):
        return
    if not same(slot, ledger.tracker.slots.get(command.name), command.value):
        ledger.set_slot(command.name, stored(slot, command.value), filled_by=command.extractor)


def _is_awaited(turn: _Turn, name: str) -> bool:
    """Whether a value for the slot counts now (4.6, set slot): values for other flows vanish (12.26)."""
    ledger = turn.ledger
    program, stack = ledger.program, ledger.tracker.stack
    if program.is_free_slot(name) or name in (frames.slot_in_question(stack), frames.slot_in_question(ledger.before)):
        return True
    if any(name in program.fillable(flow_id) for flow_id in running_flows(stack)):
        return True
    if turn.started:
        return any(flow_id in program.flows and name in program.fillable(flow_id) for flow_id in turn.started)
    return name in program.fillable_in_patterns


def _cancel(turn: _Turn, _: Command) -> None:
    push_cancel(turn.ledger, turn.ledger.before)


def _clarify(turn: _Turn, command: Command) -> None:
    ledger = turn.ledger
    if not isinstance(command, Clarify):
        return
    remove_completed_question(ledger)
    flows = [ledger.program.flows[flow_id] for flow_id in command.options if flow_id in ledger.program.flows]
    ledger.push(
        frames.pattern_frame(
            frames.CLARIFICATION,
            ledger.new_id(),
            names=[flow.readable_name(ledger.language) for flow in flows],
            clarification_ids=[flow.id for flow in flows],
            clarification_options="",
        )
    )


def _skip(turn: _Turn, _: Command) -> None:
    top = top_user_frame(turn.ledger.tracker.stack, ignore_call=True)
    if top is not None and is_base_frame(top):
        _push(turn.ledger, frames.SKIP_QUESTION)


def _correct(turn: _Turn, command: Command) -> None:
    if isinstance(command, CorrectSlots):
        push_correction(turn.ledger, command)


def _cannot_handle(turn: _Turn, command: Command) -> None:
    if isinstance(command, CannotHandle):
        turn.ledger.push(frames.pattern_frame(frames.CANNOT_HANDLE, turn.ledger.new_id(), reason=command.reason))


def _error(turn: _Turn, command: Command) -> None:
    if isinstance(command, ErrorCommand):
        push_error(turn.ledger, command.error_type, dict(command.info or {}))


def _chitchat(turn: _Turn, command: Command) -> None:
    if isinstance(command, ChitChat):
        own = {} if command.kind is None else {"kind": command.kind}
        turn.ledger.push(frames.pattern_frame(frames.CHITCHAT, turn.ledger.new_id(), **own))


def _push(ledger: Ledger, pattern: str) -> None:
    ledger.push(frames.pattern_frame(pattern, ledger.new_id()))


def _pushing(pattern: str) -> Callable[[_Turn, Command], None]:
    return lambda turn, _: _push(turn.ledger, pattern)


_EFFECTS: dict[type[Command], Callable[[_Turn, Command], None]] = {
    StartFlow: _start,
    SetSlot: _set_slot,
    CorrectSlots: _correct,
    CancelFlow: _cancel,
    Clarify: _clarify,
    SkipQuestion: _skip,
    CannotHandle: _cannot_handle,
    ErrorCommand: _error,
    ChitChat: _chitchat,
    Knowledge: _pushing(frames.SEARCH),
    Repeat: _pushing(frames.REPEAT),
    Restart: _pushing(frames.RESTART),
    SessionStart: _pushing(frames.SESSION_START),
    SessionEnd: _pushing(frames.SESSION_END),
    HumanHandoff: _pushing(frames.HUMAN_HANDOFF),
    UserSilence: _pushing(frames.USER_SILENCE),
    HandleCodeChange: _pushing(frames.CODE_CHANGE),
}
