"""A conversation from its snapshot is the one that its events add up to."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.engine.stores.conversations import SLOTS, state_of, turn_events

from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.stores.snapshots import body_of, event_of, snapshot_of, tail_of, tracker_of

texts = st.text(st.characters(codec=None), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
slots = st.sampled_from([*SLOTS, "unknown"])
frames = st.fixed_dictionaries({"type": st.just("flow"), "flow_id": st.sampled_from("ab"), "frame_id": st.just("A")})
events = st.one_of(
    st.builds(
        lambda text, data: ev.user(text, {"text": text, "d": data}, input_channel="rest", message_id=None),
        texts,
        values,
    ),
    st.builds(lambda text: ev.bot(text, {}), texts),
    st.builds(lambda name, value, reset: ev.slot(name, value, reset=reset), slots, values, st.booleans()),
    st.builds(ev.action, st.sampled_from(["action_listen", "utter_x"])),
    st.builds(lambda frame: ev.stack(json.dumps([{"op": "add", "path": "/0", "value": frame}])), frames),
    st.builds(lambda: ev.stack('[{"op": "remove", "path": "/0"}]')),
    st.sampled_from(
        [ev.plain(kind) for kind in (ev.SESSION_ENDED, ev.RESTART, ev.RESET_SLOTS, "pause", "resume", "inactive")]
        + [ev.plain(ev.SESSION_STARTED, {"session_id": "s"}), ev.plain(ev.ROUTING_SESSION_ENDED)]
        + [ev.plain(ev.FOLLOWUP, name="utter_x"), ev.plain(ev.ACTIVE_LOOP, name="form")]
    ),
)


@given(st.lists(st.lists(events, max_size=6), max_size=6))
def test_any_conversation_goes_on_from_its_snapshot_as_from_its_events(turns: list[list[Event]]) -> None:
    whole, stored, now = Tracker("ann", SLOTS), Tracker("ann", SLOTS), 1.0
    for turn in turns:
        for event in turn:
            stamped, now = event.at(now, {}), now + 1
            whole.apply(stamped)
            stored.apply(stamped)
        start = tail_of(stored.events)
        kept = [event_of(body_of(event)) for event in stored.events[start:]]
        stored = tracker_of("ann", SLOTS, snapshot_of(stored), kept, earlier=stored.earlier + start)
        assert state_of(stored) == state_of(whole)
        assert stored.count == len(whole.events)
        assert stored.events == whole.events[stored.earlier :]
        assert stored.latest_event_time == whole.latest_event_time


def test_a_turn_reads_the_last_five_messages_and_an_answer() -> None:
    events = [event for number in range(1, 21) for event in turn_events(number)]
    tail = events[tail_of(events) :]
    assert [event.get("message_id") for event in tail if event.type == ev.USER] == ["m16", "m17", "m18", "m19", "m20"]
    silent = [event for event in events if event.type != ev.BOT or event.timestamp < 1_782_900_040]
    assert ev.BOT in {event.type for event in silent[tail_of(silent) :]}


def test_the_next_model_s_initial_slots_are_those_of_slots_never_set() -> None:
    tracker = Tracker("ann", SLOTS)
    tracker.apply(ev.slot("city", "Bonn").at(1.0, {}))
    other: dict[str, Any] = {"city": "Kiel", "visits": 7, "new": True}
    restored = tracker_of("ann", other, snapshot_of(tracker), tracker.events, earlier=0)
    assert restored.slots == {"city": "Bonn", "visits": 7, "new": True}
