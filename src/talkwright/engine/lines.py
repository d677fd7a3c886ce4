"""What jobs say on standard output: one JSON object a line, or words for a person who watches."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from talkwright.assistant.problems import Problem

Say = Callable[..., None]


_for_people = False
_said: set[str] = set()


def speak_to_people() -> None:
    """From now on, say words instead of JSON: for commands that a person starts."""
    global _for_people  # noqa: PLW0603 - as standard output, there is one for the process
    _for_people = True


def say(stage: str, message: str, **fields: Any) -> None:
    """One line: `stage` for programs, `message` for people, and fields such as `progress` (0..1) or `port`."""
    if _for_people:
        _print(message)
        return
    _write({"stage": stage, "message": message, **fields})


def say_problem(problem: Problem, located: Callable[[Problem], Problem] | None = None) -> None:
    """One problem that validation found; `located` finds where people look for it, where more is known of its place."""
    if not _for_people:
        _write({"problem": {key: value for key, value in asdict(problem).items() if value not in (None, (), "")}})
        return
    words = in_words(problem if located is None else located(problem))
    if words not in _said:  # one sentence may be true of many places in one item
        _said.add(words)
        _print(words)


def in_words(problem: Problem) -> str:
    """A problem on one line: how bad it is, where it is, and what to do. An item that is its whole file is the file."""
    step = f"step {problem.step}" if problem.step and "step" not in problem.message.lower() else None
    item = None if problem.name == problem.file else " ".join(filter(None, (problem.kind, problem.name, step)))
    line = f":{problem.line}" if problem.file and problem.line else ""
    where = ", ".join(filter(None, (f"{problem.file or ''}{line}", item)))
    return f"{problem.severity.value}: {where or 'project'}: {problem.message}"


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _write(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
