"""What every assistant has without declaring it: slots, actions and intents (dialogue-semantics 2.1, 2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from talkwright.assistant.compatibility import DEFAULT, STRICT, Compatibility
from talkwright.assistant.domain import Slot, SlotMapping, SlotType

_BY_LLM = (SlotMapping(type="from_llm"),)
_BY_ENGINE = (SlotMapping(type="controlled"),)

BUILTIN_INTENTS = frozenset(
    ["restart", "back", "out_of_scope", "session_start", "session_end", "silence_timeout", "nlu_fallback"]
)
BUILTIN_ACTIONS = frozenset(
    [
        "action_listen",
        "action_restart",
        "action_session_start",
        "action_default_fallback",
        "action_deactivate_loop",
        "action_revert_fallback_events",
        "action_default_ask_affirmation",
        "action_default_ask_rephrase",
        "action_two_stage_fallback",
        "action_unlikely_intent",
        "action_back",
        "action_send_text",
        "action_agent_request_user_input",
        "action_extract_slots",
        "action_cancel_flow",
        "action_correct_flow_slot",
        "action_clarify_flows",
        "action_run_slot_rejections",
        "action_clean_stack",
        "action_trigger_search",
        "action_trigger_chitchat",
        "action_reset_routing",
        "action_hangup",
        "action_handoff_metric",
        "action_repeat_bot_messages",
        "action_default_capabilities",
        "action_continue_interrupted_flow",
        "action_cancel_interrupted_flows",
        "action_send_text_update",
    ]
)


def _slot(
    name: str,
    kind: SlotType,
    mappings: tuple[SlotMapping, ...] = _BY_ENGINE,
    *,
    initial: Any = None,
    values: tuple[Any, ...] = (),
) -> Slot:
    return Slot(
        name=name,
        type=kind,
        initial_value=initial,
        values=values,
        mappings=mappings,
        influence_conversation=False,
        builtin=True,
    )


_ALWAYS = (
    _slot("flow_hashes", "any"),
    _slot("session_started_metadata", "any"),
    _slot("mocked_datetime", "any"),
    _slot("confirm_correction", "bool", _BY_LLM),
    _slot("silence_timeout", "float", initial=7.0),
    _slot("consecutive_silence_timeouts", "float", initial=0.0),
    _slot("interrupted_flow_to_continue", "text", _BY_LLM),
    _slot("continue_interrupted_flow_confirmation", "bool", _BY_LLM),
    _slot("max_clarification_options", "float", initial=3.0),
    _slot("continue_conversation", "bool", _BY_LLM),
    _slot("csat_score", "categorical", _BY_LLM, values=("satisfied", "unsatisfied")),
)
REQUESTED_SLOT = "requested_slot"
BUILTIN_SLOT_NAMES = frozenset({slot.name for slot in _ALWAYS} | {"language", REQUESTED_SLOT})


def builtin_slots(
    language: str, additional: Iterable[str] = (), *, forms: bool = False, compatibility: Compatibility = DEFAULT
) -> Mapping[str, Slot]:
    """The built-in slots of an assistant that speaks `language` and `additional` ones; with `forms` also theirs.

    The documented waiting time of a question is 7 seconds; release 3.21 waits for 30 (12, end).
    """
    slots = {slot.name: slot for slot in _ALWAYS}
    if compatibility == STRICT:
        slots["silence_timeout"] = _slot("silence_timeout", "float", initial=30.0)
    values = (language, *(other for other in additional if other != language))
    slots["language"] = _slot("language", "strict_categorical", initial=language, values=values)
    if forms:
        slots[REQUESTED_SLOT] = _slot(REQUESTED_SLOT, "text")
    return slots
