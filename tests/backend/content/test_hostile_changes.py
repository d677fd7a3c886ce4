"""What a change may not hold is refused quickly, in words, and leaves nothing behind."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.backend.content.calls import change, item_named, text_patch
from tests.services.studio import Browser

pytestmark = pytest.mark.anyio

MB = 1_000_000
QUICK_SECONDS = 2.0
JSON = {"Content-Type": "application/json"}


async def posted(browser: Browser, assistant: str, content: bytes) -> tuple[int, dict[str, Any], float]:
    """Status and problem document of a change that is sent as these bytes, and this process's CPU seconds."""
    began = time.process_time()
    answer = await browser.send("POST", f"/api/assistants/{assistant}/changes", content=content, headers=JSON)
    spent = time.process_time() - began
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    return answer.status_code, answer.json(), spent


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ('{"id": ', 422, "invalid-json"),
        ('"%s' % ("x" * 1000), 422, "invalid-json"),
        ("[" * 100_000, 422, "too-deep"),
        ("[]", 422, "invalid-request"),
        ('{"text": "\\u0000"}', 422, "unstorable-text"),
        ('{"text": "\\ud800"}', 422, "invalid-json"),
    ],
)
async def test_what_is_no_change_is_refused(admin: Browser, assistant: str, text: str, status: int, code: str) -> None:
    refused, problem, spent = await posted(admin, assistant, text.encode())
    assert (refused, problem["code"]) == (status, code)
    assert problem["title"]
    assert spent < QUICK_SECONDS


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ('"a\\u0000b"', "unstorable-text"),
        ('"\\udfff"', "invalid-json"),
        (nested(1_000), "invalid-edit too-deep"),  # which guard sees it first depends on Python's own limit
        ("1e999", "invalid-json"),
        ("NaN", "invalid-json"),
    ],
)
async def test_a_value_that_can_not_be_kept_is_refused_and_nothing_changes(
    admin: Browser, assistant: str, value: str, codes: str
) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    body = json.dumps(change(text_patch(item, "VALUE"))).replace('"VALUE"', value)
    status, problem, spent = await posted(admin, assistant, body.encode())
    assert status == 422
    assert problem["code"] in codes.split()
    assert problem["detail"]
    assert spent < QUICK_SECONDS
    assert await item_named(admin, assistant, "response", "utter_greet") == item


async def test_ten_thousand_edits_at_once_are_refused(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    body = json.dumps(change(*[text_patch(item, str(number)) for number in range(10_000)]))
    status, problem, spent = await posted(admin, assistant, body.encode())
    assert (status, problem["code"]) == (422, "invalid-request")
    assert "1000" in problem["detail"].replace(",", "")
    assert spent < QUICK_SECONDS
    assert (await item_named(admin, assistant, "response", "utter_greet"))["revision"] == item["revision"]


@pytest.mark.parametrize(("number", "status"), [(2_000, 200), (2_001, 422), (10_001, 422)])
async def test_two_thousand_operations_in_one_edit_are_made_soon_and_more_are_refused(
    admin: Browser, assistant: str, number: int, status: int
) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    patch = [{"op": "replace", "path": "/0/text", "value": str(each)} for each in range(number)]
    body = change({"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    began = time.process_time()
    answer = await admin.send("POST", f"/api/assistants/{assistant}/changes", json=body)
    assert answer.status_code == status, answer.text[:300]
    assert time.process_time() - began < 5
    text = (await item_named(admin, assistant, "response", "utter_greet"))["body"][0]["text"]
    assert text == (str(number - 1) if status == 200 else item["body"][0]["text"])


async def test_fifty_megabytes_are_refused_before_they_are_read(admin: Browser, assistant: str) -> None:
    status, problem, spent = await posted(admin, assistant, b'"' + b"x" * (50 * MB) + b'"')
    assert (status, problem["code"]) == (413, "too-large")
    assert problem["detail"] == "At most 4 MB are taken here."
    assert spent < QUICK_SECONDS


@pytest.mark.parametrize(("depth", "status"), [(50, 200), (150, 422), (400, 422)])
async def test_a_deep_body_is_kept_as_far_as_a_project_may_nest_and_else_refused_in_words(
    admin: Browser, assistant: str, depth: int, status: int
) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    body = json.dumps(change(text_patch(item, "VALUE"))).replace('"VALUE"', nested(depth))
    answer = await admin.send("POST", f"/api/assistants/{assistant}/changes", content=body.encode(), headers=JSON)
    assert answer.status_code == status, answer.text[:300]
    assert status == 200 or answer.json()["detail"]
    shown = (await item_named(admin, assistant, "response", "utter_greet"))["body"]
    assert json.dumps(shown[0]["text"]) == (nested(depth) if status == 200 else json.dumps(item["body"][0]["text"]))
