"""Why work waits, as people read it."""

from __future__ import annotations

from typing import Any

import pytest

from talkwright.backend.progress.waiting import deployment_words, training_words


def row(**values: Any) -> dict[str, Any]:
    base = {
        "state": "queued",
        "pauses": None,
        "place": 1,
        "consumers": 2,
        "busy": 2,
        "has_old": False,
        "engine": "talkwright",
    }
    return base | values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"place": 4}, "3 before you; 2 of 2 training consumers busy."),
        ({"consumers": 1, "busy": 1}, "1 of 1 training consumer busy."),
        ({"busy": 1}, "It starts in a moment."),
        (
            {"place": 2, "consumers": 0, "busy": 0},
            "1 before you; no training consumer is there, it starts as soon as one is.",
        ),
        (
            {"consumers": 0, "busy": 0, "engine": "rasa"},
            "No training consumer with the engine rasa is there, it starts as soon as one is.",
        ),
        ({"pauses": True, "place": 9}, "It is tried again in a moment."),
        ({"state": "running"}, None),
    ],
)
def test_a_training_says_who_comes_before_it_and_who_is_busy(values: dict[str, Any], words: str | None) -> None:
    assert training_words(row(**values)) == words


def test_a_model_that_is_to_run_says_so_too_and_what_happens_if_nothing_comes_free() -> None:
    idle = "an assistant to which nobody talks for a while makes room for it."
    assert deployment_words(row(place=2)) == f"1 before you; 2 of 2 running consumers busy; if none comes free, {idle}"
    old = "the old version makes room as soon as nobody talks to it."
    assert deployment_words(row(has_old=True)) == f"2 of 2 running consumers busy; if none comes free, {old}"
    assert deployment_words(row(state="starting")) is None
