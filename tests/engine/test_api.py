"""The rest of the HTTP API: content, turns that no channel asked for, models, and how much a bot takes at once."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from starlette.routing import Route
from starlette.testclient import TestClient

from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.channels.outlets import Outlets
from talkwright.engine.model import Model
from talkwright.engine.ports import ActionFailed, BotMessage, TurnResult, Understood, UserMessage
from talkwright.engine.serving.answers import ApiError
from talkwright.engine.serving.gate import MOST_OF_ONE_CONVERSATION, Gate

from .bot_server import served_app
from .conftest import ROOT, NoActions
from .neighbours import Answer, neighbour

ONE = "/conversations/ann"
TOKEN = {"token": "s3cret"}
WEBHOOK = "/webhooks/rest/webhook"


@pytest.fixture
def bot(workshop: Model, agent: Agent, tmp_path: Path) -> Iterator[TestClient]:
    app = served_app(workshop, agent, token="s3cret", folder=tmp_path)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.params = TOKEN
        yield client


def say(bot: TestClient, text: str, sender: str = "ann") -> Any:
    return bot.post(WEBHOOK, json={"sender": sender, "message": text}).json()


def test_the_content_of_the_model_can_be_read(bot: TestClient) -> None:
    assert "slots" in bot.get("/domain").json()
    page = bot.get("/domain", headers={"Accept": "application/x-yaml"})
    assert yaml.safe_load(page.text).keys() == bot.get("/domain").json().keys()
    assert bot.get("/domain", headers={"Accept": "text/html"}).json()["code"] == 406
    voucher = next(flow for flow in bot.get("/flows").json() if flow["id"] == "gift_voucher")
    assert voucher["steps"][0] == {"collect": "gift_receiver"}
    data = bot.get("/data").json()
    assert data["flows"]["gift_voucher"] == voucher
    assert data["assistant_id"] == "wheel-workshop"
    assert bot.get("/sub-agents").json() == []
    assert bot.get("/license").json()["id"] == "Apache-2.0"


def test_capabilities_tell_which_flows_may_start(bot: TestClient) -> None:
    flows = {flow["id"]: flow for flow in bot.get(f"{ONE}/capabilities").json()["flows"]}
    assert flows["gift_voucher"]["startable"] is True
    assert flows["gift_voucher"]["trigger_intents"] == ["wants_voucher"]
    assert not any(name.startswith("pattern_") for name in flows)


def test_a_conversation_can_be_read_as_a_story(bot: TestClient) -> None:
    say(bot, "buy a voucher")
    say(bot, "Bob")
    (story,) = yaml.safe_load(bot.get(f"{ONE}/story").text)["stories"]
    assert story["story"] == "ann"
    assert story["steps"][0] == {"user": "buy a voucher", "intent": "wants_voucher"}
    assert {"slot_was_set": [{"gift_receiver": "Bob"}]} in story["steps"]
    assert {"action": "utter_ask_gift_amount"} in story["steps"]


def test_a_message_can_be_taken_in_without_an_answer(bot: TestClient) -> None:
    tracker = bot.post(f"{ONE}/messages", json={"text": "buy a voucher", "sender": "user"}).json()
    assert tracker["latest_message"]["commands"] == [{"command": "start flow", "flow": "gift_voucher"}]
    assert not [event for event in tracker["events"] if event["event"] == "bot"]
    own = bot.post(f"{ONE}/messages", json={"text": "x", "parse_data": {"intent": {"name": "y"}}}).json()
    assert own["latest_message"] == {"text": "x", "intent": {"name": "y"}}
    assert bot.post(f"{ONE}/messages", json={"text": "x", "sender": "bot"}).status_code == 400


def test_an_intent_can_be_triggered_for_somebody(bot: TestClient) -> None:
    answer = bot.post(f"{ONE}/trigger_intent", json={"name": "wants_voucher"}).json()
    assert answer["messages"] == [{"recipient_id": "ann", "text": "Who is it for?"}]
    assert answer["tracker"]["stack"][0]["flow_id"] == "gift_voucher"
    for name in ("nobody_wants", "SetSlots(gift_receiver=Bob)", "wants voucher"):
        unknown = bot.post(f"{ONE}/trigger_intent", json={"name": name})
        assert unknown.status_code == 404, name


def test_one_action_can_be_run_and_the_next_one_foretold(bot: TestClient) -> None:
    answer = bot.post(f"{ONE}/execute", json={"name": "utter_hours"}).json()
    assert answer["messages"][0]["text"]
    assert bot.post(f"{ONE}/execute", json={"name": "action_nobody_knows"}).status_code == 404
    before = bot.get(f"{ONE}/tracker", params={"include_events": "ALL"}).json()
    told = bot.post(f"{ONE}/predict").json()
    assert told["scores"] == [{"action": "action_listen", "score": 1.0}]
    assert bot.get(f"{ONE}/tracker", params={"include_events": "ALL"}).json() == before
    bot.post(f"{ONE}/messages", json={"text": "buy a voucher"})
    assert bot.post(f"{ONE}/predict").json()["scores"][0]["action"] == "action_run_slot_rejections"
    assert bot.post("/conversations/nobody/predict").json()["reason"] == "Conflict"


def test_a_text_can_be_parsed_and_events_gone_on_from(bot: TestClient) -> None:
    parsed = bot.post("/model/parse", json={"text": "buy a voucher"}).json()
    assert parsed["text"] == "buy a voucher"
    assert parsed["commands"] == [{"command": "start flow", "flow": "gift_voucher"}]
    say(bot, "buy a voucher")
    events = bot.get(f"{ONE}/tracker", params={"include_events": "ALL"}).json()["events"]
    assert bot.post("/model/predict", json=events).json()["scores"][0]["action"] == "action_listen"


def test_events_that_are_posted_may_be_said_by_their_channel(workshop: Model, agent: Agent) -> None:
    said: list[tuple[str, str | None]] = []

    class Board:
        name = "board"

        def routes(self, host: object) -> list[Any]:
            return []

        async def send(self, recipient: str, messages: list[BotMessage]) -> None:
            said.extend((recipient, message.text) for message in messages)

        async def close(self) -> None:
            raise RuntimeError("a channel that fails at its end keeps nobody else from ending")

    app = served_app(workshop, agent, channels=lambda _: (Board(),))
    with TestClient(app) as bot:
        event = {"event": "bot", "text": "Your bike is ready."}
        bot.post(f"{ONE}/tracker/events", json=event, params={"output_channel": "board"})
        bot.post(
            f"{ONE}/tracker/events", json=event, params={"output_channel": "board", "execute_side_effects": "true"}
        )
        bot.post(f"{ONE}/trigger_intent", json={"name": "asks_hours"}, params={"output_channel": "board"})
    assert said[0] == ("ann", "Your bike is ready.")
    assert len(said) >= 2
    asyncio.run(Outlets(()).send("nowhere", "ann", [BotMessage(text="x")]))


def test_without_a_model_there_is_a_conflict_until_one_is_loaded(bot: TestClient, workshop_path: Path) -> None:
    assert bot.delete("/model").status_code == 204
    for call in (bot.get("/status"), bot.get(f"{ONE}/tracker"), bot.post(WEBHOOK, json={"message": "hi"})):
        assert (call.status_code, call.json()["reason"]) == (409, "Conflict")
    assert bot.get("/version").status_code == 200
    assert bot.put("/model", json={"model_file": str(workshop_path)}).status_code == 204
    assert say(bot, "buy a voucher")[0]["text"] == "Who is it for?"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"model_file": "/nowhere/at-all.tar.gz"}, "no file"),
        ({"model_file": "http://here/model.tar.gz"}, "model_server"),
        ({"model_file": "m.tar.gz", "remote_storage": "aws"}, "Sign an address"),
        ({"model_server": {"url": "ftp://x"}}, "http://"),
        ({"model_server": {"url": "http://127.0.0.1:9/m", "wait_time_between_pulls": "soon"}}, "seconds"),
        ({"model_server": {"url": "http://127.0.0.1:9/m"}}, "can't be reached"),
        ({}, "model_file"),
        ([], "map"),
    ],
)
def test_a_model_that_cannot_be_loaded_changes_nothing(bot: TestClient, body: Any, says: str) -> None:
    answer = bot.put("/model", json=body)
    assert answer.status_code == 400
    assert says in answer.json()["message"]
    assert say(bot, "buy a voucher")[0]["text"] == "Who is it for?"


def test_a_file_that_is_no_model_changes_nothing(bot: TestClient, tmp_path: Path) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(b"nothing")
    answer = bot.put("/model", json={"model_file": "bad.tar.gz"})
    assert answer.status_code == 400
    assert "bad.tar.gz" in answer.json()["message"]
    assert say(bot, "buy a voucher")[0]["text"] == "Who is it for?"


PROJECT = """
version: "3.1"
assistant_id: trained-over-http
language: en
responses:
  utter_hello: [{text: Hello there!}]
