"""The HTTP API of a running bot (wire-protocols 4)."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.model import Model
from talkwright.engine.ports import BotMessage, UserMessage
from talkwright.engine.stores import Locks, MemoryStore

from .bot_server import serve, served_app

TRACKER = "/conversations/ann/tracker"
WEBHOOK = "/webhooks/rest/webhook"


@pytest.fixture
def bot(workshop: Model, agent: Agent) -> Iterator[TestClient]:
    with serve(workshop, agent) as client:
        yield client


@pytest.fixture
def guarded_bot(workshop: Model, agent: Agent) -> Iterator[TestClient]:
    with serve(workshop, agent, token="s3cret") as client:
        yield client


def say(bot: TestClient, text: str, sender: str = "ann", **fields: Any) -> Any:
    return bot.post(WEBHOOK, json={"sender": sender, "message": text, **fields}).json()


def assert_failure(answer: httpx2.Response, status: int, reason: str) -> None:
    assert answer.status_code == status
    body = answer.json()
    assert body.keys() == {"version", "status", "message", "reason", "details", "help", "code"}
    assert (body["status"], body["code"], body["reason"]) == ("failure", status, reason)
    assert body["message"]


def test_the_open_pages_tell_what_runs(bot: TestClient, workshop: Model) -> None:
    assert bot.get("/").text.startswith("Hello from Talkwright")
    assert {"version", "minimum_compatible_version"} <= bot.get("/version").json().keys()
    assert bot.get("/status").json()["model_id"] == workshop.model_id
    assert bot.get("/webhooks/rest/").json() == {"status": "ok"}


def test_a_message_is_answered_by_the_rest_channel(bot: TestClient) -> None:
    assert say(bot, "buy a voucher") == [{"recipient_id": "ann", "text": "Who is it for?"}]
    first, *_ = say(bot, "my bike is broken, can you fix it", sender="bob")
    assert first["buttons"][0] == {"title": "City bike", "payload": "/SetSlots(bike_kind=city)"}


def test_the_events_of_a_turn_come_beside_its_messages_when_asked_for(bot: TestClient) -> None:
    body = {"sender": "ann", "message": "buy a voucher", "metadata": {"message_id": "m1", "page": "start"}}
    answer = bot.post(WEBHOOK, params={"events": "true"}, json=body).json()
    assert answer["messages"] == [{"recipient_id": "ann", "text": "Who is it for?"}]
    user = next(event for event in answer["events"] if event["event"] == "user")
    assert user["message_id"] == "m1"
    assert user["metadata"]["page"] == "start"
    assert user["parse_data"]["commands"] == [{"command": "start flow", "flow": "gift_voucher"}]
    assert user["parse_data"]["trace"]["candidates"][0]["flow"] == "gift_voucher"
    repeated = bot.post(WEBHOOK, params={"events": "true"}, json=body).json()
    assert repeated == {"messages": [], "events": []}


def test_the_tracker_is_made_on_first_sight_and_shown_as_asked(bot: TestClient) -> None:
    tracker = bot.get(TRACKER).json()
    assert [event["event"] for event in tracker["events"]][:2] == ["action", "session_started"]
    assert bot.get(TRACKER, params={"include_events": "NONE"}).json()["events"] is None
    say(bot, "buy a voucher")
    later = bot.get(TRACKER, params={"include_events": "ALL"}).json()
    assert later["stack"][0]["flow_id"] == "gift_voucher"
    assert later["latest_message"]["text"] == "buy a voucher"
    until = later["events"][1]["timestamp"]
    assert bot.get(TRACKER, params={"until": str(until), "include_events": "ALL"}).json()["stack"] == []
    unseen = bot.get("/conversations/eve/tracker", params={"start_session": "false"}).json()
    assert unseen["events"] == []


def test_a_conversation_that_is_put_elsewhere_goes_on_at_the_same_question(
    bot: TestClient, workshop: Model, agent: Agent
) -> None:
    say(bot, "buy a voucher")
    say(bot, "Bob")
    events = bot.get(TRACKER, params={"include_events": "ALL"}).json()["events"]
    with serve(workshop, agent) as other:
        put = other.put(f"{TRACKER}/events", json=events).json()
        assert put["slots"]["gift_receiver"] == "Bob"
        assert say(other, "50") == [{"recipient_id": "ann", "text": "A voucher of 50 for Bob?"}]


def test_putting_events_replaces_and_posting_appends(bot: TestClient) -> None:
    say(bot, "buy a voucher")
    slot = {"event": "slot", "name": "gift_receiver", "value": "Eva", "timestamp": 1.0}
    appended = bot.post(f"{TRACKER}/events", json=slot).json()
    assert appended["slots"]["gift_receiver"] == "Eva"
    assert appended["stack"]
    replaced = bot.put(f"{TRACKER}/events", json=[slot]).json()
    assert len(replaced["events"]) == 1
    assert replaced["stack"] == []


def test_a_conversation_can_be_forgotten(bot: TestClient) -> None:
    say(bot, "buy a voucher")
    assert bot.delete(TRACKER).status_code == 204
    assert_failure(bot.delete(TRACKER), 404, "NotFound")


def test_ids_of_conversations_may_hold_any_characters(bot: TestClient) -> None:
    odd = "a/b ü?#"
    say(bot, "buy a voucher", sender=odd)
    path = "/conversations/a%2Fb%20%C3%BC%3F%23/tracker"
    assert bot.get(path).json()["sender_id"] == odd


def test_without_the_token_the_api_is_closed_and_the_channel_open(guarded_bot: TestClient) -> None:
    closed = [
        ("GET", "/status"),
        ("GET", TRACKER),
        ("PUT", f"{TRACKER}/events"),
        ("POST", f"{TRACKER}/events"),
        ("DELETE", TRACKER),
    ]
    for method, path in closed:
        assert_failure(guarded_bot.request(method, path, json=[]), 401, "NotAuthenticated")
        assert_failure(guarded_bot.request(method, path, json=[], params={"token": "wrong"}), 401, "NotAuthenticated")
    body = {"sender": "ann", "message": "hello"}
    assert_failure(guarded_bot.post(WEBHOOK, params={"events": "true"}, json=body), 401, "NotAuthenticated")
    assert guarded_bot.post(WEBHOOK, json=body).status_code == 200
    assert guarded_bot.get(TRACKER, params={"token": "s3cret"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[]",
        '{"sender": "a"}',
        '{"message": 1}',
        '{"message": "x", "sender": ""}',
        '{"message": "x", "metadata": []}',
        "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_bodies_that_are_no_message_are_refused_in_words(bot: TestClient, body: str | bytes) -> None:
    assert_failure(bot.post(WEBHOOK, content=body), 400, "BadRequest")


@pytest.mark.parametrize("events", [[1], ["x"], [{}], [{"event": 5}], None])
def test_what_is_no_event_is_refused_and_changes_nothing(bot: TestClient, events: Any) -> None:
    say(bot, "buy a voucher")
    assert_failure(bot.put(f"{TRACKER}/events", json=events), 400, "BadRequest")
    assert bot.get(TRACKER).json()["stack"]


def test_bodies_that_are_too_large_are_refused(bot: TestClient) -> None:
    huge = json.dumps({"sender": "a", "message": "x" * (1 << 20)})
    assert_failure(bot.post(WEBHOOK, content=huge), 413, "PayloadTooLarge")


def test_unknown_places_choices_and_ids_are_refused_in_words(bot: TestClient) -> None:
    assert_failure(bot.get("/nowhere"), 404, "NotFound")
    assert_failure(bot.put(WEBHOOK, json={}), 405, "MethodNotAllowed")
    assert_failure(bot.get(TRACKER, params={"include_events": "SOME"}), 400, "BadRequest")
    assert_failure(bot.get(TRACKER, params={"until": "noon"}), 400, "BadRequest")
    assert_failure(bot.get(f"/conversations/{'x' * 300}/tracker"), 400, "BadRequest")


def test_a_fault_of_our_own_is_answered_without_its_details(workshop: Model, agent: Agent) -> None:
    class BrokenStore(MemoryStore):
        async def read(self, conversation: str, initial_slots: Mapping[str, Any]) -> Tracker | None:
            raise RuntimeError("canary")

    app = served_app(workshop, agent, store=BrokenStore(1))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(TRACKER)
    assert_failure(answer, 500, "InternalError")
    assert "canary" not in answer.text


def test_the_longest_unused_conversation_is_forgotten_first(workshop: Model, agent: Agent) -> None:
    with serve(workshop, agent, limit=2) as bot:
        for sender in ("ann", "bob", "ann", "eve"):
            say(bot, "buy a voucher", sender=sender)
        assert bot.delete(TRACKER).status_code == 204
        assert bot.delete("/conversations/bob/tracker").status_code == 404


def test_turns_of_one_conversation_wait_for_each_other_and_others_do_not() -> None:
    async def scene() -> list[str]:
        locks, order, ann_holds = Locks(), [], asyncio.Event()

        async def turn(conversation: str, name: str, hold: asyncio.Event | None) -> None:
            async with locks.holding(conversation):
                order.append(f"{name} begins")
                if hold is not None:
                    ann_holds.set()
                    await hold.wait()
                order.append(f"{name} ends")

        gate = asyncio.Event()
        first = asyncio.create_task(turn("ann", "first", gate))
        await ann_holds.wait()
        second = asyncio.create_task(turn("ann", "second", None))
        await turn("bob", "other", None)
        gate.set()
        await asyncio.gather(first, second)
        assert locks._held == {}
        return order

    assert asyncio.run(scene()) == [
        "first begins",
        "other begins",
        "other ends",
        "first ends",
        "second begins",
        "second ends",
    ]


def test_two_messages_at_once_are_answered_one_after_the_other(workshop: Model, agent: Agent) -> None:
    app = served_app(workshop, agent)

    async def scene() -> list[Any]:
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bot") as client:
            bodies = [{"sender": "ann", "message": text} for text in ("buy a voucher", "Bob", "50")]
            return [
                answer.json() for answer in await asyncio.gather(*(client.post(WEBHOOK, json=body) for body in bodies))
            ]

    texts = [answer[0]["text"] for answer in asyncio.run(scene())]
    assert texts == ["Who is it for?", "What is the voucher worth?", "A voucher of 50 for Bob?"]


def test_messages_take_the_form_of_the_rest_channel() -> None:
    data = {
        "buttons": [{"title": "Go", "payload": "/go", "translation": {}}],
        "image": "http://pictures/1",
        "attachment": "http://pictures/1",
        "custom": {"a": 1},
        "quick_replies": None,
    }
    assert to_rest("ann", [BotMessage(text="one\n\ntwo", data=data)]) == [
        {"recipient_id": "ann", "text": "one"},
        {"recipient_id": "ann", "text": "two", "buttons": [{"title": "Go", "payload": "/go"}]},
        {"recipient_id": "ann", "custom": {"a": 1}},
        {"recipient_id": "ann", "image": "http://pictures/1"},
    ]
    assert to_rest("ann", [BotMessage(text=None, data={})]) == []


def test_the_language_of_the_metadata_is_the_conversations(workshop: Model, agent: Agent) -> None:
    tracker = agent.new_tracker("ann")
    message = UserMessage(text="Gutschein kaufen", sender="ann", metadata={"language": "de"})
    asyncio.run(agent.handle(tracker, message))
    assert tracker.slots["language"] == "de"
