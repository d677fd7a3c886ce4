"""How a benchmark says what it measured: a line for people, and a JSON line for `check.py`."""

from __future__ import annotations

import json
import sys


def tell(name: str, value: float, unit: str, note: str = "") -> None:
    """Say one figure. `name` stands in limits.toml; `note` says what else was seen, for people only."""
    sys.stderr.write(f"{name}: {value:.3g} {unit}{f' ({note})' if note else ''}\n")
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit}), flush=True)


def tell_missing(why: str) -> None:
    """Say that this machine lacks what the benchmark needs: its figures are not measured."""
    sys.stderr.write(f"Not measured: {why}\n")
    print(json.dumps({"missing": why}), flush=True)
