"""Dates and times as people say them, in English and German, seen from the moment of the turn.

A day ("tomorrow", "next Friday", "3. März", "in two weeks") and a time of day ("at 5 pm", "halb drei", "heute Abend")
that stand beside each other are one moment. What is said without a year or a direction lies ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from talkwright.engine.understanding.local.recognisers.days import Day, days
from talkwright.engine.understanding.local.recognisers.found import Found
from talkwright.engine.understanding.local.recognisers.hours import Hour, hours

_BETWEEN = re.compile(r"[\s,]*(?:(?:at|around|by|um|gegen|ab|on|am|in the|this|the)\s+)?", re.IGNORECASE)


def moments(text: str, language: str, now: datetime) -> Iterator[Found]:
    """Moments; the value is a date, a date with time, each in ISO form; `grain` says how exact it was."""
    found_days, found_hours = list(days(text, language, now)), list(hours(text, language, now))
    used: set[int] = set()
    taken: list[tuple[int, int]] = []
    for day in found_days:
        if any(day.start < end and start < day.end for start, end in taken):
            continue
        number = next((at for at, hour in enumerate(found_hours) if at not in used and _beside(text, day, hour)), None)
        if number is None:
            moment = _day_alone(day)
        else:
            used.add(number)
            moment = _together(day, found_hours[number])
        taken.append((moment.start, moment.end))
        yield moment
    for at, hour in enumerate(found_hours):
        if at not in used and not hour.bare and not any(hour.start < end and start < hour.end for start, end in taken):
            yield Found(hour.start, hour.end, _iso(hour.ahead_of(now)), {"grain": hour.grain})


def _beside(text: str, day: Day, hour: Hour) -> bool:
    """Whether nothing but a small word stands between the two."""
    if day.exact:
        return False
    first, second = (day.end, hour.start) if day.end <= hour.start else (hour.end, day.start)
    return first <= second and _BETWEEN.fullmatch(text, first, second) is not None


def _day_alone(day: Day) -> Found:
    value = _iso(day.moment) if day.exact else day.moment.date().isoformat()
    return Found(day.start, day.end, value, {"grain": day.grain})


def _together(day: Day, hour: Hour) -> Found:
    moment = hour.on(day.moment)
    return Found(min(day.start, hour.start), max(day.end, hour.end), _iso(moment), {"grain": hour.grain})


def _iso(moment: datetime) -> str:
    return moment.replace(second=0, microsecond=0).isoformat()
