"""The title of an assistant that comes in without one: something that people would have written."""

from __future__ import annotations

import re

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import assistants

LONGEST = 120
NAMELESS = "Imported Assistant"
_ARCHIVE = re.compile(r"\.(zip|tar\.gz|tgz)$", re.IGNORECASE)
_PARTS = re.compile(r"[\s_.\-]+")
# What tools write where nobody has chosen a name: a time with two words, a placeholder, a plain number or hash.
_MADE_UP = re.compile(r"(\d{8}-\d{6}-.*|placeholder.*|assistant|[0-9a-f-]{16,}|\d+)", re.IGNORECASE)


def title_from(*names: str | None) -> str:
    """The first name that somebody has chosen, as a title: `wheel-workshop.zip` is Wheel Workshop."""
    for name in names:
        plain = _ARCHIVE.sub("", (name or "").strip())
        if plain and not _MADE_UP.fullmatch(plain) and (title := readable(plain)):
            return title
    return NAMELESS


def readable(name: str) -> str:
    """A name's parts as words with a capital each; capitals inside a word stay."""
    shown = "".join(letter if letter.isprintable() else " " for letter in name)
    words = [word for word in _PARTS.split(shown) if word]
    return " ".join(word[0].upper() + word[1:] for word in words)[:LONGEST].rstrip()


async def free_title(session: AsyncSession, wanted: str) -> str:
    """The title, with a number where another assistant has it already."""
    title, number = wanted, 1
    while await assistants.has_title(session, title):
        number += 1
        title = f"{wanted[: LONGEST - 8]} {number}"
    return title
