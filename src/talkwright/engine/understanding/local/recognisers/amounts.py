"""Amounts of money: a number, in digits or words, with the sign or the name of its currency."""

from __future__ import annotations

from collections.abc import Iterator

from talkwright.engine.understanding.local.answers.numbers import find_numbers
from talkwright.engine.understanding.local.recognisers.found import Found
from talkwright.engine.understanding.local.texts import words

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_NAMES = {
    **dict.fromkeys(["euro", "euros", "eur"], "EUR"),
    **dict.fromkeys(["dollar", "dollars", "usd", "buck", "bucks"], "USD"),
    **dict.fromkeys(["pound", "pounds", "quid", "gbp", "fiver", "tenner"], "GBP"),
    **dict.fromkeys(["franc", "francs", "franken", "chf"], "CHF"),
    "yen": "JPY",
    "zloty": "PLN",
}


def amounts(text: str, language: str) -> Iterator[Found]:
    """Amounts; `unit` is the currency's code, or None where its name leaves that open (cents, kronen)."""
    for number in find_numbers(text, language):
        if number.money:
            piece = text[number.start : number.end]
            sign = next((code for mark, code in _SIGNS.items() if mark in piece), None)
            name = next((_NAMES[word] for word in words(piece) if word in _NAMES), None)
            yield Found(number.start, number.end, number.value, {"unit": sign or name})
