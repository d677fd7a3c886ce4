"""Texts that a language model writes, heard over a real bot's channels while they are written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.engine.conftest import RunningBot, run_bot
from tests.engine.search.projects import model_at
from tests.engine.search.test_training import project_in
from tests.engine.test_channels import connected
from tests.services.language_model import ScriptedModel, language_model, pieces

from talkwright.engine.training import TRAINED, train_job

QUESTION = "are you open on sundays?"
STREAM = "/webhooks/rest/webhook?stream=true"
ANSWER = "We are closed on Sundays.\n\nCome on a Monday then."


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedModel]:
    with language_model(pause=0.02) as model:
        yield model


@pytest.fixture(scope="module")
def bot(scripted: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBot]:
    """A bot whose answers and rephrased responses the scripted model writes, with a socket.io channel."""
    folder = tmp_path_factory.mktemp("streaming")
    project = project_in(folder, {"llm": model_at(scripted.address)})
    nlg = {"type": "rephrase", "llm": model_at(scripted.address)}
    (project / "endpoints.yml").write_text(json.dumps({"nlg": nlg}))
    (project / "credentials.yml").write_text(json.dumps({"socketio": None}))
    flows = (project / "flows.yml").read_text()
    (project / "flows.yml").write_text(
        flows.replace("{text: Ordered.}", "{text: Ordered., metadata: {rephrase: true}}")
    )
    assert train_job(project, folder / "model.tar.gz") == TRAINED
    with run_bot(folder / "model.tar.gz") as running:
        yield running


def lines(bot: RunningBot, text: str, sender: str) -> list[tuple[float, dict[str, Any]]]:
    """The lines of a streamed answer, each with the moment when it came."""
    body = {"sender": sender, "message": text}
    with httpx2.stream("POST", f"{bot.url}{STREAM}", json=body, timeout=30, trust_env=False) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [(time.monotonic(), json.loads(line)) for line in answer.iter_lines()]


def texts(found: list[tuple[float, dict[str, Any]]]) -> list[str]:
    return [message.get("text", "") for _, message in found]


def test_paragraphs_of_an_answer_come_one_by_one_and_are_the_messages_of_an_answer_at_once(
    bot: RunningBot, scripted: ScriptedModel
) -> None:
    scripted.answers[:] = [ANSWER]
    found = lines(bot, QUESTION, "ann")
    body = {"sender": "bea", "message": QUESTION}
    whole = httpx2.post(f"{bot.url}/webhooks/rest/webhook", json=body, trust_env=False).json()
    assert texts(found) == [message["text"] for message in whole]
    assert texts(found)[:2] == ANSWER.split("\n\n")
    assert found[1][0] - found[0][0] > 0.04, "the first paragraph does not wait for the second"


def test_a_response_that_is_reworded_streams_too(bot: RunningBot, scripted: ScriptedModel) -> None:
    scripted.answers[:] = ["Ordered.\n\nAnything else you need it for is fine."]
    found = lines(bot, "order a cake", "cara")
    assert texts(found)[:2] == ["Ordered.", "Anything else you need it for is fine."]


def test_a_stream_that_breaks_off_leaves_what_was_told_and_says_that_something_went_wrong(
    bot: RunningBot, scripted: ScriptedModel
) -> None:
    begun = [f"data: {piece}\n\n" for piece in pieces({"model": "m"}, "We are closed")][:2]
    broken = "".join([*begun, 'data: {"choices": 3}\n\n']).encode()
    scripted.answers[:] = [broken]
    found = texts(lines(bot, QUESTION, "dora"))
    reworded = texts(lines(bot, "order a cake", "emil"))
    assert found[0] == "We are"
    assert "wrong" in found[1]
    assert reworded[:2] == ["We are", "Ordered."], "the response follows whole"


def test_pieces_go_over_socketio_between_two_marks_and_then_the_whole_message(
    bot: RunningBot, scripted: ScriptedModel
) -> None:
    scripted.answers[:] = ["We are closed on Sundays."]
    with connected(bot) as client:
        client.emit("user_uttered", {"message": QUESTION})
        said = [client.next() for _ in range(8)]
    assert said[0] == ["stream_start", {}]
    assert [event for event, _ in said[1:6]] == ["stream_chunk"] * 5
    assert "".join(data["text"] for _, data in said[1:6]) == "We are closed on Sundays."
    assert said[6] == ["stream_end", {}]
    assert said[7] == ["bot_uttered", {"text": "We are closed on Sundays."}]
