"""A conversation as lines of text, for prompts (dialogue-semantics 7.3): each on one line, whatever somebody typed."""

from __future__ import annotations

from collections.abc import Iterator

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker

_LINES = 20
_UNREADABLE = "(a message that could not be read)"


def transcript(tracker: Tracker, text: str | None = None, lines: int = _LINES) -> str:
    """The last lines of the talk, `text` after them as what the user says now."""
    told = [line for event in tracker.events_of_session() for line in _line(event)][-lines:]
    return "\n".join(told if text is None else [*told, f"USER: {one_line(text)}"])


def _line(event: Event) -> Iterator[str]:
    if event.type == ev.USER:
        commands = (event.get("parse_data") or {}).get("commands") or ()
        failed = any(command.get("command") == "error" for command in commands)
        said = event.text_of("text") or ""
        if failed or not said.startswith("/session_start"):
            yield f"USER: {_UNREADABLE if failed else one_line(said)}"
    elif event.type == ev.BOT and event.text_of("text"):
        yield f"AI: {one_line(event.text_of('text') or '')}"


def one_line(text: str) -> str:
    """The text without line breaks, so that nobody can write lines of a prompt."""
    return " ".join(text.split())
