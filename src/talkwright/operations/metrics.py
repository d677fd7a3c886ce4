"""Metrics that every role shares, named `talkwright_*`, without a label per assistant or person."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from talkwright import __version__

INFO = Gauge("talkwright_info", "What runs here.", ["version", "role"])
REQUESTS = Counter("talkwright_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "talkwright_http_request_seconds", "Time until the answer begins, in seconds.", ["method", "route"]
)


def announce_role(role: str) -> None:
    """Say in the metrics which role and version this process is."""
    INFO.labels(version=__version__, role=role).set(1)


def exposition() -> tuple[bytes, str]:
    """All metrics of this process in Prometheus' text form, and its content type."""
    return generate_latest(), CONTENT_TYPE_LATEST
