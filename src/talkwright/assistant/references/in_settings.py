"""What config and endpoints name: prompt files and the intents of a router."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.reference import Reference, value

_PROMPT_KEYS = ("prompt_template", "prompt", "file_path")
_INTENT_KEYS = ("sticky", "non_sticky")


def settings_references(_name: str, body: Any) -> Iterator[Reference]:
    """Every prompt path in a settings document, and the intents under `nlu_entry` and `calm_entry` (8.2)."""
    yield from _walk(body, "")


def _walk(part: Any, path: str) -> Iterator[Reference]:
    if isinstance(part, list):
        for index, inner in enumerate(part):
            yield from _walk(inner, pointer_join(path, index))
    if not isinstance(part, Mapping):
        return
    for key, inner in part.items():
        at = pointer_join(path, key)
        if key in _PROMPT_KEYS and isinstance(inner, str) and _is_path(inner):
            yield Reference(
                at,
                "prompt",
                inner.removeprefix("./"),
                "value",
                (len(inner) - len(inner.removeprefix("./")), len(inner)),
            )
        elif key in ("nlu_entry", "calm_entry") and isinstance(inner, Mapping):
            for which in _INTENT_KEYS:
                if isinstance(inner.get(which), list):
                    yield from value(inner, at, which, "intent")
        else:
            yield from _walk(inner, at)


def _is_path(text: str) -> bool:
    return "\n" not in text and text.rpartition(".")[2] in ("jinja2", "jinja", "j2", "txt", "md")
