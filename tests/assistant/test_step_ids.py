"""Default step ids and the one walk over a flow's steps (dialogue-semantics 1.5)."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.assistant.step_ids import default_step_id, walk_steps


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"action": "utter_x"}, "f_3_utter_x"),
        ({"action": "{{context.x}}"}, "f_3_{{context.x}}"),
        ({"collect": "amount"}, "f_3_collect_amount"),
        ({"link": "other"}, "f_3_link_other"),
        ({"call": "other"}, "f_3_call_other"),
        ({"set_slots": [{"a": 1}]}, "f_3_set_slots"),
        ({"noop": True}, "f_3_noop"),
    ],
)
def test_a_step_without_id_is_called_by_flow_place_and_kind(step: dict[str, Any], expected: str) -> None:
    assert default_step_id("f", 3, step) == expected


def test_steps_are_walked_depth_first_with_nested_ones_counted() -> None:
    body = {
        "steps": [
            {
                "collect": "a",
                "next": [
                    {"if": "x", "then": [{"action": "b"}, {"id": "own", "action": "c", "next": "END"}]},
                    {"else": [{"noop": True, "next": "END"}]},
                ],
            },
            "no step",
            {"action": "d", "next": "own"},
        ]
    }
    assert [(pointer, step_id) for pointer, _, step_id in walk_steps(body, "f")] == [
        ("/steps/0", "f_0_collect_a"),
        ("/steps/0/next/0/then/0", "f_1_b"),
        ("/steps/0/next/0/then/1", "own"),
        ("/steps/0/next/1/else/0", "f_3_noop"),
        ("/steps/2", "f_4_d"),
    ]


@pytest.mark.parametrize(
    "body", [{}, {"steps": None}, {"steps": "x"}, {"steps": [1, None]}, {"steps": [{"next": [1, {"then": 2}]}]}]
)
def test_odd_bodies_are_walked_without_harm(body: dict[str, Any]) -> None:
    assert len(list(walk_steps(body, "f"))) <= 1
