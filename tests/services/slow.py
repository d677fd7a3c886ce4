"""Tests that take long are marked `slow` and run where TESTS_SLOW is set; elsewhere they are not even collected.

What a run left out so it names in its last lines, folder by folder, with the command that runs it.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

LEFT_OUT = pytest.StashKey[Counter[str]]()
ALL = "TESTS_SLOW=1 make test"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes long; runs with TESTS_SLOW=1")
    config.stash[LEFT_OUT] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get("TESTS_SLOW"):
        left_out = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=left_out)
        config.stash[LEFT_OUT].update(_folder(item) for item in left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker, which alone collects, tells the process that writes the last lines."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Each worker collects the same."""
    told = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] |= Counter(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[LEFT_OUT]
    if not left_out:
        return
    terminalreporter.section(f"slow tests left out; `{ALL}` runs all of them", sep="-")
    for folder, count in sorted(left_out.items()):
        terminalreporter.line(f"{count:4} of {folder}: TESTS_SLOW=1 .venv/bin/python -m pytest -m slow {folder}")


def _folder(item: pytest.Item) -> str:
    return item.path.parent.relative_to(item.config.rootpath).as_posix()
