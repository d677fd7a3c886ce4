"""What kind of answer is asked for, and whether a text holds one: an amount of money, a time, a number, a place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from talkwright.engine.understanding.local.texts import fold

_DAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|weekday|weekend|daily|noon|midnight|"
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|werktag|wochenende|taeglich|mittags?|mitternacht"
)
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter|"
    "januar|februar|maerz|mai|juni|juli|oktober|dezember|fruehling|fruehjahr|sommer|herbst"
)
_SPANS = (
    "minutes?|hours?|days?|weeks?|months?|years?|"
    "minuten?|stunden?|tagen?|tage|wochen?|monaten?|monate|jahren?|jahre|uhr"
)
_ASKED: Mapping[str, re.Pattern[str]] = {
    "money": re.compile(
        r"\b(?:how much (?:is|are|does|do|for|would|will)|cost\w*|price\w*|fees?|charges?|expensive|cheap\w*|"
        r"was kosten?|wie ?viel kosten?|was kostet|preise?|teuer|gebuehr\w*|kosten)\b"
    ),
    "time": re.compile(
        r"\b(?:when|what time|how late|how early|how long|until when|which days?|how soon|how often|opening hours|"
        r"wann|um wie viel uhr|wie lange|bis wann|ab wann|wie oft|oeffnungszeiten|welche[nm]? tage?)\b"
    ),
    "number": re.compile(r"\b(?:how many|how old|from what age|what age|wie viele|wie alt|ab welchem alter)\b"),
    "place": re.compile(r"\b(?:where|address|wo|wohin|adresse|anschrift)\b"),
}
_HELD: Mapping[str, re.Pattern[str]] = {
    "money": re.compile(
        r"[€$£]|\b(?:euros?|eur|dollars?|pounds?|cents?|pence|francs?|free|kostenlos|gratis)\b|\d\.\d\d\b"
    ),
    "time": re.compile(
        rf"\b\d{{1,2}}(?:[:.]\d\d)? ?(?:am|pm|uhr|o'clock)\b|\b\d\d?:\d\d\b|\b(?:{_DAYS})s?\b|\b(?:{_MONTHS})\b|"
        rf"\b(?:\d+|an?|one|two|three|four|five|six|eine[nm]?|zwei|drei|vier) (?:\w+ )?(?:{_SPANS})\b"
    ),
    "number": re.compile(
        r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|zwei|drei|vier|fuenf|sechs|sieben|acht|neun|zehn)\b"
    ),
    "place": re.compile(
        r"\b(?:in|at|on|beside|opposite|next to|behind|near|floor|street|road|lane|square|station|"
        r"im|am|neben|hinter|gegenueber|strasse|platz|bahnhof|stock)\b"
    ),
}


def kinds_asked(text: str) -> tuple[str, ...]:
    """The kinds of answer that a message asks for."""
    folded = fold(text)
    return tuple(kind for kind, pattern in _ASKED.items() if pattern.search(folded))


def kinds_held(text: str) -> frozenset[str]:
    """The kinds of answer that a text can give."""
    folded = fold(text)
    return frozenset(kind for kind, pattern in _HELD.items() if pattern.search(folded))
