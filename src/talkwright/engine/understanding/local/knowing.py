"""Questions that the project's documents answer, told from sentences that start a flow."""

from __future__ import annotations

import math
import re

from talkwright.engine.commands import Knowledge
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.texts import fold
from talkwright.engine.understanding.local.values import values_in_sentence

_REQUEST = re.compile(
    r"^(?:please |bitte )?(?:(?:can|could|may|might|would|will|shall) (?:you|i|we)|"
    r"(?:kann|koennte|darf|duerfte|wuerde) (?:ich|man)|(?:koennen|koennten|duerfen|wuerden) (?:sie|wir)|"
    r"(?:kannst|koenntest|wuerdest) du|do (?:a|an|the|my|this|that|some))\b"
)
"""How a question begins that may as well be a wish: those start flows where one is likely at all."""
_WISHED = 0.6  # the likelihood of a flow from which on such a question is taken for a wish
_AHEAD = 2.0  # how far the documents must be ahead of a flow that would start, in log odds: about seven to one
_TINY = 1e-6
_INSTEAD_OF_VALUE = 0.9  # how likely the documents must answer a question that holds a value which is asked for


def known_question(message: Message, likely: float, *, holds_value: bool = False) -> Decision | None:
    """The search for a question that documents answer; None where a flow, `likely` so much, is meant rather.

    `holds_value` says that the message could be an answer to the open question, too.
    """
    if message.documents is None or not message.is_question or (holds_value and not message.asks_or_wants):
        return None
    wished = _REQUEST.match(fold(message.text).strip()) is not None
    if wished and likely >= _WISHED:
        return None
    least = max(message.documents.sure, _INSTEAD_OF_VALUE if holds_value else 0.0)
    if message.known < least:
        return None
    if likely >= message.likely and _brings_values(message):
        return None
    if likely >= message.likely and _log_odds(message.known) - _log_odds(likely) < _AHEAD:
        return None
    return Decision([Knowledge()], "the documents answer it")


def _brings_values(message: Message) -> bool:
    """Whether the likeliest flow finds values in the sentence that the project's own examples and lists mark."""
    return bool(values_in_sentence(message, message.candidates[0].flow).entities)


def _log_odds(share: float) -> float:
    share = min(max(share, _TINY), 1.0 - _TINY)
    return math.log(share / (1.0 - share))
