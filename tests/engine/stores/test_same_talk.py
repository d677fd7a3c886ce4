"""A conversation goes the same way in every store, event by event, also where a turn looks far back."""

from __future__ import annotations

import random
from typing import Any

import httpx2
import pytest
from tests.engine.bot_server import served_app
from tests.engine.conftest import NoActions
from tests.engine.stores.conftest import MakeStore
from tests.engine.stores.conversations import someone

from talkwright.engine.agent import Agent
from talkwright.engine.model import Model
from talkwright.engine.stores import ConversationStore, MemoryStore
from talkwright.engine.understanding.local.understanding import LocalUnderstanding

pytestmark = pytest.mark.anyio

RATED = ("/SetSlots(continue_conversation=false)", "/SetSlots(csat_score=satisfied)")
TALK = (
    "/wants_voucher",
    "/SetSlots(gift_receiver=Bob)",
    "/SetSlots(gift_amount=50)",
    *("say that again", "what?") * 4,  # so that the answers above are no longer among the latest events
    "/SetSlots(gift_receiver=Eva)",
    "say that again",
    "/SetSlots(confirm_gift=true)",
    *RATED,
    *("what?",) * 5,
    "/wants_voucher",
    "/SetSlots(gift_receiver=Bob, gift_amount=50)",
    "/SetSlots(confirm_gift=true)",
    *RATED[:1],  # the session was rated long ago
    "/restart",
    "/wants_voucher",
)
PRIVATE = ("trace",)  # what a store need not keep of a message


async def talk(model: Model, store: ConversationStore, sender: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of the talk, without times."""
    understanding = LocalUnderstanding(model.classifier)
    agent = Agent(model.assistant, understanding, NoActions(), rng=random.Random(5))
    app = served_app(model, agent, store=store)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://bot") as client:
        for text in TALK:
            answer = await client.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
            answer.raise_for_status()
        path = f"/conversations/{sender}/tracker"
        events = (await client.get(path, params={"include_events": "ALL"})).json()["events"]
    return [(event["event"], timeless(event)) for event in events]


def timeless(event: dict[str, Any]) -> dict[str, Any]:
    left_out = ("timestamp", "metadata")
    kept = {name: value for name, value in event.items() if name not in left_out}
    if isinstance(kept.get("parse_data"), dict):
        kept["parse_data"] = {name: value for name, value in kept["parse_data"].items() if name not in PRIVATE}
    return kept


async def test_postgresql_goes_as_memory_does(workshop: Model, make_store: MakeStore) -> None:
    sender = someone()
    in_memory = await talk(workshop, MemoryStore(5), sender)
    assert any("Eva" in str(fields.get("text")) for _, fields in in_memory), "the correction is part of the talk"
    started = [fields.get("flow_id") for kind, fields in in_memory if kind == "flow_started"]
    assert started.count("pattern_completed") == 2
    assert started.count("pattern_customer_satisfaction") == 1
    assert await talk(workshop, await make_store(), sender) == in_memory
