"""What the shell says of a turn beside the bot's own messages: commands, failures, and why there was no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.engine.dialogue.program import ROUTING_SLOT

SILENT = "The bot said nothing."
_UNSHOWN = frozenset({"command", "extractor", "filled_by"})


def details(command: Mapping[str, Any]) -> str:
    """A command's values in words, lists and maps as people write them."""
    if "name" in command and "value" in command:
        return f"{command['name']} = {command['value']}"
    return " ".join(_words(value) for key, value in command.items() if key not in _UNSHOWN and value)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return details(value)
    if isinstance(value, list | tuple):
        return ", ".join(_words(one) for one in value)
    return str(value)


def failures(events: Sequence[Event]) -> Iterator[str]:
    """What went wrong with actions in a turn, each once."""
    told = (event.metadata.get("execution_error_message") for event in events if event.type == ev.ACTION)
    yield from dict.fromkeys(str(message) for message in told if message)


def why_silent(events: Sequence[Event]) -> str:
    """Why a turn brought no message, as far as its events tell."""
    if any(event.type == ev.RESTART for event in events):
        return "The conversation begins anew."
    if any(event.type == ev.SESSION_ENDED for event in events):
        return "The conversation has ended; the next message begins another."
    if refused := next((event for event in events if event.type == ev.ACTION_REJECTED), None):
        return (
            f"{SILENT} {refused.text_of('name')} found no answer in the message, and nothing says what follows then:"
            " write a response utter_default, or a rule for the intent nlu_fallback."
        )
    said = next((event for event in events if event.type == ev.USER), None)
    parse_data = (said.get("parse_data") or {}) if said is not None else {}
    commands = [one for one in parse_data.get("commands") or () if one.get("name") != ROUTING_SLOT]
    if commands and all(command["command"] == "set slot" for command in commands):
        return f"{SILENT} It only noted {', '.join(details(command) for command in commands)}."
    decision = str((parse_data.get("trace") or {}).get("decision") or "")
    if decision.startswith(BY_RULES):
        return f"{SILENT} {decision} None of them answers this."
    return f"{SILENT} /inspect shows what it understood."


BY_RULES = "Rules and stories answer"
"""How the reason begins where the flows were not asked."""