flows:
  hello:
    description: Say hello to the user
    nlu_trigger: [{intent: greet}]
    steps: [{action: utter_hello}]
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
intents: [greet]
"""


def test_a_project_can_be_trained_and_its_model_loaded(bot: TestClient, tmp_path: Path) -> None:
    answer = bot.post("/model/train", content=PROJECT, headers={"Content-Type": "application/x-yaml"})
    assert answer.status_code == 200, answer.text
    name = answer.headers["filename"]
    assert (tmp_path / name).read_bytes() == answer.content
    assert bot.put("/model", json={"model_file": name}).status_code == 204
    assert say(bot, "/greet", sender="eve")[0]["text"] == "Hello there!"
    assert bot.get("/status").json()["num_active_training_jobs"] == 0


def test_a_project_with_errors_is_refused_with_its_problems(bot: TestClient) -> None:
    broken = PROJECT.replace("utter_hello}]", "utter_nothing}]")
    answer = bot.post("/model/train", content=broken).json()
    assert answer["code"] == 400
    assert any("utter_nothing" in problem["message"] for problem in answer["details"]["problems"])
    for nonsense in ("flows: [", "just words", "", "- a\n- b"):
        assert bot.post("/model/train", content=nonsense).json()["code"] == 400


def test_a_training_may_report_to_an_address(bot: TestClient) -> None:
    with neighbour(lambda _: Answer()) as listener:
        broken = PROJECT.replace("utter_hello}]", "utter_nothing}]")
        answer = bot.post("/model/train", params={"callback_url": listener.url}, content=broken)
        assert answer.status_code == 204
        assert bot.post("/model/train", content=PROJECT).json()["reason"] == "Conflict"
        assert bot.get("/status").json()["num_active_training_jobs"] == 1
        told = json.loads(listener.asked.get(timeout=60).body)
    assert (told["code"], told["status"]) == (400, "failure")
    assert bot.post("/model/train", params={"callback_url": "ftp://x"}, content=PROJECT).status_code == 400


def test_the_documentation_lists_every_route(workshop: Model, agent: Agent) -> None:
    page = (ROOT / "docs" / "formats" / "engine-api.md").read_text()
    for route in served_app(workshop, agent).routes:
        assert isinstance(route, Route)
        path = route.path.replace("{conversation:path}", "ID")
        for method in (route.methods or set()) - {"HEAD"}:
            assert f"`{method} {path}`" in page, f"{method} {path}"


def test_a_bot_that_ends_finishes_its_turns_and_takes_no_more() -> None:
    async def scene() -> None:
        gate = Gate(5)
        with gate.passing("ann"):
            ending = asyncio.create_task(gate.close())
            await asyncio.sleep(0)
            with pytest.raises(ApiError) as refused, gate.passing("bob"):
                pass
            assert (refused.value.status, refused.value.retry_after) == (503, 1)
            assert not ending.done()
        await ending

    asyncio.run(scene())


class Waiting:
    """An understanding that waits for a gate, so that turns are under way for as long as a test wants."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.waiting = 0

    async def understand(self, text: str, tracker: Tracker, assistant: object, *, language: str) -> Understood:
        self.waiting += 1
        await self.gate.wait()
        return Understood(commands=())


