"""Default step ids (dialogue-semantics 1.5): the only place that knows how a step without an id is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TARGETED = ("collect", "link", "call")


def default_step_id(flow_id: str, index: int, step_body: Mapping[str, Any]) -> str:
    """`<flow_id>_<index>_<suffix>` for the step at `index` of the depth-first order (dialogue-semantics 1.5)."""
    return f"{flow_id}_{index}_{_suffix(step_body)}"


def _suffix(step: Mapping[str, Any]) -> str:
    if "action" in step:
        return str(step["action"])
    for kind in _TARGETED:
        if kind in step:
            return f"{kind}_{step[kind]}"
    return "set_slots" if "set_slots" in step else "noop"


def walk_steps(flow_body: Mapping[str, Any], flow_id: str = "") -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Every step of a flow depth first, nested ones included: its JSON pointer, body and id (explicit or default).

    Entries that are no maps are no steps and are passed over; their neighbours keep their places.
    """
    steps = flow_body.get("steps")
    for index, (pointer, step) in enumerate(_walk(steps, "/steps") if isinstance(steps, list) else ()):
        explicit = step.get("id")
        yield (
            pointer,
            step,
            explicit if isinstance(explicit, str) and explicit else default_step_id(flow_id, index, step),
        )


def _walk(steps: list[Any], pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for position, step in enumerate(steps):
        if type(step) is not dict and not isinstance(step, Mapping):  # nearly all are dicts, which is seen at once
            continue
        here = f"{pointer}/{position}"
        yield here, step
        branches = step.get("next")
        if not isinstance(branches, list):
            continue
        for place, branch in enumerate(branches):
            if isinstance(branch, Mapping):
                for key in ("then", "else"):
                    inner = branch.get(key)
                    if isinstance(inner, list):
                        yield from _walk(inner, f"{here}/next/{place}/{key}")
