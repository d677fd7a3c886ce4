"""Days: names like tomorrow, days of the week, calendar dates, and so many days, weeks or months from now."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkwright.engine.understanding.local.languages import values
from talkwright.engine.understanding.local.texts import fold

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WOCHE = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_WEEKDAYS = {name: number % 7 for number, name in enumerate((*_WEEK, *_WOCHE))} | {"sonnabend": 5}
_MONTH_NAMES = (
    ("january", "januar", "jan", "jaenner"), ("february", "februar", "feb"), ("march", "maerz", "mar"),
    ("april", "apr"), ("may", "mai"), ("june", "juni", "jun"), ("july", "juli", "jul"), ("august", "aug"),
    ("september", "sep", "sept"), ("october", "oktober", "oct", "okt"), ("november", "nov"),
    ("december", "dezember", "dec", "dez"),
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_NAMED = {
    "today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2, "day after tomorrow": 2,
    "the day before yesterday": -2, "heute": 0, "morgen": 1, "gestern": -1, "übermorgen": 2, "uebermorgen": 2,
    "vorgestern": -2,
}  # fmt: skip
_UNITS = {
    **dict.fromkeys(["day", "days", "tag", "tage", "tagen"], "day"),
    **dict.fromkeys(["week", "weeks", "woche", "wochen"], "week"),
    **dict.fromkeys(["month", "months", "monat", "monate", "monaten"], "month"),
    **dict.fromkeys(["year", "years", "jahr", "jahre", "jahren"], "year"),
    **dict.fromkeys(["hour", "hours", "stunde", "stunden"], "hour"),
    **dict.fromkeys(["minute", "minutes", "minuten"], "minute"),
}
_COUNTS = {
    word: int(value) for word, value in {**values("numbers"), **values("numbers de")}.items() if value in range(1, 61)
}
_COUNTS |= dict.fromkeys(["a", "an", "ein", "eine", "einer", "einem", "einen"], 1)


def _any(words: object) -> str:
    return "|".join(sorted(map(re.escape, map(str, words)), key=len, reverse=True))  # type: ignore[call-overload]  # any iterable


_MONTH = "(?P<month>" + _any([*_MONTHS, "märz", "jänner"]) + r")\b\.?"
_NAME = re.compile(r"\b(?P<name>" + _any(_NAMED) + r")\b", re.IGNORECASE)
_WEEKDAY = re.compile(
    r"\b(?:(?P<which>next|this|last|coming|n(?:ä|ae)chste[nrs]?|kommende[nrs]?|diese[nrs]?|letzte[nrs]?|vergangene[nrs]?)\s+)?"
    r"(?P<day>" + _any(_WEEKDAYS) + r")(?P<part>morgen|vormittag|mittag|nachmittag|abend)?s?\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<![\w.-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])")
_DOTS = re.compile(
    r"(?<![\w.,])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>(?:19|20)?\d\d)(?![\d.,]))?(?!\d)"
)
_SLASHES = re.compile(r"(?<![\w./])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<year>(?:19|20)?\d\d))?(?![\w/])")
_DAY_MONTH = re.compile(
    r"(?<![\w.,:])(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s*(?:of\s+)?"
    + _MONTH
    + r"(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    r"\b" + _MONTH + r"\s+(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?![:.]?\d)(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)
_SPAN = (
    r"(?P<count>\d{1,3}|"
    + _any(_COUNTS)
    + r")(?P<half>\s+half(?:\s+an?)?)?\s+(?:halben?\s+)?(?P<unit>"
    + _any(_UNITS)
    + r")\b"
)
_AHEAD = re.compile(
    r"\bin\s+(?:(?P<halves>half\s+an?|einer\s+halben)\s+(?P<halved>hour|stunde)\b|" + _SPAN + ")", re.IGNORECASE
)
_AGO = re.compile(
    r"\b(?:vor\s+"
    + _SPAN
    + r"|"
    + _SPAN.replace("?P<count>", "?P<count2>").replace("?P<half>", "?P<half2>").replace("?P<unit>", "?P<unit2>")
    + r"\s+ago\b)",
    re.IGNORECASE,
)
_PERIOD = re.compile(
    r"\b(?P<which>next|last|n(?:ä|ae)chste[nrs]?|kommende[nrs]?|letzte[nrs]?|vergangene[nrs]?)\s+(?P<unit>week|month|year|woche|monat|jahr)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or with `exact` a moment, and where it stands."""

    start: int
    end: int
    moment: datetime
    grain: str = "day"
    exact: bool = False


