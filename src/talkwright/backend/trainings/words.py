"""Why work waits, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def waiting_words(row: Mapping[str, Any]) -> str | None:
    """Why a queued training does not run yet; None for one that does."""
    if row["state"] != "queued":
        return None
    ahead = (row["place"] or 1) - 1
    consumers, busy = row["consumers"] or 0, row["busy"] or 0
    before = "" if ahead == 0 else f"{ahead} before this one; "
    if consumers == 0:
        return _sentence(f"{before}no training consumer runs, it starts as soon as one does")
    if busy >= consumers:
        noun = "consumer is" if consumers == 1 else "consumers are"
        return _sentence(f"{before}{min(busy, consumers)} of {consumers} training {noun} busy")
    return _sentence(f"{before}it starts in a moment")


def deployment_words(row: Mapping[str, Any]) -> str | None:
    """Why a queued deployment does not run yet; None for one that does."""
    if row["state"] != "queued":
        return None
    if not row["consumers"]:
        return "No running consumer is there; it starts as soon as one is."
    if row["has_old"]:
        return "It waits for a free running consumer; if none comes free, the old model makes room for it."
    return "It waits for a free running consumer."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
