"""Records are what the ecosystem's brokers carry (wire-protocols 3)."""

from __future__ import annotations

import json
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.engine.brokers.port import Record
from talkwright.engine.brokers.records import Records, too_large
from talkwright.engine.stores.recording import MAX_DETAIL, NOTHING, Recording, secrets_of

TRACE = {"source": "local", "predicted": [{"command": "start flow", "flow": "renew"}], "candidates": []}
PROMPTS = [{"component_name": "Generator", "prompt_name": "p", "user_prompt": "Say key-12345678!"}]


def user_event(**parse_data: Any) -> Event:
    data = {"text": "Grüße", "commands": [{"command": "start flow", "flow": "renew"}], "trace": TRACE, **parse_data}
    event = ev.user("Grüße", data, input_channel="rest", message_id="m1", metadata={"page": "start"})
    return event.at(1_782_900_007.412881, {"assistant_id": "library", "session_id": "s1"})


def test_a_record_is_one_event_as_flat_json_in_ascii_with_its_envelope() -> None:
    (record,) = Records(NOTHING, "staging").of("web-1", None, [user_event()])
    assert record.headers == (("RASA_ENVIRONMENT", b"staging"),)
    assert record.value.isascii()
    told = json.loads(record.value)
    assert list(told) == [
        *("sender_id", "user_id", "event", "timestamp", "metadata"),
        *("text", "parse_data", "input_channel", "message_id", "anonymized_at"),
    ]
    assert told["metadata"] == {
        "assistant_id": "library",
        "session_id": "s1",
        "page": "start",
        "rasa_environment": "staging",
    }
    assert told["parse_data"]["commands"] == [{"command": "start flow", "flow": "renew"}]
    assert isinstance(decode(record.value), Event)


def test_without_an_environment_the_header_says_so_and_the_metadata_is_null() -> None:
    (record,) = Records(NOTHING, None).of("web-1", "u1", [ev.plain(ev.RESTART).at(1.0, {})])
    assert record.headers == (("RASA_ENVIRONMENT", b"RASA_ENVIRONMENT_NOT_SET"),)
    assert json.loads(record.value) == {
        "sender_id": "web-1",
        "user_id": "u1",
        "event": "restart",
        "timestamp": 1.0,
        "metadata": {"rasa_environment": None},
    }


def test_commands_and_prompts_travel_only_while_recording_is_on_and_the_trace_never() -> None:
    event = user_event(prompts=PROMPTS)
    off, on = Recording(on=False), Recording(on=True, secrets=["key-12345678"])
    (quiet,), (told,) = (Records(one, None).of("a", None, [event]) for one in (off, on))
    assert json.loads(quiet.value)["parse_data"].keys() == {"text", "commands"}
    parse_data = json.loads(told.value)["parse_data"]
    assert parse_data.keys() == {"text", "commands", "predicted_commands", "prompts"}
    assert parse_data["predicted_commands"] == {"LocalUnderstanding": TRACE["predicted"]}
    assert parse_data["prompts"][0]["user_prompt"] == "Say ***!"
    assert event.get("parse_data")["trace"] is TRACE, "the event itself is never changed"


def test_predicted_commands_that_the_understanding_names_itself_stay() -> None:
    event = user_event(predicted_commands={"MyGenerator": []})
    (told,) = Records(Recording(on=True), None).of("a", None, [event])
    assert json.loads(told.value)["parse_data"]["predicted_commands"] == {"MyGenerator": []}


def test_a_detail_never_grows_beyond_64_kib() -> None:
    recording = Recording(on=True)
    for prompts, trace, dropped in (
        (PROMPTS, TRACE, None),
        ([{"user_prompt": "ü" * MAX_DETAIL}], TRACE, ["prompts"]),
        (PROMPTS, {"long": "x" * MAX_DETAIL}, ["prompts", "trace"]),
    ):
        detail = recording.detail(user_event(prompts=prompts, trace=trace))
        assert detail is not None
        message_id, body = detail
        assert message_id == "m1"
        assert len(body.encode()) <= MAX_DETAIL
        assert json.loads(body).get("dropped") == dropped
    assert Recording(on=False).detail(user_event()) is None


