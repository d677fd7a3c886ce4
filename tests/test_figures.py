"""The figures: each has a limit in one file, a benchmark that measures it, and the same words in the README."""

import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from _order import out_of_order  # noqa: E402 - found by the path above
from check import OVER, Figure, Told, figures, readme_row, summary, verdicts  # noqa: E402 - as above


def rows_of_readme() -> list[str]:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Figures\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("|")][2:]


def test_the_readme_quotes_the_figures_of_the_limits_and_no_others() -> None:
    quoted = {row.split("|")[1].strip(): row for row in rows_of_readme()}
    wanted = {one.what: one for one in figures().values() if one.readme}
    assert quoted.keys() == wanted.keys()
    for what, one in wanted.items():
        value = quoted[what].split("|")[2].strip().removesuffix(one.unit).strip()
        assert quoted[what] == readme_row(one, value), "benchmarks/check.py --readme writes the rows"
        assert one.verdict(float(value)) in ("goal", "kept"), f"the README quotes a missed figure: {what}"


# `check.py` holds figures against their limits, `peer.py` puts another engine beside ours, which has none.
OF_LIMITS = sorted({path.name for path in BENCHMARKS.glob("[a-z]*.py")} - {"check.py", "peer.py"})


@pytest.mark.parametrize("name", OF_LIMITS)
def test_a_benchmark_tells_the_figures_that_the_limits_know(name: str) -> None:
    told = set(re.findall(r'"([a-z0-9-]+)"', (BENCHMARKS / name).read_text(encoding="utf-8")))
    of_this_file = {figure for figure, one in figures().items() if one.benchmark == name}
    assert of_this_file, f"{name} has no figure in limits.toml"
    assert of_this_file <= told


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(1.0, "goal"), (1.9, "kept"), (2.0, "kept"), (2.2, OVER), (2.21, "MISSED")],
)
def test_a_value_is_judged_by_goal_limit_and_margin(value: float, verdict: str) -> None:
    upper = Figure(name="a", what="a", benchmark="a.py", unit="s", limit=2.0, goal=1.0, margin=0.1)
    assert upper.verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(82, "goal"), (75, "kept"), (74.9, OVER), (60, "MISSED")])
def test_a_lower_limit_is_judged_the_other_way_round(value: float, verdict: str) -> None:
    lower = Figure(name="a", what="a", benchmark="a.py", unit="%", limit=75, goal=82, margin=0.1, least=True)
    assert lower.verdict(value) == verdict


def test_what_is_not_measured_is_said_so_and_is_no_limit_that_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATA_OF_OTHERS", raising=False)
    wanted = [
        Figure(name="fast", what="a", benchmark="a.py", unit="s", limit=2.0),
        Figure(name="slow", what="b", benchmark="a.py", unit="s", limit=2.0),
        Figure(name="forgotten", what="c", benchmark="a.py", unit="s", limit=2.0),
        Figure(name="pods", what="d", benchmark="pods.py", unit="s", limit=2.0),
        Figure(name="strangers", what="e", benchmark="b.py", unit="%", limit=2.0, needs="DATA_OF_OTHERS"),
        Figure(name="watched", what="f", benchmark="a.py", unit="s"),
    ]
    told = Told({"fast": 1.0, "slow": 3.0, "watched": 9.0}, {"pods.py": "there is no cluster"})
    assert verdicts(wanted, told) == {
        "fast": "kept",
        "slow": "MISSED",
        "forgotten": "MISSING",
        "pods": "not measured",
        "strangers": "not measured",
        "watched": "",
    }
    assert summary(wanted, told) == [
        "1 of 5 limits are kept.",
        "MISSED: slow",
        "MISSING: forgotten",
        "not measured, as there is no cluster: pods",
        "not measured, as DATA_OF_OTHERS is not set: strangers",
    ]


HARD = ("takeover", "first-log-line", "kubernetes-first-line", "wake", "kubernetes-wake", "cancel", "adoption")


@pytest.mark.parametrize("name", HARD)
def test_no_margin_eases_what_the_model_service_promises(name: str) -> None:
    one = figures()[name]
    assert one.limit is not None
    assert one.verdict(one.limit * 1.01) == "MISSED"


Rank = Callable[[int, int, int], tuple[int, ...]]
"""What an order of service goes by: how many run, when it was served last, and which training is the oldest."""


def played(rank: Rank, *, teams: int, consumers: int) -> tuple[dict[int, int], list[tuple[int, str]]]:
    """A queue, and what a leader writes that serves it by `rank`, to consumers some of whose trainings last long."""
    rng = random.Random(3)
    queue = {training: rng.randrange(teams) for training in range(300)}
    left, running, served = dict(queue), Counter[int](), dict[int, int]()
    moves: list[tuple[int, str]] = []
    ends: list[tuple[float, int]] = []
    while left or ends:
        now = 0.0
        if len(ends) == consumers or not left:
            now, training = min(ends)
            ends.remove((now, training))
            running[queue[training]] -= 1
            moves.append((training, "failed"))
        if left:
            training = min(left, key=lambda one: rank(running[left[one]], served.get(left[one], -1), one))
            running[queue[training]] += 1
            served[left.pop(training)] = len(moves)
            moves.append((training, "running"))
            ends.append((now + (30 if rng.random() < 0.1 else rng.random()), training))
    return queue, moves


@pytest.mark.parametrize(("teams", "consumers"), [(10, 3), (2, 4), (1, 3)])
def test_a_queue_that_was_served_by_the_rule_is_in_order(teams: int, consumers: int) -> None:
    assert out_of_order(*played(lambda *rank: rank, teams=teams, consumers=consumers)) == 0


@pytest.mark.parametrize(
    ("rank", "teams"),
    [
        pytest.param(lambda running, served, oldest: (oldest,), 10, id="first come, first served"),
        pytest.param(lambda running, served, oldest: (served, oldest), 10, id="whoever waited longest, though it runs"),
        pytest.param(lambda running, served, oldest: (running, oldest), 10, id="the fewest running, then the oldest"),
        pytest.param(
            lambda running, served, oldest: (running > 0, served, oldest), 2, id="a yes or no for how many run"
        ),
        pytest.param(lambda running, served, oldest: (running, served, -oldest), 10, id="the youngest of an assistant"),
    ],
)
def test_another_order_of_service_is_found(rank: Rank, teams: int) -> None:
    assert out_of_order(*played(rank, teams=teams, consumers=4)) > 10


def test_one_training_before_its_turn_is_found() -> None:
    queue = {1: 0, 2: 0, 3: 1, 4: 1}
    moves = [(1, "running"), (3, "running"), (3, "failed"), (4, "running"), (1, "failed"), (2, "running")]
    assert out_of_order(queue, moves) == 0
    moves[3], moves[5] = moves[5], moves[3]
    assert out_of_order(queue, moves) == 1


def test_what_begins_twice_is_no_order() -> None:
    with pytest.raises(ValueError, match="empty"):
        out_of_order({1: 0}, [(1, "running"), (1, "queued"), (1, "running")])
