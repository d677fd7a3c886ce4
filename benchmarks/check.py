"""Runs the benchmarks and holds each figure against limits.toml; ends with code 1 where one is missed or missing.

    python benchmarks/check.py [FILE ...] [--readme]

Without files it runs all. `--readme` prints the rows of README.md's table instead of the verdicts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of limits.toml; see there."""

    name: str
    what: str
    benchmark: str
    unit: str
    limit: float | None = None
    goal: float | None = None
    margin: float = 0.0
    least: bool = False
    readme: bool = False
    needs: str | None = None

    def within(self, value: float, bound: float) -> bool:
        """Whether a value keeps a bound."""
        return value >= bound if self.least else value <= bound

    def verdict(self, value: float) -> str:
        """`goal`, `kept`, `close` (beyond the limit, but within the margin), `MISSED`; empty without a limit."""
        if self.limit is None:
            return ""
        if self.goal is not None and self.within(value, self.goal):
            return "goal"
        if self.within(value, self.limit):
            return "kept"
        eased = self.limit * (1 - self.margin if self.least else 1 + self.margin)
        return "close" if self.within(value, eased) else "MISSED"

    @property
    def skipped(self) -> str:
        """Why the figure can't be measured here; empty where it can."""
        return f"skipped: {self.needs} is not set" if self.needs and not os.environ.get(self.needs) else ""

    @property
    def bound(self) -> str:
        """The limit in words."""
        return "" if self.limit is None else f"{'≥' if self.least else '≤'} {self.limit:g} {self.unit}"


def figures() -> dict[str, Figure]:
    """All of limits.toml, by name; raises TypeError where an entry has a key that none may have."""
    entries = tomllib.loads((FOLDER / "limits.toml").read_text(encoding="utf-8"))
    return {name: Figure(name=name, **entry) for name, entry in entries.items()}


def measured(benchmark: str) -> dict[str, float]:
    """Run one benchmark; gives its values by name."""
    done = subprocess.run([sys.executable, str(FOLDER / benchmark)], stdout=subprocess.PIPE, text=True, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        sys.stderr.write(f"{benchmark} ended with code {done.returncode}.\n")
    return {line["name"]: line["value"] for line in said}


def readme_row(figure: Figure, value: str) -> str:
    """One row of README.md's table."""
    return f"| {figure.what} | {value} {figure.unit} | {figure.bound} | `{figure.benchmark}` |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="benchmarks to run; all without any")
    parser.add_argument("--readme", action="store_true", help="print the rows of README.md's table")
    options = parser.parse_args()
    known = figures()
    chosen = [Path(file).name for file in options.files] or list(dict.fromkeys(one.benchmark for one in known.values()))
    wanted = [one for one in known.values() if one.benchmark in chosen]
    values = {name: value for benchmark in chosen for name, value in measured(benchmark).items()}
    if options.readme:
        measurable = [one for one in wanted if one.readme and not one.skipped]
        print("\n".join(readme_row(one, f"{values[one.name]:.3g}") for one in measurable))
        return
    bad = 0
    for one in wanted:
        value = values.pop(one.name, None)
        verdict = (one.skipped or "MISSING") if value is None else one.verdict(value)
        bad += verdict in ("MISSED", "MISSING")
        goal = f"goal {one.goal:g}" if one.goal is not None else ""
        shown = "" if value is None else f"{value:.3g} {one.unit}"
        print(f"{one.name:22} {shown:>18}  {one.bound:16} {goal:9} {verdict}")
    if values:
        sys.exit(f"Not in limits.toml: {', '.join(sorted(values))}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
