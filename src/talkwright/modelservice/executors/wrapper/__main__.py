"""Runs a module of this folder, wherever that was copied: `python -I -S …/wrapper MODULE WORDS…`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

beside, name = os.path.split(os.path.dirname(os.path.abspath(__file__)))
sys.path = [
    *sys.path[1:],
    beside,
]  # found as a package, and behind the standard library: nothing here hides its modules
sys.exit(import_module(f"{name}.{sys.argv.pop(1)}").main())
