"""The short forms of scenario files: commands, and what a message means over a channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from talkwright.assistant import yamls
from talkwright.assistant.flows import Flow
from talkwright.assistant.payloads import NULL_WORDS
from talkwright.engine import commands as cmd
from talkwright.engine.commands import LLM, Command, SetSlot, StartFlow

_PLAIN: Mapping[str, Command] = {
    "cancel": cmd.CancelFlow(),
    "skip": cmd.SkipQuestion(),
    "chitchat": cmd.ChitChat(),
    "knowledge": cmd.Knowledge(),
    "repeat": cmd.Repeat(),
    "restart": cmd.Restart(),
    "session start": cmd.SessionStart(),
    "session end": cmd.SessionEnd(),
    "human handoff": cmd.HumanHandoff(),
    "silence": cmd.UserSilence(),
    "noop": cmd.Noop(),
    "cannot handle": cmd.CannotHandle(),
    "clarify": cmd.Clarify(),
    "error": cmd.ErrorCommand(),
}
_BY = " by "


class ScenarioError(ValueError):
    """A scenario file that can't be read: says where and why."""


def read_command(text: str) -> Command:
    """A command from its short form; raises ScenarioError."""
    word, _, rest = text.partition(" ")
    rest = rest.strip()
    if word == "start" and rest:
        return StartFlow(rest)
    if word == "set" and rest:
        return _set_slot(rest)
    if text.startswith("cannot handle "):
        return cmd.CannotHandle(text.removeprefix("cannot handle ").strip())
    if word == "clarify":
        return cmd.Clarify(tuple(rest.split()))
    if word == "chitchat" and rest:
        return cmd.ChitChat(rest)
    if word == "error" and rest:
        return cmd.ErrorCommand(rest)
    if text in _PLAIN:
        return _PLAIN[text]
    raise ScenarioError(f"There is no command that reads “{text}”.")


def _set_slot(rest: str) -> Command:
    """`SLOT VALUE`, with who understood it behind `by` where that is not the language model."""
    written, by = rest, LLM
    for extractor in (cmd.NLU, cmd.PAYLOAD):
        if rest.endswith(_BY + extractor):
            written, by = rest.removesuffix(_BY + extractor), extractor
    name, _, value = written.partition(" ")
    try:
        return SetSlot(name, yamls.load(value) if value.strip() else None, by)
    except yamls.YamlError as problem:
        raise ScenarioError(f"The value in “set {rest}” can't be read: {problem}") from problem


def write_command(command: Command) -> str:
    """The short form of a command."""
    match command:
        case StartFlow():
            return f"start {command.flow}"
        case SetSlot():
            by = "" if command.extractor == LLM else _BY + command.extractor
            return f"set {command.name} {json.dumps(command.value, ensure_ascii=False)}{by}"
        case cmd.Clarify():
            return " ".join(["clarify", *command.options])
        case cmd.ChitChat(kind=str(kind)):
            return f"chitchat {kind}"
        case cmd.CannotHandle() | cmd.ErrorCommand():
            what = command.reason if isinstance(command, cmd.CannotHandle) else command.error_type
            return f"{command.command} {what}"
        case _:
            return next((words for words, plain in _PLAIN.items() if plain == command), command.command)


def as_payload(said: str | Sequence[Command], flows: Mapping[str, Flow]) -> str | None:
    """The message that means the same over a channel, where there is one: a text, slots, or a start by its intent."""
    if isinstance(said, str):
        return said
    if said and all(isinstance(command, SetSlot) and command.extractor != cmd.NLU for command in said):
        values = {item.name: _payload_value(item.value) for item in said if isinstance(item, SetSlot)}
        pairs = [f"{name}={value}" for name, value in values.items() if value is not None]
        return f"/SetSlots({', '.join(pairs)})" if len(pairs) == len(said) else None
    if len(said) == 1 and isinstance(said[0], StartFlow):
        flow = flows.get(said[0].flow)
        can_be_said = flow is not None and flow.guard is None and flow.nlu_triggers  # intents don't ask guards
        return f"/{flow.nlu_triggers[0].intent}" if flow is not None and can_be_said else None
    return None


def _payload_value(value: object) -> str | None:
    """A value as a payload writes it; None for a text that a payload would read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return None if text.lower() in NULL_WORDS or any(sign in text for sign in ",=()[]{}\"'") else text
