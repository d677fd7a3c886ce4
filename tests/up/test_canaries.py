"""What a person types and what the environment keeps secret is found in no log, no figure and no refusal."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from tests.backend.content.calls import change, download, imported, item_named, text_patch
from tests.services.studio import PLAIN, Browser
from tests.services.up import Up, stopped, studio

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

SENTENCE = "canary of the quay"
WORD = "canary-7f3a-of-the-quay"
"""What stands where a sentence can't: in names, addresses and passwords."""
SECRET = "s3cret-canary-91c4"
KEY = "sk-canary-of-the-pier-33b0"
"""What a person sets as the assistant's own secret."""
SETTINGS = {
    "TALKWRIGHT_EXAMPLE": "none",
    "TALKWRIGHT_LOG_LEVEL": "debug",
    "TALKWRIGHT_MANAGEMENT_PORT": "0",
    "TALKWRIGHT_OIDC_CLIENT_SECRET": SECRET,
    "TALKWRIGHT_JOB_ENVIRONMENT": "QUAY_KEY",
    "QUAY_KEY": SECRET,
}
FILES = {
    "config.yml": b"language: en\nassistant_id: quay\npipeline: []\npolicies:\n- name: FlowPolicy\n",
    "endpoints.yml": b"action_endpoint:\n  url: http://127.0.0.1:1/${QUAY_KEY}/${PIER_KEY}\n",
    "data/flows.yml": f"""flows:
  greet:
    description: Says hello. {SENTENCE}
    nlu_trigger: [greet]
    steps:
    - action: utter_hello
    - action: action_that_fails
""".encode(),
    "data/nlu.yml": f"""nlu:
- intent: greet
  examples: |
    - hello {SENTENCE}
    - good day
    - hi
""".encode(),
    "domain.yml": f"""intents: [greet]
actions: [action_that_fails]
responses:
  utter_hello:
  - text: Hello, {SENTENCE}
""".encode(),
}


WRITTEN = {name for name, content in FILES.items() if SENTENCE in content.decode()}
KEPT = {
    *("studio.texts.text", "studio.revisions.body", "studio.asked.name", "studio.items.summary", "studio.items.search"),
    *("studio.chat_messages.request", "studio.chat_messages.answer", "studio.chat_events.body", "studio.chats.title"),
}
"""The columns in which the sentence stands, because people wrote it there."""


class Told:
    """What the studio says, apart from the content itself."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def refusal(self, answer: httpx2.Response) -> None:
        assert answer.status_code >= 400, answer.text
        self.texts[f"problem {len(self.texts)}: {answer.request.method} {answer.status_code}"] = answer.text

    def holding(self, word: str) -> list[str]:
        return [f"{where}: {_around(text, word)}" for where, text in self.texts.items() if word in text]


def _around(text: str, word: str) -> str:
    at = text.index(word)
    return text[max(0, at - 150) : at + 60]


async def ended(browser: Browser, address: str) -> Any:
    async with asyncio.timeout(120):
        while True:
            training = (await browser.send("GET", address)).json()
            if training["state"] not in ("queued", "running"):
                return training
            await asyncio.sleep(0.1)


async def set_secret(browser: Browser, assistant: str, told: Told) -> None:
    """A secret of the assistant is set, after values that can't be; it may stand in no answer at all."""
    path = f"/api/assistants/{assistant}/secrets"
    for name, value in (("PIER_KEY", f"{KEY}\n"), ("TALKWRIGHT_PIER", KEY), ("PIER_KEY", KEY * 200)):
        told.refusal(await browser.send("PUT", f"{path}/{name}", json={"value": value}))
    for method, body in (("PUT", {"value": KEY}), ("PUT", {"value": KEY}), ("GET", None)):
        answer = await browser.send(method, path if body is None else f"{path}/PIER_KEY", json=body)
        assert answer.status_code == 200, answer.text
        told.texts[f"{method} of secrets"] = answer.text


