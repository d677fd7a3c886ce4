"""A classic assistant without any flow: trained by the real job, served over HTTP, its action on the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from talkwright.engine.testing.e2e.files import read_cases
from talkwright.engine.testing.e2e.playing import play_all
from talkwright.engine.testing.e2e.running import Asked, bot_of
from talkwright.engine.testing.e2e.telling import told
from talkwright.engine.training import TRAINED, train_job

from .conftest import run_actions, run_bot

PROJECT = Path(__file__).parents[1] / "projects" / "toolhire"
SAYS = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    model = tmp_path_factory.mktemp("models") / "toolhire.tar.gz"
    assert train_job(PROJECT, model) == TRAINED
    with (
        run_actions(PROJECT) as address,
        run_bot(model, TOOLHIRE_ACTIONS=address) as bot,
        httpx2.Client(base_url=bot.url, trust_env=False) as client,
    ):
        yield client


def _texts(shop: httpx2.Client, sender: str, *messages: str) -> list[list[Any]]:
    said = [shop.post(SAYS, json={"sender": sender, "message": text}).json() for text in messages]
    return [[one.get("text") for one in answer] for answer in said]


def test_a_form_is_filled_in_plain_words_checked_by_the_project_and_interrupted_by_a_rule(shop: httpx2.Client) -> None:
    assert _texts(
        shop,
        "ann",
        "good morning",
        "I need a ladder",
        "20 days",
        "when do you open?",
        "3 days",
        "Ann Miller",
    ) == [
        ["Welcome to the tool hire. What do you need?"],
        ["For how many days?"],
        ["We lend for 14 days at most.", "For how many days?"],
        ["We are open from seven to five, on Saturdays until noon.", "For how many days?"],
        ["In whose name?"],
        ["A ladder is ready for Ann Miller.", "That makes 27."],
    ]
    tracker = shop.get("/conversations/ann/tracker").json()
    assert (tracker["active_loop"], tracker["slots"]["requested_slot"], tracker["stack"]) == ({}, None, [])
    assert (tracker["slots"]["tool"], tracker["slots"]["days"]) == ("ladder", 3.0)
    told = [(one["event"], one.get("name")) for one in tracker["events"]]
    assert ("action_execution_rejected", "hire_form") in told
    assert told.index(("active_loop", "hire_form")) < told.index(("active_loop", None))
    assert {one["policy"] for one in tracker["events"] if one["event"] == "action" and one["policy"]} == {"RulePolicy"}


def test_stories_are_followed_across_what_only_rules_answer(shop: httpx2.Client) -> None:
    said = _texts(shop, "bob", "I'm bringing the tool back", "are you open on Saturday?", "the cable came off")
    assert [answer[0] for answer in said] == [
        "Thank you. Did it work well?",
        "We are open from seven to five, on Saturdays until noon.",
        "We will have it repaired, at no cost.",
    ]
    assert _texts(shop, "cid", "here is your tool again", "it worked well")[1] == ["Glad to hear it."]


def test_what_nobody_understands_and_what_belongs_nowhere_is_told(shop: httpx2.Client) -> None:
    said = _texts(
        shop, "dan", "my grandmother plays chess against the parrot", "/say_fine", "/hire_tool", "/stop_hiring"
    )
    assert said == [
        ["Could you put that in other words?"],
        ["I lend tools; that was something else, I think."],
        ["Which tool: drill, ladder, sander or mixer?"],
        ["Then nothing is put aside."],
    ]
    parsed = shop.post("/model/parse", json={"text": "can I borrow a hammer drill"}).json()
    assert parsed["intent"]["name"] == "hire_tool"
    assert [(one["entity"], one["value"]) for one in parsed["entities"]] == [("tool", "drill")]


@pytest.mark.anyio
@pytest.mark.parametrize("understanding", [Asked.LOCAL, Asked.ORACLE])
async def test_its_end_to_end_cases_pass_in_the_public_format(
    monkeypatch: pytest.MonkeyPatch, understanding: Asked
) -> None:
    monkeypatch.setenv("TOOLHIRE_ACTIONS", "http://127.0.0.1:9/webhook")  # all of them are stubbed
    cases = read_cases(PROJECT / "e2e_tests")
    async with bot_of(PROJECT, understanding, cases) as bot:
        outcomes = [outcome async for outcome in play_all(bot, cases)]
    assert [told(outcome) for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == 2
