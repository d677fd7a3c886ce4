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


async def test_ten_thousand_operations_in_one_edit_end_soon_whatever_comes_of_them(
    admin: Browser, assistant: str
) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    patch = [{"op": "replace", "path": "/0/text", "value": str(number)} for number in range(10_000)]
    body = change({"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    began = time.process_time()
    answer = await admin.send("POST", f"/api/assistants/{assistant}/changes", json=body)
    assert answer.status_code in (200, 422)
    assert time.process_time() - began < 5


async def test_fifty_megabytes_are_refused_before_they_are_read(admin: Browser, assistant: str) -> None:
    status, problem, spent = await posted(admin, assistant, b'"' + b"x" * (50 * MB) + b'"')
    assert (status, problem["code"]) == (413, "too-large")
    assert problem["detail"] == "At most 4 MB are taken here."
    assert spent < QUICK_SECONDS


async def test_a_deep_body_below_the_limit_is_kept_or_refused_in_words(admin: Browser, assistant: str) -> None:
    for depth in (50, 150, 400):
        item = await item_named(admin, assistant, "response", "utter_greet")
        body = json.dumps(change(text_patch(item, "VALUE"))).replace('"VALUE"', nested(depth))
        answer = await admin.send("POST", f"/api/assistants/{assistant}/changes", content=body.encode(), headers=JSON)
        assert answer.status_code in (200, 422), (depth, answer.text[:300])
        shown = await admin.send("GET", f"/api/assistants/{assistant}/items/{item['id']}")
        assert shown.status_code == 200, depth
