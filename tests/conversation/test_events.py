import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.problems import Problem
from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode, from_dict
from talkwright.conversation.events import Event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary() | st.text())
def test_whatever_comes_is_an_event_or_a_problem(data: bytes | str) -> None:
    assert isinstance(decode(data), Event | Problem)


@given(st.dictionaries(st.text(), JSON, max_size=5), st.text(min_size=1), st.floats(0, 2e9))
def test_unknown_types_and_fields_survive_a_round_trip(fields: dict, kind: str, stamp: float) -> None:
    data = {**fields, "event": kind, "timestamp": stamp, "metadata": {"assistant_id": "a"}}
    event = from_dict(data)
    assert event.to_dict() == data
    assert decode(event.to_json()) == event


def test_a_record_of_another_bot_is_read_whole() -> None:
    record = (
        b'{"sender_id":"web-8c41f0","user_id":null,"event":"slot","timestamp":1782900008.03,'
        b'"metadata":{"assistant_id":"city-library"},"name":"loan_count","value":2,"filled_by":"LLM"}'
    )
    event = decode(record)
    assert isinstance(event, Event)
    assert (event.type, event.get("name"), event.get("value"), event.get("sender_id")) == (
        "slot",
        "loan_count",
        2,
        "web-8c41f0",
    )


def test_a_record_that_is_no_event_says_why() -> None:
    problem = decode(b"[1, 2]")
    assert isinstance(problem, Problem)
    assert problem.code == "event-not-a-map"
    nameless = decode(b'{"timestamp": 1}')
    assert isinstance(nameless, Problem)
    assert "names its type" in nameless.message


def test_deep_nesting_is_a_problem_and_no_crash() -> None:
    assert isinstance(decode(b"[" * 100_000), Problem)
    assert isinstance(decode(b'{"event":"x","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), Event | Problem)


def test_numbers_that_json_has_not_are_read_as_python_bots_write_them() -> None:
    event = decode(json.dumps({"event": "slot", "name": "x", "value": float("inf"), "timestamp": 1}))
    assert isinstance(event, Event)
    assert event.get("value") == float("inf")


def test_events_of_our_own_have_all_fields_of_the_wire_format() -> None:
    event = ev.bot("hi", {"buttons": None}, {"utter_action": "utter_x"}).at(5.0, {"assistant_id": "a"})
    assert event.to_dict() == {
        "event": "bot",
        "timestamp": 5.0,
        "metadata": {"assistant_id": "a", "utter_action": "utter_x"},
        "text": "hi",
        "data": {"buttons": None},
        "anonymized_at": None,
    }


@pytest.mark.parametrize("stamp", ["1e400", "-5", "true", "null", '"soon"', "NaN", "1" + "0" * 400])
def test_a_time_that_is_none_is_the_first_moment(stamp: str) -> None:
    event = decode('{"event": "restart", "timestamp": ' + stamp + "}")
    assert isinstance(event, Event)
    assert event.timestamp == 0.0
