"""What is far too large or can't be text is refused at once, whoever sends it (ASVS 5.0: 4.1.1, 5.2.1, 15.2.2)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.rights.material import Ground, prepare
from tests.services.inprocess import Answer, studio_in_process

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio
JSON = [("content-type", "application/json")]
QUICK_SECONDS = 2.0
"""Of this process's CPU, which answers and asks."""
REFUSED = (413, 422)


@pytest.fixture(scope="module")
async def ground(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with studio_in_process(database_url, tmp_path_factory.mktemp("home")) as asking:
        yield await prepare(asking)


def change(*edits: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "command": {"name": "edit", "arguments": {}}, "edits": list(edits)}


def creation(body: Any, kind: str = "flow", **values: Any) -> dict[str, Any]:
    return {"op": "create", "item": str(uuid7()), "kind": kind, "name": f"n{uuid7().hex}", "body": body, **values}


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


async def quickly(ground: Ground, path: str, content: bytes, kind: str = "application/json") -> Answer:
    """Post as the administrator; fails where the answer takes long."""
    began = time.process_time()
    headers = [("content-type", kind)]
    answer = await ground.asking.ask(ground.admin, "POST", path, content=content, headers=headers)
    assert time.process_time() - began < QUICK_SECONDS
    return answer


def paths(ground: Ground) -> list[str]:
    """Every address that takes a body."""
    base = f"/api/assistants/{ground.here}"
    below = (
        "changes",
        "conditions",
        "trainings",
        "deployments",
        "chats",
        "import",
        f"chats/{ground.ids['chat']}/messages",
    )
    return ["/api/assistants", "/api/users", "/api/assistants/import", *(f"{base}/{each}" for each in below)]


@pytest.mark.parametrize("kind", ["application/json", "application/zip", "text/plain", ""])
async def test_fifty_megabytes_are_refused_everywhere(ground: Ground, kind: str) -> None:
    body = b'{"a": "' + b"x" * 50 * 2**20 + b'"}'
    for path in paths(ground):
        answer = await quickly(ground, path, body, kind)
        is_archive = kind == "application/zip" and path.endswith("import")
        assert answer.status in REFUSED, (path, answer.status)
        assert is_archive or answer.json()["code"] == "too-large", path


async def test_ten_thousand_edits_are_refused(ground: Ground) -> None:
    path = f"/api/assistants/{ground.here}/changes"
    before = await ground.state()
    for edit in (creation({"steps": []}), {"op": "delete", "item": str(uuid7()), "revision": 1}):
        answer = await quickly(ground, path, json.dumps(change(*[edit] * 10_000)).encode())
        assert answer.status in REFUSED
    operations = [{"op": "add", "path": "/a", "value": 1}] * 100_000
    edit = {"op": "patch", "item": ground.ids["response"], "revision": 1, "patch": operations}
    assert (await quickly(ground, path, json.dumps(change(edit)).encode())).status in REFUSED
    assert await ground.state() == before


@pytest.mark.parametrize("depth", [1_000, 100_000])
async def test_what_is_nested_a_thousand_deep_is_refused(ground: Ground, depth: int) -> None:
    path = f"/api/assistants/{ground.here}/changes"
    before = await ground.state()
    deep = b"[" * depth + b'"end"' + b"]" * depth
    body = json.dumps(change(creation("HERE"))).encode().replace(b'"HERE"', deep)
    assert (await quickly(ground, path, body)).status == 422
    source = "description: d\nsteps: " + "[" * depth + "]" * depth
    edit = {"op": "source", "item": ground.ids["response"], "revision": 1, "part": 0, "source": source}
    assert (await quickly(ground, path, json.dumps(change(edit)).encode())).status == 422
    made = creation(None)
    del made["body"]
    assert (await quickly(ground, path, json.dumps(change({**made, "source": source})).encode())).status == 422
    assert await ground.state() == before


async def test_a_condition_with_a_thousand_brackets_is_told_to_be_too_large_and_a_longer_one_is_refused(
    ground: Ground,
) -> None:
    async def described(depth: int) -> Answer:
        conditions = {"expressions": ["(" * depth + "slots.a" + ")" * depth]}
        return await quickly(ground, f"/api/assistants/{ground.here}/conditions", json.dumps(conditions).encode())

    answer = await described(1_000)
    assert answer.status == 200  # a page shows beside the condition what is wrong with it
    (condition,) = answer.json()["conditions"].values()
    assert (condition["tree"], condition["words"]) == (None, [])
    assert "too large" in condition["error"]["message"]
    assert (await described(100_000)).status == 422


@pytest.mark.parametrize("text", ["a\\u0000b", "a\\ud800b"], ids=["nul", "surrogate"])
async def test_texts_that_can_not_be_stored_are_refused_with_422(ground: Ground, text: str) -> None:
    before = await ground.state()
    base = f"/api/assistants/{ground.here}"
    bodies = {
        "/api/assistants": '{"id": "%s", "name": "abc", "title": "TEXT", "language": "en"}',
        "/api/users": '{"username": "TEXT"}',
        f"{base}/changes": json.dumps(change(creation([{"text": "TEXT"}], "response"))),
        f"{base}/conditions": '{"expressions": ["TEXT"]}',
        f"{base}/chats": '{"id": "%s", "language": "TEXT"}',
        f"{base}/chats/{ground.ids['chat']}/messages": '{"id": "%s", "text": "TEXT"}',
        f"{base}/trainings": '{"id": "%s", "TEXT": 1}',
    }
    for path, body in bodies.items():
        answer = await quickly(ground, path, body.replace("%s", str(uuid7())).replace("TEXT", text).encode())
        assert answer.status == 422, path
    assert await ground.state() == before


@pytest.mark.parametrize("text", ["%00", "%ed%a0%80"], ids=["nul", "surrogate"])
async def test_addresses_that_hold_such_characters_fail_nothing(ground: Ground, text: str) -> None:
    base = f"/api/assistants/{ground.here}"
    queries = ("items?q=X", "items?name=X", "items?cursor=X", "changes?cursor=X", "chats/suggestions?language=X")
    others = (f"{base}/items/X", f"{base}/download?format=X", "/api/users?cursor=X", "/api/sign-in?next=X", "/api/X")
    for path in (*(f"{base}/{each}" for each in queries), *others, "/api/sign-in/callback?state=X&code=X"):
        answer = await ground.asking.ask(ground.admin, "GET", path.replace("X", text))
        assert answer.status < 500, path
    for path in (f"/api/users/{ground.admin.id}/grants/{text}", f"/api/assistants/examples/{text}"):
        for method in ("PUT", "POST", "DELETE"):
            answer = await ground.asking.ask(ground.admin, method, path, body={"id": str(uuid7())})
            assert 400 <= answer.status < 500, path
