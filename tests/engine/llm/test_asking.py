"""Asking models over the real client: answers, streams, faults of every kind, and who stands in for whom."""

import json
from collections.abc import Sequence

import pytest
from tests.services.language_model import Answer, completion, language_model

from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.port import MAX_ANSWER, Completion, ModelFailed
from talkwright.engine.llm.settings import Deployment, Group

pytestmark = pytest.mark.anyio

ASKED = [{"role": "user", "content": "hello"}]
BODY = {"model": "m"}


def group(*addresses: str, provider: str = "self-hosted", routing: str = "simple-shuffle") -> ModelGroup:
    deployments = [
        Deployment(
            provider=provider, model=f"m{number}", api_base=address, api_key="k", params={"temperature": 0, "top_k": 3}
        )
        for number, address in enumerate(addresses)
    ]
    return ModelGroup(Group(id="g", deployments=deployments, routing=routing))


async def ask(model: ModelGroup, *, seconds: float = 10.0) -> Completion:
    try:
        return await model.complete(ASKED, seconds=seconds)
    finally:
        await model.close()


async def test_an_answer_comes_with_its_cost() -> None:
    with language_model("start flow pay") as scripted:
        answer = await ask(group(scripted.address))
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == ("start flow pay", 7, 3)
    assert answer.seconds > 0
    (request,) = scripted.requests
    assert request["headers"]["authorization"] == "Bearer k"
    assert request["body"] == {"model": "m0", "messages": ASKED, "temperature": 0, "top_k": 3}


async def test_azure_is_asked_in_its_own_way() -> None:
    with language_model("x") as scripted:
        await ask(group(scripted.address.removesuffix("/v1"), provider="azure"))
    assert scripted.requests[0]["path"].startswith("/openai/deployments/m0/chat/completions?api-version=")
    assert scripted.requests[0]["headers"]["api-key"] == "k"


async def test_pieces_of_a_streamed_answer_are_passed_on() -> None:
    heard: list[str] = []

    async def hear(text: str) -> None:
        heard.append(text)

    with language_model("one two three") as scripted:
        model = group(scripted.address)
        answer = await model.complete(ASKED, seconds=10, on_text=hear)
        await model.close()
    assert heard == ["one", " two", " three"]
    assert (answer.text, answer.completion_tokens) == ("one two three", 3)
    assert answer.first_token_seconds is not None


async def test_texts_become_vectors_in_their_order() -> None:
    with language_model() as scripted:
        model = group(scripted.address)
        near, same, far = await model.embed(["money", "money", "zzz"], seconds=10)
        await model.close()
    assert near == same != far


MALFORMED: Sequence[Answer] = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"a text"',
    b"<html>no</html>",
    {},
    {"choices": []},
    {"choices": None},
    {"choices": [{}]},
    {"choices": [{"message": {"content": None}}]},
    {"choices": [{"message": {"content": 7}}]},
    {"choices": "abc"},
    completion(BODY, "x") | {"choices": [{"message": None}]},
)


@pytest.mark.parametrize("answer", MALFORMED, ids=lambda one: str(one)[:40])
async def test_an_answer_that_is_none_fails_in_words(answer: Answer) -> None:
    with language_model(answer) as scripted, pytest.raises(ModelFailed, match="m0"):
        await ask(group(scripted.address))


@pytest.mark.parametrize("answer", [b"data: {\n\n", b"data: {}\n\n", b'data: {"choices": 3}\n\n', b"nothing"])
async def test_a_stream_that_is_none_fails_in_words_or_says_nothing(answer: bytes) -> None:
    async def hear(_: str) -> None:
        raise AssertionError("nothing was said")

    with language_model(answer) as scripted:
        model = group(scripted.address)
        said, fault = "", ""
        try:
            said = (await model.complete(ASKED, seconds=10, on_text=hear)).text
        except ModelFailed as problem:
            fault = str(problem)
        await model.close()
    assert said == ""
    assert not fault or "m0" in fault


@pytest.mark.parametrize(
    ("status", "tries"), [(400, 1), (401, 1), (404, 1), (429, 2), (500, 2), (503, 2), (302, 1), (307, 1)]
)
async def test_a_refusal_is_told_and_what_may_pass_is_tried_again(status: int, tries: int) -> None:
    with language_model(status) as scripted, pytest.raises(ModelFailed, match=str(status)):
        await ask(group(scripted.address))
    assert len(scripted.requests) == tries


async def test_a_second_try_can_do() -> None:
    with language_model(503, "fine") as scripted:
        assert (await ask(group(scripted.address))).text == "fine"


async def test_an_answer_is_cut_and_an_endless_one_refused() -> None:
    with language_model("x" * (MAX_ANSWER + 9)) as scripted:
        assert len((await ask(group(scripted.address))).text) == MAX_ANSWER
    endless = json.dumps(completion(BODY, "x" * (1 << 20))).encode()
    with language_model(endless) as scripted, pytest.raises(ModelFailed):
        await ask(group(scripted.address))


async def test_a_packed_answer_is_refused() -> None:
    with language_model("x", headers={"Content-Encoding": "gzip"}) as scripted, pytest.raises(ModelFailed):
        await ask(group(scripted.address))


async def test_one_deadline_covers_all_tries() -> None:
    with (
        language_model("late", delay=5) as slow,
        language_model("late", delay=5) as other,
        pytest.raises(ModelFailed, match="in time"),
    ):
        await ask(group(slow.address, other.address), seconds=0.6)


async def test_one_that_hangs_or_is_away_is_stood_in_for() -> None:
    with language_model("late", delay=20) as slow, language_model("here") as quick:
        assert (await ask(group("http://127.0.0.1:1/v1", quick.address))).text == "here"
        assert (await ask(group(slow.address, quick.address), seconds=8)).text == "here"


async def test_one_that_failed_is_asked_last_for_a_while() -> None:
    with language_model(500) as broken, language_model("here") as sound:
        model = group(broken.address, sound.address)
        for _ in range(6):
            assert (await model.complete(ASKED, seconds=10)).text == "here"
        await model.close()
    assert len(broken.requests) <= 1


async def test_the_fastest_is_asked_where_that_is_wanted() -> None:
    with language_model("slow", delay=1.5) as slow, language_model("quick") as quick:
        model = group(slow.address, quick.address, routing="latency-based-routing")
        said = [(await model.complete(ASKED, seconds=10)).text for _ in range(5)]
        await model.close()
    assert said.count("quick") >= 3


async def test_no_secret_stands_in_a_fault() -> None:
    with pytest.raises(ModelFailed) as caught:
        await ask(group("http://127.0.0.1:1/v1"))
    assert "Bearer" not in str(caught.value)
    assert "can't be reached" in str(caught.value)
