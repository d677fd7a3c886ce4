"""Steps one by one: what they name exists and can be used there (dialogue-semantics 1.3, 1.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkwright.assistant.conditions import template_error
from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import ActionStep, CollectStep, Flow, SetSlotsStep
from talkwright.assistant.parsing.shape import condition_text
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.in_flows import step_references
from talkwright.assistant.references.reference import entries
from talkwright.assistant.validation.check import Check, Expression, Place, remove
from talkwright.assistant.validation.components import ROUTERS, named, short
from talkwright.assistant.validation.expressions import check_expression
from talkwright.assistant.validation.values import check_value


def check_steps(check: Check, flow: Flow, places: Sequence[Place]) -> None:
    """Checks every step of a flow by its kind, and all conditions in it."""
    bodies = {path: body for path, body, _ in places}
    for step in flow.steps:
        check.findings.step = step.id
        match step:
            case CollectStep():
                _check_collect(check, step, bodies[step.path])
            case SetSlotsStep():
                _check_set_slots(check, step, bodies[step.path])
            case ActionStep(action="action_reset_routing"):
                _check_reset(check, step)
            case ActionStep() if "{" in step.action:
                error = template_error(step.action)
                if error is not None:
                    check.findings.error(
                        "template-broken",
                        pointer_join(step.path, "action"),
                        f"The action's name can't be read: {error}",
                    )
            case _:
                pass
    for path, body, step_id in places:
        check.findings.step = step_id
        _check_conditions(check, path, body, step_id)
    for path, body, step_id in places:
        check.findings.step = step_id
        _check_named(check, flow, path, body, step_id)
    check.findings.step = None


def _check_reset(check: Check, step: ActionStep) -> None:
    components = {short(name) for _, name, _ in named(check.facts.settings("config"), "pipeline")}
    if not components & set(ROUTERS):
        check.findings.warning(
            "reset-without-router",
            pointer_join(step.path, "action"),
            "`action_reset_routing` does nothing without a router in the pipeline. Add one or delete the step.",
        )


def _check_conditions(check: Check, path: str, step: Mapping[str, Any], step_id: str) -> None:
    for at, branch in _maps(step, "next", path):
        text = condition_text(branch.get("if"))
        if text is not None:
            check_expression(
                check, Expression(text, pointer_join(at, "if"), f"A condition of step “{step_id}”", "flow")
            )
    slot = step.get("collect")
    if isinstance(slot, str):
        for at, rejection in _maps(step, "rejections", path):
            text = condition_text(rejection.get("if"))
            if text is not None:
                check_expression(
                    check,
                    Expression(text, pointer_join(at, "if"), f"A rejection of step “{step_id}”", "rejection", slot),
                )


def _maps(body: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((at, entry) for at, entry in entries(body, key, path) if isinstance(entry, Mapping))


def _check_named(check: Check, flow: Flow, path: str, step: Mapping[str, Any], step_id: str) -> None:
    """Slots, responses and actions that a step names; flows are checked with links and calls."""
    for reference in step_references(step, path, step_id, conditions=False):
        if reference.syntax == "implied":
            continue
        match reference.kind:
            case "slot":
                exists = check.facts.slot(reference.name) is not None
            case "response":
                exists = _response_exists(check, reference.name)
            case "action":
                exists = check.facts.has("action", reference.name)
            case _:
                exists = True
        if not exists:
            check.missing(reference.of("flow", flow.id), f"Step “{step_id}”")


def _response_exists(check: Check, name: str) -> bool:
    """A response, a retrieval response by its base name, or a custom action that is called like one."""
    if check.facts.response(name) is not None or check.facts.has("action", name):
        return True
    return any(other.startswith(name + "/") for other in check.facts.names("response"))


def _check_collect(check: Check, step: CollectStep, body: Mapping[str, Any]) -> None:
    slot = check.facts.slot(step.slot)
    if slot is None:
        return
    at = pointer_join(step.path, "collect")
    if slot.type == "list":
        check.findings.error(
            "list-slot-collected",
            at,
            f"Step “{step.id}” asks for `{step.slot}`, which is a list; a question can't fill a list. Ask for a text or"
            " categorical slot, or let an action fill the list.",
        )
    _check_question(check, step, slot, written=isinstance(body.get("utter"), str))


def _check_question(check: Check, step: CollectStep, slot: Slot, *, written: bool) -> None:
    response = check.facts.response(step.utter) is not None
    action = check.facts.has("action", step.ask_action)
    if response and action:
        check.findings.error(
            "two-questions",
            step.path,
            f"`{step.slot}` is asked twice: by the response `{step.utter}` and by the action `{step.ask_action}`."
            f" Delete"
            " one of them.",
        )
    elif not response and not action and (slot.initial_value is None or step.ask_before_filling):
        if written:
            return  # reported as a name that does not exist
        check.findings.error(
            "question-missing",
            step.path,
            f"Step “{step.id}” has no question to ask: create the response `{step.utter}` (or the action"
            f" `{step.ask_action}`).",
        )


def _check_set_slots(check: Check, step: SetSlotsStep, body: Mapping[str, Any]) -> None:
    for name, value in step.slots:
        slot = check.facts.slot(name)
        if slot is None:
            continue
        at = next(_slot_paths(step, body, name), step.path)
        if slot.type == "list":
            check.findings.error(
                "list-slot-set",
                at,
                f"Step “{step.id}” sets `{name}`, which is a list; only an action can fill a list.",
                remove(at),
            )
        else:
            check_value(check, slot, value, at, f"Step “{step.id}” sets")


def _slot_paths(step: SetSlotsStep, body: Mapping[str, Any], name: str) -> Iterator[str]:
    written = body.get("set_slots")
    base = pointer_join(step.path, "set_slots")
    if isinstance(written, Mapping):
        yield pointer_join(base, name)
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        if isinstance(entry, Mapping) and name in entry:
            yield pointer_join(base, index, name)
