"""What kind of sentence a message is, and what kind of thing a flow does: to be asked for something, or to do it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from talkwright.engine.understanding.local.languages import alternatives
from talkwright.engine.understanding.local.texts import fold

_NEVER = re.compile(r"(?!)")
_HEAD = 2  # words of a description that say what a flow does


def wants_to_know(text: str, language: str) -> bool:
    """Whether a sentence asks for something that is to be told, and for nothing that is to be done."""
    plain = fold(text).strip(" \t\n.,!?¿¡")
    return _form("wanting to know", language, start=True).match(plain) is not None


def tells_something(names: Iterable[str], description: str, languages: Iterable[str]) -> bool:
    """Whether a flow tells something, by the words of its names and the first ones of its description."""
    texts = [*names, " ".join(description.split()[:_HEAD])]
    plain = [fold(text) for text in texts]
    return any(_form("flows that tell", language).search(text) for language in languages for text in plain)


@cache
def _form(section: str, language: str, *, start: bool = False) -> re.Pattern[str]:
    known = alternatives(f"{section} {language.partition('-')[0].lower()}")
    front = rf"(?:(?:{alternatives('before a wish')})\s+)?" if start else ""
    return re.compile(rf"{front}\b(?:{known})\b") if known else _NEVER
