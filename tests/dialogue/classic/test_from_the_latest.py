"""Rules and stories go on from what is kept of a conversation as from all of its events."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.classic.test_any_talk import ANSWERS, LIBRARY, MESSAGES, SHOP, agent, state

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.dialogue.classic.following import Tracks
from talkwright.engine.dialogue.classic.policies import Policies
from talkwright.engine.ports import UserMessage
from talkwright.engine.stores.snapshots import snapshot_of, tail_of, tracker_of

ROUND = ("/greet", '/order{"flower": "tulip"}', '/tell{"number": "5"}', "/hours", "/lost", "/bye")


class Shelf:
    """Keeps one conversation as a database does: a snapshot and the events, of which it counts what it hands out."""

    def __init__(self, begun: Tracker) -> None:
        self.events: list[Event] = []
        self.fetched = 0
        self._tracker = begun

    def put(self, tracker: Tracker) -> None:
        self.events += tracker.events[len(self.events) - tracker.earlier :]
        begin = tracker.earlier + tail_of(tracker.events)
        kept = snapshot_of(tracker)
        self._tracker = tracker_of("ann", tracker.initial_slots, kept, self.events[begin:], earlier=begin)

        async def earlier() -> list[Event]:
            self.fetched += begin
            return self.events[:begin]

        self._tracker.fetch_earlier = earlier

    def take(self) -> Tracker:
        return self._tracker


def say(talking: Agent, tracker: Tracker, text: str) -> list[dict[str, Any]]:
    result = asyncio.run(talking.handle(tracker, UserMessage(text=text)))
    left_out = ("timestamp", "metadata", "message_id")
    return [{name: value for name, value in told.items() if name not in left_out} for told in map(flat, result.events)]


def flat(event: Event) -> dict[str, Any]:
    told = event.to_dict()
    if isinstance(told.get("parse_data"), dict):
        told["parse_data"] = {name: value for name, value in told["parse_data"].items() if name != "message_id"}
    return told


def without_ids(tracker: Tracker) -> dict[str, Any]:
    left_out = ("latest_event_time", "conversation_started_timestamp", "current_session_id", "latest_message", "stack")
    return {name: value for name, value in state(tracker).items() if name not in left_out}


@settings(max_examples=100)
@given(
    items=st.sampled_from([SHOP, LIBRARY]),
    messages=st.lists(MESSAGES, min_size=4, max_size=30),
    answers=st.lists(ANSWERS, min_size=1, max_size=4),
)
def test_any_talk_goes_the_same_way_from_what_is_kept_of_it(
    items: list[ItemBody], messages: list[str], answers: list[Any]
) -> None:
    whole, stored = agent(items, answers), agent(items, answers)
    tracker, shelf = whole.new_tracker("ann"), Shelf(stored.new_tracker("ann"))
    for text in messages:
        other = shelf.take()
        assert without_frames(say(stored, other, text)) == without_frames(say(whole, tracker, text))
        assert without_ids(other) == without_ids(tracker)
        shelf.put(other)


def without_frames(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is said and done; frames of flows have ids of their own."""
    return [
        event
        for event in events
        if event["event"] not in ("stack", "session_started") and not event["event"].startswith("flow_")
    ]


@pytest.mark.parametrize("rounds", [3, 30])
def test_a_turn_of_rules_and_a_form_reads_the_latest_events_alone(rounds: int) -> None:
    items = [item for item in SHOP if item.kind != "action"]
    talking = agent(items, [RuntimeError("no action is asked")])
    shelf = Shelf(talking.new_tracker("ann"))
    for number, text in enumerate(ROUND * rounds):
        say(talking, tracker := shelf.take(), text)
        if number == 1:
            shelf.fetched = 0  # the second turn makes what the others go on from
        shelf.put(tracker)
    assert shelf.fetched == 0
    assert len(snapshot_of(shelf.take())) < 6_000
    assert len(shelf.take().events) < 100 < len(shelf.events)


LEAST = 3
POLICIES = Policies(build_assistant(SHOP)[0])
SPOKEN = st.one_of(
    st.sampled_from(["greet", "order", "tell", "stop"]).map(
        lambda name: ev.user("", {"intent": {"name": name}}, input_channel=None, message_id=None)
    ),
    st.builds(
        lambda name, hidden: ev.plain(ev.ACTION, name=name, hide_rule_turn=hidden),
        st.sampled_from(["action_listen", "action_listen", "utter_greet", "bouquet_form"]),
        st.booleans(),
    ),
    st.sampled_from(["tulip", "rose", None]).map(lambda value: ev.slot("flower", value)),
    st.sampled_from(["bouquet_form", None]).map(lambda name: ev.plain(ev.ACTIVE_LOOP, name=name)),
    st.just(ev.plain(ev.LOOP_INTERRUPTED, is_interrupted=True)),
)
TAKEN_BACK = st.sampled_from([ev.plain(ev.REWIND), ev.plain(ev.SESSION_STARTED), ev.plain(ev.ROUTING_SESSION_ENDED)])


@given(turns=st.lists(st.lists(SPOKEN | TAKEN_BACK, max_size=6), max_size=25))
def test_what_is_kept_of_the_tracks_shows_the_latest_states_or_says_that_it_is_lost(turns: list[list[Event]]) -> None:
    whole, tracker = Tracks(POLICIES.features, least=LEAST), Tracker("ann", {})
    kept = Tracks(POLICIES.features, least=LEAST)
    for turn in turns:
        for event in turn:
            tracker.apply(event)
            whole.follow(tracker)
            kept.follow(tracker)
            if kept.lost:
                kept = Tracks(POLICIES.features, least=LEAST)
                kept.follow(tracker)
            for one, other in ((kept.whole, whole.whole), (kept.reduced, whole.reduced)):
                shown, true = (*one.states, one.now), (*other.states, other.now)
                assert shown[-LEAST:] == true[-LEAST:]
                assert (len(shown) == len(true)) or min(len(shown), len(true)) > LEAST
        written = json.loads(json.dumps(kept.kept()))
        kept = Tracks(POLICIES.features, least=LEAST)
        kept.restore(written, tracker)
        assert kept.knows(tracker)


@given(turns=st.lists(st.lists(SPOKEN, max_size=4), max_size=25))
def test_tracks_that_only_go_forward_are_never_lost(turns: list[list[Event]]) -> None:
    tracker = Tracker("ann", {})
    kept = Tracks(POLICIES.features, least=LEAST)
    for turn in turns:
        for event in turn:
            tracker.apply(event)
        kept.follow(tracker)
        assert not kept.lost
        written = kept.kept()
        assert max(len(written["whole"]["states"]), len(written["reduced"]["states"])) <= LEAST + 4
        kept = Tracks(POLICIES.features, least=LEAST)
        kept.restore(written, tracker)
