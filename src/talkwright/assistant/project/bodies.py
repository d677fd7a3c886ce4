"""Bodies: what the parsed parts of an item say, as one JSON value per kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.project.parts import Parsed, parse_part
from talkwright.assistant.yamls import Node

NLU_KINDS = (Kind.INTENT, Kind.SYNONYM, Kind.REGEX, Kind.LOOKUP)
TEXT_KINDS = frozenset({Kind.PROMPT, Kind.FILE})
DOCUMENT_KINDS = frozenset({Kind.CONFIG, Kind.ENDPOINTS, Kind.CREDENTIALS, Kind.TEST})
EXAMPLE = "- "


def body_of(kind: Kind, parts: Iterable[Part]) -> Any:
    """The body that the parts' sources say; raises YamlError. An empty source is a place that the item once had."""
    parts = tuple(parts)
    if kind in TEXT_KINDS:
        return parts[0].source if parts else None
    living = [part for part in parts if part.source or part.place == ""]
    return assemble(kind, [(part.section, parse_part(part)) for part in living])


def assemble(kind: Kind, parsed: list[tuple[str, Parsed]]) -> Any:
    """The body of an item from its parsed parts, each with its place."""
    if kind is Kind.INTENT:
        return _intent(parsed)
    if kind in NLU_KINDS:
        return [example for _, part in parsed for example in examples_in(part)]
    if kind is Kind.DOMAIN:
        return {key: value for _, part in parsed for key, value in (part.root.value or {}).items()}
    if kind in DOCUMENT_KINDS:
        return parsed[0][1].root.value
    value = parsed[0][1].value
    if value is None or value.value is None:
        return [] if kind is Kind.RESPONSE else {}
    return value.value


def _intent(parsed: list[tuple[str, Parsed]]) -> dict[str, Any]:
    body: dict[str, Any] = {"domain": None, "examples": []}
    for place, part in parsed:
        if place == "intents":
            settings = None if part.value is None else part.value.value
            body["domain"] = settings if body["domain"] is None and settings is not None else body["domain"] or {}
            continue
        body["examples"].extend(examples_in(part))
        written = part.value.entry("metadata") if part.value else None
        if written and "metadata" not in body:
            body["metadata"] = written[1].value
    return body


def examples_in(part: Parsed) -> list[Any]:
    """The examples of one entry under `nlu`, whether a block of lines or a list."""
    node = examples_node(part)
    if node is None:
        return []
    if isinstance(node.value, str):
        return [line for _, line in example_lines(node.value)]
    return [as_example(value) for value in node.value] if isinstance(node.value, list) else []


def examples_node(part: Parsed) -> Node | None:
    """The node under `examples`."""
    found = part.value.entry("examples") if part.value is not None and part.value.kind == "map" else None
    return found[1] if found else None


def example_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a block of examples that are examples: line number from 0, and the text after the dash."""
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        if bare.startswith(EXAMPLE) and bare[2:].strip():
            yield number, bare[2:].strip()


def as_example(value: Any) -> Any:
    """One element of a list of examples: a text, or a map with `text` and `metadata`."""
    if isinstance(value, dict):
        if set(value) == {"text"} and isinstance(value["text"], str):
            return value["text"]
        return value
    return value if isinstance(value, str) else "" if value is None else str(value)


def name_in(node: Node) -> str:
    """The name that a scalar node gives, as written."""
    return node.key_text or (node.value if isinstance(node.value, str) else "")


def make_item(kind: Kind, name: str, parts: Iterable[Part]) -> Item:
    """The item of these parts, with the body that they say; raises YamlError."""
    parts = tuple(parts)
    return Item(kind=kind, name=name, body=body_of(kind, parts), parts=parts)
