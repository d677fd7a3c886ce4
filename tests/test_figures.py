"""The figures: each has a limit in one file, a benchmark that measures it, and the same words in the README."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from check import Figure, figures, readme_row  # noqa: E402 - found by the path above


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
    [(1.0, "goal"), (1.9, "kept"), (2.0, "kept"), (2.2, "close"), (2.21, "MISSED")],
)
def test_a_value_is_judged_by_goal_limit_and_margin(value: float, verdict: str) -> None:
    upper = Figure(name="a", what="a", benchmark="a.py", unit="s", limit=2.0, goal=1.0, margin=0.1)
    assert upper.verdict(value) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(82, "goal"), (75, "kept"), (74.9, "close"), (60, "MISSED")])
def test_a_lower_limit_is_judged_the_other_way_round(value: float, verdict: str) -> None:
    lower = Figure(name="a", what="a", benchmark="a.py", unit="%", limit=75, goal=82, margin=0.1, least=True)
    assert lower.verdict(value) == verdict
