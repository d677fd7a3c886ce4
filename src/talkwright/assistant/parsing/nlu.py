"""NLU bodies to typed training data: annotated examples, synonyms, regexes, lookups (dialogue-semantics 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.nlu import Annotation, Example
from talkwright.assistant.parsing.shape import Findings
from talkwright.assistant.problems import Problem

_DECODER = json.JSONDecoder()


class AnnotationError(ValueError):
    """An entity mark that can't be read; `column` counts from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def parse_example(text: str) -> Example:
    """An example without its marks: `[text](entity)`, `[text](entity:value)`, `[text]{…}` and `[text][{…}, {…}]`.

    Square brackets that no mark follows are plain text. Raises AnnotationError where a mark is broken.
    """
    plain: list[str] = []
    annotations: list[Annotation] = []
    length = position = 0
    while position < len(text):
        opening = text.find("[", position)
        closing = text.find("]", opening + 1) if opening >= 0 else -1
        if closing < 0:
            break
        following = text[closing + 1 : closing + 2]
        marked = text[opening + 1 : closing]
        plain.append(text[position:opening])
        length += opening - position
        if following not in ("(", "{", "[") or not marked:
            plain.append("[")
            length += 1
            position = opening + 1
            continue
        entities, position = _entities(text, closing + 1)
        annotations.extend(
            Annotation(start=length, end=length + len(marked), **entity) for entity in entities if entity["entity"]
        )
        if not entities:
            marked = text[opening:position]
        plain.append(marked)
        length += len(marked)
    plain.append(text[position:])
    return Example(text="".join(plain), annotations=tuple(annotations))


def _entities(text: str, start: int) -> tuple[list[dict[str, Any]], int]:
    """What a mark that begins at `start` says, and where it ends; nothing where it is no mark after all."""
    if text[start] == "(":
        closing = text.find(")", start)
        if closing < 0:
            raise AnnotationError("The mark `[…](` of an entity is not closed: add `)`.", start + 1)
        entity, _, value = text[start + 1 : closing].partition(":")
        return [{"entity": entity.strip(), "value": value.strip() or None}], closing + 1
    if text[start] == "[" and text[start + 1 : start + 2] != "{":
        return [], start
    try:
        written, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        raise AnnotationError(
            'The mark of an entity must be JSON such as `{"entity": "city", "role": "from"}`.', start + 1
        ) from None
    entries = written if isinstance(written, list) else [written]
    if not all(isinstance(entry, dict) and isinstance(entry.get("entity"), str) for entry in entries):
        raise AnnotationError('The mark of an entity needs a name: `{"entity": "…"}`.', start + 1)
    return [
        {"entity": entry["entity"], **{key: _optional(entry.get(key)) for key in ("value", "role", "group")}}
        for entry in entries
    ], end


def _optional(value: Any) -> str | None:
    return None if value is None else str(value)


def example_texts(body: Any) -> Iterator[tuple[str, str]]:
    """JSON pointer and annotated text of each example of an intent's body."""
    examples = body.get("examples") if isinstance(body, Mapping) else None
    for index, entry in enumerate(examples if isinstance(examples, list) else ()):
        if isinstance(entry, str):
            yield f"/examples/{index}", entry
        elif isinstance(entry, Mapping) and isinstance(entry.get("text"), str):
            yield f"/examples/{index}/text", entry["text"]


def parse_examples(name: str, body: Any) -> tuple[tuple[Example, ...], list[Problem]]:
    """The examples of an intent; a broken one is left out and reported."""
    findings = Findings("intent", name)
    if body is not None and not isinstance(body, Mapping):
        findings.wrong_shape("", f"The intent “{name}”", "a map with `examples`", body)
        return (), findings.problems
    body = body or {}
    examples = []
    for index, entry in enumerate(findings.items(body, "examples", "", f"intent “{name}”")):
        if not isinstance(entry, str) and not (isinstance(entry, Mapping) and isinstance(entry.get("text"), str)):
            findings.wrong_shape(f"/examples/{index}", f"Example {index + 1} of “{name}”", "a text", entry)
    for path, text in example_texts(body):
        try:
            example = parse_example(text)
        except AnnotationError as error:
            findings.error("broken-annotation", path, f"{error} (column {error.column} of “{text[:80]}”)")
            continue
        if example.text.strip():
            examples.append(example)
    return tuple(examples), findings.problems


def parse_terms(kind: str, name: str, body: Any) -> tuple[tuple[str, ...], list[Problem]]:
    """The texts of a synonym, regex or lookup."""
    findings = Findings(kind, name)
    if body is not None and not isinstance(body, list):
        findings.wrong_shape("", f"The {kind} “{name}”", "a list of texts", body)
        return (), findings.problems
    terms = []
    for index, entry in enumerate(body or ()):
        if isinstance(entry, str | int | float) and not isinstance(entry, bool):
            terms.append(str(entry))
        else:
            findings.wrong_shape(f"/{index}", f"Entry {index + 1} of the {kind} “{name}”", "a text", entry)
    return tuple(terms), findings.problems
