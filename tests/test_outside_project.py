"""A project that was written from the format's rules alone, by nobody who had our code in mind.

A mobile-phone provider's assistant: split domain, patterns of its own, a prompt, documents, several channels, CRLF in
one file. It is read, comes out unchanged, is checked, trained by the real command, and talks as its author expects.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.backend.content.calls import change, download, imported, item_named, send, text_patch
from tests.engine.conftest import run_actions, run_bot
from tests.services.modelservice import service_at
from tests.services.studio import Browser, run_studio

from talkwright.assistant.project import read_project, to_tar_gz, to_zip, write_project
from talkwright.database.ids import uuid7
from talkwright.engine.model import load_model
from talkwright.engine.search.ranking import search
from talkwright.engine.testing.e2e.bots import HttpBot
from talkwright.engine.testing.e2e.files import read_cases
from talkwright.engine.testing.e2e.playing import play_all
from talkwright.engine.testing.e2e.telling import told

PROJECT = Path(__file__).parent / "projects" / "skylark"
STAND_INS = {"component-stand-in", "operated-elsewhere", "mapping-without-adapter"}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The project as it lies on its author's disk."""
    return {
        path.relative_to(PROJECT).as_posix(): path.read_bytes()
        for path in PROJECT.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@dataclass(frozen=True)
class Trained:
    """What the training said, and its model."""

    model: Path
    lines: list[dict[str, Any]]

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Those of the content; which language models can be asked depends on the machine."""
        found = [line["problem"] for line in self.lines if "problem" in line]
        return [problem for problem in found if not problem["code"].startswith("language-model-")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    model = tmp_path_factory.mktemp("skylark") / "model.tar.gz"
    command = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(PROJECT), "--out", str(model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Trained(model, [json.loads(line) for line in done.stdout.splitlines()])


def test_it_is_read_and_comes_out_byte_for_byte_from_a_folder_and_from_archives(files: dict[str, bytes]) -> None:
    project = read_project(PROJECT)
    assert project.problems == ()
    assert write_project(project.files, project.items) == files
    for archive in (to_zip(files), to_tar_gz(files)):
        packed = read_project(archive)
        assert write_project(packed.files, packed.items) == files


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("flow", {"show_bill", "verify_customer", "callback", "pattern_correction", "pattern_session_start"}),
        ("slot", {"bill_lines", "plan", "destination", "correction_confirmed", "phone_number"}),
        ("response", {"utter_bill_lines", "utter_roaming_on", "utter_same_plan"}),
        ("action", {"action_pay", "action_ask_callback_time"}),
        ("intent", {"no_signal"}),
        ("prompt", {"prompts/command_generator.jinja2", "prompts/rephraser.jinja2"}),
        ("file", {"docs/roaming/europe.txt", "actions/billing.py"}),
    ],
)
def test_its_content_is_found_by_kind(kind: str, names: set[str]) -> None:
    found = {item.name for item in read_project(PROJECT).items if item.kind == kind}
    assert names <= found


def test_its_documents_can_be_searched(trained: Trained) -> None:
    index = load_model(trained.model).search
    assert index is not None
    (hit,) = search(index, ["how many gigabytes may I surf in the European Union?"], most=1)
    assert hit.passage.source == "docs/roaming/europe.txt"


def test_it_trains_without_an_error_and_hints_say_what_stands_in(trained: Trained) -> None:
    assert trained.lines[-1]["stage"] == "trained"
    assert {problem["code"] for problem in trained.problems if problem["severity"] == "hint"} == STAND_INS
    warnings = [(problem["code"], problem["name"]) for problem in trained.problems if problem["severity"] != "hint"]
    assert warnings == [("unknown-variable", "utter_payment_done")], "an action passes it; nobody can know that"


@pytest.mark.anyio
async def test_its_conversations_go_as_its_author_expects(trained: Trained) -> None:
    cases = [case for part in ("happy_paths", "repairs") for case in read_cases(PROJECT / "e2e_tests" / part)]
    assert len(cases) >= 18
    with (
        run_actions(PROJECT) as address,
        run_bot(trained.model, SKYLARK_ACTIONS_HOST=httpx2.URL(address).netloc.decode()) as bot,
    ):
        async with HttpBot(bot.url) as played:
            failed = [told(outcome) async for outcome in play_all(played, cases, at_once=4) if not outcome.passed]
        assert failed == []
        assert spoken(bot.url, "show my bill", "0660 1234567")[0]["buttons"] == [
            {"title": "This month", "payload": '/SetSlots(bill_month="this month")'},
            {"title": "Last month", "payload": '/SetSlots(bill_month="last month")'},
        ]
        (rating,) = spoken(bot.url, "I want to rate your service")
        assert rating["buttons"] == [
            {"title": "1", "payload": "/SetSlots(rating=1)"},
            {"title": "5", "payload": "5"},
        ], "numbers read as texts"
        assert spoken(bot.url, "rate our service", "5")[0]["text"] == "Thank you!"
        booked = spoken(bot.url, "I want to buy more data", "10")
        assert [message["image"] for message in booked if "image" in message] == [
            "https://static.skylark.example/img/data-pack.png"
        ]


def test_an_action_server_that_is_away_ends_the_flow_in_words(trained: Trained) -> None:
    with run_bot(trained.model, SKYLARK_ACTIONS_HOST="127.0.0.1:1") as bot:
        texts = [message.get("text") for message in spoken(bot.url, "I have no signal", "1010")]
    assert "OK, I stop here." in texts


def spoken(url: str, *texts: str) -> list[dict[str, Any]]:
    """What the bot says last in a new conversation."""
    sender = "|".join(texts)
    answer: list[dict[str, Any]] = []
    for text in texts:
        body = {"sender": sender, "message": text}
        answer = httpx2.post(f"{url}/webhooks/rest/webhook", json=body, timeout=20, trust_env=False).json()
    return answer


# --- in the studio


@pytest.fixture(scope="module")
async def admin(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with run_studio(database_url, tmp_path_factory.mktemp("home")) as studio:
        yield await studio.administrator()


@pytest.fixture(scope="module")
async def assistant(admin: Browser, files: dict[str, bytes]) -> dict[str, Any]:
    """The answer to its import."""
    return await imported(admin, files)


@pytest.mark.anyio
async def test_the_studio_takes_it_in_whole(
    admin: Browser, assistant: dict[str, Any], files: dict[str, bytes], trained: Trained
) -> None:
    report = assistant["report"]
    assert {file["path"] for file in report["files"]} == set(files)
    assert report["left_out"] == []
    assert report["items"]["flow"] == 15
    told = {(problem["code"], problem["kind"], problem["name"], problem["path"]) for problem in trained.problems}
    found = report["problems"]
    renamed = {("assistant-id-differs", "config", "config.yml", "/assistant_id")}  # the test imports it under a name
    shown = {(problem["code"], problem["kind"], problem["name"], problem["path"]) for problem in found}
    assert shown == told | renamed
    assert not [problem for problem in found if problem["severity"] == "error"]
    assert await download(admin, assistant["assistant"]["id"]) == files


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "path", "old"),
    [
        ("utter_ask_destination", "domain/roaming.yml", b'"Where are you going?"\r'),  # CRLF
        ("utter_email_wrong", "domain/plans/plans.yml", b"That is no e-mail address."),  # anchors above it
        (
            "utter_bill_high",
            "domain/billing/billing.yml",
            b"We debit your bank account on the 15th.",
        ),  # a comment inside
    ],
)
async def test_an_edit_in_the_studio_changes_one_line_of_its_file(
    admin: Browser, files: dict[str, bytes], name: str, path: str, old: bytes
) -> None:
    made = (await imported(admin, files))["assistant"]["id"]
    item = await item_named(admin, made, "response", name)
    await send(admin, made, change(text_patch(item, "Something else")))
    after = await download(admin, made)
    assert {one for one in files if files[one] != after[one]} == {path}
    differing = changed(files[path], after[path])
    assert len(differing) == 1
    assert old in differing[0][0]
    assert b"Something else" in differing[0][1]


def changed(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    """The lines that differ, in files of equally many lines."""
    pairs = zip(before.split(b"\n"), after.split(b"\n"), strict=True)
    return [(old, new) for old, new in pairs if old != new]


@pytest.mark.anyio
async def test_a_flow_of_its_own_opens_with_its_conditions_in_words(admin: Browser, assistant: dict[str, Any]) -> None:
    flow = await item_named(admin, assistant["assistant"]["id"], "flow", "change_plan")
    assert flow["problems"] == []
    conditions = flow["conditions"]
    assert all(condition["error"] is None for condition in conditions.values())
    assert "{'small' 'medium'} contains slots.plan" in conditions
    assert {"plan", "current_plan", "plan_price"} <= set(flow["slots"])


@pytest.mark.anyio
async def test_a_rename_reaches_everybody_who_names_the_slot(admin: Browser, files: dict[str, bytes]) -> None:
    made = (await imported(admin, files))["assistant"]["id"]
    slot = await item_named(admin, made, "slot", "payment_amount")
    edit = {"op": "rename", "item": slot["id"], "revision": slot["revision"], "name": "sum_paid"}
    await send(admin, made, change(edit, name="rename"))
    after = await download(admin, made)
    left = {path for path, text in after.items() if re.search(rb"(?<!utter_ask_)payment_amount", text)}
    assert left == {"actions/billing.py"}, "code is its author's"
    assert b"utter: utter_ask_payment_amount" in after["data/billing/flows.yml"], "the question keeps its text"
    counts = (await admin.send("GET", f"/api/assistants/{made}/problems")).json()["counts"]
    assert counts["error"] == 0


@pytest.mark.anyio
async def test_the_studio_trains_it_and_talks(fresh_database_url: str, tmp_path: Path, files: dict[str, bytes]) -> None:
    async with (
        service_at(fresh_database_url, tmp_path) as service,
        run_studio(fresh_database_url, service.home) as studio,
    ):
        for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
            service.start(role)
        admin = await studio.administrator()
        path = f"/api/assistants/{(await imported(admin, files))['assistant']['id']}"
        wanted = {"id": str(uuid7()), "deploy": True}
        assert (await admin.send("POST", f"{path}/trainings", json=wanted)).status_code == 201
        await answering(admin, path)
        chat = str(uuid7())
        await admin.send("POST", f"{path}/chats", json={"id": chat})
        for text, answer in (
            ("I want a bigger plan", "Which plan would you like, small, medium, large or unlimited?"),
            ("large", "Should it start now or next month?"),
            ("now", "Done. Large starts now at 39.00 € a month."),
        ):
            message = {"id": str(uuid7()), "text": text}
            said = await admin.send("POST", f"{path}/chats/{chat}/messages", json=message, timeout=60)
            entries = said.json()["turn"]["entries"]
            assert answer in [entry["text"] for entry in entries if entry["kind"] == "bot"]


async def answering(browser: Browser, path: str) -> None:
    """Until a model of the assistant has its talk."""
    async with asyncio.timeout(90):
        while True:
            if (await browser.send("GET", path)).json()["deployment"] is not None:
                return
            await asyncio.sleep(0.1)
