"""Working keys of steps follow the steps through edits."""

from __future__ import annotations

import copy
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.alignment import align
from talkwright.assistant.step_ids import walk_steps


def body() -> dict[str, Any]:
    return {
        "steps": [
            {"action": "a"},
            {"collect": "b", "next": [{"if": "x", "then": [{"action": "c", "next": "END"}]}, {"else": "q"}]},
            {"id": "q", "action": "d"},
            {"action": "a"},
            {"set_slots": [{"s": 1}]},
        ]
    }


def test_explicit_ids_are_their_own_keys_and_the_rest_gets_unique_ones() -> None:
    keys = align(None, body(), {})
    assert list(keys) == ["/steps/0", "/steps/1", "/steps/1/next/0/then/0", "/steps/2", "/steps/3", "/steps/4"]
    assert keys["/steps/2"] == "q"
    assert len(set(keys.values())) == 6
    assert align(None, body(), {}) == keys


def test_an_unchanged_document_keeps_its_keys() -> None:
    keys = align(None, body(), {})
    assert align(body(), body(), keys) == keys


def test_a_step_put_in_before_moves_all_keys_along() -> None:
    keys = align(None, body(), {})
    new = body()
    new["steps"].insert(0, {"action": "z"})
    after = align(body(), new, keys)
    assert after["/steps/1"] == keys["/steps/0"]
    assert after["/steps/2"] == keys["/steps/1"]
    assert after["/steps/2/next/0/then/0"] == keys["/steps/1/next/0/then/0"]
    assert after["/steps/4"] == keys["/steps/3"]
    assert after["/steps/0"] not in keys.values()


def test_an_edited_step_keeps_its_key_and_so_does_what_stands_in_it() -> None:
    keys = align(None, body(), {})
    new = body()
    new["steps"][1]["description"] = "which one"
    new["steps"][1]["next"][0]["then"][0]["action"] = "other"
    new["steps"].insert(1, {"noop": True, "next": "q"})
    after = align(body(), new, keys)
    assert after["/steps/2"] == keys["/steps/1"]
    assert after["/steps/2/next/0/then/0"] == keys["/steps/1/next/0/then/0"]


def test_another_slot_asked_at_the_same_place_is_the_same_step() -> None:
    keys = align(None, body(), {})
    new = body()
    new["steps"][1]["collect"] = "renamed"
    assert align(body(), new, keys)["/steps/1"] == keys["/steps/1"]


def test_a_moved_step_takes_its_key_along() -> None:
    keys = align(None, body(), {})
    new = body()
    new["steps"].insert(0, new["steps"].pop(4))
    assert align(body(), new, keys)["/steps/0"] == keys["/steps/4"]


def test_a_removed_step_gives_its_key_to_nobody_else() -> None:
    keys = align(None, body(), {})
    new = body()
    del new["steps"][4]
    assert keys["/steps/4"] not in align(body(), new, keys).values()


def test_a_step_that_gets_an_id_has_that_as_its_key() -> None:
    keys = align(None, body(), {})
    new = body()
    new["steps"][0]["id"] = "first"
    after = align(body(), new, keys)
    assert after["/steps/0"] == "first"
    assert after["/steps/3"] == keys["/steps/3"]


def test_of_two_steps_with_one_id_only_the_first_has_it_as_key() -> None:
    keys = align(None, {"steps": [{"id": "x", "action": "a"}, {"id": "x", "action": "b"}]}, {})
    assert keys["/steps/0"] == "x"
    assert keys["/steps/1"] != "x"


def test_documents_that_are_no_flows_have_no_keys() -> None:
    assert align(None, None, {}) == {}
    assert align([], "x", {}) == {}
    assert align({"steps": 1}, {"steps": [None]}, {"/steps/0": "x"}) == {}


STEPS = st.recursive(
    st.lists(
        st.sampled_from([{"action": "a"}, {"action": "b"}, {"collect": "s"}, {"id": "i", "noop": 1}, {"link": "f"}]),
        max_size=4,
    ),
    lambda inner: st.lists(
        st.builds(
            lambda kind, steps: {kind: "x", "next": [{"if": "c", "then": steps}, {"else": "END"}]},
            st.sampled_from(["action", "collect"]),
            inner,
        ),
        max_size=3,
    ),
    max_leaves=6,
)


@given(STEPS, STEPS)
@settings(max_examples=200)
def test_any_two_documents_align_to_unique_keys_for_every_step(old: list[Any], new: list[Any]) -> None:
    before, after = {"steps": copy.deepcopy(old)}, {"steps": copy.deepcopy(new)}
    keys = align(None, before, {})
    aligned = align(before, after, keys)
    assert list(aligned) == [pointer for pointer, _, _ in walk_steps(after)]
    assert len(set(aligned.values())) == len(aligned)
    assert align(before, before, keys) == keys


def test_thousands_of_equal_steps_are_aligned_soon() -> None:
    body = {"steps": [{"action": "utter_a"} for _ in range(5_000)]}
    longer = {"steps": [{"action": "utter_a"} for _ in range(2_500)] + [{"action": "utter_b"}] + body["steps"][2_500:]}
    began = time.process_time()
    keys = align(None, body, {})
    after = align(body, longer, keys)
    assert time.process_time() - began < 1.5
    assert len(set(after.values())) == 5_001
    assert [after[f"/steps/{place}"] for place in range(2_500)] == [keys[f"/steps/{place}"] for place in range(2_500)]
    assert after["/steps/5000"] == keys["/steps/4999"]
    assert set(keys.values()) < set(after.values())
