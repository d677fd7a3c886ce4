"""Flows as a whole: ids, names, descriptions, guards, triggers, persisted slots (dialogue-semantics 1.1, 1.2, 1.8)."""

from __future__ import annotations

import re
from typing import Any

from talkwright.assistant.flows import CallStep, CollectStep, Flow, SetSlotsStep
from talkwright.assistant.parsing.flows import numbered_triggers
from talkwright.assistant.parsing.shape import Findings
from talkwright.assistant.patterns import default_items
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import Reference
from talkwright.assistant.step_ids import walk_steps
from talkwright.assistant.validation.check import Check, Expression, remove, wrong_name
from talkwright.assistant.validation.expressions import check_expression
from talkwright.assistant.validation.flow_calls import check_calls
from talkwright.assistant.validation.flow_graph import check_graph
from talkwright.assistant.validation.flow_steps import check_steps
from talkwright.assistant.validation.translations import check_name_translation

PATTERN_IDS = frozenset(item.name for item in default_items() if item.kind == "flow")
_FLOW_ID = re.compile(r"\w[\w-]*")


def check_flow(check: Check) -> None:
    """Checks one flow's body."""
    flow, problems = check.facts.read("flow", check.name, check.body)
    check.findings.problems += problems
    if not _FLOW_ID.fullmatch(check.name):
        check.findings.error(
            "flow-id",
            "",
            f"{wrong_name(check.name, 'flow', 'id')}: use letters, digits, `_` and `-`, and begin with a letter.",
        )
    if check.facts.has("agent", check.name):
        check.findings.error(
            "agent-flow-name",
            "",
            f"There is an agent called `{check.name}` too, so a call would be a guess. Rename one.",
        )
    if flow is None:
        return
    if flow.is_pattern and flow.id not in PATTERN_IDS:
        check.findings.warning(
            "unknown-pattern",
            "",
            f"`{flow.id}` begins like a pattern, but no pattern is called so; nothing ever starts it. Patterns are"
            f" {', '.join(f'`{name}`' for name in sorted(PATTERN_IDS))}.",
        )
    if flow.guard is not None:
        check_expression(check, Expression(flow.guard, "/if", f"The guard of flow “{flow.id}”", "flow"))
    places = list(walk_steps(check.body, flow.id))
    check_graph(check, flow, places)
    check_steps(check, flow, places)
    check_calls(check, flow, places)
    _check_unique(check, flow)
    _check_triggers(check, flow)
    _check_persisted(check, flow)
    check_name_translation(check, flow)


def _others(check: Check, names: frozenset[str]) -> str | None:
    return min(names - {check.name}, default=None)


def _check_unique(check: Check, flow: Flow) -> None:
    if flow.is_pattern:
        return
    other = _others(check, check.facts.sharing("flow-name", flow.name))
    if other is not None:
        check.findings.error(
            "flow-name-twice",
            "/name" if "name" in check.body else "",
            f"The flows “{flow.id}” and “{other}” have the same name, “{flow.name}”; people could not tell them apart."
            " Give one of them another `name`.",
        )
    other = _others(check, check.facts.sharing("flow-description", flow.description)) if flow.description else None
    if other is not None:
        check.findings.error(
            "flow-description-twice",
            "/description",
            f"The flows “{flow.id}” and “{other}” have the same description, so nothing decides which one is started."
            " Say in each what makes it different.",
        )


def _check_triggers(check: Check, flow: Flow) -> None:
    # What is wrong with their shapes was reported when the flow was read.
    for index, trigger in numbered_triggers(check.body, "the flow", Findings("flow", flow.id)):
        at = f"/nlu_trigger/{index}"
        other = _others(check, check.facts.sharing("trigger-intent", trigger.intent))
        if other is not None:
            check.findings.error(
                "trigger-intent-twice",
                at,
                f"The intent `{trigger.intent}` starts both “{flow.id}” and “{other}”. Keep one trigger.",
            )
        if not check.facts.has("intent", trigger.intent):
            reference = Reference(
                _written_at(check.body["nlu_trigger"][index], at),
                "intent",
                trigger.intent,
                "value",
                (0, len(trigger.intent)),
            )
            check.missing(reference, f"A trigger of flow “{flow.id}”", severe=False)
        if not 0.0 <= trigger.confidence_threshold <= 1.0:
            check.findings.error("trigger-threshold", at, "`confidence_threshold` is a share from 0 to 1.")


def _written_at(entry: Any, at: str) -> str:
    """Where a trigger's intent is written: the entry itself, `intent`, or `name` in it."""
    if isinstance(entry, str):
        return at
    return pointer_join(at, "intent") if isinstance(entry["intent"], str) else pointer_join(at, "intent", "name")


def _check_persisted(check: Check, flow: Flow) -> None:
    if not flow.persisted_slots:
        return
    written = _written_slots(check, flow)
    for index, slot in enumerate(flow.persisted_slots):
        at = f"/persisted_slots/{index}"
        if check.facts.slot(slot) is None:
            check.missing(
                Reference(at, "slot", slot, "value", (0, len(slot))), f"`persisted_slots` of flow “{flow.id}”"
            )
        elif slot not in written:
            check.findings.error(
                "persisted-slot-unused",
                at,
                f"The flow “{flow.id}” keeps `{slot}` after its end, but neither it nor a flow that it calls asks"
                f" for or"
                " sets this slot. Remove it from `persisted_slots`.",
                remove(at),
            )
    for step in flow.steps:
        if isinstance(step, CollectStep) and not step.reset_after_flow_ends:
            check.findings.step = step.id
            at = pointer_join(step.path, "reset_after_flow_ends")
            check.findings.error(
                "persisted-two-ways",
                at,
                "`persisted_slots` of the flow and the old `reset_after_flow_ends: false` of a step can't be mixed."
                " Move"
                f" `{step.slot}` to `persisted_slots`.",
            )
            check.findings.step = None


def _written_slots(check: Check, flow: Flow) -> set[str]:
    """The slots that a flow and the flows it calls ask for or set."""
    written: set[str] = set()
    seen: set[str] = set()
    waiting: list[Flow | None] = [flow]
    while waiting:
        current = waiting.pop()
        if current is None or current.id in seen:
            continue
        seen.add(current.id)
        for step in current.steps:
            match step:
                case CollectStep():
                    written.add(step.slot)
                case SetSlotsStep():
                    written.update(name for name, _ in step.slots)
                case CallStep():
                    waiting.append(check.facts.flow(step.target))
                case _:
                    pass
    return written
