"""What jobs say: one JSON object a line on standard output, read by whoever started them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from talkwright.assistant.problems import Problem

Say = Callable[..., None]


def say(stage: str, message: str, **fields: Any) -> None:
    """One line: `stage` for programs, `message` for people, and fields such as `progress` (0..1) or `port`."""
    _write({"stage": stage, "message": message, **fields})


def say_problem(problem: Problem) -> None:
    """One problem that validation found."""
    _write({"problem": {key: value for key, value in asdict(problem).items() if value not in (None, (), "")}})


def _write(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