async def train_and_talk(browser: Browser, up: Up, assistant: str, told: Told) -> None:
    """A model is trained and talked to; its custom action can't be reached, so that a turn fails too."""
    path = f"/api/assistants/{assistant}"
    made = await browser.send("POST", f"{path}/trainings", json={"id": str(uuid7()), "deploy": True})
    assert made.status_code == 201, made.text
    training = await ended(browser, f"{path}/trainings/{made.json()['id']}")
    assert training["state"] == "succeeded", training
    log = await browser.send("GET", f"{path}/trainings/{training['id']}/log")
    told.texts["the training's log"] = log.text
    await up.row("SELECT id FROM studio.deployments WHERE active AND state = 'running'", seconds=120)
    chat = await browser.send("POST", f"{path}/chats", json={"id": str(uuid7()), "language": "en"})
    assert chat.status_code == 201, chat.text
    for text in (f"hello {SENTENCE}", SENTENCE, '/greet{"a": "' + SENTENCE + '"'):
        message = {"id": str(uuid7()), "text": text}
        answer = await browser.send("POST", f"{path}/chats/{chat.json()['id']}/messages", json=message, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        assert SENTENCE in answer.text, "it came to the bot and back"
        assert KEY not in answer.text, "what failed is told without the secret in its address"
    for name, content in (await download(browser, assistant)).items():
        if name not in WRITTEN:
            told.texts[f"exported {name}"] = content.decode()
        elif SENTENCE not in content.decode():
            told.texts[f"exported {name}: {SENTENCE} is lost"] = SENTENCE


def look_into(database: psycopg.Connection[Any], told: Told) -> None:
    """Read every column of every table of ours: what people wrote stands in those of KEPT and in no other."""
    tables = database.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('studio', 'queue', 'idp')"
    ).fetchall()
    holding = set()
    for (table,) in tables:
        for (row,) in database.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall():
            for column, value in row.items():
                name, said = f"{table}.{column}", json.dumps(value, ensure_ascii=False)
                if SENTENCE in said and name in KEPT:
                    holding.add(name)
                    said = said.replace(SENTENCE, "")
                told.texts[f"column {name}"] = told.texts.get(f"column {name}", "") + said
    assert holding == KEPT


async def fail_at_everything(browser: Browser, up: Up, assistant: str, told: Told) -> None:
    """Requests that are refused or break, each with what a person typed in it."""
    path = f"/api/assistants/{assistant}"
    item = await item_named(browser, assistant, "response", "utter_hello")
    flow = await item_named(browser, assistant, "flow", "greet")
    wrong = {"op": "source", "item": flow["id"], "revision": flow["revision"], "part": 0}
    for body in (
        change(wrong | {"source": f"greet:\n  description: [{SENTENCE}\n"}),
        change(text_patch(item, SENTENCE)) | {"unknown": SENTENCE},
        change(text_patch(item, SENTENCE)) | {"id": SENTENCE},
        change({**text_patch(item, SENTENCE), "item": str(uuid7())}),
    ):
        told.refusal(await browser.send("POST", f"{path}/changes", json=body))
    headers = {"Content-Type": "application/json"}
    told.refusal(
        await browser.send("POST", f"{path}/changes", content=f'{{"text": "{SENTENCE}'.encode(), headers=headers)
    )
    told.refusal(
        await browser.send("POST", f"{path}/changes", content=f'["{SENTENCE}\\u0000"]'.encode(), headers=headers)
    )
    told.refusal(await browser.send("GET", f"{path}/items?cursor={WORD}"))
    told.refusal(await browser.send("GET", f"/api/{WORD}"))
    told.refusal(
        await browser.send(
            "POST", f"{path}/import", content=f"PK{SENTENCE}".encode(), headers={"Content-Type": "application/zip"}
        )
    )
    async with httpx2.AsyncClient(base_url=up.address, verify=PLAIN) as stranger:
        told.refusal(await stranger.get("/api/session", headers={"Authorization": f"Bearer {WORD}"}))
        told.refusal(await stranger.get(f"{path}/items", headers={"Host": f"{WORD}.example"}))
        await Browser(stranger).sign_in("admin", f"wrong {WORD}")


def figures_ports(up: Up) -> set[int]:
    return {record["port"] for record in up.log() if record["event"] == "management.listening"}


@pytest.mark.slow
async def test_no_log_figure_or_refusal_tells_what_people_type_or_what_is_secret(tmp_path: Path) -> None:
    home, told = tmp_path / "home", Told()
    async with studio(home, **SETTINGS) as up:
        browser = Browser(httpx2.AsyncClient(base_url=up.address, timeout=30, verify=PLAIN))
        form = {"username": "admin", "password": WORD, "again": WORD}
        await browser.follow(await browser.http.post(up.link, data=form))
        assert browser.csrf
        assistant = (await imported(browser, FILES))["assistant"]["id"]
        await set_secret(browser, assistant, told)
        await train_and_talk(browser, up, assistant, told)
        await fail_at_everything(browser, up, assistant, told)
        async with httpx2.AsyncClient(verify=PLAIN) as http:
            for port in figures_ports(up):
                told.texts[f"metrics of port {port}"] = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
        with up.database() as database:
            look_into(database, told)
        await browser.http.aclose()
        assert await stopped(up, signal.SIGINT) == 0
        told.texts["the terminal"] = "\n".join(up.lines)
    for path in home.rglob("*"):
        if path.is_file() and (path.suffix == ".log" or "logs" in path.parts):
            told.texts[str(path.relative_to(home))] = path.read_text(errors="replace")
    kinds = " ".join(told.texts)
    for kind in ("metrics of port", "problem", "logs/talkwright.log", "the training's log"):
        assert kind in kinds
    assert re.search(r"talkwright_\w+", "".join(told.texts.values()))
    records = [json.loads(line) for line in told.texts["logs/talkwright.log"].splitlines()]
    assert {"backend", "training-consumer", "running-consumer"} <= {record["role"] for record in records}
    for word in (SENTENCE, WORD, SECRET, KEY):
        assert [one[:400] for one in told.holding(word)] == []
