"""Responses: contents, conditions, variables, translations (dialogue-semantics 1.8, 2.2, 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from talkwright.assistant.parsing.shape import condition_text
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references import Reference
from talkwright.assistant.references.in_responses import response_references, texts, uses_jinja
from talkwright.assistant.validation.buttons import check_buttons
from talkwright.assistant.validation.check import Check, Expression, add, remove
from talkwright.assistant.validation.expressions import check_expression
from talkwright.assistant.validation.translations import check_text_translations

CONTENT_KEYS = ("text", "image", "custom", "buttons", "quick_replies", "attachment", "elements")
# What the engine and its patterns offer beside slots (dialogue-semantics 5.1, 5.11): fields of the top frame.
CONTEXT_VARIABLES = frozenset(
    {
        *(
            "value",
            "collect",
            "utter",
            "collect_action",
            "rejections",
            "validate",
            "refill_utter",
            "flow_id",
            "step_id",
        ),
        *("corrected_slots", "reset_flow_id", "reset_step_id", "new_slot_values", "is_reset_only", "canceled_name"),
        *("canceled_frames", "names", "clarification_ids", "clarification_options", "reason", "error_type", "info"),
        *("previous_flow_name", "interrupted_flow_names", "interrupted_flow_ids", "interrupted_flow_options"),
        *("multiple_flows_interrupted", "frame_id", "frame_type", "type", "context", "slots"),
    }
)
_JINJA_MARKS = re.compile(r"\{%|\{\{\s*[\w.]+(\s*\|[^}]*)?\s*\}\}")
_JINJA = ImmutableSandboxedEnvironment()


def check_response(check: Check) -> None:
    """Checks one response's list of variations."""
    response, problems = check.facts.read("response", check.name, check.body)
    check.findings.problems += problems
    if response is None:
        return
    if not check.name.startswith("utter_"):
        check.findings.warning(
            "response-name",
            "",
            f"The response “{check.name}” should be called `utter_{check.name}`: steps find responses by this"
            f" beginning.",
        )
    if not check.body:
        check.findings.error(
            "empty-response", "", f"The response “{check.name}” has no variation. Add one such as `- text: Hello!`."
        )
    for index, variation in enumerate(check.body):
        if isinstance(variation, Mapping):
            _check_variation(check, variation, f"/{index}", f"Variation {index + 1} of “{check.name}”")
    _check_choice(check)
    _check_variables(check)
    check_text_translations(check)


def _check_variation(check: Check, variation: Mapping[str, Any], path: str, what: str) -> None:
    if not any(variation.get(key) for key in CONTENT_KEYS):
        check.findings.error(
            "empty-variation", path, f"{what} says nothing: give it a `text`, buttons, an image or a `custom` payload."
        )
    elif isinstance(text := variation.get("text"), str) and not text.strip():
        check.findings.warning(
            "empty-text",
            pointer_join(path, "text"),
            f"{what} has an empty `text`: write what it says, or remove `text` where the rest is to stand alone.",
            remove(pointer_join(path, "text")) if any(variation.get(key) for key in CONTENT_KEYS[1:]) else (),
        )
    _check_condition(check, variation, path, what)
    check_buttons(check, variation, path, what)
    jinja = uses_jinja(variation)
    for key in ("text", "translation", "custom"):
        for at, text in texts(variation.get(key), pointer_join(path, key)):
            if jinja:
                _check_jinja(check, text, at, what)
            elif key != "custom" and _JINJA_MARKS.search(text):
                fix = add(pointer_join(path, "metadata"), {**_metadata(variation), "template": "jinja"})
                check.findings.warning(
                    "jinja-without-template",
                    at,
                    f"{what} looks like a Jinja template, but is sent as it stands: without `metadata:"
                    f" {{template: jinja}}`"
                    " doubled braces are literal ones. Add it, or write `{name}`.",
                    fix,
                )
    if variation.get("metadata") and _metadata(variation).get("rephrase") is True:
        _check_rephraser(check, path, what)


def _metadata(variation: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = variation.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _check_condition(check: Check, variation: Mapping[str, Any], path: str, what: str) -> None:
    written = variation.get("condition")
    at = pointer_join(path, "condition")
    text = condition_text(written)
    if text is not None:
        check_expression(check, Expression(text, at, f"The condition of {what[0].lower()}{what[1:]}", "response"))
    for index, entry in enumerate(written if isinstance(written, list) else ()):
        place = pointer_join(at, index)
        if (
            not isinstance(entry, Mapping)
            or not isinstance(entry.get("name"), str)
            or entry.get("type", "slot") != "slot"
        ):
            check.findings.error(
                "wrong-shape", place, f"{what}: a condition in list form needs `type: slot`, `name` and `value`."
            )
            continue
        name = entry["name"]
        if check.facts.slot(name) is None:
            check.missing(Reference(pointer_join(place, "name"), "slot", name, "value", (0, len(name))), what)


def _check_jinja(check: Check, text: str, path: str, what: str) -> None:
    try:
        _JINJA.parse(text)
    except TemplateSyntaxError as error:
        check.findings.error(
            "template-broken", path, f"{what} can't be read as Jinja (line {error.lineno}): {error.message}."
        )
    except RecursionError:
        check.findings.error("template-broken", path, f"{what} is nested too deeply.")


def _check_rephraser(check: Check, path: str, what: str) -> None:
    nlg = check.facts.settings("endpoints").get("nlg")
    if not (isinstance(nlg, Mapping) and nlg.get("type") == "rephrase"):
        check.findings.hint(
            "rephraser-missing",
            pointer_join(path, "metadata", "rephrase"),
            f"{what} asks to be rephrased, but `nlg` in the endpoints file is no rephraser: it is sent as written.",
        )


def _check_choice(check: Check) -> None:
    variations = [variation for variation in check.body if isinstance(variation, Mapping)]
    if variations and all(variation.get("condition") for variation in variations):
        check.findings.warning(
            "no-default-variation",
            "",
            f"All variations of “{check.name}” have a condition; where none is true, an error message is sent instead."
            " Add one without a condition.",
        )
    elif variations and all(variation.get("channel") for variation in variations):
        check.findings.hint(
            "no-default-channel",
            "",
            f"All variations of “{check.name}” are for one channel each; on any other nothing fits. Add one without"
            f" `channel`.",
        )


def _check_variables(check: Check) -> None:
    for reference in response_references(check.name, check.body):
        if reference.syntax not in ("format", "jinja") or reference.name in CONTEXT_VARIABLES:
            continue
        if check.facts.slot(reference.name.partition(".")[0]) is None:
            shown = f"{{{reference.name}}}"
            check.missing_variable(reference, shown, f"“{check.name}”")
