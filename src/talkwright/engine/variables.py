"""`${NAME}` in a project's settings, filled from the environment of whoever runs the bot."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_OWN_PREFIX = "TALKWRIGHT_"


def expand(value: Any, environment: Mapping[str, str] | None = None) -> Any:
    """Fill `${NAME}` from the environment, in maps and lists too, but never with our own `TALKWRIGHT_…` variables."""
    variables = os.environ if environment is None else environment

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        return found.group() if name.startswith(_OWN_PREFIX) else variables.get(name, found.group())

    if isinstance(value, str):
        return _VARIABLE.sub(replaced, value)
    if isinstance(value, Mapping):
        return {key: expand(one, environment) for key, one in value.items()}
    return [expand(one, environment) for one in value] if isinstance(value, list) else value


def unset_variable(value: Any) -> str | None:
    """The name of the first variable that a filled text still names, because nobody set it."""
    found = _VARIABLE.search(value) if isinstance(value, str) else None
    return None if found is None else found["name"]
