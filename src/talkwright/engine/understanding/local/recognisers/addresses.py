"""E-mail addresses, web addresses and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from talkwright.engine.understanding.local.recognisers.found import Found

_EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w@-])")
_URL = re.compile(
    r"(?<![\w@.])(?:https?://[^\s<>\"']{1,400}|www\.[^\s<>\"']{1,400}"
    r"|(?:[A-Za-z0-9-]{1,63}\.){1,4}(?:com|org|net|de|at|ch|eu|io|info|uk|edu|gov|app|dev)\b(?:/[^\s<>\"']{0,300})?)(?!@)",
)
_PHONE = re.compile(r"(?<![\w.,/+-])(?:\+|00)?(?:\(\d{1,5}\)|\d)(?:[ \-/.()]{0,2}\d){5,15}(?![\w])(?!\.\d)")
_DATE_OR_IP = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?:\.\d{1,3})?$")
_CLOSING = ".,;:!?)]}'\"»“”"
_FEWEST, _MOST = 7, 15  # digits of a telephone number (E.164)
_TELLING = 9  # … from which on one needs no sign, space or leading zero


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses; the value is in lower case."""
    for found in _EMAIL.finditer(text):
        yield Found(found.start(), found.end(), found.group().lower())


def urls(text: str) -> Iterator[Found]:
    """Web addresses, with or without their scheme; punctuation behind one is none of it."""
    for found in _URL.finditer(text):
        address = found.group().rstrip(_CLOSING)
        if "." in address:
            yield Found(found.start(), found.start() + len(address), address)


def phones(text: str) -> Iterator[Found]:
    """Telephone numbers; the value keeps the digits and a leading plus (00 becomes one)."""
    for found in _PHONE.finditer(text):
        written = found.group()
        digits = re.sub(r"\D", "", written)
        if not _FEWEST <= len(digits) <= _MOST or _DATE_OR_IP.match(written):
            continue
        international = written.startswith(("+", "00"))
        if not (
            international or digits.startswith("0") or len(digits) >= _TELLING or re.search(r"\d[ /(-]\d", written)
        ):
            continue
        value = "+" + digits.removeprefix("00") if international else digits
        yield Found(found.start(), found.end(), value)
