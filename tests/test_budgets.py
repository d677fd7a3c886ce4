"""What is said of the time that groups of slow tests took."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.services.budgets import MINUTES, covered, group_of, verdict

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("place", "group"),
    [
        ("tests/modelservice/kubernetes/test_service.py", "Kubernetes"),
        ("tests/modelservice/kubernetes/test_rasa.py", "Rasa Open Source"),
        ("tests/modelservice/engines/test_conformance.py", "Rasa Open Source"),
        ("tests/kills/test_storm.py", "storm"),
        ("tests/kills/test_kills.py", None),
    ],
)
def test_a_test_belongs_to_the_group_that_its_file_names(place: str, group: str | None) -> None:
    assert (ROOT / place).exists()
    assert group_of(f"{place}::test_it") == group


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [([], 0), ([(5, 7), (0, 2)], 4), ([(0, 10), (2, 3), (9, 12)], 12), ([(0, 2), (0, 5)], 5)],
)
def test_time_in_which_two_workers_ran_tests_counts_once(spans: list[tuple[float, float]], seconds: float) -> None:
    assert covered(spans) == seconds


def test_who_takes_longer_than_the_budget_is_told_so() -> None:
    assert verdict("storm", 480, 1) == "storm: 8.0 of 8 minutes (tests: 1)"
    assert verdict("storm", 500, 1) == "storm: 8.3 of 8 minutes, over its budget (tests: 1)"


def test_the_guide_for_contributors_names_each_budget() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [group for group, minutes in MINUTES.items() if f"| {group} | {minutes:g} minutes |" not in guide] == []
