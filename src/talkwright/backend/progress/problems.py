"""What an engine found, in the API's shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.problems import key_of


def problems_of(written: str | None) -> list[dict[str, Any]]:
    """Problems as an attempt keeps them, in the API's shape."""
    return [_problem(found) for found in json.loads(written or "[]")]


def _problem(found: Mapping[str, Any]) -> dict[str, Any]:
    """A problem as the engine said it, in the API's shape: engines leave out what is empty."""
    empty: dict[str, Any] = dict.fromkeys(("kind", "name", "item", "step", "line", "file", "fix"))
    told = {name: value for name, value in found.items() if name != "subject"}
    return {"key": key_of(found), "path": "", "severity": "error", **empty, **told}
