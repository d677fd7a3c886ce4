"""CPU seconds to load and validate a generated project of 500 flows, as `talkwright validate` does.

    python benchmarks/load_500_flows.py [--flows N]

Each flow has five steps, as many as those of the example on average, each with a rejection and a branch, three slots
with their questions and buttons, and an action. No training data: such projects need none.
"""

from __future__ import annotations

import argparse
import time

import import_project
from _figures import tell
from _processes import load

from talkwright.assistant.build import build_assistant
from talkwright.assistant.conditions import holding, parsing
from talkwright.assistant.project import read_contents
from talkwright.assistant.validation import check_assistant
from talkwright.engine.training import items_for_running

ROUNDS = 5
STEPS = 5


def measure(files: dict[str, bytes]) -> tuple[float, float, float]:
    """Seconds for reading, for typed values, and for validation, with cold caches."""
    parsing._parsed.cache_clear()  # noqa: SLF001 - what a person waits for is the first time
    holding._answer.cache_clear()  # noqa: SLF001 - as above
    times = [time.process_time()]
    read = read_contents(files)
    times.append(time.process_time())
    items = items_for_running(read)
    _, problems = build_assistant(items)
    times.append(time.process_time())
    problems = [*read.problems, *problems, *check_assistant(items)]
    times.append(time.process_time())
    wrong = [problem for problem in problems if problem.severity != "hint"]
    if wrong:
        raise SystemExit(f"The generated project should be valid: {wrong[0]}")
    return times[1] - times[0], times[2] - times[1], times[3] - times[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flows", type=int, default=500)
    files = import_project.project(parser.parse_args().flows, steps=STEPS, examples=0)
    read, built, checked = min((measure(files) for _ in range(ROUNDS)), key=sum)
    size = sum(map(len, files.values()))
    parts = (
        f"reading {read:.2f}, typed values {built:.2f}, validation {checked:.2f}; {size // 1000} KB of YAML, {load()}"
    )
    tell("load-500-flows", read + built + checked, "CPU s", parts)


if __name__ == "__main__":
    main()
