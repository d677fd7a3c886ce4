"""Plays scenarios against a bot behind a channel: commands become payloads, the events of the answer are compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.compatibility import DEFAULT
from talkwright.assistant.payloads import read_payload
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.commands import Command
from talkwright.engine.testing.scenario_files import Said, Scenario, Turn
from talkwright.engine.testing.scenario_results import Difference, Result, compare
from talkwright.engine.testing.scenario_words import as_payload

Say = Callable[[str], Awaitable[Sequence[Event]]]


def spoken_turns(scenario: Scenario, assistant: Assistant) -> list[str] | None:
    """The messages that say what the scenario's commands say; None where one can't be said by a payload."""
    if scenario.settings or scenario.language or not all(_is_plain(turn) for turn in scenario.turns):
        return None
    texts = [as_payload(_words(turn.said), assistant.flows) for turn in scenario.turns]
    said = [text for text in texts if text is not None and read_payload(text, slots=assistant.domain.slots) is not None]
    return said if len(said) == len(texts) else None


def _is_plain(turn: Turn) -> bool:
    """Whether the turn is nothing but a message on the scenario's channel."""
    said = turn.said
    apart = turn.wait or turn.channel or turn.edited or turn.restored or turn.times != 1
    return not apart and said.answer is None and said.intent is None


def _words(said: Said) -> str | tuple[Command, ...]:
    return said.text if said.text is not None else said.commands


async def play_remotely(scenario: Scenario, assistant: Assistant, say: Say) -> Result:
    """Plays a scenario by `say`: one message in, its turn's events out; raises ValueError if that can't be done."""
    texts = spoken_turns(scenario, assistant)
    if texts is None:
        raise ValueError(f"Scenario {scenario.id} can't be played by payloads alone.")
    initial = {name: slot.initial_value for name, slot in assistant.domain.slots.items()}
    tracker = Tracker(scenario.id, initial)
    differences: list[Difference] = []
    for number, (turn, text) in enumerate(zip(scenario.turns, texts, strict=True), start=1):
        events = await say(text)
        for event in events:
            tracker.apply(event)
        differences += compare(number, turn.expected_in(DEFAULT), events, tracker)
    return Result(scenario.id, scenario.title, DEFAULT, tuple(differences), tuple(tracker.events), tuple(texts))
