"""Several wishes in one message: "opening times please, and order cat food" (dialogue-semantics 4.6, start flow)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from talkwright.engine.commands import Command, SetSlot
from talkwright.engine.understanding.local.languages import alternatives, common_words
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.starting import start_decision
from talkwright.engine.understanding.local.texts import words

_SURE = 0.6  # how likely each half must start its flow, read alone
_AMONG = 6  # … and among how many of the likeliest flows for the whole message it must be
_MOST_WORDS = 40
_SIGNS = r"\s*[.;!?,:–-]+\s+"
_AND = rf"(?:{alternatives('between wishes')})"
_FIRST = rf"(?:{alternatives('before the first wish')})"
_JOINT = re.compile(rf"(?:{_SIGNS}|\s+)(?:(?P<first>{_FIRST})|(?P<and>{_AND}))\s+|{_SIGNS}", re.IGNORECASE)


def several_wishes(message: Message) -> Decision | None:
    """Starts two flows, each of which one half of the message surely asks for; None where it is one wish or none.

    The first one said ends on top of the stack, so it runs first; "but first" turns that round.
    """
    if len(message.words) > _MOST_WORDS:
        return None
    likeliest = {one.flow for one in message.candidates[:_AMONG]}
    for left, joint, right in _halves(message.text):
        found = [_wish(message, half, likeliest) for half in (left, right)]
        one, other = reversed(found) if joint["first"] else found
        if one is not None and other is not None and one.started != other.started:
            return Decision(
                [*one.commands, *other.commands],
                "two wishes in one message",
                [*one.entities, *other.entities],
                one.started,
                {**other.reasons, **one.reasons},
            )
    return None


def wish_beside(message: Message) -> tuple[str, list[Command]] | None:
    """What stands before an "and" with a sure wish behind it, and that wish: "yes, and what does it cost?"."""
    likeliest = {one.flow for one in message.candidates}
    for left, joint, right in _halves(message.text):
        wish = _wish(message, right, likeliest) if joint["and"] else None
        if wish is not None:
            return left, list(wish.commands)
    return None


def _halves(text: str) -> Iterator[tuple[str, re.Match[str], str]]:
    for joint in _JOINT.finditer(text):
        left, right = text[: joint.start()].strip(), text[joint.end() :].strip()
        if left and right:
            yield left, joint, right


def _wish(message: Message, half: str, likeliest: set[str]) -> Decision | None:
    part = replace(message, text=half)
    if part.act is not None or not part.candidates or part.candidates[0].flow not in likeliest:
        return None
    if part.candidates[0].flow in message.situation.running or len(part.matcher.choice(part.candidates, _SURE)) != 1:
        return None
    wish = start_decision(part, _SURE)
    return None if wish is None or _only_values(part, wish) else wish


def _only_values(part: Message, wish: Decision) -> bool:
    """Whether the half says nothing but values, as behind "for my dog and cat"."""
    told = {word for one in wish.commands if isinstance(one, SetSlot) for word in words(str(one.value))}
    return bool(told) and told | common_words(part.language) >= set(part.words)
