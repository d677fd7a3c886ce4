"""Examples of NLU data: one line of a block, or one element of a list, at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from talkwright.assistant.editing.patching import Path
from talkwright.assistant.editing.splicing import NotSpliceableError, Splicer, Spot
from talkwright.assistant.editing.texts import Written, written
from talkwright.assistant.editing.trees import TreeContext, TreeEdit
from talkwright.assistant.project.bodies import EXAMPLE, example_lines, examples_node
from talkwright.assistant.project.parts import Parsed
from talkwright.assistant.project.values import Style
from talkwright.assistant.yamls import Node

_LINE = re.compile(r"([ \t]*-[ \t]+)(.*?)([ \t]*\r?)\Z", re.DOTALL)


def example_candidates(
    parsed: Parsed, style: Style, path: Path, after: list[Any], operation: Mapping[str, Any]
) -> Iterator[str]:
    """New texts of one part for an operation at `path` in its examples, finest first.

    `after` is the list of this part's examples afterwards.
    """
    node = examples_node(parsed)
    entry = parsed.value
    if entry is None or entry.kind != "map":
        return
    if node is None:
        yield from TreeEdit(
            TreeContext(parsed.text, style), Spot(entry), ("examples",), {**entry.value, "examples": after}
        ).candidates({"op": "add", "value": as_written_value(after)})
        return
    if node.kind == "scalar" and node.style == "|" and len(path) == 1:
        with suppress(NotSpliceableError):
            yield _line_edit(parsed.text, node, int(path[0]), operation)
    spot = Spot(node, entry, entry.entry("examples")[0])  # type: ignore[index] # the node was found under this key
    if node.kind == "list":
        yield from _element_edit(TreeContext(parsed.text, style), spot, path, operation, after)
    splicer = Splicer(parsed.text, style)
    try:
        yield splicer.set(spot, written_examples(after, style))
    except NotSpliceableError:
        return


def _element_edit(
    context: TreeContext, spot: Spot, path: Path, operation: Mapping[str, Any], after: list[Any]
) -> Iterator[str]:
    elements = spot.node.elements
    inside = path
    if operation["op"] == "replace" and len(path) == 1 and isinstance(operation["value"], str):
        element = elements[int(path[0])]
        if element.kind == "map" and element.entry("text"):
            inside = (*path, "text")
    whole = list(after)
    if len(inside) > len(path):
        whole[int(path[0])] = {"text": operation["value"]}
    yield from TreeEdit(context, spot, inside, whole).candidates(operation)


def _line_edit(text: str, node: Node, index: int, operation: Mapping[str, Any]) -> str:
    """Changes, adds or takes away one line of a literal block."""
    lines = text[node.start : node.end].split("\n")
    places = [number + 1 for number, _ in example_lines(node.value)]
    name = operation["op"]
    if name == "remove":
        if len(places) < 2:
            raise NotSpliceableError
        gone = places[index]
        kept = [*lines[:gone], *lines[gone + 1 :]]
        if gone == len(lines) - 1:
            while not kept[-1].strip():
                kept.pop()
            kept[-1] = kept[-1].removesuffix("\r")
        return text[: node.start] + "\n".join(kept) + text[node.end :]
    value = operation["value"]
    if not fits_a_line(value) or not places:
        raise NotSpliceableError
    if name == "replace":
        line = _LINE.match(lines[places[index]])
        if line is None:
            raise NotSpliceableError
        lines[places[index]] = line[1] + value + line[3]
    else:
        at = places[index] if 0 <= index < len(places) else places[-1] + 1
        model = _LINE.match(lines[places[min(max(index, 0), len(places) - 1)]])
        if model is None:
            raise NotSpliceableError
        ending = "\r" if len(lines) > 1 and lines[0].endswith("\r") else ""
        if at == len(lines):
            lines[-1] += ending
            lines.append(model[1] + value)
        else:
            lines.insert(at, model[1] + value + ending)
    return text[: node.start] + "\n".join(lines) + text[node.end :]


def fits_a_line(value: Any) -> bool:
    """Whether an example can stand on a line of a block of examples."""
    return isinstance(value, str) and bool(value) and value == value.strip() and value.isprintable()


def as_written_value(examples: list[Any]) -> Any:
    """What `examples:` holds in a file: a block of lines where they allow it, else a list."""
    if examples and all(fits_a_line(example) for example in examples):
        return "".join(f"{EXAMPLE}{example}\n" for example in examples)
    return examples


def written_examples(examples: list[Any], style: Style) -> Written:
    """The text for a part's examples."""
    return written(as_written_value(examples), style)
