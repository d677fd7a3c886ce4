"""The tracker: state from events alone."""

from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker

INITIAL = {"a": None, "b": "start"}


def tracker(*events: ev.Event) -> Tracker:
    return Tracker.from_events("me", INITIAL, events)


def at(event: ev.Event, time: float = 1.0, **metadata: Any) -> ev.Event:
    return event.at(time, metadata)


PUSH = ev.stack(
    '[{"op": "add", "path": "/0", "value": {"frame_id": "X", "type": "flow", "flow_id": "f", "step_id": "s"}}]'
)


def test_slots_know_who_filled_them_until_they_are_reset() -> None:
    made = tracker(at(ev.slot("a", 1, filled_by="LLM")))
    assert (made.slots["a"], made.filled_by["a"], made.is_set("a")) == (1, "LLM", True)
    made.apply(at(ev.slot("a", None, reset=True)))
    assert (made.slots["a"], "a" in made.filled_by, made.is_set("a")) == (None, False, False)
    assert not made.is_set("b")


def test_a_new_session_empties_stack_and_slots() -> None:
    made = tracker(at(ev.slot("b", 2)), at(PUSH), at(ev.plain(ev.SESSION_STARTED), session_id="s1"))
    assert (made.slots, made.stack, made.current_session_id) == (INITIAL, (), "s1")
    assert made.has_session


def test_a_restart_forgets_all_but_the_events() -> None:
    made = tracker(
        at(ev.user("hi", {"text": "hi"}, input_channel="web", message_id="m")),
        at(PUSH),
        at(ev.slot("b", 2)),
        at(ev.plain(ev.SESSION_ENDED)),
        at(ev.plain(ev.RESTART)),
    )
    assert (made.slots, made.stack, made.latest_message, made.terminated) == (INITIAL, (), None, False)
    assert made.latest_input_channel == "web"
    assert len(made.events) == 5


def test_a_followup_is_forgotten_when_its_action_has_run_or_the_user_speaks() -> None:
    made = tracker(at(ev.plain(ev.FOLLOWUP, name="action_x")))
    assert made.followup_action == "action_x"
    made.apply(at(ev.action("action_y")))
    assert made.followup_action == "action_x"
    made.apply(at(ev.action("action_x")))
    assert made.followup_action is None


def test_a_patch_that_does_not_fit_leaves_the_stack() -> None:
    made = tracker(at(PUSH), at(ev.stack('[{"op": "remove", "path": "/5"}]')), at(ev.plain(ev.STACK, update=7)))
    assert [frame["frame_id"] for frame in made.stack] == ["X"]


def test_pause_resume_loops_and_routing() -> None:
    made = tracker(at(ev.plain("pause")), at(ev.plain(ev.ACTIVE_LOOP, name="form")), at(PUSH))
    assert made.paused
    said = {"text": None, "intent": None, "entities": None}
    loop = {"name": "form", "is_interrupted": False, "rejected": False, "trigger_message": said}
    assert made.active_loop == loop
    for event, flags in (
        (ev.plain(ev.ACTION_REJECTED, name="form"), (True, False)),
        (ev.plain(ev.ACTION_REJECTED, name="other"), (True, False)),
        (ev.plain(ev.LOOP_INTERRUPTED, is_interrupted=True), (True, True)),
        (ev.action("action_else"), (True, True)),
        (ev.action("form"), (False, False)),
    ):
        made.apply(at(event))
        assert (made.active_loop["rejected"], made.active_loop["is_interrupted"]) == flags
    for event in (ev.plain("resume"), ev.plain(ev.ROUTING_SESSION_ENDED)):
        made.apply(at(event))
    assert (made.paused, made.active_loop, made.stack) == (False, {}, ())


def test_the_json_form_has_every_key_of_the_wire_format() -> None:
    made = tracker(
        at(ev.user("one", {"text": "one"}, input_channel="web", message_id="m"), 1.0),
        at(ev.plain(ev.RESTART), 2.0),
        at(ev.action("action_listen"), 3.0),
    )
    data = made.to_dict()
    assert sorted(data) == [
        "active_loop",
        "conversation_started_timestamp",
        "current_session_id",
        "events",
        "followup_action",
        "inactive",
        "latest_action",
        "latest_action_name",
        "latest_event_time",
        "latest_input_channel",
        "latest_message",
        "paused",
        "sender_id",
        "slots",
        "stack",
        "terminated",
        "user_id",
    ]
    assert [event["event"] for event in data["events"]] == ["action"]
    assert data["latest_event_time"] == 3.0
    assert data["conversation_started_timestamp"] == 1.0
    assert data["latest_action_name"] == "action_listen"
    assert made.to_dict("NONE")["events"] is None
    assert len(made.to_dict("ALL")["events"]) == 3


def test_events_of_the_session_begin_with_its_start() -> None:
    made = tracker(at(PUSH), at(ev.plain(ev.SESSION_STARTED)), at(ev.slot("a", 1)))
    assert [event.type for event in made.events_of_session()] == ["session_started", "slot"]
    assert [event.type for event in tracker(at(PUSH)).events_of_session()] == ["stack"]
