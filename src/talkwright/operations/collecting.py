"""Sending spans to a collector that speaks OTLP over HTTP; loaded only where one is configured."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from talkwright import __version__
from talkwright.operations import metrics, tracing

KINDS: Mapping[tracing.Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
}
EXPORT_SECONDS = 5.0
DELAY_SECONDS = 1.0
CLOSE_SECONDS = 1.5
MOST_WAITING = 4096
_NANO = 1_000_000_000


class Counting(SpanExporter):
    """Exports, and counts what got through."""

    def __init__(self, to: SpanExporter) -> None:
        self._to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; the exporter tries again for a while by itself."""
        result = self._to.export(spans)
        outcome = "exported" if result is SpanExportResult.SUCCESS else "dropped"
        metrics.SPANS.labels(outcome=outcome).inc(len(spans))
        return result

    def shutdown(self) -> None:
        """Send no more."""
        self._to.shutdown()


class Collector:
    """The way from this process to the collector: a thread that sends batches. No work ever waits for it."""

    def __init__(self, endpoint: str, role: str) -> None:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        self._resource = Resource({"service.name": f"talkwright-{role}", "service.version": __version__})
        self._sending = Counting(exporter)
        self._batches = BatchSpanProcessor(
            self._sending, max_queue_size=MOST_WAITING, schedule_delay_millis=DELAY_SECONDS * 1000
        )

    def take(self, span: tracing.Span) -> None:
        """Hand a span over."""
        context = span.context
        above = None if span.parent is None else _of(context.trace, span.parent, is_remote=True)
        self._batches.on_end(
            ReadableSpan(
                name=span.name,
                context=_of(context.trace, context.span, is_remote=False),
                parent=above,
                resource=self._resource,
                attributes=span.attributes,
                kind=KINDS[span.kind],
                status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
                start_time=round(span.began * _NANO),
                end_time=round((span.ended or span.began) * _NANO),
            )
        )

    def close(self) -> None:
        """Send what waits, for a moment at most, and no more."""
        ending = threading.Thread(target=self._batches.shutdown, daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)
        if ending.is_alive():  # it waits to try again, and shall do so no more
            self._sending.shutdown()


def _of(trace: str, span: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace, 16), int(span, 16), is_remote, TraceFlags(TraceFlags.SAMPLED))
