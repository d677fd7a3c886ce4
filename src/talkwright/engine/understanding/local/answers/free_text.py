"""The value inside a free answer: `It's for my mum, please` says `my mum`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

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
_CARRIERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # English
        r"(?:it(?:['’]s|s| is| was| should be| would be| will be| has to be| must be)|that(?:['’]s|s| is| would be|['’]d be| should be)|"
        r"this (?:is|would be|should be)|th[ei]se are|they are|they['’]re)(?: called| named)?\s+(?:for|to|from|about|because of|going to)?\s*",
        r"my (?:[\w-]+ ){0,2}?[\w-]+ (?:is|are|should be|would be|will be|reads|says)(?: called| named)?\s+(?:for |to )?",
        r"(?:the|her|his|their|our|its) (?:[\w-]+ ){0,2}?(?P<noun>[\w-]+) (?:is|are|should be|would be|will be|shall be|reads|says|goes to)(?: called| named)?\s+(?:for |to )?",
        r"(?:i am|i['’]m|i was)(?: called| named)?\s+(?=[A-ZÄÖÜ])",
        r"(?:i['’]d|i would|i) (?:like|love|prefer|want|need|choose|pick|take)(?: to)?(?: (?:have|use|choose|pick|take|say|call|name|pay|send|give|transfer|make|set|put|change|go with))?"
        r"(?: (?:it|this|that|them|the money|the amount))?(?: (?:to|for|as|be|is|with))?\s+",
        r"(?:i['’]ll|i will|let['’]s|let us|i guess i['’]ll) (?:take|have|say|use|choose|pick|go with|go for|make it|call it|name it|do)\s+",
        r"(?:please )?(?:make|call|name) (?:it|that|this|them|me)\s+(?:to |for )?",
        r"(?:just |please )?(?:put|use|say|write|take|enter|note|add|type|set it to|change it to|go with|go for|send(?: it| this| that| the money)?(?: to)|give(?: it)? to|pay|transfer(?: it)? to)\s+(?:down )?",
        r"(?:the (?:one|person|name) (?:is|i mean is))\s+",
        r"(?:just|only|maybe|probably|perhaps|i think|i guess|i believe|i mean)(?: it['’]?s| it is)?[\s,]+",
        # German
        r"(?:es|das|dies|er|sie)(?: ist| wäre| war| soll| sollte| geht| heißt| heisst| lautet| sind|['’]s)(?: (?:an|für|zu|von|nach|wegen))?\s+",
        r"(?:ist|wäre|geht|soll)(?: (?:an|für|nach))\s+",
        r"(?:mein|meine) (?:[\w-]+ )?[\w-]+ (?:ist|lautet|heißt|heisst|wäre|soll|sind)(?: (?:an|für|nach))?\s+",
        r"(?:der|die|das|unser|unsere|ihr|ihre|sein|seine) (?:[\w-]+ )?(?P<noun>[\w-]+) (?:ist|lautet|heißt|heisst|wäre|soll|geht|sind)(?: (?:an|für|nach))?\s+",
        r"(?:ich )?(?:heiße|heisse|bin)\s+",
        r"(?:ich )?(?:möchte|will|hätte gerne?|nehme|wähle|brauche|würde gerne?|meine|sage)(?: (?:gerne?|dann|bitte|lieber|es|das))*(?: (?:an|für|nach))?\s+",
        r"(?:schreib|schreiben sie|nimm|nehmen sie|nenn|nennen sie|trag|schick|schicken sie|sende|senden sie)(?: (?:es|das|mal|bitte|ein))*(?: (?:an|für))?\s+",
        r"(?:nur|einfach|vielleicht|wahrscheinlich|ich glaube|ich denke|ich meine|sagen wir|wegen)(?: mal)?[\s,]+",
    )
)
_PREPOSITIONS = re.compile(r"^(?:to|for|from|at|in|an|für|von|nach|zu|zum|zur|bei)\s+", re.IGNORECASE)
_ENDS = ' \t\n.,;:!?"“”„«»…'
_QUOTED = re.compile(r"^\W*[\"“„»«](.+?)[\"“”»«]\W*$")
_NOUNS = frozenset(
    "name person one answer value title amount number address city place town street reason code email mail date time note "
    "purpose subject reference recipient money wert antwort titel betrag nummer adresse stadt ort strasse grund datum zeit "
    "notiz zweck betreff empfaenger empfaengerin geld verwendungszweck".split()
)
_PASSES = 4
_SHORT = 3  # words: a preposition is dropped only before so few; a sentence keeps it
_SHORT_AFTER_CAPITAL = 2  # a capital may begin a title


def text_answer(text: str, patterns: Sequence[re.Pattern[str]] = (), nouns: Collection[str] = ()) -> str | None:
    """What a free answer says, without the words around it; None where nothing is left.

    `patterns` are the project's regexes for this slot: what they match is the value. `nouns` are words that name the
    slot, so that "the recipient is Bob" says "Bob" but "the card is broken" stays whole.
    """
    for pattern in patterns:
        if found := pattern.search(text):
            return found.group(0)
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
