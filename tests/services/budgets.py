"""How long groups of slow tests took, beside what each may take: said in the last lines of a run, and no verdict.

A budget is that of a machine of two cores on which nothing else runs, with everything fetched and built already.
Elsewhere and beside other programs all takes longer, by more than any change costs: a run that failed by the clock
would tell of the machine. Who reads there that a group is over its budget looks at what grew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pytest

MINUTES: Mapping[str, float] = {"Rasa Open Source": 10, "Kubernetes": 10, "storm": 8}
_PLACES: Mapping[str, str] = {
    "tests/modelservice/kubernetes/test_rasa.py": "Rasa Open Source",
    "tests/modelservice/engines/": "Rasa Open Source",
    "tests/modelservice/kubernetes/": "Kubernetes",
    "tests/kills/test_storm.py": "storm",
}
"""The first that a test's name begins with says whose it is."""

Span = tuple[float, float]


def group_of(test: str) -> str | None:
    """The group of a slow test, by its node id; None where it has none."""
    return next((group for place, group in _PLACES.items() if test.startswith(place)), None)


def covered(spans: Iterable[Span]) -> float:
    """For how many seconds at least one of these, from a moment to another, went on."""
    whole, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        whole += max(end - max(begin, until), 0.0)
        until = max(until, end)
    return whole


def verdict(group: str, seconds: float, tests: int) -> str:
    """What is said of a group, of which so many tests ran."""
    minutes, budget = seconds / 60, MINUTES[group]
    over = ", over its budget" if minutes > budget else ""
    return f"{group}: {minutes:.1f} of {budget:g} minutes{over} (tests: {tests})"


class Budgets:
    """Gathers when slow tests ran; a plugin of the process that writes the last lines."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = defaultdict(list)
        self._tests: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        group = group_of(report.nodeid)
        if group is not None and "slow" in report.keywords:
            self._spans[group].append((report.start, report.stop))
            self._tests[group].add(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._spans:
            return
        terminalreporter.section("what slow tests may take, on a machine that does nothing else", sep="-")
        for group, spans in sorted(self._spans.items()):
            terminalreporter.line(verdict(group, covered(spans), len(self._tests[group])))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Budgets(), "talkwright-budgets")
