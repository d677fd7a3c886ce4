"""Reads the two forms in which browsers report violations of a content policy; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MOST_REPORTS = 20
"""As many of one request are told."""
_DIRECTIVE = re.compile(r"[a-z-]{1,40}")
_KEYWORDS = frozenset({"inline", "eval", "wasm-eval", "self", "data", "blob", "trusted-types-policy"})


@dataclass(frozen=True, slots=True)
class Violation:
    """Which rule was broken by what: no addresses of pages and nothing of their texts."""

    directive: str
    blocked: str
    line: int


def violations(body: bytes) -> list[Violation]:
    """The violations that a request tells; rubbish tells none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return [_violation(report) for report, _ in zip(_reports(document), range(MOST_REPORTS), strict=False)]


def _reports(document: Any) -> Iterator[Mapping[str, Any]]:
    """`report-uri` sends one in a map, `report-to` a list of reports of all kinds."""
    if isinstance(document, Mapping) and isinstance(document.get("csp-report"), Mapping):
        yield document["csp-report"]
    for report in document if isinstance(document, list) else ():
        if (
            isinstance(report, Mapping)
            and report.get("type") == "csp-violation"
            and isinstance(report.get("body"), Mapping)
        ):
            yield report["body"]


def _violation(report: Mapping[str, Any]) -> Violation:
    directive = (
        report.get("effectiveDirective") or report.get("effective-directive") or report.get("violated-directive")
    )
    line = report.get("lineNumber", report.get("line-number"))
    return Violation(
        directive=directive if isinstance(directive, str) and _DIRECTIVE.fullmatch(directive) else "unknown",
        blocked=_blocked(report.get("blockedURL", report.get("blocked-uri"))),
        line=line if isinstance(line, int) and 0 <= line < 2**31 else 0,
    )


def _blocked(address: Any) -> str:
    """The host, or the keyword that browsers put there; never a path, which may hold anything."""
    if not isinstance(address, str):
        return "unknown"
    if address in _KEYWORDS:
        return address
    try:
        host = urlsplit(address[:2000]).hostname
    except ValueError:
        host = None
    return host[:100] if host and re.fullmatch(r"[a-z0-9.:-]+", host) else "unknown"
