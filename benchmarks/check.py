"""Runs the benchmarks and holds each figure against limits.toml; ends with code 1 where one is missed or missing.

    python benchmarks/check.py [FILE ...] [--readme]

Without files it runs all. `--readme` prints the rows of README.md's table instead of the verdicts. What this machine
can't measure is no miss, and no figure that was kept either: the last lines name it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
OVER, MISSED, MISSING = "OVER, within the margin", "MISSED", "MISSING"


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
        """`goal`, `kept`, `OVER, within the margin`, or `MISSED`; empty without a limit."""
        if self.limit is None:
            return ""
        if self.goal is not None and self.within(value, self.goal):
            return "goal"
        if self.within(value, self.limit):
            return "kept"
        eased = self.limit * (1 - self.margin if self.least else 1 + self.margin)
        return OVER if self.within(value, eased) else MISSED

    @property
    def lacks(self) -> str | None:
        """The data without which the figure can't be measured, where they are not named."""
        return f"{self.needs} is not set" if self.needs and not os.environ.get(self.needs) else None

    @property
    def bound(self) -> str:
        """The limit in words."""
        return "" if self.limit is None else f"{'≥' if self.least else '≤'} {self.limit:g} {self.unit}"


def figures() -> dict[str, Figure]:
    """All of limits.toml, by name; raises TypeError where an entry has a key that none may have."""
    entries = tomllib.loads((FOLDER / "limits.toml").read_text(encoding="utf-8"))
    return {name: Figure(name=name, **entry) for name, entry in entries.items()}


@dataclass(frozen=True)
class Told:
    """What benchmarks told: values by figure, and why those of some files can't be measured here."""

    values: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def lacks(self, figure: Figure) -> str | None:
        """Why a figure without a value can't be measured here; None where it should have been."""
        return figure.lacks or self.missing.get(figure.benchmark)


def measured(benchmarks: Iterable[str]) -> Told:
    """Run these benchmarks, one after the other."""
    told = Told()
    for benchmark in benchmarks:
        done = subprocess.run([sys.executable, str(FOLDER / benchmark)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.stderr.write(f"{benchmark} ended with code {done.returncode}.\n")
        for line in (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")):
            if "missing" in line:
                told.missing[benchmark] = line["missing"]
            else:
                told.values[line["name"]] = line["value"]
    return told


def readme_row(figure: Figure, value: str) -> str:
    """One row of README.md's table."""
    return f"| {figure.what} | {value} {figure.unit} | {figure.bound} | `{figure.benchmark}` |"


def verdicts(wanted: Iterable[Figure], told: Told) -> dict[str, str]:
    """What is to be said of each figure."""
    found = {}
    for one in wanted:
        value = told.values.get(one.name)
        lacks = told.lacks(one)
        found[one.name] = one.verdict(value) if value is not None else MISSING if lacks is None else "not measured"
    return found


def summary(wanted: Iterable[Figure], told: Told) -> list[str]:
    """How many limits are kept; then what is over, missed or not measured by name: nothing of that is kept."""
    known = {one.name: one for one in wanted if one.limit is not None}
    named: dict[str, list[str]] = {}
    for name, verdict in verdicts(known.values(), told).items():
        kind = {"goal": "kept", "not measured": f"not measured, as {told.lacks(known[name])}"}.get(verdict, verdict)
        named.setdefault(kind, []).append(name)
    kept = len(named.pop("kept", []))
    return [f"{kept} of {len(known)} limits are kept.", *(f"{kind}: {', '.join(of)}" for kind, of in named.items())]


def tell(wanted: Iterable[Figure], told: Told) -> None:
    """A line for each figure."""
    said = verdicts(wanted, told)
    for one in wanted:
        goal = f"goal {one.goal:g}" if one.goal is not None else ""
        shown = f"{told.values[one.name]:.3g} {one.unit}" if one.name in told.values else ""
        print(f"{one.name:22} {shown:>18}  {one.bound:16} {goal:9} {said[one.name]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="benchmarks to run; all without any")
    parser.add_argument("--readme", action="store_true", help="print the rows of README.md's table")
    options = parser.parse_args()
    known = figures()
    chosen = [Path(file).name for file in options.files] or list(dict.fromkeys(one.benchmark for one in known.values()))
    wanted = [one for one in known.values() if one.benchmark in chosen]
    told = measured(chosen)
    if options.readme:
        rows = [one for one in wanted if one.readme and one.name in told.values]
        print("\n".join(readme_row(one, f"{told.values[one.name]:.3g}") for one in rows))
    else:
        tell(wanted, told)
    print("", *summary(wanted, told), sep="\n", file=sys.stderr if options.readme else sys.stdout)
    if strangers := told.values.keys() - known.keys():
        sys.exit(f"Not in limits.toml: {', '.join(sorted(strangers))}")
    sys.exit(1 if {MISSED, MISSING} & set(verdicts(wanted, told).values()) else 0)


if __name__ == "__main__":
    main()
