"""Where a place of an item's body stands in its own text: file and line, for editors that show problems at the line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from talkwright.assistant.editing.trees import base_spot, chain
from talkwright.assistant.items import Item, Kind, Part
from talkwright.assistant.pointers import pointer_split
from talkwright.assistant.project.bodies import NLU_KINDS, TEXT_KINDS, example_lines, examples_in, examples_node
from talkwright.assistant.project.parts import Parsed, dash_of, parse_part
from talkwright.assistant.yamls import YamlError, line_and_column


@dataclass(frozen=True, slots=True)
class Place:
    """A line of one part's source, counted from 1, and the file that the part belongs to; `part` is its number."""

    file: str
    line: int
    part: int = field(default=0, compare=False)


class Lines:
    """Finds the lines of one item; its parts are parsed once. A part that can't be read has no lines."""

    def __init__(self, item: Item) -> None:
        self._kind = item.kind
        self._parts = [] if item.kind in TEXT_KINDS else list(_readable(item.parts))
        self._numbers = {id(part): number for number, part in enumerate(item.parts)}

    def of(self, pointer: str) -> Place | None:
        """The line of what stands at a JSON pointer of the body, or of the nearest thing around it that is written."""
        path = pointer_split(pointer)
        if self._kind in NLU_KINDS:
            return self._of_example(path)
        return self._deepest(self._parts, path)

    def _deepest(self, parts: Iterable[tuple[Part, Parsed]], path: list[str]) -> Place | None:
        best: tuple[int, Place] | None = None
        for part, parsed in parts:
            spots = chain(base_spot(parsed, part.section), tuple(path))
            spot = spots[-1]
            if spot.key is not None:
                start = spot.key.start
            elif spot.container is not None and spot.container.block:
                start = dash_of(parsed.text, spot.container, spot.node)
            else:
                start = spot.node.start
            if best is None or len(spots) > best[0]:
                best = len(spots), self._place(part, line_and_column(parsed.text, start)[0])
        return None if best is None else best[1]

    def _place(self, part: Part, line: int) -> Place:
        return Place(part.file, line, self._numbers[id(part)])

    def _of_example(self, path: list[str]) -> Place | None:
        """Examples are counted over all NLU parts of an item; the rest of an intent stands in the domain."""
        marked = [entry for entry in self._parts if entry[0].section != "intents"]
        declared = [entry for entry in self._parts if entry[0].section == "intents"]
        if self._kind is Kind.INTENT and path[:1] == ["domain"]:
            return self._deepest(declared, path[1:])
        number = path[1:2] if self._kind is Kind.INTENT else path[:1]
        if not number or not number[0].isdigit() or (self._kind is Kind.INTENT and path[0] != "examples"):
            return self._deepest(marked or declared, [])
        index = int(number[0])
        for part, parsed in marked:
            count = len(examples_in(parsed))
            if index < count:
                return self._place(part, _example_line(parsed, index))
            index -= count
        return self._deepest(marked, [])


def _readable(parts: Iterable[Part]) -> Iterator[tuple[Part, Parsed]]:
    for part in parts:
        if not part.source:
            continue
        try:
            yield part, parse_part(part)
        except YamlError:
            continue


def _example_line(parsed: Parsed, index: int) -> int:
    node = examples_node(parsed)
    if node is None:
        return 1
    if node.elements:
        return line_and_column(parsed.text, node.elements[index].start)[0]
    first = line_and_column(parsed.text, node.start)[0]
    if node.style not in ("|", ">"):
        return first
    return first + 1 + [number for number, _ in example_lines(str(node.value))][index]
