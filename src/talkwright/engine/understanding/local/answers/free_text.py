"""The value inside a free answer: `It's for my mum, please` says `my mum`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from talkwright.assistant.conditions.regexes import SafeRegex
from talkwright.engine.understanding.local.languages import phrases
from talkwright.engine.understanding.local.texts import fold

_FILLERS = re.compile(
    r"^(?:(?:um+|uh+|er+m?|hm+|well|ok|okay|so|oh|ah|please|sure|yes|yeah|alright|right|hey|hi|hello|"
    r"ähm?|äh|öhm?|also|naja|na ja|tja|ja|gut|bitte|hallo)\b[\s,.!:…-]*)+",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"[\s,.!]*(?:\b(?:please|thanks(?: a lot)?|thank you(?: very much)?|thx|cheers|bitte(?: schön)?|danke(?: schön)?|"
    r"vielen dank)\b[\s,.!]*)+$",
    re.IGNORECASE,
)
_CARRIERS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in phrases("carrier"))
_PREPOSITIONS = re.compile(r"^(?:to|for|from|at|in|an|für|von|nach|zu|zum|zur|bei)\s+", re.IGNORECASE)
_ENDS = ' \t\n.,;:!?"“”„«»…'
_QUOTED = re.compile(r"^\W*[\"“„»«](.+?)[\"“”»«]\W*$")
_NOUNS = frozenset(phrases("nouns"))
_PASSES = 4
_SHORT = 3  # words: a preposition is dropped only before so few; a sentence keeps it
_SHORT_AFTER_CAPITAL = 2  # a capital may begin a title


def text_answer(text: str, patterns: Sequence[SafeRegex] = (), nouns: Collection[str] = ()) -> str | None:
    """What a free answer says, without the words around it; None where nothing is left.

    `patterns` are the project's regexes for this slot: what they match is the value. `nouns` are words that name the
    slot, so that "the recipient is Bob" says "Bob" but "the card is broken" stays whole.
    """
    for pattern in patterns:
        if matches := pattern.all_in(text):
            return matches[0].group()
    plain = " ".join(text.split())
    if found := _QUOTED.match(plain):
        return found[1].strip()
    rest = _without_politeness(plain)
    for _ in range(_PASSES):
        shorter = _without_carrier(rest, nouns)
        if shorter == rest:
            break
        rest = shorter
    stripped = rest.strip(_ENDS)
    return stripped or plain.strip(_ENDS) or None


def _without_politeness(text: str) -> str:
    rest = _THANKS.sub("", text)
    rest = _FILLERS.sub("", rest) if len(rest.split()) > 1 else rest
    return rest if rest.strip(_ENDS) else text


def _without_carrier(text: str, nouns: Collection[str]) -> str:
    for carrier in _CARRIERS:
        found = carrier.match(text)
        if not found or not text[found.end() :].strip(_ENDS):
            continue
        noun = found.groupdict().get("noun")
        if noun is None or fold(noun) in _NOUNS or fold(noun) in nouns:
            return text[found.end() :]
    if (found := _PREPOSITIONS.match(text)) and text[found.end() :].strip(_ENDS):
        rest = text[found.end() :]
        limit = _SHORT if text[0].islower() else _SHORT_AFTER_CAPITAL
        if len(rest.split()) <= limit:
            return rest
    return text
