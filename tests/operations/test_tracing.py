"""Trace contexts as the W3C writes them, and spans below one another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import structlog

from talkwright.operations import tracing

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FULL = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def ended() -> Iterator[list[tracing.Span]]:
    spans: list[tracing.Span] = []
    tracing.send_to(spans.append)
    yield spans
    tracing.send_to(None)


def test_a_header_is_read_and_written_alike() -> None:
    assert str(tracing.parse(FULL)) == FULL
    assert tracing.parse(f" 00-{TRACE}-{SPAN}-00 ") == tracing.Context(TRACE, SPAN, sampled=False)
    assert tracing.parse(f"cc-{TRACE}-{SPAN}-01-what-comes-later") == tracing.Context(TRACE, SPAN)


@pytest.mark.parametrize(
    "text",
    [None, "", "junk", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01",
     f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", f"00-{TRACE[1:]}-{SPAN}-01", FULL * 1000],
)  # fmt: skip
def test_what_is_no_context_begins_a_trace_of_its_own(text: str | None) -> None:
    assert tracing.parse(text) is None
    with tracing.span("one", parent=text) as made:
        assert made.parent is None
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", str(made.context))


def test_spans_stand_below_one_another_in_one_trace(ended: list[tracing.Span]) -> None:
    assert (tracing.header(), tracing.headers(), tracing.environment()) == (None, {}, {})
    with tracing.span("click", parent=FULL, kind="server") as click:
        assert structlog.contextvars.get_contextvars()["trace"] == TRACE
        assert tracing.environment() == {"TRACEPARENT": str(click.context)}
        with tracing.span("work") as work:
            tracing.note(outcome="succeeded")
            tracing.record("waited", 1.0, 2.5)
    waited, inner, outer = ended
    assert (inner, outer) == (work, click)
    assert {span.context.trace for span in ended} == {TRACE}
    assert (outer.parent, inner.parent, waited.parent) == (SPAN, click.context.span, work.context.span)
    assert inner.attributes == {"outcome": "succeeded"}
    assert (waited.began, waited.ended) == (1.0, 2.5)
    assert "trace" not in structlog.contextvars.get_contextvars()


def test_what_fails_says_so_and_what_is_finished_ends_once(ended: list[tracing.Span]) -> None:
    with pytest.raises(ZeroDivisionError), tracing.span("fails"):
        1 / 0  # noqa: B018 - it shall fail
    with tracing.span("early") as early:
        early.finish(5.0)
    assert [(span.name, span.failed) for span in ended] == [("fails", True), ("early", False)]
    assert early.ended == 5.0


def test_what_nobody_wants_is_not_sent(ended: list[tracing.Span]) -> None:
    with tracing.span("unsampled", parent=f"00-{TRACE}-{SPAN}-00"):
        assert tracing.header() is not None
        tracing.record("inside", 1.0, 2.0)
    tracing.record("of no trace", 1.0, 2.0)
    assert ended == []
