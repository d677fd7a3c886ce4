"""What validation and reading find: one value for every finding, whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a problem matters: an error stops a training, a warning does not, a hint only informs."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one place, with a message that says how to mend it.

    `kind` and `name` name the item, `step` a flow's step by its id, `path` is a JSON pointer into the item's body,
    `line` counts from 1 inside the item's source (inside the file where there is no item), `file` is a project's path.
    `fix` holds the JSON Patch operations on this item's body that would mend it. `subject` tells two problems of one
    code at one place apart.
    """

    code: str
    severity: Severity
    message: str
    kind: str | None = None
    name: str | None = None
    step: str | None = None
    path: str = ""
    line: int | None = None
    file: str | None = None
    fix: tuple[dict[str, Any], ...] = field(default=())
    subject: str = ""

    def __post_init__(self) -> None:
        """Keep the message one that a person reads, also where it quotes a value of a megabyte."""
        if len(self.message) > _LONG_WORD:
            object.__setattr__(self, "message", _readable(self.message))

    @property
    def key(self) -> str:
        """What stays the same while the problem stays: code and place, without the words."""
        return key_of({part: getattr(self, part) for part in _PARTS})


_LONG_WORD = 200
_LONG_MESSAGE = 900


def _readable(message: str) -> str:
    words = (word if len(word) <= _LONG_WORD else f"{word[: _LONG_WORD // 2]}…" for word in message.split(" "))
    shown = " ".join(words)
    half = _LONG_MESSAGE // 2
    return shown if len(shown) <= _LONG_MESSAGE else f"{shown[:half]} … {shown[-half:]}"


_PARTS = ("code", "kind", "name", "step", "path", "file", "subject")


def key_of(problem: Mapping[str, Any]) -> str:
    """A problem's key where it is told as a map, which may leave out what is empty."""
    return "|".join(str(problem.get(part) or "") for part in _PARTS)
