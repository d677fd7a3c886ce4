"""Flow bodies to typed flows: steps in depth-first order with resolved transitions (dialogue-semantics 1.2-1.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.flows import (
    END,
    ActionStep,
    CallStep,
    CollectStep,
    Flow,
    LinkStep,
    NluTrigger,
    NoopStep,
    Rejection,
    SetSlotsStep,
    Step,
    Transition,
)
from talkwright.assistant.parsing.shape import Findings, condition_text, shape_name
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.step_ids import walk_steps

FLOW_KEYS = [
    "description",
    "steps",
    "name",
    "if",
    "always_include_in_prompt",
    "nlu_trigger",
    "persisted_slots",
    "run_pattern_completed",
    "translation",
    "metadata",
    "file_path",
    "on_activate",
]
_NEEDED_IN_FLOW = {"description": "flow-without-description", "steps": "flow-without-steps"}
STEP_KINDS = ("action", "collect", "link", "call", "set_slots", "noop")
SHARED_STEP_KEYS = ("id", "next", "metadata")
STEP_KEYS: Mapping[str, tuple[str, ...]] = {
    "action": (),
    "collect": (
        "description",
        "utter",
        "ask_before_filling",
        "rejections",
        "force_slot_filling",
        "reset_after_flow_ends",
        "silence_timeout",
        "dtmf",
    ),
    "link": (),
    "call": ("description", "exit_if", "mcp_server", "mapping"),
    "set_slots": (),
    "noop": (),
}
_KNOWN_IN_STEP = {kind: frozenset((*SHARED_STEP_KEYS, *STEP_KINDS, *keys)) for kind, keys in STEP_KEYS.items()}


def readable_default(flow_id: str) -> str:
    """The name of a flow that has none (dialogue-semantics 1.2)."""
    return flow_id.replace("_", " ").replace("-", " ")


def parse_flow(flow_id: str, body: Any) -> tuple[Flow | None, list[Problem]]:
    """The typed flow of a body, and what is wrong with the body's shape; None where there is nothing to run."""
    findings = Findings("flow", flow_id)
    if not isinstance(body, Mapping):
        findings.error(
            "wrong-shape", "", f"A flow must be a map with `description` and `steps`, but it is {shape_name(body)}."
        )
        return None, findings.problems
    what = f"flow “{flow_id}”"
    findings.unknown_keys(body, FLOW_KEYS, "", f"The {what}", _NEEDED_IN_FLOW)
    mistyped = {problem.code for problem in findings.problems}
    description = findings.text(body, "description", "", what, "") or ""
    if not description.strip() and _NEEDED_IN_FLOW["description"] not in mistyped:
        findings.error(
            _NEEDED_IN_FLOW["description"],
            "/description" if "description" in body else "",
            f"The {what} has no description. Add `description:` with one sentence that says what it does for the user;"
            " it decides when the flow is started.",
        )
    steps = _steps(flow_id, body, findings)
    findings.step = None
    if not steps:
        told = (problem for problem in findings.problems if problem.severity is Severity.ERROR)
        if _NEEDED_IN_FLOW["steps"] not in mistyped and not any(
            problem.path.startswith("/steps")
            for problem in told  # why none of those that are there counts
        ):
            findings.error(
                _NEEDED_IN_FLOW["steps"],
                "/steps" if "steps" in body else "",
                f"The {what} has no steps. Add at least one under `steps:`.",
            )
        return None, findings.problems
    flow = Flow(
        id=flow_id,
        name=findings.text(body, "name", "", what) or readable_default(flow_id),
        description=description,
        steps=steps,
        guard=_condition(body, "if", "", what, findings),
        always_include_in_prompt=findings.flag(body, "always_include_in_prompt", "", what, default=False),
        nlu_triggers=tuple(trigger for _, trigger in numbered_triggers(body, what, findings)),
        persisted_slots=tuple(str(slot) for slot in findings.items(body, "persisted_slots", "", what)),
        run_pattern_completed=findings.flag(body, "run_pattern_completed", "", what, default=True),
        translation={
            str(language): entry
            for language, entry in findings.mapping(body, "translation", "", what).items()
            if isinstance(entry, Mapping)
        },
        metadata=findings.mapping(body, "metadata", "", what),
    )
    return flow, findings.problems


def _condition(body: Mapping[str, Any], key: str, path: str, what: str, findings: Findings) -> str | None:
    if key not in body:
        return None
    text = condition_text(body[key])
    if text is None:
        findings.wrong_shape(pointer_join(path, key), f"`{key}` of {what}", "a condition written as a text", body[key])
    return text


