"""Commands that were understood and not run, each with its reason in words for whoever asks why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from talkwright.engine.commands import Command


@dataclass(frozen=True, slots=True)
class Dropped:
    """A command that was left out, and why."""

    command: Command
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form, as traces hold it."""
        return {"command": self.command.to_dict(), "why": self.why}


def gone(before: Sequence[Command], after: Collection[Command], why: str) -> list[Dropped]:
    """What of `before` is not in `after`, all for one reason."""
    return [Dropped(command, why) for command in before if command not in after]


def told(dropped: Sequence[Dropped]) -> list[dict[str, Any]]:
    """All of them for a trace."""
    return [one.to_dict() for one in dropped]
