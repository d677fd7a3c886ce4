"""Writing values as YAML that people like to read: quotes only where needed, long texts as blocks."""

from __future__ import annotations

import json
import re
from typing import Any

from talkwright.assistant.yamls import resolve_plain

_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\ud800-\udfff]", re.UNICODE)
_PLAIN_AFTER_SIGN = re.compile(r"[-?:][^\s,\[\]{}]")
_UNSAFE_INSIDE = re.compile(r": |:$| #|[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_UNSAFE_IN_FLOW = re.compile(r"[,\[\]{}?]|:(?=[^\s]?$)|:[,\[\]{}\"']")
_ESCAPED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
# What YAML 1.1 readers take for something else than text: quoted, so that every program reads the same.
_OTHER_READERS = re.compile(
    r"(?:yes|no|on|off|true|false|null|~|=|<<)\Z"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z|[-+]?0b[01_]+\Z|[-+]?[0-9_.]+(?:[eE][-+]?[0-9]+)?\Z|[-+]?0[xo]?[0-9a-f_]+\Z"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt ])|[-+]?\.(?:inf|nan)\Z",
    re.IGNORECASE,
)


def dump(value: Any) -> str:
    """A whole document for a JSON value; its lines end with a line feed."""
    if isinstance(value, dict | list) and value:
        return "\n".join(block_lines(value)) + "\n"
    lines = scalar_lines(value)
    return "\n".join([lines[0], *(f"  {line}" if line else line for line in lines[1:])]) + "\n"


def block_lines(value: Any, *, step: int = 2, dash: int = 2) -> list[str]:
    """The lines of a map or list that is not empty, from column 0.

    `step` is the blanks per level, `dash` how far a list under a key stands right of it.
    """
    lines: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            lines.extend(entry_lines(key, inner, step=step, dash=dash))
        return lines
    for inner in value:
        lines.extend(element_lines(inner, step=step, dash=dash))
    return lines


def entry_lines(key: str, value: Any, *, step: int = 2, dash: int = 2) -> list[str]:
    """The lines of `key: value` from column 0."""
    name = flow_text(key, key=True)
    if isinstance(value, dict | list) and value:
        blanks = " " * (step if isinstance(value, dict) else dash)
        return [f"{name}:", *_indented(block_lines(value, step=step, dash=dash), blanks)]
    first, *rest = scalar_lines(value)
    return [f"{name}: {first}".rstrip() if first else f"{name}:", *_indented(rest, " " * step)]


def element_lines(value: Any, *, step: int = 2, dash: int = 2) -> list[str]:
    """The lines of `- value` from column 0."""
    if isinstance(value, dict | list) and value:
        first, *rest = block_lines(value, step=step, dash=dash)
        return [f"- {first}", *_indented(rest, "  ")]
    first, *rest = scalar_lines(value)
    return [f"- {first}", *_indented(rest, "  ")]


def _indented(lines: list[str], blanks: str) -> list[str]:
    return [blanks + line if line else line for line in lines]


def scalar_lines(value: Any) -> list[str]:
    """The lines of a scalar (or an empty collection) after a key; those after the first stand one level deeper."""
    if isinstance(value, str) and "\n" in value and block_fits(value):
        return literal_lines(value)
    return [flow_text(value, flow=False)]


def literal_lines(text: str) -> list[str]:
    """A text that `block_fits` as a literal block: the header, then its lines."""
    body = text.removesuffix("\n")
    return ["|-" if body == text else "|", *body.split("\n")]


def block_fits(text: str) -> bool:
    """Whether a literal block holds the text as it is: no escapes, no blanks at its start or alone on a line.

    Nor blank lines at its end: one that comes to stand below the block, where an item beside it goes, would be taken
    for another one.
    """
    if _ESCAPED.search(text) or not text.strip() or text.lstrip("\n").startswith(" ") or text.endswith("\n\n"):
        return False
    return not any(line and not line.strip() for line in text.split("\n"))


def flow_text(value: Any, *, flow: bool = True, key: bool = False, quote: str = "") -> str:
    """A value on one line. `flow`: inside brackets. `quote` keeps a text in the quotes that it had."""
    if isinstance(value, dict):
        inner = ", ".join(f"{flow_text(name, key=True)}: {flow_text(item)}".rstrip() for name, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(item) for item in value) + "]"
    if isinstance(value, str):
        return _text(value, flow=flow, key=key, quote=quote)
    return "null" if value is None else json.dumps(value)


def _text(text: str, *, flow: bool, key: bool, quote: str) -> str:
    if _ESCAPED.search(text) or "\n" in text or quote == '"':
        return _double_quoted(text)
    if quote == "" and is_plain(text, flow=flow or key) and (not key or len(text) < 200):
        return text
    if "'" in text and '"' not in text and "\\" not in text and quote == "":
        return _double_quoted(text)
    return "'" + text.replace("'", "''") + "'"


def is_plain(text: str, *, flow: bool) -> bool:
    """Whether the text may stand without quotes and is read as text by every YAML reader."""
    if not text or text != text.strip() or not isinstance(resolve_plain(text), str) or _OTHER_READERS.match(text):
        return False
    if not (_PLAIN.match(text) or (not flow and _PLAIN_AFTER_SIGN.match(text))) or _UNSAFE_INSIDE.search(text):
        return False
    if text.startswith(("---", "...")):
        return False
    return not (flow and _UNSAFE_IN_FLOW.search(text))


def _double_quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
