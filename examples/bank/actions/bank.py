"""The bank's book: what is on file, and one copy of it per conversation, so that people who try it don't meet."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

ON_FILE: dict[str, Any] = json.loads((Path(__file__).parent.parent / "db" / "bank.json").read_text(encoding="utf-8"))
MOST_BOOKS = 1000

_books: dict[str, dict[str, Any]] = {}


def book_of(conversation: str) -> dict[str, Any]:
    """The book that belongs to one conversation; the oldest one is given up when there are too many."""
    if conversation not in _books:
        if len(_books) >= MOST_BOOKS:
            _books.pop(next(iter(_books)))
        _books[conversation] = copy.deepcopy(ON_FILE)
    return _books[conversation]
