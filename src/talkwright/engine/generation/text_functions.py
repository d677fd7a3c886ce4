"""What templates of responses may do with texts: the usual functions, each with an end to what it makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2.exceptions import SecurityError

MAX_RESULT = 100_000
_WIDE = 99  # the widest field, the most digits of a number
_PERCENT = re.compile(r"%(?:%|[-+ #0]{0,5}[0-9]{0,2}(?:\.[0-9]{1,2})?[sdifeEgG])")
_FIELD = re.compile(r"\{\{|\}\}|\{[A-Za-z0-9_]{0,50}(?::[^{}\[\]!]{0,20})?\}")
_LONG_NUMBER = re.compile(r"[0-9]{3}")


def replaced(text: Any, old: Any, new: Any, count: int = -1) -> str:
    """`text` with `old` replaced by `new`, at most `count` times; raises SecurityError where that grows too long."""
    text, old, new = str(text), str(old), str(new)
    _bounded(len(text) + (text.count(old) + 1) * len(new))
    made: str = text.replace(old, new, count)
    return made


def joined(separator: Any, texts: Iterable[Any]) -> str:
    """Values as one text with `separator` between them; raises SecurityError where that grows too long."""
    separator, texts = str(separator), [str(text) for text in texts]
    _bounded(sum(map(len, texts)) + len(texts) * len(separator))
    return str(separator.join(texts))


def percent_filled(text: Any, *values: Any, **names: Any) -> str:
    """Fills `%.2f` and its kind; raises SecurityError for wide fields, names and what is no such field."""
    text = str(text)
    if names or "%" in _PERCENT.sub("", text):
        raise SecurityError("A response formats with fields like `%s`, `%d` and `%.2f`, at most two digits wide.")
    _bounded(len(text) + _room(values))
    made: str = text % values
    return made


def brace_filled(text: str, *values: Any, **names: Any) -> str:
    """Fills `{:.2f}` and its kind; raises SecurityError for wide fields and for looking into values."""
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest or any(_LONG_NUMBER.search(field) for field in _FIELD.findall(text)):
        raise SecurityError("A response formats with fields like `{}`, `{name}` and `{:.2f}`, at most two digits wide.")
    shown = _plain(values), {name: _plain([value])[0] for name, value in names.items()}
    widest = max((len(str(value)) for value in [*shown[0], *shown[1].values()]), default=0)
    _bounded(len(text) + text.count("{") * (widest + _WIDE * 2))
    return text.format(*shown[0], **shown[1])


TEXT_METHODS: Mapping[str, Callable[..., str]] = {"replace": replaced, "join": joined, "format": brace_filled}
"""Methods of texts that have their own bounded form here."""


def _plain(values: Iterable[Any]) -> list[Any]:
    """Numbers and texts as they are, all else as text, so that no value's own formatting runs."""
    return [value if isinstance(value, str | int | float) else str(value) for value in values]


def _room(values: Iterable[Any]) -> int:
    return sum(len(str(value)) + _WIDE * 2 for value in values)


def _bounded(characters: int) -> None:
    if characters > MAX_RESULT:
        raise SecurityError(f"A function in a response makes at most {MAX_RESULT} characters.")
