import json

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.conversation.stack import PatchError, context_of, diff, patched

FRAME = st.fixed_dictionaries(
    {"frame_id": st.sampled_from("ABCDE"), "step_id": st.sampled_from(["START", "a/b", "c~d", "END"])},
    optional={
        "names": st.lists(st.text(max_size=3), max_size=3),
        "info": st.dictionaries(st.text(max_size=3), st.none()),
    },
)
STACK = st.lists(FRAME, max_size=5).map(tuple)


@given(STACK, STACK)
def test_a_diff_leads_from_one_stack_to_the_other(old: tuple, new: tuple) -> None:
    update = diff(old, new)
    if old == new:
        assert update is None
        return
    assert update is not None
    assert patched(old, update) == new
    assert tuple(jsonpatch.apply_patch(list(old), json.loads(update))) == new


@given(STACK, STACK)
def test_patches_of_a_general_library_are_understood(old: tuple, new: tuple) -> None:
    update = json.dumps(list(jsonpatch.make_patch(list(old), list(new))))
    assert patched(old, update) == new


def test_a_move_is_one_small_operation() -> None:
    below = {"frame_id": "A", "step_id": "one"}
    old = (below, {"frame_id": "B", "step_id": "START", "rejections": []})
    new = (below, {**old[1], "step_id": "next"})
    assert json.loads(diff(old, new) or "") == [{"op": "replace", "path": "/1/step_id", "value": "next"}]


@pytest.mark.parametrize(
    "update",
    [
        "",
        "{",
        "[1]",
        '[{"op":"remove","path":"/7"}]',
        '[{"op":"melt","path":"/0"}]',
        '[{"op":"test","path":"","value":1}]',
    ],
)
def test_a_patch_that_does_not_fit_is_refused(update: str) -> None:
    with pytest.raises(PatchError):
        patched(({"frame_id": "A"},), update)


def test_the_context_of_an_open_question_has_the_flow_below() -> None:
    flow = {"type": "flow", "flow_id": "pay", "step_id": "ask"}
    question = {"type": "pattern_collect_information", "flow_id": "p", "step_id": "q", "collect": "amount"}
    assert context_of(({**flow, "names": ["x"]}, question)) == {
        **question,
        "names": ["x"],
        "flow_id": "pay",
        "step_id": "ask",
    }
    assert context_of((flow,)) is flow
    assert context_of(()) == {}