def waiting_bot(workshop: Model, most_turns: int) -> tuple[Waiting, httpx2.AsyncClient]:
    understanding = Waiting()
    app = served_app(workshop, Agent(workshop.assistant, understanding, NoActions()), most_turns=most_turns)
    return understanding, httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://bot")


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


def test_more_turns_than_allowed_are_refused_with_the_time_to_try_again(workshop: Model) -> None:
    async def scene() -> None:
        understanding, client = waiting_bot(workshop, 2)

        def ask(sender: str) -> Any:
            return client.post(WEBHOOK, json={"sender": sender, "message": "what now"})

        async with client:
            under_way = [asyncio.create_task(ask(name)) for name in ("ann", "bob")]
            await until(lambda: understanding.waiting == 2)
            refused = await ask("eve")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert (await client.get("/status")).status_code == 200
            understanding.gate.set()
            assert [(await turn).status_code for turn in under_way] == [200, 200]
            assert (await ask("eve")).status_code == 200

    asyncio.run(scene())


def test_one_conversation_may_not_take_all_turns(workshop: Model) -> None:
    async def scene() -> None:
        understanding, client = waiting_bot(workshop, 100)
        async with client:
            body = {"sender": "ann", "message": "what now"}
            turns = [asyncio.create_task(client.post(WEBHOOK, json=body)) for _ in range(MOST_OF_ONE_CONVERSATION)]
            await until(lambda: understanding.waiting == 1)
            await asyncio.sleep(0)
            refused = await client.post(WEBHOOK, json=body)
            assert (refused.status_code, refused.json()["reason"]) == (429, "TooManyRequests")
            understanding.gate.set()
            assert {(await turn).status_code for turn in turns} == {200}

    asyncio.run(scene())


def test_a_fault_while_messages_are_streamed_ends_the_answer_and_no_more(workshop: Model) -> None:
    class Broken(NoActions):
        async def run(self, name: str, tracker: object, domain: object) -> object:
            raise ActionFailed("gone")

    agent = Agent(workshop.assistant, Waiting(), Broken())

    async def handle(tracker: Tracker, message: UserMessage, *, tell: Any = None, hear: Any = None) -> TurnResult:
        tell(BotMessage(text="first"))
        raise RuntimeError("canary")

    agent.handle = handle  # type: ignore[method-assign]  # the fault that the test is about
    with TestClient(served_app(workshop, agent), raise_server_exceptions=False) as bot:
        answer = bot.post(WEBHOOK, params={"stream": "true"}, json={"message": "hi"})
        assert answer.text == '{"recipient_id":"default","text":"first"}\n'
        assert bot.get("/version").status_code == 200
