"""Slots: names, types, values, mappings and their own validation (dialogue-semantics 1.8, 2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.domain import Slot
from talkwright.assistant.parsing.domain import MAPPING_KEYS
from talkwright.assistant.parsing.shape import closest, condition_text
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import Reference, references
from talkwright.assistant.validation.check import Check, Expression, remove, replace, wrong_name
from talkwright.assistant.validation.components import INTENT_ROUTER, NLU_ADAPTER, named, short
from talkwright.assistant.validation.expressions import check_expression
from talkwright.assistant.validation.values import problem_of

NLU_MAPPINGS = ("from_entity", "from_intent", "from_trigger_intent", "from_text")
COEXISTENCE_SYSTEMS = ("NLU", "CALM", "SHARED")
_NAME = re.compile(r"\w[\w-]*")


def check_slot(check: Check) -> None:
    """Checks one slot's body."""
    slot, problems = check.facts.read("slot", check.name, check.body)
    check.findings.problems += problems
    if slot is None:
        return
    if not _NAME.fullmatch(slot.name):
        check.findings.error(
            "slot-name",
            "",
            f"{wrong_name(slot.name, 'slot', 'name')}: conditions and texts could not read it. Use letters, digits, `_`"
            f" and `-`.",
        )
    if slot.name == "language":
        check.findings.error(
            "reserved-slot", "", "The slot `language` is built in and can't be declared. Rename or delete it."
        )
    _check_values(check, slot)
    _check_range(check, slot)
    _check_initial(check, slot)
    _check_mappings(check, slot)
    _check_validation(check)


def _check_values(check: Check, slot: Slot) -> None:
    if slot.type != "categorical":
        if slot.values:
            check.findings.warning(
                "values-ignored",
                "/values",
                f"`values` has no effect on the {slot.type} slot “{slot.name}”. Make it categorical, or delete them.",
            )
        return
    if not slot.values:
        check.findings.error(
            "categorical-without-values",
            "",
            f"The categorical slot “{slot.name}” needs `values`, a list of what it can hold.",
        )
    seen: dict[str, Any] = {}
    for index, value in enumerate(slot.values):
        at = f"/values/{index}"
        if value is None or isinstance(value, list | Mapping):
            check.findings.error(
                "categorical-value",
                at,
                f"A value of the slot “{slot.name}” must be a text, a number or a bool. (An unset slot is null"
                f" anyway.)",
                remove(at),
            )
            continue
        same = seen.setdefault(str(value).lower(), value)
        if same is not value and seen[str(value).lower()] is not value:
            check.findings.error(
                "categorical-value-twice",
                at,
                f"The values `{same}` and `{value}` of “{slot.name}” are the same, because case doesn't count."
                f" Delete one.",
                remove(at),
            )


def _check_range(check: Check, slot: Slot) -> None:
    low, high = slot.min_value, slot.max_value
    if low is None and high is None:
        return
    if slot.type != "float":
        check.findings.warning(
            "range-ignored",
            "/min_value" if low is not None else "/max_value",
            f"`min_value` and `max_value` count only for float slots; “{slot.name}” is {slot.type}.",
        )
    elif low is None or high is None:
        given, other = ("max_value", "min_value") if low is None else ("min_value", "max_value")
        check.findings.warning(
            "range-incomplete",
            f"/{given}",
            f"The slot “{slot.name}” has `{given}` without `{other}`; the range is checked only if both are set.",
        )
    elif low >= high:
        check.findings.error(
            "range-empty", "/min_value", f"`min_value` of “{slot.name}” must be smaller than `max_value`."
        )


def _check_initial(check: Check, slot: Slot) -> None:
    if slot.type == "list" and slot.initial_value is not None and not isinstance(slot.initial_value, list):
        check.findings.error(
            "slot-value",
            "/initial_value",
            f"The initial value of the list slot “{slot.name}” must be a list.",
            replace("/initial_value", [slot.initial_value]),
        )
        return
    reason = problem_of(slot, slot.initial_value)
    if reason is not None:
        check.findings.error(
            "slot-value",
            "/initial_value",
            f"The initial value of “{slot.name}” is `{slot.initial_value}`, but {reason}.",
        )


def _check_mappings(check: Check, slot: Slot) -> None:
    if check.body.get("mappings") is None:
        return
    written = check.body["mappings"]
    types = [mapping.type for mapping in slot.mappings]
    for index, mapping in enumerate(written if isinstance(written, list) else ()):
        if isinstance(mapping, Mapping) and isinstance(mapping.get("type"), str):
            _check_mapping(check, slot, mapping, f"/mappings/{index}", types)
    for reference in references("slot", slot.name, check.body):
        _check_named(check, slot, reference)
    _check_fillers(check, slot, types)


