"""Values as text that can be put into a file: written anew in readable style, or taken over as they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from talkwright.assistant.project.values import Style
from talkwright.assistant.yaml_writing import (
    block_fits,
    block_lines,
    element_lines,
    entry_lines,
    flow_text,
    literal_lines,
)
from talkwright.assistant.yamls import Node

Form = Literal["inline", "literal", "block"]


@dataclass(frozen=True, slots=True)
class Written:
    """A value as text, its lines from column 0.

    `inline` stands behind its key, `literal` has its first line there and the rest below, `block` stands wholly below.
    `offset` is how far the lines below stand right of their key or dash, where the text remembers it. `flow` is the
    value on one line, for a place inside brackets.
    """

    form: Form
    lines: tuple[str, ...]
    flow: str
    offset: int | None = None


def written(value: Any, style: Style, old: Node | None = None) -> Written:
    """The text for `value`, in the manner of the node that it replaces where that fits."""
    quote = old.style if old is not None and old.kind == "scalar" and old.style in ("'", '"') else ""
    flow = flow_text(value, quote=quote)
    if isinstance(value, dict | list):
        if not value or (old is not None and old.flow and old.value):
            return Written("inline", (flow,), flow)
        return Written("block", tuple(block_lines(value, step=style.step, dash=style.dash)), flow)
    if isinstance(value, str) and block_fits(value):
        if old is not None and old.style == ">" and "\n" not in value.removesuffix("\n"):
            mark = "" if value.endswith("\n") else "-"
            return Written("literal", (f">{mark}", value.removesuffix("\n")), flow)
        if "\n" in value or (old is not None and old.style == "|"):
            return Written("literal", tuple(literal_lines(value)), flow)
    return Written("inline", (flow_text(value, flow=False, quote=quote),), flow)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a map or list as lines from column 0, its key or dash included; `flow` is the same in brackets.

    `gap` is what stood between the entry before and these lines, to find the exact place again.
    """

    lines: tuple[str, ...]
    flow: str
    gap: str = ""


def entry(key: str | None, value: Any, style: Style) -> Entry:
    """The entry `key: value`, or `- value` where there is no key."""
    if key is None:
        return Entry(tuple(element_lines(value, step=style.step, dash=style.dash)), flow_text(value))
    lines = entry_lines(key, value, step=style.step, dash=style.dash)
    return Entry(tuple(lines), f"{flow_text(key, key=True)}: {flow_text(value)}".rstrip())


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text of a value where it stands: as a value, and as the entry of its container (None for a whole body)."""

    value: Written
    entry: Entry | None = None


def excerpt_to_json(excerpt: Excerpt) -> dict[str, Any]:
    """An excerpt as JSON values, for the `source` of an operation."""
    value = excerpt.value
    made: dict[str, Any] = {"form": value.form, "lines": list(value.lines), "flow": value.flow, "offset": value.offset}
    if excerpt.entry is not None:
        made["entry"] = {"lines": list(excerpt.entry.lines), "flow": excerpt.entry.flow, "gap": excerpt.entry.gap}
    return made


def excerpt_from_json(value: Mapping[str, Any]) -> Excerpt:
    """The excerpt that `excerpt_to_json` wrote."""
    inner = value.get("entry")
    taken = Entry(tuple(inner["lines"]), inner["flow"], inner["gap"]) if inner else None
    return Excerpt(Written(value["form"], tuple(value["lines"]), value["flow"], value["offset"]), taken)
