"""Traces: the W3C trace context that work carries from the click to the answer, and spans for whoever collects them.

A context is made where a request brings none; it stands in rows of work and in `TRACEPARENT` of jobs, and its trace's
id in every log line. Spans cost next to nothing while no collector is configured.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

import structlog

Kind = Literal["internal", "server", "client", "consumer"]
Value = str | int | float | bool
HEADER = "traceparent"
VARIABLE = "TRACEPARENT"
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True, slots=True)
class Context:
    """One span's place in a trace: ids in hexadecimal digits, and whether it is to be collected."""

    trace: str
    span: str
    sampled: bool = True

    def __str__(self) -> str:
        return f"00-{self.trace}-{self.span}-{'01' if self.sampled else '00'}"

    def child(self) -> Context:
        """The context of a new span below this one."""
        return Context(self.trace, secrets.token_hex(8), self.sampled)


@dataclass(slots=True, kw_only=True)
class Span:
    """A stretch of work, in seconds since 1970; `attributes` hold ids and words of ours, never texts of people."""

    name: str
    context: Context
    parent: str | None
    kind: Kind
    began: float
    ended: float | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    failed: bool = False

    def finish(self, ended: float | None = None) -> None:
        """End it, once, and hand it to the collector."""
        if self.ended is None:
            self.ended = ended or time.time()
            if self.context.sampled and _export is not None:
                _export(self)


_current: ContextVar[Span | None] = ContextVar("talkwright_span", default=None)
_export: Callable[[Span], None] | None = None


def send_to(export: Callable[[Span], None] | None) -> None:
    """Hand every span that ends to this function from now on, or to nobody."""
    global _export  # noqa: PLW0603 - there is one collector for the process
    _export = export


def parse(text: str | None) -> Context | None:
    """A context as a header has it; None for what is none (W3C Trace Context, 3.2)."""
    found = _FORM.fullmatch((text or "").strip())
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or set(trace) == {"0"} or set(span) == {"0"}:
        return None
    return Context(trace, span, sampled=bool(int(flags, 16) & 1))


@contextlib.contextmanager
def span(name: str, *, parent: str | None = None, kind: Kind = "internal", **attributes: Value) -> Iterator[Span]:
    """A span below `parent` (as a header has it), else below the current one, else the first of a trace of its own."""
    made = _made(name, parent, kind, attributes)
    token = _current.set(made)
    with structlog.contextvars.bound_contextvars(trace=made.context.trace):
        try:
            yield made
        except Exception:
            made.failed = True
            raise
        finally:
            _current.reset(token)
            made.finish()


def record(name: str, began: float, ended: float, *, parent: str | None = None, **attributes: Value) -> None:
    """A span that is over already; nothing where there is no trace that it would belong to."""
    if _export is not None and (parse(parent) or _current.get()) is not None:
        made = _made(name, parent, "internal", attributes)
        made.began = began
        made.finish(max(ended, began))


def current() -> Span | None:
    """The span that this task is in."""
    return _current.get()


def header() -> str | None:
    """The current context as a header has it."""
    span = _current.get()
    return None if span is None else str(span.context)


def trace_of(text: str | None) -> str | None:
    """The id of the trace that a stored context belongs to."""
    found = parse(text)
    return None if found is None else found.trace


def headers() -> dict[str, str]:
    """The header of a request that goes on with the trace."""
    told = header()
    return {} if told is None else {HEADER: told}


def environment() -> dict[str, str]:
    """The variable by which a job goes on with the trace."""
    told = header()
    return {} if told is None else {VARIABLE: told}


def note(**attributes: Value) -> None:
    """Add attributes to the current span."""
    if (span := _current.get()) is not None:
        span.attributes.update(attributes)


def _made(name: str, parent: str | None, kind: Kind, attributes: Mapping[str, Value]) -> Span:
    above = parse(parent)
    if above is None and (inside := _current.get()) is not None:
        above = inside.context
    context = above.child() if above is not None else Context(secrets.token_hex(16), secrets.token_hex(8))
    return Span(
        name=name,
        context=context,
        parent=None if above is None else above.span,
        kind=kind,
        began=time.time(),
        attributes=dict(attributes),
    )
