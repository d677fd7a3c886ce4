"""Why work waits, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talkwright.database.workers import OWN_ENGINE


def training_words(row: Mapping[str, Any]) -> str | None:
    """Why a queued training does not run yet; None for one that does."""
    return None if row["state"] != "queued" else _sentence(_reason(row, "training"))


def deployment_words(row: Mapping[str, Any]) -> str | None:
    """Why a queued deployment does not run yet; None for one that does."""
    if row["state"] != "queued":
        return None
    idle = "an assistant to which nobody talks for a while makes room for it"
    who = "the old version makes room as soon as nobody talks to it" if row["has_old"] else idle
    return _sentence(_reason(row, "running", f"; if none comes free, {who}"))


def _reason(row: Mapping[str, Any], role: str, room: str = "") -> str:
    if row["pauses"]:
        return "it is tried again in a moment"
    ahead, consumers, busy = (row["place"] or 1) - 1, row["consumers"] or 0, row["busy"] or 0
    before = f"{ahead} before you; " if ahead else ""
    if consumers == 0:
        engine = f" with the engine {row['engine']}" if row["engine"] not in (None, OWN_ENGINE) else ""
        return f"{before}no {role} consumer{engine} is there, it starts as soon as one is"
    if busy < consumers:
        return f"{before}it starts in a moment"
    return f"{before}{busy} of {consumers} {role} consumer{'' if consumers == 1 else 's'} busy{room}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
