"""How a role logs and shows its health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from talkwright.operations.config import Section


class OperationsSettings(Section):
    """Logs and the management port of one role."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least level that is logged."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`json` writes one JSON object a line, `text` is for people; `auto` is text on a terminal."
    )
    otlp_endpoint: str | None = Field(
        None,
        description="The address of a collector of traces that speaks OTLP over HTTP, e.g. `http://collector:4318`; "
        "unset sends none. `OTEL_EXPORTER_OTLP_HEADERS` and `…_CERTIFICATE` count for it.",
    )
    management_host: str = Field(
        "127.0.0.1", description="The address on which `/live`, `/ready` and `/metrics` answer."
    )
    management_port: int | None = Field(
        None, description="The port for `/live`, `/ready` and `/metrics`; 0 takes a free one, unset serves none.", ge=0
    )
