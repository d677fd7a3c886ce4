"""`${NAME}` in a project's settings, filled from what whoever runs the bot gives: its environment, or a map alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_OWN_PREFIX = "TALKWRIGHT_"
_SHORTEST_SECRET = 6
GIVEN = "TALKWRIGHT_ENGINE_VARIABLES"


def given() -> Mapping[str, str] | None:
    """The map of names to values in `TALKWRIGHT_ENGINE_VARIABLES`, which then counts alone; None where it is not set.

    Raises ValueError where it is no such map; the message holds none of it.
    """
    text = os.environ.get(GIVEN)
    if not text and (file := os.environ.get(f"{GIVEN}_FILE")):
        try:
            text = Path(file).read_text(encoding="utf-8")
        except OSError as problem:
            raise ValueError(f"{GIVEN}_FILE names {file}, which can't be read: {problem.strerror}.") from None
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f'{GIVEN} must be a JSON map of names to texts, such as {{"NAME": "value"}}.') from None
    return found


def variables(environment: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """What names stand for: the given map, else what this process was given, else its environment."""
    if environment is not None:
        return environment
    found = given()
    return os.environ if found is None else found


def hidden(text: str) -> str:
    """A text without the values of the given map, for what people read; short ones are part of too many words."""
    values = (value for value in (given() or {}).values() if len(value) >= _SHORTEST_SECRET)
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, "***")
    return text


def how_to_set(name: str) -> str:
    """Words for whoever may set a variable that is missing."""
    if given() is None:
        return f"set the environment variable {name}"
    return f"set {name} in the assistant's settings"


def expand(value: Any, environment: Mapping[str, str] | None = None) -> Any:
    """Fill `${NAME}` from the variables, in maps and lists too, but never with our own `TALKWRIGHT_…` ones."""
    known = variables(environment)

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        return found.group() if name.startswith(_OWN_PREFIX) else known.get(name, found.group())

    if isinstance(value, str):
        return _VARIABLE.sub(replaced, value)
    if isinstance(value, Mapping):
        return {key: expand(one, known) for key, one in value.items()}
    return [expand(one, known) for one in value] if isinstance(value, list) else value


def unset_variable(value: Any) -> str | None:
    """The name of the first variable that a filled text still names, because nobody set it."""
    found = _VARIABLE.search(value) if isinstance(value, str) else None
    return None if found is None else found["name"]
