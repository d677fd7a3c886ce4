"""Links and calls between flows: existing targets, allowed patterns, no circles (dialogue-semantics 1.8, 5.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from talkwright.assistant.flows import PATTERN_PREFIX, CallStep, Flow, LinkStep
from talkwright.assistant.parsing.shape import condition_text
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import Reference
from talkwright.assistant.references.reference import slots_of
from talkwright.assistant.validation.check import Check, Expression, Place
from talkwright.assistant.validation.expressions import check_expression

SATISFACTION_PATTERN = "pattern_customer_satisfaction"
LINKABLE_PATTERNS = ("pattern_human_handoff", "pattern_search", SATISFACTION_PATTERN)
RATINGS = ("satisfied", "unsatisfied")
LINKABLE_FROM_PATTERNS = (*LINKABLE_PATTERNS, "pattern_chitchat")


def check_calls(check: Check, flow: Flow, places: Sequence[Place]) -> None:
    """Checks all link and call steps of a flow."""
    bodies = {path: body for path, body, _ in places}
    for step in flow.steps:
        check.findings.step = step.id
        match step:
            case LinkStep():
                _check_link(check, flow, step)
            case CallStep():
                _check_call(check, flow, step, bodies[step.path])
            case _:
                pass
    check.findings.step = None


def _check_link(check: Check, flow: Flow, step: LinkStep) -> None:
    at = pointer_join(step.path, "link")
    target = step.flow
    if not target:
        return
    if flow.id == "pattern_internal_error":
        check.findings.error(
            "link-in-internal-error",
            at,
            "`pattern_internal_error` must not link: an error in the other flow would go round.",
        )
    elif target.startswith(PATTERN_PREFIX):
        allowed = LINKABLE_FROM_PATTERNS if flow.is_pattern else LINKABLE_PATTERNS
        if target not in allowed:
            shown = ", ".join(f"`{name}`" for name in allowed)
            check.findings.error(
                "link-to-pattern",
                at,
                f"Step “{step.id}” links to `{target}`; of the patterns only {shown} can be linked to.",
            )
        elif target == SATISFACTION_PATTERN:
            _check_rating(check, at)
    elif check.facts.flow(target) is None and not check.facts.has("flow", target):
        check.missing(Reference(at, "flow", target, "value", (0, len(target)), step.id), f"Step “{step.id}”")


def _check_rating(check: Check, path: str) -> None:
    """The default rating pattern thanks by the two values of its slot; a slot of the project's own must keep them."""
    slot = check.facts.slot("csat_score")
    if slot is None or not set(RATINGS) <= {str(value) for value in slot.values}:
        check.findings.error(
            "rating-values",
            path,
            f"`{SATISFACTION_PATTERN}` needs the slot `csat_score` to be categorical with the values `satisfied` and"
            " `unsatisfied`. Add them, or delete the slot to get the built-in one.",
        )


def _check_call(check: Check, flow: Flow, step: CallStep, body: Mapping[str, Any]) -> None:
    at = pointer_join(step.path, "call")
    target = step.target
    what = f"Step “{step.id}”"
    if not target:
        return
    if flow.is_pattern:
        check.findings.error(
            "call-in-pattern", at, f"{what} calls `{target}`, but a pattern can't call. Use `link` or an action."
        )
        return
    if target.startswith(PATTERN_PREFIX):
        check.findings.error(
            "call-of-pattern", at, f"{what} calls the pattern `{target}`; patterns can only be linked to."
        )
        return
    if "mcp_server" in body or "mapping" in body:
        _check_tool(check, step, body, what)
    elif check.facts.has("agent", target):
        _check_agent(check, step, body, what)
        return
    elif check.facts.has("flow", target):
        _check_called_flow(check, flow, step, what)
    elif check.facts.names("agent"):
        check.missing(Reference(at, "flow", target, "value", (0, len(target)), step.id), what)
    else:
        check.missing(Reference(at, "flow", target, "value", (0, len(target)), step.id), what, severe=False)
    if "exit_if" in body:
        check.findings.error(
            "exit-if-without-agent",
            pointer_join(step.path, "exit_if"),
            f"{what}: `exit_if` belongs to calls of an agent only.",
        )


def _check_called_flow(check: Check, flow: Flow, step: CallStep, what: str) -> None:
    at = pointer_join(step.path, "call")
    called = check.facts.flow(step.target)
    if called is None:
        return
    if any(isinstance(other, LinkStep) for other in called.steps):
        check.findings.error(
            "called-flow-links",
            at,
            f"{what} calls `{step.target}`, which contains a link; a called flow must come back. Replace the link"
            f" there by"
            " a call, or link to the flow from here.",
        )
    circle = _way_back(check, flow.id, step.target)
    if circle is not None:
        check.findings.error(
            "circular-call",
            at,
            f"{what} calls itself in a circle: {' → '.join([flow.id, *circle])}. Break it with a link or put the common"
            " steps into a flow of their own.",
        )


def _way_back(check: Check, start: str, called: str) -> list[str] | None:
    """The chain of calls that leads from a called flow back to `start`, if there is one."""
    waiting: list[list[str]] = [[called]]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        if way[-1] == start:
            return way
        if way[-1] in seen:
            continue
        seen.add(way[-1])
        flow = check.facts.flow(way[-1])
        waiting += [[*way, step.target] for step in (flow.steps if flow else ()) if isinstance(step, CallStep)]
    return None


def _check_tool(check: Check, step: CallStep, body: Mapping[str, Any], what: str) -> None:
    for key, other in (("mcp_server", "mapping"), ("mapping", "mcp_server")):
        if key in body and other not in body:
            check.findings.error(
                "tool-call-incomplete",
                pointer_join(step.path, key),
                f"{what} has `{key}` without `{other}`; a tool call needs both.",
            )
    servers = check.facts.settings("endpoints").get("mcp_servers")
    names = (
        {str(server.get("name")) for server in servers if isinstance(server, Mapping)}
        if isinstance(servers, list)
        else set()
    )
    if step.mcp_server and step.mcp_server not in names:
        check.findings.error(
            "undeclared-mcp-server",
            pointer_join(step.path, "mcp_server"),
            f"{what} uses the server `{step.mcp_server}`, which `mcp_servers` in the endpoints file doesn't list."
            f" Add it there.",
        )
    check.findings.hint(
        "tool-call",
        step.path,
        f"{what} calls a tool of an MCP server. Talkwright's own engine doesn't run tools: there the flow goes on"
        f" without a result.",
    )


def _check_agent(check: Check, step: CallStep, body: Mapping[str, Any], what: str) -> None:
    at = pointer_join(step.path, "exit_if")
    written = body.get("exit_if")
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        text = condition_text(entry)
        place = pointer_join(at, index)
        if text is None:
            check.findings.error(
                "wrong-shape", place, f"{what}: an entry of `exit_if` must be a condition written as a text."
            )
            continue
        if next(iter(slots_of(text)), None) is None:
            check.findings.error(
                "exit-if-without-slot", place, f"{what}: `exit_if` must read at least one slot, such as `slots.done`."
            )
        check_expression(check, Expression(text, place, f"`exit_if` of step “{step.id}”", "exit"))
    check.findings.hint(
        "agent-call",
        step.path,
        f"{what} calls the agent `{step.target}`. Talkwright's own engine doesn't run agents: there the flow goes on"
        f" without it.",
    )
