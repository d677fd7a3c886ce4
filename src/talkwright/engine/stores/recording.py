"""What is kept and told of how a message was understood (wire-protocols 3.6), and what is not.

The agent writes into a user event's `parse_data` all it knows: our own `trace` and, with a language model, `prompts`
and `predicted_commands`. None of it is needed to go on with the conversation. Where recording is on, prompts and
predicted commands travel to brokers as the ecosystem knows them; the trace is our own and is kept as a detail by
(sender, message id). Where recording is off, all of it ends with the turn.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event

MAX_DETAIL = 64 << 10
"""Bytes of one detail; a longer one loses its prompts, then its trace."""
TRACE, PROMPTS, PREDICTED = "trace", "prompts", "predicted_commands"
_LONG_PARTS = ("answer", "local", "llm", "read", "dropped", "values")
"""Parts of a trace that leave it where it is too long, the longest first."""
_COMPONENTS = {"payload": "CommandPayloadReader", "local": "LocalUnderstanding", "llm": "LLMUnderstanding"}
_HIDDEN = "***"
_SECRET_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_FILE)?$", re.IGNORECASE)
_SECRET_SHAPES = re.compile(
    r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)"
)
_SHORTEST_SECRET = 6  # characters; a shorter value is part of too many words


def secrets_of(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The values of variables whose names say that they are secret."""
    return [value for name, value in environment.items() if _SECRET_NAMES.search(name) and not name.endswith("_FILE")]


class Recording:
    """What is recorded: nothing of a message's understanding where it is not `on`; `secrets` are masked wherever."""

    def __init__(self, *, on: bool, secrets: Iterable[str] = ()) -> None:
        self.on = on
        self._secrets = sorted((one for one in set(secrets) if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)

    def of(self, predicted: Sequence[Any], source: str, prompts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What `parse_data` gets of a message's understanding: nothing, or commands and prompts (wire-protocols 3.6).

        `source` is who understood it. Prompts of more than 64 KiB are left out.
        """
        if not self.on:
            return {}
        named = next((str(prompt["component_name"]) for prompt in prompts if "component_name" in prompt), None)
        masked = self.masked(prompts)
        fits = len(json.dumps(masked, default=str)) <= MAX_DETAIL
        return {
            PREDICTED: {named or _COMPONENTS.get(source, source): self.masked(predicted)},
            PROMPTS: masked if fits else [],
        }

    def add(self, message: Event, prompts: Iterable[Mapping[str, Any]]) -> None:
        """Adds what models were asked later in the turn to the prompts of its message, as long as 64 KiB hold them."""
        parse_data = message.get("parse_data")
        kept = parse_data.get(PROMPTS) if self.on and isinstance(parse_data, Mapping) else None
        if not isinstance(kept, list):
            return
        for prompt in self.masked(list(prompts)):
            if len(json.dumps([*kept, prompt], default=str)) <= MAX_DETAIL:
                kept.append(prompt)

    def trace(self, trace: Mapping[str, Any], predicted: Sequence[Any], dropped: Sequence[Any]) -> dict[str, Any]:
        """What `parse_data` gets as our own trace, with what the clean-up left out.

        Where it is recorded, or tells what a server answered, it is without secrets and of at most 64 KiB.
        """
        left_out = [*trace.get("dropped", ()), *dropped]
        whole = {**trace, "predicted": predicted, **({"dropped": left_out} if left_out else {})}
        if not self.on and trace.get("source") != "llm" and "llm" not in trace:
            return whole
        masked: dict[str, Any] = self.masked(whole)
        for name in (*_LONG_PARTS, None):
            if len(json.dumps(masked, default=str)) <= MAX_DETAIL:
                break
            masked = {"source": trace.get("source"), "too_long": True} if name is None else _without(masked, name)
        return masked

    def kept(self, event: Event) -> Event:
        """The event as stores and brokers keep it: without our trace, and with prompts only where recording is on."""
        parse_data = event.get("parse_data") if event.type == ev.USER else None
        if not isinstance(parse_data, Mapping):
            return event
        kept = {key: value for key, value in parse_data.items() if key not in (TRACE, PROMPTS, PREDICTED)}
        if self.on:
            kept |= self._commands_and_prompts(parse_data)
        return Event(event.type, event.timestamp, {**event.fields, "parse_data": kept}, event.metadata)

    def detail(self, event: Event) -> tuple[str, str] | None:
        """The message's id and what is recorded of its understanding, as JSON in ASCII of at most 64 KiB."""
        parse_data = event.get("parse_data") if event.type == ev.USER else None
        message_id = event.text_of("message_id")
        if not self.on or not isinstance(parse_data, Mapping) or message_id is None:
            return None
        parts = {name: self.masked(parse_data[name]) for name in (TRACE, PROMPTS) if name in parse_data}
        if not parts:
            return None
        for dropped in (None, PROMPTS, TRACE):
            if dropped in parts:
                parts[dropped] = None
                parts["dropped"] = [*parts.get("dropped", ()), dropped]
            body = json.dumps(parts, default=str)
            if len(body) <= MAX_DETAIL:
                return message_id, body
        return None

    def _commands_and_prompts(self, parse_data: Mapping[str, Any]) -> dict[str, Any]:
        predicted, trace = parse_data.get(PREDICTED), parse_data.get(TRACE)
        if predicted is None and isinstance(trace, Mapping) and "predicted" in trace:
            source = str(trace.get("source"))
            predicted = {_COMPONENTS.get(source, source): trace["predicted"]}
        return {PREDICTED: self.masked(predicted or {}), PROMPTS: self.masked(parse_data.get(PROMPTS) or [])}

    def masked(self, value: Any) -> Any:
        """A copy of a JSON value without the secrets in its texts and keys."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, _HIDDEN)
            return _SECRET_SHAPES.sub(_HIDDEN, value)
        if isinstance(value, Mapping):
            return {self.masked(key): self.masked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(item) for item in value]
        return value


def _without(trace: dict[str, Any], name: str) -> dict[str, Any]:
    return {**{key: value for key, value in trace.items() if key != name}, "too_long": True}


NOTHING = Recording(on=False)
