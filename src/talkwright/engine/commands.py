"""Commands: what the understanding says the user wants (dialogue-semantics 4.1). Values, with their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

LLM = "LLM"
NLU = "NLU"
PAYLOAD = "CommandPayloadReader"
CUSTOM = "CUSTOM"

CANNOT_HANDLE_DEFAULT = "cannot_handle_default"
CANNOT_HANDLE_CHITCHAT = "cannot_handle_chitchat"
CANNOT_HANDLE_NOT_SUPPORTED = "cannot_handle_not_supported"
CANNOT_HANDLE_INVALID_INTENT = "cannot_handle_invalid_intent"
CANNOT_HANDLE_NO_RELEVANT_ANSWER = "cannot_handle_no_relevant_answer"

ERROR_DEFAULT = "rasa_internal_error_default"
ERROR_TOO_LONG = "rasa_internal_error_user_input_too_long"
ERROR_EMPTY = "rasa_internal_error_user_input_empty"


@dataclass(frozen=True)
class Command:
    """What all commands share: `command` is the JSON name."""

    command: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """The command as `parse_data.commands` holds it."""
        return {"command": self.command, **{item.name: getattr(self, item.name) for item in fields(self)}}


@dataclass(frozen=True)
class StartFlow(Command):
    """Start or resume a flow."""

    flow: str
    command: ClassVar[str] = "start flow"


@dataclass(frozen=True)
class SetSlot(Command):
    """Fill a slot; `extractor` says who understood it."""

    name: str
    value: Any
    extractor: str = LLM
    command: ClassVar[str] = "set slot"


@dataclass(frozen=True)
class CorrectedSlot:
    """One slot of a correction."""

    name: str
    value: Any
    filled_by: str | None = LLM

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form."""
        return {"name": self.name, "value": self.value, "filled_by": self.filled_by}


@dataclass(frozen=True)
class CorrectSlots(Command):
    """Change slots that were filled before; made by the clean-up (4.5)."""

    corrected_slots: tuple[CorrectedSlot, ...]
    command: ClassVar[str] = "correct slot"

    def to_dict(self) -> dict[str, Any]:
        """The command as `parse_data.commands` holds it."""
        return {"command": self.command, "corrected_slots": [slot.to_dict() for slot in self.corrected_slots]}


@dataclass(frozen=True)
class CancelFlow(Command):
    """Cancel the top user flow."""

    command: ClassVar[str] = "cancel flow"


@dataclass(frozen=True)
class Clarify(Command):
    """Ask which of these flows is meant."""

    options: tuple[str, ...] = ()
    command: ClassVar[str] = "clarify"

    def to_dict(self) -> dict[str, Any]:
        """The command as `parse_data.commands` holds it."""
        return {"command": self.command, "options": list(self.options)}


@dataclass(frozen=True)
class ChitChat(Command):
    """Small talk; `kind` says which, where it is one that has an answer of its own."""

    kind: str | None = None
    command: ClassVar[str] = "chitchat"

    def to_dict(self) -> dict[str, Any]:
        """The command as `parse_data.commands` holds it."""
        return {"command": self.command, **({} if self.kind is None else {"kind": self.kind})}


@dataclass(frozen=True)
class Knowledge(Command):
    """A question for the knowledge base."""

    command: ClassVar[str] = "knowledge"


@dataclass(frozen=True)
class SkipQuestion(Command):
    """The user refuses to answer."""

    command: ClassVar[str] = "skip question"


@dataclass(frozen=True)
class CannotHandle(Command):
    """Nothing usable was understood."""

    reason: str = CANNOT_HANDLE_DEFAULT
    command: ClassVar[str] = "cannot handle"


@dataclass(frozen=True)
class Repeat(Command):
    """Repeat the last bot messages."""

    command: ClassVar[str] = "repeat"


@dataclass(frozen=True)
class Restart(Command):
    """Begin the conversation anew."""

    command: ClassVar[str] = "restart"


@dataclass(frozen=True)
class SessionStart(Command):
    """Begin a session."""

    command: ClassVar[str] = "session start"


@dataclass(frozen=True)
class SessionEnd(Command):
    """End the session."""

    command: ClassVar[str] = "session end"


@dataclass(frozen=True)
class HumanHandoff(Command):
    """A person is wanted, and no flow of the project hands over; only the local understanding makes it."""

    command: ClassVar[str] = "human handoff"


@dataclass(frozen=True)
class UserSilence(Command):
    """The user said nothing for a while."""

    command: ClassVar[str] = "user silence"


@dataclass(frozen=True)
class ErrorCommand(Command):
    """Something went wrong before or in the understanding."""

    error_type: str = ERROR_DEFAULT
    info: Mapping[str, Any] | None = None
    command: ClassVar[str] = "error"

    def to_dict(self) -> dict[str, Any]:
        """The command as `parse_data.commands` holds it."""
        return {"command": self.command, "error_type": self.error_type, "info": dict(self.info or {})}


@dataclass(frozen=True)
class HandleCodeChange(Command):
    """Flows on the stack were edited."""

    command: ClassVar[str] = "handle code change"


@dataclass(frozen=True)
class ChangeFlow(Command):
    """Inner word of the multi-step generator; without effect."""

    command: ClassVar[str] = "change_flow"


@dataclass(frozen=True)
class Noop(Command):
    """Keeps the turn in CALM; without effect."""

    command: ClassVar[str] = "noop"


@dataclass(frozen=True)
class ContinueAgent(Command):
    """Hand the message to the active sub-agent."""

    command: ClassVar[str] = "continue agent"


@dataclass(frozen=True)
class RestartAgent(Command):
    """Run a completed sub-agent again."""

    agent_id: str
    command: ClassVar[str] = "restart agent"


KINDS: Mapping[str, type[Command]] = {
    kind.command: kind
    for kind in (
        StartFlow,
        SetSlot,
        CorrectSlots,
        CancelFlow,
        Clarify,
        ChitChat,
        Knowledge,
        SkipQuestion,
        CannotHandle,
        Repeat,
        Restart,
        SessionStart,
        SessionEnd,
        HumanHandoff,
        UserSilence,
        ErrorCommand,
        HandleCodeChange,
        ChangeFlow,
        Noop,
        ContinueAgent,
        RestartAgent,
    )
}


def from_dict(data: Mapping[str, Any]) -> Command:
    """Reads a command from its JSON form; raises ValueError for an unknown name or missing fields."""
    kind = KINDS.get(str(data.get("command")))
    if kind is None:
        raise ValueError(f"There is no command named {data.get('command')!r}.")
    known = {item.name for item in fields(kind)}
    values = {key: value for key, value in data.items() if key in known}
    if kind is Clarify:
        values["options"] = tuple(values.get("options") or ())
    if kind is CorrectSlots:
        values["corrected_slots"] = tuple(CorrectedSlot(**slot) for slot in values.get("corrected_slots") or ())
    try:
        return kind(**values)
    except TypeError as problem:
        raise ValueError(f"The command {kind.command!r} is incomplete: {problem}") from problem
