"""What a response names: slots in texts, conditions and payloads; intents and entities in payloads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.reference import Reference, condition, entries, jinja_parts, payload, value

_FILLED_KEYS = ("text", "image", "custom", "buttons", "attachment", "quick_replies", "translation", "elements")
_FIELD = re.compile(r"\{\{|\}\}|\{([^\s{}\[\]:!\"'./,]+)\}")
_NEAR = 200
"""How many signs around a name tell whether it is a variable."""
_JINJA_NAME = re.compile(r"""'[^']*'|"[^"]*"|(?:(?<![\w.|])|(?<=slots\.))([^\W\d]\w*)""")
_TEST = re.compile(r"\bis(\s+not)?$")
_JINJA_WORDS = frozenset(
    [
        *("if", "else", "elif", "endif", "for", "in", "endfor", "not", "and", "or", "is", "set", "endset", "true"),
        *("false", "none", "True", "False", "None", "loop", "defined", "undefined", "context", "slots", "recursive"),
        *("range", "namespace", "cycler", "joiner", "dict", "lipsum"),
    ]
)


def response_references(_name: str, body: Any) -> Iterator[Reference]:
    """All references of a list of variations."""
    for index, variation in enumerate(body if isinstance(body, list) else ()):
        if isinstance(variation, Mapping):
            yield from _variation(variation, f"/{index}")


def _variation(variation: Mapping[str, Any], path: str) -> Iterator[Reference]:
    if isinstance(variation.get("condition"), str):
        yield from condition(variation, path, "condition")
    for at, entry in entries(variation, "condition", path):
        if isinstance(entry, Mapping) and entry.get("type", "slot") == "slot":
            yield from value(entry, at, "name", "slot")
    jinja = uses_jinja(variation)
    for key in _FILLED_KEYS:
        if key in variation:
            for at, text in texts(variation[key], pointer_join(path, key)):
                yield from _variables(text, at, jinja=jinja)
    for key in ("buttons", "quick_replies"):
        for at, button in entries(variation, key, path):
            if isinstance(button, Mapping):
                yield from _payloads(button, at)


def _payloads(button: Mapping[str, Any], path: str) -> Iterator[Reference]:
    yield from payload(button.get("payload"), pointer_join(path, "payload"))
    translated = button.get("translation")
    for language, entry in (translated if isinstance(translated, Mapping) else {}).items():
        if isinstance(entry, Mapping):
            yield from payload(entry.get("payload"), pointer_join(path, "translation", language, "payload"))


def uses_jinja(variation: Mapping[str, Any]) -> bool:
    """Whether a variation's texts are Jinja templates instead of `{name}` ones (dialogue-semantics 2.2)."""
    metadata = variation.get("metadata")
    return isinstance(metadata, Mapping) and metadata.get("template") == "jinja"


def texts(part: Any, path: str) -> Iterator[tuple[str, str]]:
    """Pointer and value of every text inside a JSON value, in order."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            yield from texts(inner, pointer_join(path, key))
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from texts(inner, pointer_join(path, index))


def _variables(text: str, path: str, *, jinja: bool) -> Iterator[Reference]:
    for name, span in jinja_variables(text) if jinja else format_variables(text):
        yield Reference(path, "slot", name, "jinja" if jinja else "format", span)


def format_variables(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The names in `{name}` fields with their spans; doubled braces are literal ones (dialogue-semantics 6.2)."""
    for match in _FIELD.finditer(text):
        if match.group(1) is not None:
            yield match.group(1), match.span(1)


def jinja_variables(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The variables that a Jinja text reads, with their spans, without the ones that its own loops make."""
    local = set(re.findall(r"\{%-?\s*(?:for|set)\s+(\w+)", text)) | set(
        re.findall(r"\{%-?\s*for\s+\w+\s*,\s*(\w+)", text)
    )
    for start, end in jinja_parts(text):
        if text.startswith("{#", start):
            continue
        part = text[start:end]
        for match in _JINJA_NAME.finditer(part):
            name = match.group(1)
            before = part[max(0, match.start() - _NEAR) : match.start()].rstrip()
            after = part[match.end() : match.end() + _NEAR].lstrip()
            if name is None or name in _JINJA_WORDS or name in local or _is_no_variable(before, after):
                continue
            at = start + match.start(1)
            yield name, (at, at + len(name))


def _is_no_variable(before: str, after: str) -> bool:
    """Whether a name is a filter, a test, a function or an argument's name, by what stands around it."""
    called = after.startswith(("(", "=")) and not after.startswith("==")
    return called or before.endswith("|") or _TEST.search(before) is not None
