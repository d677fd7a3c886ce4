"""The flow that a message starts: the likeliest, with the values that stand in the message, or a question which one."""

from __future__ import annotations

from talkwright.engine.commands import Clarify, StartFlow
from talkwright.engine.understanding.local.message import Decision, Message
from talkwright.engine.understanding.local.values import values_in_sentence

SURE = 0.5
_BY_FAR = 0.9
_MOST_ASKED = 4


def start_decision(message: Message, least: float | None = None) -> Decision | None:
    """Starts the likeliest flow, or asks which of some is meant; None where none is as likely as `least`."""
    if message.says_nothing:
        return None
    if not message.situation.running and (shared := _sharing_a_name(message)):
        return Decision([Clarify(shared)], "several flows have the word in their names")
    chosen = message.matcher.choice(message.candidates, least)
    if not chosen:
        return None
    if len(chosen) > 1 and not message.situation.running:
        return Decision([Clarify(tuple(sorted(chosen)))], "several flows are about equally likely")
    found = values_in_sentence(message, chosen[0])
    commands = [StartFlow(chosen[0]), *found.commands]
    return Decision(commands, "the most likely flow", found.entities, chosen[0], found.reasons)


def _sharing_a_name(message: Message) -> tuple[str, ...]:
    """The flows to ask about where a single word is all that is said, and no flow it names is by far the likeliest."""
    if not message.candidates:
        return ()
    first = message.candidates[0]
    sharing = message.matcher.shared_names.sharing(message.text, message.language, first.flow)
    if not sharing or (first.flow in sharing and first.probability >= _BY_FAR):
        return ()
    sure = {first.flow} if first.probability >= SURE else set()
    asked = [one.flow for one in message.candidates if one.flow in sure.union(sharing)]
    return tuple(sorted(asked[:_MOST_ASKED])) if len(asked) > 1 else ()