def test_secrets_are_masked_by_value_and_by_shape() -> None:
    variables = {
        "OPENAI_API_KEY": "abc-def-ghi",
        "DB_PASSWORD": "hunter22",
        "HOME": "/home/ann",
        "X_TOKEN_FILE": "/run/t",
    }
    recording = Recording(on=True, secrets=secrets_of(variables))
    said = {
        "a": ["abc-def-ghi is it", {"hunter22": "postgresql://ann:pass@host/db"}],
        "b": "Authorization: Bearer abcdefgh12345",
        "c": "sk-proj-0123456789abcdefghij",
        "d": "/home/ann goes to /run/t",
    }
    assert recording.masked(said) == {
        "a": ["*** is it", {"***": "postgresql://***@host/db"}],
        "b": "Authorization: ***",
        "c": "***",
        "d": "/home/ann goes to /run/t",
    }


def test_what_stands_for_a_record_that_is_too_large_names_the_error() -> None:
    (record,) = Records(NOTHING, "staging").of("a", "u", [user_event()])
    small = too_large(
        record, code="MSG_SIZE_TOO_LARGE", message="Broker: Message size too large", source="KafkaEventBroker"
    )
    assert isinstance(small, Record)
    told = json.loads(small.value)
    assert (told["event"], told["error_code"], told["sender_id"]) == ("error", "MSG_SIZE_TOO_LARGE", "a")
    assert told["metadata"]["error_source"] == "KafkaEventBroker"
    assert told["metadata"]["error_msg"] == "Broker: Message size too large"
    assert told["timestamp"] == 1_782_900_007.412881


def test_what_an_agent_writes_of_its_understanding() -> None:
    on, predicted = Recording(on=True, secrets=["key-12345678"]), [{"command": "noop"}]
    assert Recording(on=False).of(predicted, "llm", PROMPTS) == {}
    assert on.of(predicted, "payload", ()) == {"predicted_commands": {"CommandPayloadReader": predicted}, "prompts": []}
    told = on.of(predicted, "llm", PROMPTS)
    assert told["predicted_commands"] == {"Generator": predicted}
    assert told["prompts"][0]["user_prompt"] == "Say ***!"
    assert on.of(predicted, "llm", [{"user_prompt": "x" * MAX_DETAIL}])["prompts"] == []


def test_what_models_are_asked_later_in_the_turn_is_added_to_its_message_as_far_as_64_kib_hold_it() -> None:
    on, off = Recording(on=True, secrets=["key-12345678"]), Recording(on=False)
    long, last = {"user_prompt": "x" * MAX_DETAIL}, {"user_prompt": "Reword key-12345678."}
    for recording, kept in ((on, ["Say ***!", "Reword ***."]), (off, None)):
        event = user_event(**recording.of([], "llm", PROMPTS))
        recording.add(event, [long, last])
        prompts = event.get("parse_data").get("prompts")
        assert (prompts and [prompt["user_prompt"] for prompt in prompts]) == kept
        assert prompts is None or len(json.dumps(prompts)) <= MAX_DETAIL


def test_the_room_for_prompts_is_kept_to_the_byte() -> None:
    recording = Recording(on=True)
    event = user_event(**recording.of([], "llm", ()))
    spare = MAX_DETAIL - len(json.dumps([{"p": ""}] * 2)) - 10
    recording.add(event, [{"p": "a" * 10}, {"p": "b" * (spare + 1)}, {"p": "c" * spare}])
    prompts = event.get("parse_data")["prompts"]
    assert [prompt["p"][0] for prompt in prompts] == ["a", "c"]
    assert len(json.dumps(prompts)) == MAX_DETAIL
