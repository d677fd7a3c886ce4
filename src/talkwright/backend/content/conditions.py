"""Conditions as pages show them: a tree, the words, or where the text stops making sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from talkwright.assistant.conditions import ConditionError, describe, is_template, parse, template_error, to_json
from talkwright.assistant.parsing.shape import condition_text

_KEYS = ("if", "condition")


def described(texts: Iterable[str], slot_types: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Each text with its tree, words or error."""
    types = tuple(sorted((slot_types or {}).items()))
    return {text: _described(text, types) for text in texts}


@lru_cache(maxsize=4096)
def _described(text: str, slot_types: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    if is_template(text):
        message = template_error(text)
        error = None if message is None else {"message": message, "column": 1}
        return {"tree": None, "words": [{"text": text, "role": "value", "name": None}], "error": error}
    try:
        tree = parse(text)
    except ConditionError as error:
        expected = f" Expected: {error.expected}." if error.expected else ""
        found = {"message": f"{error.message}{expected}", "column": error.column}
        return {"tree": None, "words": [], "error": found}
    words = [asdict(word) for word in describe(tree, dict(slot_types))]
    return {"tree": to_json(tree), "words": words, "error": None}


def texts_in(body: Any) -> Iterator[str]:
    """Every condition of a flow's or response's body, in order, as the text that is parsed."""
    if isinstance(body, Mapping):
        for key, value in body.items():
            if key in _KEYS and not isinstance(value, list | dict):
                text = condition_text(value)
                if text is not None:
                    yield text
            yield from texts_in(value)
    elif isinstance(body, list):
        for entry in body:
            yield from texts_in(entry)
