"""The second engine for tests: Rasa Open Source in the environment that `scripts/rasa-environment` makes."""

from __future__ import annotations

from pathlib import Path

import pytest

PYTHON = Path(__file__).parents[2] / ".venv-rasa" / "bin" / "python"
HOW = "scripts/rasa-environment installs it; it needs Python 3.10 and 2.5 GB"


def rasa_python() -> str:
    """Its interpreter; a test that asks where there is none is left out by name."""
    if not (PYTHON.parent.parent / ".stamp").exists():
        pytest.skip(reason=f"Rasa Open Source is not installed here: {HOW}")
    return str(PYTHON)
