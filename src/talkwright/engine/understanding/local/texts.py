"""Text as the local model sees it: words, folded spelling, and the features that training and running share."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CAMEL = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})
_CHAR_SIZES = (2, 3, 4)
MAX_TEXT = 1000  # characters: a longer message carries no more meaning for a linear model, only cost


def fold(text: str) -> str:
    """Lower case, umlauts written out, other accents dropped: `Größe` and `groesse` are one."""
    text = unicodedata.normalize("NFC", text).lower().translate(_UMLAUTS)
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The words and numbers of a text, folded."""
    return _WORD.findall(fold(text[:MAX_TEXT]))


def spans(text: str) -> list[tuple[str, int, int]]:
    """The words of a text as written, each with its start and end."""
    return [(found.group(), found.start(), found.end()) for found in _WORD.finditer(text[:MAX_TEXT])]


def readable(identifier: str) -> str:
    """A name of the project as words: `transferMoney_now` reads `transfer Money now`."""
    return " ".join(_CAMEL.sub(" ", identifier).replace("_", " ").replace("-", " ").replace("/", " ").split())


def features(tokens: Iterable[str]) -> list[str]:
    """Words, pairs of words and pieces of words of 2 to 4 characters; marked so that the kinds never mix.

    The beginning and the end of the text count as words of its pairs: how a sentence begins says much about it.
    """
    tokens = ["0" if token.isdigit() else token for token in tokens]
    found = [f"w:{token}" for token in tokens]
    if tokens:
        found += [f"p:{first} {second}" for first, second in itertools.pairwise(["", *tokens, ""])]
    for token in tokens:
        padded = f" {token} "
        for size in _CHAR_SIZES:
            found += [f"c:{padded[start : start + size]}" for start in range(max(1, len(padded) - size + 1))]
    return found