def numbered_triggers(body: Mapping[str, Any], what: str, findings: Findings) -> Iterator[tuple[int, NluTrigger]]:
    """The triggers of a flow's body, each with its place in the list; what is none is reported and passed over."""
    for index, entry in enumerate(findings.items(body, "nlu_trigger", "", what)):
        intent = entry.get("intent") if isinstance(entry, Mapping) else entry
        if isinstance(intent, str):
            yield index, NluTrigger(intent=intent)
        elif isinstance(intent, Mapping) and isinstance(intent.get("name"), str):
            path = f"/nlu_trigger/{index}/intent"
            threshold = findings.number(intent, "confidence_threshold", path, "the trigger")
            yield index, NluTrigger(intent=intent["name"], confidence_threshold=threshold or 0.0)
        else:
            findings.error(
                "wrong-shape",
                f"/nlu_trigger/{index}",
                "An entry of `nlu_trigger` must read `intent: name`; `intent` may be a map with `name` and"
                " `confidence_threshold`.",
            )


def _steps(flow_id: str, body: Mapping[str, Any], findings: Findings) -> tuple[Step, ...]:
    _check_lists(body, findings)
    places = list(walk_steps(body, flow_id))
    ids = {pointer: step_id for pointer, _, step_id in places}
    return tuple(_step(step, pointer, step_id, ids, findings) for pointer, step, step_id in places)


def _check_lists(body: Mapping[str, Any], findings: Findings) -> None:
    """Reports everything in lists of steps that is no step, depth first, without recursion."""
    lists: list[tuple[str, Any]] = [("/steps", body.get("steps"))]
    while lists:
        path, entries = lists.pop()
        if entries is None:
            continue
        if not isinstance(entries, list):
            findings.wrong_shape(path, "`steps`" if path == "/steps" else "A branch", "a list of steps", entries)
            continue
        for index, entry in enumerate(entries):
            if not isinstance(entry, Mapping):
                findings.wrong_shape(f"{path}/{index}", "A step", "a map such as `- action: utter_hello`", entry)
                continue
            branches = entry.get("next")
            if isinstance(branches, list):
                lists.extend(
                    (f"{path}/{index}/next/{number}/{key}", branch[key])
                    for number, branch in enumerate(branches)
                    for key in ("then", "else")
                    if isinstance(branch, Mapping) and isinstance(branch.get(key), list)
                )


def _step(body: Mapping[str, Any], path: str, step_id: str, ids: Mapping[str, str], findings: Findings) -> Step:
    findings.step = step_id
    kinds = [kind for kind in STEP_KINDS if kind in body]
    if not kinds and "next" in body:
        findings.warning(
            "step-without-kind",
            path,
            f"Step “{step_id}” only branches; write `noop: true` into it to say so.",
            ({"op": "add", "path": pointer_join(path, "noop"), "value": True},),
        )
    elif not kinds:
        findings.error(
            "step-without-kind",
            path,
            f"Step “{step_id}” does nothing: give it one of " + ", ".join(f"`{kind}`" for kind in STEP_KINDS) + ".",
        )
    elif len(kinds) > 1:
        both = " and ".join(f"`{kind}`" for kind in kinds)
        findings.error(
            "step-with-two-kinds", path, f"Step “{step_id}” has {both}; a step does one thing. Split it in two."
        )
    kind = kinds[0] if kinds else "noop"
    findings.unknown_keys(body, _KNOWN_IN_STEP[kind], path, f"Step “{step_id}”")
    shared: dict[str, Any] = {
        "id": step_id,
        "path": path,
        "next": tuple(_transitions(body, kind, path, ids, findings)),
        "description": findings.text(body, "description", path, f"step “{step_id}”"),
        "metadata": findings.mapping(body, "metadata", path, f"step “{step_id}”"),
    }
    return _typed(kind, body, path, shared, findings)


def _typed(kind: str, body: Mapping[str, Any], path: str, shared: dict[str, Any], findings: Findings) -> Step:
    what = f"step “{shared['id']}”"
    match kind:
        case "action":
            return ActionStep(**shared, action=_target(body, "action", path, what, findings))
        case "collect":
            return _collect(body, path, shared, what, findings)
        case "link":
            return LinkStep(**shared, flow=_target(body, "link", path, what, findings))
        case "call":
            return CallStep(
                **shared,
                target=_target(body, "call", path, what, findings),
                exit_if=tuple(
                    text
                    for entry in findings.items(body, "exit_if", path, what)
                    if (text := condition_text(entry)) is not None
                ),
                mcp_server=findings.text(body, "mcp_server", path, what),
                mapping=findings.mapping(body, "mapping", path, what) or None,
            )
        case "set_slots":
            return SetSlotsStep(**shared, slots=tuple(_assignments(body["set_slots"], path, what, findings)))
        case _:
            return NoopStep(**shared)


