"""Bodies of slots, responses, actions and session settings to typed values (dialogue-semantics 2.1-2.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from talkwright.assistant.domain import (
    ActionDeclaration,
    Response,
    SessionConfig,
    Slot,
    SlotMapping,
    SlotRejection,
    SlotType,
    SlotValidation,
    Variation,
)
from talkwright.assistant.parsing.flows import rejections
from talkwright.assistant.parsing.shape import Findings, closest, shape_name
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.problems import Problem

SLOT_TYPES: tuple[SlotType, ...] = get_args(SlotType)
WRITABLE_SLOT_TYPES = tuple(kind for kind in SLOT_TYPES if kind != "strict_categorical")
SLOT_KEYS = [
    "type",
    "values",
    "initial_value",
    "min_value",
    "max_value",
    "influence_conversation",
    "shared_for_coexistence",
    "mappings",
    "validation",
    "value_reset_delay",
]
MAPPING_KEYS: Mapping[str, tuple[str, ...]] = {
    "from_llm": ("allow_nlu_correction",),
    "from_entity": ("entity", "role", "group", "intent", "not_intent"),
    "from_intent": ("value", "intent", "not_intent"),
    "from_trigger_intent": ("value", "intent", "not_intent"),
    "from_text": ("intent", "not_intent"),
    "controlled": ("run_action_every_turn", "coexistence_system"),
    "custom": ("action",),
}
VARIATION_KEYS = [
    "text",
    "id",
    "condition",
    "channel",
    "image",
    "custom",
    "buttons",
    "button_type",
    "quick_replies",
    "attachment",
    "elements",
    "allow_interruptions",
    "translation",
    "metadata",
]
OWN_VARIATION_KEYS = ("text", "id", "condition", "channel", "translation", "metadata")
SESSION_KEYS = ("session_expiration_time", "carry_over_slots_to_new_session", "start_session_after_expiry")


def parse_slot(name: str, body: Any) -> tuple[Slot | None, list[Problem]]:
    """The typed slot of a body, and what is wrong with its shape; an unknown type is read as `any`."""
    findings = Findings("slot", name)
    what = f"slot “{name}”"
    if not isinstance(body, Mapping):
        findings.error(
            "wrong-shape", "", f"A slot must be a map with at least `type`, but {what} is {shape_name(body)}."
        )
        return None, findings.problems
    findings.unknown_keys(body, SLOT_KEYS, "", f"The {what}")
    kind = _slot_type(body, what, findings)
    slot = Slot(
        name=name,
        type=kind,
        values=tuple(findings.items(body, "values", "", what)),
        initial_value=body.get("initial_value"),
        min_value=findings.number(body, "min_value", "", what),
        max_value=findings.number(body, "max_value", "", what),
        influence_conversation=findings.flag(body, "influence_conversation", "", what, default=kind != "any"),
        shared_for_coexistence=findings.flag(body, "shared_for_coexistence", "", what, default=False),
        mappings=tuple(_mappings(body, what, findings)) or (SlotMapping(type="from_llm"),),
        validation=_validation(name, body, what, findings),
    )
    return slot, findings.problems


def _slot_type(body: Mapping[str, Any], what: str, findings: Findings) -> SlotType:
    written = findings.text(body, "type", "", what)
    known = ", ".join(WRITABLE_SLOT_TYPES)
    if written is None:
        findings.error("slot-without-type", "", f"The {what} has no type. Add `type:` with one of {known}.")
        return "any"
    for kind in SLOT_TYPES:
        if written == kind:
            return kind
    meant = closest(written, WRITABLE_SLOT_TYPES)
    fix = ({"op": "replace", "path": "/type", "value": meant},) if meant else ()
    ask = f" Did you mean `{meant}`?" if meant else ""
    findings.error(
        "unknown-slot-type",
        "/type",
        f"The {what} has the type `{written}`, which does not exist; types are {known}.{ask}",
        fix,
    )
    return "any"


def _mappings(body: Mapping[str, Any], what: str, findings: Findings) -> Iterator[SlotMapping]:
    for index, entry in enumerate(findings.items(body, "mappings", "", what)):
        path = pointer_join("/mappings", index)
        if not isinstance(entry, Mapping) or not isinstance(entry.get("type"), str):
            findings.error(
                "wrong-shape", path, f"A mapping of {what} must be a map with `type`, such as `- type: from_llm`."
            )
            continue
        if entry["type"] in MAPPING_KEYS:
            findings.unknown_keys(
                entry, {"type", "conditions", *MAPPING_KEYS[entry["type"]]}, path, f"A mapping of {what}"
            )
        conditions = findings.items(entry, "conditions", path, f"a mapping of {what}")
        yield SlotMapping(
            type=entry["type"],
            keys={key: value for key, value in entry.items() if key not in ("type", "conditions")},
            conditions=tuple(condition for condition in conditions if isinstance(condition, Mapping)),
        )


def _validation(name: str, body: Mapping[str, Any], what: str, findings: Findings) -> SlotValidation | None:
    written = findings.mapping(body, "validation", "", what)
    if not written:
        return None
    findings.unknown_keys(written, ("rejections", "refill_utter"), "/validation", f"The validation of {what}")
    return SlotValidation(
        rejections=tuple(
            SlotRejection(condition=condition, utter=utter)
            for condition, utter in rejections(written, "/validation", what, findings)
        ),
        refill_utter=findings.text(written, "refill_utter", "/validation", what) or f"utter_ask_{name}",
    )


def parse_response(name: str, body: Any) -> tuple[Response | None, list[Problem]]:
    """The typed response of a list of variations, and what is wrong with its shape."""
    findings = Findings("response", name)
    if not isinstance(body, list):
        findings.error(
            "wrong-shape",
            "",
            f"A response must be a list of variations such as `- text: Hello!`, but “{name}” is {shape_name(body)}.",
        )
        return None, findings.problems
    variations = []
    for index, entry in enumerate(body):
        if isinstance(entry, str):
            findings.error(
                "wrong-shape",
                f"/{index}",
                f"Variation {index + 1} of “{name}” is a bare text; write `- text: …`.",
                ({"op": "replace", "path": f"/{index}", "value": {"text": entry}},),
            )
            variations.append(Variation(text=entry))
        elif not isinstance(entry, Mapping):
            findings.wrong_shape(
                f"/{index}", f"Variation {index + 1} of “{name}”", "a map such as `- text: Hello!`", entry
            )
        else:
            variations.append(_variation(entry, f"/{index}", f"variation {index + 1} of “{name}”", findings))
    return Response(name=name, variations=tuple(variations)), findings.problems


def _variation(entry: Mapping[str, Any], path: str, what: str, findings: Findings) -> Variation:
    findings.unknown_keys(entry, VARIATION_KEYS, path, what[0].upper() + what[1:])
    condition = entry.get("condition")
    if isinstance(condition, list):
        condition = tuple(item for item in condition if isinstance(item, Mapping))
    elif isinstance(condition, bool):
        condition = str(condition).lower()
    elif condition is not None and not isinstance(condition, str):
        findings.wrong_shape(
            pointer_join(path, "condition"), f"`condition` of {what}", "a condition written as a text", condition
        )
        condition = None
    return Variation(
        text=findings.text(entry, "text", path, what),
        id=findings.text(entry, "id", path, what),
        condition=condition,
        channel=findings.text(entry, "channel", path, what),
        data={key: value for key, value in entry.items() if key not in OWN_VARIATION_KEYS},
        translation={
            str(language): str(text)
            for language, text in findings.mapping(entry, "translation", path, what).items()
            if isinstance(text, str | int | float)
        },
        metadata=findings.mapping(entry, "metadata", path, what),
    )


def parse_action(name: str, body: Any) -> tuple[ActionDeclaration, list[Problem]]:
    """The declaration of a custom action: `{}` or `{"send_domain": true}`."""
    findings = Findings("action", name)
    if body is not None and not isinstance(body, Mapping):
        findings.wrong_shape("", f"The action “{name}”", "a bare name or a map with `send_domain`", body)
        return ActionDeclaration(name=name), findings.problems
    body = body or {}
    findings.unknown_keys(body, ("send_domain",), "", f"The action “{name}”")
    send = findings.flag(body, "send_domain", "", f"action “{name}”", default=False)
    return ActionDeclaration(name=name, send_domain=send), findings.problems


def parse_session(body: Mapping[str, Any], findings: Findings) -> SessionConfig:
    """The session settings of a domain's rest (2.3); minutes."""
    written = findings.mapping(body, "session_config", "", "the domain")
    findings.unknown_keys(written, SESSION_KEYS, "/session_config", "`session_config`")
    what = "`session_config`"
    minutes = findings.number(written, "session_expiration_time", "/session_config", what)
    if minutes is not None and minutes < 0:
        findings.error(
            "session-time-negative",
            "/session_config/session_expiration_time",
            "`session_expiration_time` counts minutes and can't be negative; 0 means that a session never ends.",
        )
        minutes = None
    return SessionConfig(
        expiration_minutes=60.0 if minutes is None else minutes,
        carry_over_slots=findings.flag(written, SESSION_KEYS[1], "/session_config", what, default=True),
        start_after_expiry=findings.flag(written, SESSION_KEYS[2], "/session_config", what, default=True),
    )