def _check_fillers(check: Check, slot: Slot, types: list[str]) -> None:
    """Whether something in the assistant serves the ways in which a slot is filled."""
    if not check.facts.any_flow():
        if "from_llm" in types:
            check.findings.warning(
                "from-llm-without-flow",
                "/mappings",
                f"“{slot.name}” is filled by `from_llm`, which needs at least one flow.",
            )
        return
    by_nlu = next((kind for kind in types if kind in NLU_MAPPINGS), None)
    if by_nlu is None:
        return
    components = {short(name) for _, name, _ in named(check.facts.settings("config"), "pipeline")}
    if components.isdisjoint((NLU_ADAPTER, INTENT_ROUTER)):
        check.findings.hint(
            "mapping-without-adapter",
            "/mappings",
            f"“{slot.name}” is filled by `{by_nlu}`, which other engines do in flows only with `{NLU_ADAPTER}` in the"
            " pipeline. Talkwright's own engine fills it anyway.",
        )


def _check_named(check: Check, slot: Slot, reference: Reference) -> None:
    if not reference.path.startswith("/mappings"):
        return
    what = f"A mapping of slot “{slot.name}”"
    if reference.kind == "action":
        exists = check.facts.has("action", reference.name)
    else:
        exists = check.facts.has(reference.kind, reference.name)
    if not exists:
        check.missing(reference, what, severe=reference.kind in ("flow", "action"))


def _check_mapping(check: Check, slot: Slot, mapping: Mapping[str, Any], path: str, types: list[str]) -> None:
    kind = mapping["type"]
    what = f"A mapping of slot “{slot.name}”"
    if kind not in MAPPING_KEYS:
        meant = closest(kind, MAPPING_KEYS)
        shown = ", ".join(f"`{known}`" for known in MAPPING_KEYS)
        at = pointer_join(path, "type")
        check.findings.error(
            "unknown-mapping",
            at,
            f"{what} has the type `{kind}`; types are {shown}.",
            replace(at, meant) if meant else (),
        )
        return
    if kind == "from_entity" and not mapping.get("entity"):
        check.findings.error("mapping-incomplete", path, f"{what} is `from_entity` and must name an `entity`.")
    if kind in ("from_intent", "from_trigger_intent") and "value" not in mapping:
        check.findings.error(
            "mapping-incomplete", path, f"{what} is `{kind}` and must say which `value` the intent sets."
        )
    if kind == "custom":
        check.findings.hint(
            "custom-mapping",
            pointer_join(path, "type"),
            f"{what} is `custom`, the old word for `controlled`.",
            replace(pointer_join(path, "type"), "controlled"),
        )
    _check_options(check, slot, mapping, path, types)


def _check_options(check: Check, slot: Slot, mapping: Mapping[str, Any], path: str, types: list[str]) -> None:
    what = f"A mapping of slot “{slot.name}”"
    kind = mapping["type"]
    if mapping.get("allow_nlu_correction") and not (
        kind == "from_llm" and any(other in NLU_MAPPINGS for other in types)
    ):
        check.findings.error(
            "nlu-correction-alone",
            pointer_join(path, "allow_nlu_correction"),
            f"{what}: `allow_nlu_correction` belongs to a `from_llm` mapping that has an NLU mapping beside it.",
            remove(pointer_join(path, "allow_nlu_correction")),
        )
    for key in ("run_action_every_turn", "coexistence_system"):
        if mapping.get(key) and kind not in ("controlled", "custom"):
            check.findings.error(
                "controlled-option",
                pointer_join(path, key),
                f"{what}: `{key}` belongs to `controlled` mappings only.",
                remove(pointer_join(path, key)),
            )
    system = mapping.get("coexistence_system")
    if system is not None:
        at = pointer_join(path, "coexistence_system")
        if system not in COEXISTENCE_SYSTEMS:
            check.findings.error(
                "coexistence-system", at, f"{what}: `coexistence_system` is one of NLU, CALM and SHARED."
            )
        elif system != "SHARED" and slot.shared_for_coexistence:
            check.findings.error(
                "coexistence-system",
                at,
                f"{what}: `coexistence_system: {system}` contradicts `shared_for_coexistence: true`.",
            )


def _check_validation(check: Check) -> None:
    validation = check.body.get("validation")
    if not isinstance(validation, Mapping):
        return
    written = validation.get("rejections")
    if not written:
        check.findings.warning(
            "validation-empty",
            "/validation",
            f"The validation of slot “{check.name}” has no `rejections`, so it checks only the type.",
        )
    for index, rejection in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(rejection, Mapping):
            continue
        text = condition_text(rejection.get("if"))
        if text is not None:
            check_expression(
                check,
                Expression(
                    text,
                    f"/validation/rejections/{index}/if",
                    f"A rejection of slot “{check.name}”",
                    "rejection",
                    check.name,
                ),
            )
    for reference in references("slot", check.name, check.body):
        if reference.kind != "response" or check.facts.response(reference.name) is not None:
            continue
        if reference.syntax == "implied" and check.facts.has("action", f"action_ask_{check.name}"):
            continue
        check.missing(reference, f"The validation of slot “{check.name}”")