def _target(body: Mapping[str, Any], key: str, path: str, what: str, findings: Findings) -> str:
    value = findings.text(body, key, path, what)
    if not value and not isinstance(body.get(key), list | dict):
        findings.error("empty-name", pointer_join(path, key), f"`{key}` of {what} is empty: write a name behind it.")
    return value or ""


def _collect(body: Mapping[str, Any], path: str, shared: dict[str, Any], what: str, findings: Findings) -> CollectStep:
    slot = _target(body, "collect", path, what, findings)
    timeout = body.get("silence_timeout")
    if isinstance(timeout, Mapping):
        timeout = {str(channel): float(value) for channel, value in timeout.items() if isinstance(value, int | float)}
    else:
        timeout = findings.number(body, "silence_timeout", path, what)
    return CollectStep(
        **shared,
        slot=slot,
        utter=findings.text(body, "utter", path, what) or f"utter_ask_{slot}",
        ask_before_filling=findings.flag(body, "ask_before_filling", path, what, default=False),
        rejections=tuple(
            Rejection(condition=condition, utter=utter) for condition, utter in rejections(body, path, what, findings)
        ),
        force_slot_filling=findings.flag(body, "force_slot_filling", path, what, default=False),
        reset_after_flow_ends=findings.flag(body, "reset_after_flow_ends", path, what, default=True),
        silence_timeout=timeout,
    )


def rejections(body: Mapping[str, Any], path: str, what: str, findings: Findings) -> Iterator[tuple[str, str]]:
    """Condition and response of each rejection of a collect step or a slot's validation (1.3, 2.1)."""
    for index, entry in enumerate(findings.items(body, "rejections", path, what)):
        at = pointer_join(path, "rejections", index)
        condition = condition_text(entry.get("if")) if isinstance(entry, Mapping) else None
        utter = entry.get("utter") if isinstance(entry, Mapping) else None
        if condition is None or not isinstance(utter, str):
            findings.error(
                "wrong-shape",
                at,
                f"A rejection of {what} needs `if` with a condition and `utter` with a response name.",
            )
            continue
        yield condition, utter


def _assignments(value: Any, path: str, what: str, findings: Findings) -> Iterator[tuple[str, Any]]:
    at = pointer_join(path, "set_slots")
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list) or not value:
        findings.error("wrong-shape", at, f"`set_slots` of {what} must be a list such as `- amount: null`.")
        return
    for index, entry in enumerate(value):
        if not isinstance(entry, Mapping):
            findings.error(
                "wrong-shape", pointer_join(at, index), f"An entry of `set_slots` of {what} must read `slot: value`."
            )
            continue
        yield from ((str(slot), new) for slot, new in entry.items())


def _transitions(
    body: Mapping[str, Any], kind: str, path: str, ids: Mapping[str, str], findings: Findings
) -> Iterator[Transition]:
    """Where a step can lead, in the order tested (dialogue-semantics 1.4)."""
    following, step_id = body.get("next"), ids[path]
    if kind == "link":
        yield Transition(None, END)
    elif following is None:
        yield Transition(None, _sibling(path, ids))
    elif isinstance(following, str):
        yield Transition(None, following)
    elif isinstance(following, list):
        yield from _branches(following, pointer_join(path, "next"), step_id, ids, findings)
    else:
        findings.wrong_shape(
            pointer_join(path, "next"),
            f"`next` of step “{step_id}”",
            "a step id, `END` or a list of branches",
            following,
        )
        yield Transition(None, _sibling(path, ids))


def _sibling(path: str, ids: Mapping[str, str]) -> str:
    head, _, index = path.rpartition("/")
    return ids.get(f"{head}/{int(index) + 1}", END)


def _branches(
    entries: list[Any], path: str, step_id: str, ids: Mapping[str, str], findings: Findings
) -> Iterator[Transition]:
    for index, entry in enumerate(entries):
        at = pointer_join(path, index)
        if not isinstance(entry, Mapping) or not ("if" in entry or "else" in entry):
            findings.error("wrong-shape", at, f"A branch of step “{step_id}” must have `if` and `then`, or `else`.")
            continue
        condition = _condition(entry, "if", at, f"a branch of step “{step_id}”", findings) if "if" in entry else None
        key = "then" if "if" in entry else "else"
        findings.unknown_keys(
            entry, ("if", "then") if key == "then" else ("else",), at, f"A branch of step “{step_id}”"
        )
        target = entry.get(key)
        if isinstance(target, list) and f"{at}/{key}/0" in ids:
            target = ids[f"{at}/{key}/0"]
        if not isinstance(target, str) or not target:
            findings.error(
                "branch-without-target",
                at,
                f"A branch of step “{step_id}” leads nowhere: `{key}` needs a step id, `END` or a list of steps.",
            )
            target = END
        if key == "then" and condition is None:
            continue
        yield Transition(condition, target)
