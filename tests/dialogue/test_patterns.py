"""The default patterns: complete, of our format, and in both languages."""

import re

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.builtins import BUILTIN_ACTIONS
from talkwright.assistant.conditions import is_template, parse
from talkwright.assistant.flows import ActionStep, CollectStep, LinkStep
from talkwright.assistant.items import ItemBody
from talkwright.assistant.patterns import default_items

FLOW = ItemBody("flow", "hello", {"description": "says hello", "steps": [{"action": "utter_hello"}]})
ASSISTANT, PROBLEMS = build_assistant([FLOW])
PATTERNS = {name: flow for name, flow in ASSISTANT.flows.items() if flow.is_pattern}
EXPECTED = """
collect_information validate_slot correction cancel_flow continue_interrupted completed
customer_satisfaction clarification cannot_handle chitchat search skip_question repeat_bot_messages
human_handoff internal_error code_change restart session_start session_end user_silence
external_agent_processing
"""


def test_all_patterns_are_there_and_read_without_a_problem() -> None:
    assert set(PATTERNS) == {f"pattern_{name}" for name in EXPECTED.split()}
    assert PROBLEMS == []


def test_names_and_descriptions_are_unique() -> None:
    assert len({flow.name for flow in PATTERNS.values()}) == len(PATTERNS)
    assert len({flow.description for flow in PATTERNS.values()}) == len(PATTERNS)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_pattern_names_only_what_exists_and_its_conditions_parse(name: str) -> None:
    flow = PATTERNS[name]
    for step in flow.steps:
        if isinstance(step, ActionStep) and "{{" not in step.action:
            assert step.action in BUILTIN_ACTIONS or step.action in ASSISTANT.domain.responses
        if isinstance(step, CollectStep):
            assert step.slot in ASSISTANT.domain.slots
            assert step.utter in ASSISTANT.domain.responses
        if isinstance(step, LinkStep):
            assert step.flow in PATTERNS
        for way in step.next:
            if way.condition is not None and not is_template(way.condition):
                parse(way.condition)


def test_steps_of_patterns_have_ids_of_their_own() -> None:
    for flow in PATTERNS.values():
        for step in flow.steps:
            assert not step.id.startswith(flow.id), step.id


def test_every_response_speaks_english_and_german() -> None:
    for name, response in ASSISTANT.domain.responses.items():
        for variation in response.variations:
            assert variation.text, name
            german = variation.translation.get("de")
            assert german, name
            assert german != variation.text, name
            names = [re.findall(r"\{\{.*?\}\}", text) for text in (variation.text, german)]
            assert names[0] == names[1], name
            for button in variation.data.get("buttons") or ():
                assert button["translation"]["de"]["title"] != button["title"]


@pytest.mark.parametrize("name", sorted(ASSISTANT.domain.responses))
def test_each_response_can_be_replaced_by_the_project(name: str) -> None:
    assistant, problems = build_assistant([FLOW, ItemBody("response", name, [{"text": "Own."}])])
    assert problems == []
    response = assistant.domain.responses[name]
    assert [variation.text for variation in response.variations] == ["Own."]
    assert not response.builtin


def test_default_items_are_read_once() -> None:
    assert default_items() is default_items()


def test_an_assistant_without_flows_has_no_patterns() -> None:
    assistant, _ = build_assistant([ItemBody("slot", "a", {"type": "text"})])
    assert assistant.flows == {}


def test_a_pattern_of_the_project_replaces_the_default_whole() -> None:
    own = ItemBody("flow", "pattern_chitchat", {"description": "chats", "steps": [{"action": "utter_hello"}]})
    assistant, _ = build_assistant([FLOW, own])
    assert [step.id for step in assistant.flows["pattern_chitchat"].steps] == ["pattern_chitchat_0_utter_hello"]
