"""Times of day: digits, "half past two", "halb drei", noon, and the parts of a day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkwright.engine.understanding.local.languages import values
from talkwright.engine.understanding.local.texts import fold

_WORDS = {word: int(value) for word, value in {**values("numbers"), **values("numbers de")}.items() if 1 <= value <= 12}
_HOUR = r"(?:\d{1,2}|" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + ")"
_DIGITS = re.compile(
    r"(?<![\w.:,/€$£-])(?P<hour>[01]?\d|2[0-4])(?:[:.h](?P<minute>[0-5]\d))?\s*"
    r"(?P<half>a\.?m\b\.?|p\.?m\b\.?|uhr\b(?:\s*(?P<after>[0-5]?\d)\b(?!\s*[.:]))?|o['’]?clock\b)",
    re.IGNORECASE,
)
_COLON = re.compile(r"(?<![\w.:,/-])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])")
_SPOKEN = re.compile(
    rf"\b(?P<part>half past|quarter past|quarter to|viertel nach|viertel vor|halb|dreiviertel)\s+(?P<hour>{_HOUR})\b"
    r"(?:\s+uhr\b)?(?:\s*(?P<half>am|pm)\b)?",
    re.IGNORECASE,
)
_PARTS = {"half past": 30, "quarter past": 15, "quarter to": -15, "viertel nach": 15, "viertel vor": -15, "halb": -30}
_PARTS["dreiviertel"] = -15
_WORD_CLOCK = re.compile(
    rf"\b(?:at|um|gegen)\s+(?P<hour>{_HOUR})(?:\s+(?P<mark>o['’]?clock|uhr|am|pm)\b)?(?![\w.,:%€$£-])", re.IGNORECASE
)
_NAMED = {
    "noon": 12, "midday": 12, "midnight": 0, "mittag": 12, "mittags": 12, "mitternacht": 0,
    "morning": 9, "afternoon": 15, "evening": 19, "tonight": 20, "frueh": 8, "vormittag": 10,
    "nachmittag": 15, "abend": 19, "morgens": 8, "abends": 19, "nachmittags": 15, "vormittags": 10,
}  # fmt: skip
_BARE_PARTS = frozenset({"morning", "afternoon", "evening", "frueh", "vormittag", "nachmittag", "abend", "mittag"})
_THIS = re.compile(r"\b(?:this|diesen)\s+$", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+")
_UNITS = re.compile(
    r"\s*(?:%|€|\$|£|euros?\b|eur\b|dollars?\b|pounds?\b|people\b|persons?\b|personen\b|minutes?\b|minuten\b|hours?\b|stunden?\b|days?\b|tagen?\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day. With `open_half` it may as well mean the afternoon; `bare` counts only beside a day."""

    start: int
    end: int
    hour: int
    minute: int
    grain: str
    open_half: bool = False
    bare: bool = False

    def on(self, day: datetime) -> datetime:
        """The moment on a day; hours up to seven that leave it open are in the afternoon."""
        hour = self.hour + 12 if self.open_half and 1 <= self.hour <= 7 else self.hour
        base = day.replace(hour=0, minute=0, second=0, microsecond=0)
        return base + timedelta(hours=hour, minutes=self.minute)

    def ahead_of(self, now: datetime) -> datetime:
        """The next time that it is so late."""
        moment = self.on(now)
        return moment if moment >= now.replace(second=0, microsecond=0) else moment + timedelta(days=1)


def hours(text: str, language: str, now: datetime) -> Iterator[Hour]:
    """Times of day, none overlapping."""
    del language, now  # both languages' words are known, and none means something else in the other
    taken: list[tuple[int, int]] = []
    for hour in (*_written(text), *_spoken(text), *_colons(text), *_word_clocks(text), *_names(text)):
        if not any(hour.start < end and start < hour.end for start, end in taken):
            taken.append((hour.start, hour.end))
            yield hour


def _written(text: str) -> Iterator[Hour]:
    for found in _DIGITS.finditer(text):
        half = fold(found["half"]).replace(".", "")
        hour, minute = int(found["hour"]), int(found["minute"] or found["after"] or 0)
        if half[0] in "ap" and not 1 <= hour <= 12:
            continue
        if half.startswith("p"):
            hour = hour % 12 + 12
        elif half.startswith("a"):
            hour %= 12
        yield Hour(found.start(), found.end(), hour, minute, "minute" if minute else "hour", half.startswith("o"))


def _colons(text: str) -> Iterator[Hour]:
    for found in _COLON.finditer(text):
        yield Hour(found.start(), found.end(), int(found["hour"]), int(found["minute"]), "minute")


def _spoken(text: str) -> Iterator[Hour]:
    for found in _SPOKEN.finditer(text):
        hour = _value(found["hour"])
        if hour is None or not 1 <= hour <= 24:
            continue
        half = (found["half"] or "").lower()
        hour = hour % 12 + 12 if half == "pm" else hour
        total = (hour * 60 + _PARTS[" ".join(found["part"].lower().split())]) % (24 * 60)
        yield Hour(found.start(), found.end(), total // 60, total % 60, "minute", not half and hour <= 12)


def _word_clocks(text: str) -> Iterator[Hour]:
    """A bare hour that a small word marks: `at five`, `um drei`."""
    for found in _WORD_CLOCK.finditer(text):
        hour = _value(found["hour"])
        mark = (found["mark"] or "").lower()
        if hour is None or hour > 24 or _UNITS.match(text, found.end()):
            continue
        hour = hour % 12 + 12 if mark == "pm" else hour
        yield Hour(found.start("hour"), found.end(), hour, 0, "hour", mark not in ("am", "pm") and hour <= 12)


def _names(text: str) -> Iterator[Hour]:
    for found in _NAME.finditer(text):
        word = fold(found.group())
        if word in _NAMED:
            bare = word in _BARE_PARTS and not _THIS.search(text, 0, found.start())
            yield Hour(found.start(), found.end(), _NAMED[word], 0, "part of day", bare=bare)


def _value(word: str) -> int | None:
    return int(word) if word.isdecimal() else _WORDS.get(fold(word))
