"""Values that everybody writes alike: numbers, amounts, dates, times, e-mail and web addresses, telephones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime

from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.recognisers.addresses import emails, phones, urls
from talkwright.engine.understanding.local.recognisers.amounts import amounts
from talkwright.engine.understanding.local.recognisers.dates import moments
from talkwright.engine.understanding.local.recognisers.found import Found

Recogniser = Callable[[str, str, datetime], Iterator[Found]]
_LONGEST_TEXT = 500


def _numbers(text: str, language: str, now: datetime) -> Iterator[Found]:
    """Numbers that are no part of a time, an address or a telephone number."""
    others = [*moments(text, language, now), *emails(text), *phones(text), *urls(text)]
    for number in find_numbers(text, language):
        inside = any(number.start < one.end and one.start < number.end for one in others)
        if not number.money and not number.bare_article and not inside:
            yield Found(number.start, number.end, number.value)


RECOGNISERS: Mapping[str, Recogniser] = {
    "number": _numbers,
    "amount-of-money": lambda text, language, _: amounts(text, language),
    "time": moments,
    "email": lambda text, _, __: emails(text),
    "phone-number": lambda text, _, __: phones(text),
    "url": lambda text, _, __: urls(text),
}
"""By the names that projects give these entities."""


def wall_clock(now: Callable[[], float]) -> datetime:
    """The time of day where the bot runs, from seconds since 1970: people who say "at five" mean their own clocks."""
    return datetime.fromtimestamp(now(), UTC).astimezone().replace(tzinfo=None)


def recognised(text: str, language: str, now: datetime, kinds: Collection[str]) -> list[tuple[str, Found]]:
    """The values of some kinds in a text. Spans are exact and trimmed; of each kind none overlap."""
    text = text[:_LONGEST_TEXT]
    return [
        (kind, _trimmed(found, text))
        for kind in kinds
        if kind in RECOGNISERS
        for found in RECOGNISERS[kind](text, language, now)
    ]


def _trimmed(found: Found, text: str) -> Found:
    """Without the white space around it."""
    piece = text[found.start : found.end]
    start = found.start + len(piece) - len(piece.lstrip())
    return Found(start, start + len(piece.strip()), found.value, found.detail)
