"""No message breaks the understanding, whatever is asked; and nobody waits for it."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talkwright.assistant.flows import CollectStep
from talkwright.conversation.tracker import Tracker
from talkwright.engine.model import Model
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

PIECES = """
no yes ja nicht 50 fifty hundred and a half to for Bob change actually I meant sondern but , . ? ! € the first one
cancel /SetSlots( /intent{ voucher bike amount receiver ẞ İ 𝟙𝟚 ½ \u202e
"""
WORDS = st.sampled_from(PIECES.split())
TEXTS = st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map(" ".join))
SLOTS = ["bike_kind", "repair_day", "confirm_repair", "rental_days", "gift_amount", "gift_receiver", None]


def asked(model: Model, slot: str | None) -> Tracker:
    """A conversation in which another slot is filled and this one asked for."""
    assistant = model.assistant
    tracker = Tracker("any", {name: one.initial_value for name, one in assistant.domain.slots.items()})
    for flow in assistant.user_flows.values():
        for step in flow.steps:
            if isinstance(step, CollectStep) and step.slot == slot:
                place = {"flow_id": flow.id, "step_id": step.id, "frame_type": "regular"}
                question = {"flow_id": "pattern_collect_information", "collect": slot, "utter": step.utter}
                tracker.stack = (
                    {"type": "flow", "frame_id": "A", **place},
                    {"type": "pattern_collect_information", "frame_id": "B", **question},
                )
                tracker.slots |= {"gift_receiver": "Eva", "gift_amount": 20.0}
                tracker.filled_by |= {"gift_receiver": "LLM", "gift_amount": "LLM"}
    return tracker


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, slot=st.sampled_from(SLOTS))
def test_any_message_gives_commands_that_can_be_stored(workshop: Model, text: str, slot: str | None) -> None:
    understanding = LocalUnderstanding(workshop.classifier)
    understood = understanding.understand(text, asked(workshop, slot), workshop.assistant, language="en")
    assert understood.commands
    stored = {"commands": [one.to_dict() for one in understood.commands], **understood.parse_data, **understood.trace}
    json.dumps(stored, allow_nan=False)


@pytest.mark.parametrize(
    "piece", ["no, ", "bitte ", "hundert", "50 ", "a", "zweiund", "i want to ", "\n", "((", "the the "]
)
@pytest.mark.parametrize("slot", SLOTS)
def test_a_very_long_message_is_done_with_quickly(workshop: Model, piece: str, slot: str | None) -> None:
    understanding = LocalUnderstanding(workshop.classifier)
    started = time.process_time()
    understanding.understand(piece * 3000, asked(workshop, slot), workshop.assistant, language="en")
    assert time.process_time() - started < 2.0
