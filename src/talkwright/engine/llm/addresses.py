"""Which addresses of language models a project may name.

A bot of the studio doesn't look for language models on the studio's own machine, unless the operator names them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from talkwright.assistant.addresses import is_forbidden, read_address

LOCAL_MODELS = "TALKWRIGHT_ENGINE_LOCAL_MODELS"
NONE = "none"
_PORTS = {"http": 80, "https": 443}


def is_model_forbidden(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a project may not name a language model's address: as `is_forbidden`, and in some bots this machine.

    The operator's `TALKWRIGHT_ENGINE_LOCAL_MODELS` says which servers on this machine may be asked all the same:
    `host:port` or `host`, separated by commas; `none` is none; where it is not set, all may.
    """
    if is_forbidden(url):
        return True
    allowed = environment.get(LOCAL_MODELS)
    parts = urlsplit(url)
    if not allowed or not _is_here(parts.hostname or ""):
        return False
    return not _names(parts) & {one.strip().lower() for one in allowed.split(",")}


def _names(parts: SplitResult) -> set[str]:
    """How an allowance may name the address."""
    host = (parts.hostname or "").rstrip(".").lower()
    shown = f"[{host}]" if ":" in host else host
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return set()
    return {host, shown, f"{shown}:{port}"} - {NONE}


def _is_here(host: str) -> bool:
    """Whether a name or address, in whichever of its forms, surely is this machine's own."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".localdomain")):
        return True
    address = read_address(name)
    return address is not None and (address.is_loopback or address.is_unspecified)
