"""Links that a bot may send: web addresses, telephone numbers and mail addresses; nothing that a browser would run."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

_SAFE = frozenset({"http", "https", "tel", "mailto"})
_PICTURES = frozenset({"http", "https"})
_HIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def _scheme(address: str) -> str:
    try:
        return urlsplit(_HIDDEN.sub("", address)).scheme.lower()
    except ValueError:
        return "?"


def safe_link(address: Any) -> str | None:
    """The address if its scheme is http, https, tel or mailto, else None."""
    return address if isinstance(address, str) and _scheme(address) in _SAFE else None


def safe_picture(address: Any) -> str | None:
    """The address of a picture if it is a web address or a path without scheme, else None."""
    if not isinstance(address, str) or not address.strip():
        return None
    scheme = _scheme(address)
    return address if scheme in _PICTURES or scheme == "" else None
