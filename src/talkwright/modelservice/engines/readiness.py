"""Asking a started model whether it is the expected one and reads: the same two questions for engines of one API."""

from __future__ import annotations

import httpx2

PROBE = "/session_start"
"""What a model is given to read before talk goes to it: a payload, which every engine understands by itself."""


async def answers(client: httpx2.AsyncClient, model_id: str | None) -> bool:
    """Whether the expected model is loaded and reads a message (wire-protocols 4.2).

    The message is a payload: it begins no conversation, and no language model and no action is asked.
    """
    try:
        status = await client.get("/status")
        if status.status_code != 200 or status.json().get("model_id") != model_id:
            return False
        parsed = await client.post("/model/parse", json={"text": PROBE})
        return parsed.status_code == 200 and parsed.json().get("text") == PROBE
    except (httpx2.HTTPError, ValueError, AttributeError):
        return False
