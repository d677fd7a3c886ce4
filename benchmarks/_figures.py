"""How a benchmark says what it measured: a line for people, and a JSON line for `check.py`."""

from __future__ import annotations

import json
import sys


def tell(name: str, value: float, unit: str, note: str = "") -> None:
    """Say one figure. `name` stands in limits.toml; `note` says what else was seen, for people only."""
    sys.stderr.write(f"{name}: {value:.3g} {unit}{f' ({note})' if note else ''}\n")
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit}), flush=True)
