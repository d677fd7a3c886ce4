"""Reports of browsers are taken from anybody, so they are small, few, and nothing of theirs but its kind is logged."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.services.inprocess import STRANGER, Answer, InProcess, studio_in_process

from talkwright.backend.policy_reports import routes
from talkwright.backend.policy_reports.reading import MOST_REPORTS, Violation, violations

pytestmark = pytest.mark.anyio
SECRET = "canary-7f3a"
OLD = {
    "csp-report": {
        "document-uri": f"https://studio.example.com/a/{SECRET}",
        "violated-directive": "img-src",
        "blocked-uri": f"https://evil.example/{SECRET}?{SECRET}",
        "line-number": 7,
        "script-sample": SECRET,
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": f"https://studio.example.com/a/{SECRET}",
        "body": {"effectiveDirective": "script-src-elem", "blockedURL": "inline", "lineNumber": 3, "sample": SECRET},
    },
    {"type": "deprecation", "body": {"id": SECRET}},
]


@pytest.fixture
async def asking(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[InProcess]:
    async with studio_in_process(fresh_database_url, tmp_path) as asking:
        yield asking


@pytest.fixture(autouse=True)
def fresh_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "allowance", routes.Allowance(routes.MOST_IN_A_MINUTE))


async def report(asking: InProcess, value: Any, kind: str = "application/csp-report") -> Answer:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    headers = [("content-type", kind)]
    return await asking.ask(STRANGER, "POST", "/api/policy-reports", content=content, headers=headers)


async def test_both_forms_are_logged_by_rule_and_host_alone(asking: InProcess) -> None:
    with capture_logs() as logs:
        assert (await report(asking, OLD)).status == 204
        assert (await report(asking, NEW, "application/reports+json")).status == 204
    told = [
        (entry["directive"], entry["blocked"], entry["line"]) for entry in logs if entry["event"] == "policy_violated"
    ]
    assert told == [("img-src", "evil.example", 7), ("script-src-elem", "inline", 3)]
    assert SECRET not in str(logs)


async def test_what_is_large_or_too_often_is_refused(asking: InProcess) -> None:
    large = await report(asking, b" " * (routes.MOST_BYTES + 1))
    assert (large.status, large.json()["code"]) == (413, "too-large")
    statuses = [(await report(asking, OLD)).status for _ in range(routes.MOST_IN_A_MINUTE + 2)]
    assert statuses == [204] * routes.MOST_IN_A_MINUTE + [429] * 2


def test_the_allowance_is_renewed_each_minute() -> None:
    allowance = routes.Allowance(2)
    assert [allowance.take(now) for now in (0, 1, 2, 59, 60, 61, 62)] == [True, True, False, False, True, True, False]


def test_many_reports_in_one_request_are_told_in_part() -> None:
    assert len(violations(json.dumps(NEW[:1] * 1000).encode())) == MOST_REPORTS


@given(
    st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_rubbish_tells_nothing_and_fails_nothing(body: bytes) -> None:
    assert violations(body) == []


@given(st.dictionaries(st.sampled_from(["effectiveDirective", "blockedURL", "lineNumber"]), st.text() | st.integers()))
def test_whatever_a_report_holds_only_short_plain_words_come_out(body: dict[str, Any]) -> None:
    (found,) = violations(json.dumps([{"type": "csp-violation", "body": body}]).encode())
    assert isinstance(found, Violation)
    assert (found.directive + found.blocked).isascii()
    assert (found.directive + found.blocked).isprintable()
    assert len(found.directive + found.blocked) < 150
