"""What a language model was asked is read where somebody looks, and is not sent to a model that takes a chat over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from talkwright.backend.chats.bots import as_put
from talkwright.backend.chats.service import prompts_in
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event

RECORDED = {
    "component_name": "CompactLLMCommandGenerator",
    "prompt_name": "command_generator_prompt",
    "user_prompt": "You turn <b>words</b> into commands.",
    "llm_response_metadata": {
        "choices": ["start flow order_tea"],
        "model": "small",
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        "latency_ms": 418.2,
    },
}


def user(prompts: Any) -> str:
    parse_data = {"text": "tea", "commands": [], "prompts": prompts, "trace": {"source": "llm"}}
    return json.dumps({"sender_id": "x", "event": "user", "timestamp": 1.0, "text": "tea", "parse_data": parse_data})


def event(body: str) -> Event:
    found = decode(body)
    assert isinstance(found, Event)
    return found


def test_a_recorded_prompt_is_told_with_its_answer_and_figures() -> None:
    (prompt,) = prompts_in(event(user([RECORDED])))
    assert prompt.model_dump() == {
        "component": "CompactLLMCommandGenerator",
        "prompt": "You turn <b>words</b> into commands.",
        "answer": "start flow order_tea",
        "model": "small",
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "ms": 418.2,
    }


@pytest.mark.parametrize(
    "prompts",
    [
        None,
        "text",
        [None, 3, {}],
        [{"llm_response_metadata": "text"}],
        [{"llm_response_metadata": {"usage": {"prompt_tokens": "many"}}}],
    ],
)
def test_what_has_another_form_is_left_out(prompts: Any) -> None:
    assert list(prompts_in(event(user(prompts)))) == []


def test_a_model_that_takes_a_chat_over_gets_no_prompts() -> None:
    bare = {"event": "user", "timestamp": 1.0, "text": "tea", "parse_data": {"text": "tea", "commands": []}}
    assert as_put(user([RECORDED])) == bare
    assert as_put('{"sender_id": "x", "event": "slot", "name": "trace"}') == {"event": "slot", "name": "trace"}