def days(text: str, language: str, now: datetime) -> Iterator[Day]:
    """Days, none overlapping; what can't be in a calendar is none."""
    taken: list[tuple[int, int]] = []
    found = (
        *_calendar(text, language, now), *_spans(text, now), *_periods(text, now), *_weekdays(text, now),
        *_names(text, now),
    )  # fmt: skip
    for day in sorted(found, key=lambda one: (one.start, -one.end)):
        if not any(day.start < end and start < day.end for start, end in taken):
            taken.append((day.start, day.end))
            yield day


def _calendar(text: str, language: str, now: datetime) -> Iterator[Day]:
    for pattern in (_ISO, _DOTS, _DAY_MONTH, _MONTH_DAY):
        for found in pattern.finditer(text):
            month = found["month"]
            number = int(month) if month.isdecimal() else _MONTHS[fold(month)]
            yield from _date(found, int(found["day"]), number, found["year"], now)
    for found in _SLASHES.finditer(text):
        first, second = int(found["first"]), int(found["second"])
        month_first = language == "en" and first <= 12  # as most who write English with slashes do
        day, month = (second, first) if month_first else (first, second)
        yield from _date(found, day, month, found["year"], now)


def _date(found: re.Match[str], day: int, month: int, year: str | None, now: datetime) -> Iterator[Day]:
    """The date, this year or next where none is said: whichever lies ahead."""
    written = int(year) if year else now.year
    written += 2000 if written < 100 else 0
    for candidate in (written,) if year else range(written, written + 9):  # the 29th of February may be years ahead
        try:
            moment = now.replace(year=candidate, month=month, day=day, hour=0, minute=0, second=0, microsecond=0)
        except ValueError:
            continue
        if year or moment.date() >= now.date():
            yield Day(found.start(), found.end(), moment)
            return


def _names(text: str, now: datetime) -> Iterator[Day]:
    for found in _NAME.finditer(text):
        name = " ".join(found["name"].lower().split())
        if name == "morgen" and re.search(r"\b(?:guten|am|jeden|diesen)\s+$", text[: found.start()], re.IGNORECASE):
            continue  # the time of day
        yield from _shifted(found, now, _NAMED[name])


def _weekdays(text: str, now: datetime) -> Iterator[Day]:
    for found in _WEEKDAY.finditer(text):
        which = fold(found["which"] or "")
        ahead = (_WEEKDAYS[fold(found["day"])] - now.weekday()) % 7
        if which.startswith(("last", "letzt", "vergangen")):
            ahead = ahead - 7
        elif which.startswith(("next", "naechst", "kommend", "coming")):
            ahead = ahead or 7
        end = found.start("part") if found["part"] else found.end()
        yield from _shifted(found, now, ahead, end=end)


def _spans(text: str, now: datetime) -> Iterator[Day]:
    for found in _AHEAD.finditer(text):
        if found["halves"]:
            yield Day(found.start(), found.end(), now + timedelta(minutes=30), "minute", exact=True)
        else:
            yield from _counted(found, found["count"], found["unit"], now, 1)
    for found in _AGO.finditer(text):
        yield from _counted(found, found["count"] or found["count2"], found["unit"] or found["unit2"], now, -1)


def _counted(found: re.Match[str], count: str, unit: str, now: datetime, sign: int) -> Iterator[Day]:
    number = int(count) if count.isdecimal() else _COUNTS.get(fold(count), 0)
    kind = _UNITS[fold(unit)]
    if kind in ("hour", "minute"):
        step = timedelta(hours=number) if kind == "hour" else timedelta(minutes=number)
        yield Day(found.start(), found.end(), now + sign * step, kind, exact=True)
    else:
        yield from _moved(found, now, sign * number, kind)


def _periods(text: str, now: datetime) -> Iterator[Day]:
    for found in _PERIOD.finditer(text):
        sign = -1 if fold(found["which"]).startswith(("last", "letzt", "vergangen")) else 1
        yield from _moved(found, now, sign, _UNITS[fold(found["unit"])])


def _moved(found: re.Match[str], now: datetime, number: int, kind: str) -> Iterator[Day]:
    if kind in ("day", "week"):
        yield from _shifted(found, now, number * (7 if kind == "week" else 1), grain=kind)
        return
    months = now.year * 12 + now.month - 1 + number * (12 if kind == "year" else 1)
    year, month = divmod(months, 12)
    if 1 <= year <= 9999:
        day = min(now.day, monthrange(year, month + 1)[1])
        moment = now.replace(year=year, month=month + 1, day=day, hour=0, minute=0, second=0, microsecond=0)
        yield Day(found.start(), found.end(), moment, kind)


def _shifted(
    found: re.Match[str], now: datetime, number: int, *, grain: str = "day", end: int | None = None
) -> Iterator[Day]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    yield Day(found.start(), found.end() if end is None else end, midnight + timedelta(days=number), grain)
