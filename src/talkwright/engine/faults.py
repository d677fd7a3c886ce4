"""Faults as logs may tell them: what kind and where, never with values of a conversation."""

from __future__ import annotations

import traceback
from pathlib import PurePath

PLACES = 5


def where(fault: BaseException) -> dict[str, str]:
    """The fault's type and the last places that it passed, innermost first, for a log line."""
    places = traceback.extract_tb(fault.__traceback__)[-PLACES:]
    path = " < ".join(f"{PurePath(place.filename).name}:{place.lineno} {place.name}" for place in reversed(places))
    return {"fault": type(fault).__name__, "at": path}
