"""Problems that an engine said, in the shape of the API."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from talkwright.assistant.problems import Problem, Severity
from talkwright.backend.trainings.schemas import training_of

PROBLEM = Problem(code="unknown-name", severity=Severity.ERROR, message="It is missing.", kind="flow", path="/steps/0")


def told(*problems: Problem) -> list[dict[str, Any]]:
    said = [{name: value for name, value in asdict(problem).items() if value} for problem in problems]
    names = (
        "version_name",
        "by_name",
        "stage",
        "reason",
        "place",
        "started_at",
        "ended_at",
        "cancel_requested_at",
        "engine",
    )
    row: dict[str, Any] = dict.fromkeys(names, "x") | {
        "started_at": None,
        "ended_at": None,
        "place": None,
        "attempt_problems": None,
        "version_number": 1,
    }
    row |= {name: uuid4() for name in ("id", "assistant", "version", "created_by")}
    row |= {"state": "failed", "progress": 0.0, "created_at": datetime.now(UTC), "deploy": True}
    return training_of(row | {"problems": json.dumps(said)}).problems


def test_problems_have_the_keys_that_they_have_in_the_editor_and_two_at_one_place_are_told_apart() -> None:
    second = replace(PROBLEM, subject="1")
    shown = told(PROBLEM, second)
    assert [one["key"] for one in shown] == [PROBLEM.key, second.key]
    assert PROBLEM.key != second.key
    assert shown[1]["message"] == "It is missing."
    assert "subject" not in shown[1]
