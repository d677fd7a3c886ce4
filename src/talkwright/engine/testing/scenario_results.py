"""Comparing what a scenario expects with what happened, whole lists at a time, and telling it to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from talkwright.assistant.compatibility import DEFAULT, Compatibility
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import COLLECT_PATTERN, FLOW_FRAME, Frame
from talkwright.conversation.tracker import Tracker
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.dialogue.frames import VALIDATE
from talkwright.engine.performing import message_of

BOOKKEEPING = frozenset({"flow_hashes", "session_started_metadata", "language", "mocked_datetime"})
_FLOW_WORDS = {
    ev.FLOW_STARTED: "started",
    ev.FLOW_COMPLETED: "completed",
    ev.FLOW_CANCELLED: "cancelled",
    ev.FLOW_INTERRUPTED: "interrupted",
    ev.FLOW_RESUMED: "resumed",
}
_SIGNS = {COLLECT_PATTERN: "?", VALIDATE: "!"}
_NAMES = {
    "bot": "what the bot says",
    "slots": "slots that aren't at their initial values",
    "set": "slots set, in order",
    "stack": "stack",
    "flows": "flow events, in order",
    "rest": "messages over REST",
}


@dataclass(frozen=True)
class Difference:
    """One thing that went another way: what, as the scenario wants it and as it came, a line per entry."""

    turn: int
    what: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]

    def __str__(self) -> str:
        """A diff: `-` is missing, `+` came instead."""
        lines = _diff(self.expected or ("(nothing)",), self.actual or ("(nothing)",))
        return "\n".join([f"turn {self.turn}, {_NAMES.get(self.what, self.what)}:", *(f"    {line}" for line in lines)])


def _diff(expected: Sequence[str], actual: Sequence[str]) -> list[str]:
    told: list[str] = []
    for kind, start, end, other_start, other_end in SequenceMatcher(a=expected, b=actual, autojunk=False).get_opcodes():
        told += [f"{'  ' if kind == 'equal' else '- '}{line}" for line in expected[start:end]]
        if kind != "equal":
            told += [f"+ {line}" for line in actual[other_start:other_end]]
    return told


@dataclass(frozen=True)
class Result:
    """How a scenario went in a profile: empty `differences` means as expected."""

    id: str
    title: str
    profile: Compatibility = DEFAULT
    differences: tuple[Difference, ...] = ()
    events: tuple[Event, ...] = ()
    said: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything went as expected."""
        return not self.differences

    def __str__(self) -> str:
        """For people: whether it passed, else what was said and every difference."""
        head = f"{'passed' if self.passed else 'failed'}: {self.id} {self.title} ({self.profile})"
        if self.passed:
            return head
        said = [f"turn {number}: the user says {words}" for number, words in enumerate(self.said, start=1)]
        told = "\n".join([*said, *(str(difference) for difference in self.differences)])
        return "\n".join([head, *(f"    {line}" for line in told.splitlines())])


def compare(
    number: int, expected: Mapping[str, Any] | None, events: Sequence[Event], tracker: Tracker
) -> list[Difference]:
    """Where turn `number` went another way than expected."""
    if expected is None:
        return []
    said = [event for event in events if event.type == ev.BOT]
    found = [] if says_all(expected["bot"], said) else [_bot_difference(number, expected["bot"], said)]
    wants_steps = [("@" in str(words)) for words in expected["flows"]]
    seen: dict[str, Any] = {
        "set": slot_changes(events),
        "slots": shown_slots(tracker),
        "stack": shown_stack(tracker),
        "flows": flow_events(events, wants_steps),
        "rest": [content.get("text") for content in to_rest("", [message_of(event) for event in said])],
    }
    for key, value in seen.items():
        if key in expected and not _equal(value, expected[key]):
            found.append(Difference(number, key, _lines(expected[key]), _lines(value)))
    return found + _missing_events(number, expected.get("events") or (), events)


def slot_changes(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Every slot event of a turn, bookkeeping apart, as maps of one key."""
    return [
        {str(event.get("name")): event.get("value")}
        for event in events
        if event.type == ev.SLOT and event.get("name") not in BOOKKEEPING
    ]


def _lines(value: Any) -> tuple[str, ...]:
    """One line per entry: of a list, of a map, of a stack."""
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, Mapping):
        return tuple(f"{name}: {_shown_value(one)}" for name, one in sorted(value.items()))
    if isinstance(value, Sequence):
        return tuple(line for one in value for line in (_lines(one) if isinstance(one, Mapping) else (str(one),)))
    return (str(value),)


def _shown_value(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _equal(left: Any, right: Any) -> bool:
    """Equality that tells true from 1."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_equal(one, other) for one, other in zip(left, right, strict=True))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def shown_slots(tracker: Tracker) -> dict[str, Any]:
    """All slots at another than their initial value, bookkeeping apart."""
    return {
        name: value
        for name, value in tracker.slots.items()
        if name not in BOOKKEEPING and not _equal(value, tracker.initial_slots.get(name))
    }


def shown_stack(tracker: Tracker) -> str:
    """The stack in the notation of scenario files."""
    return " ".join(_shown_frame(frame) for frame in tracker.stack) or "idle"


def _shown_frame(frame: Frame) -> str:
    kind = str(frame.get("type"))
    if kind == COLLECT_PATTERN:
        return f"?{frame.get('collect')}"
    if kind == VALIDATE:
        return f"!{frame.get('validate')}"
    if kind == FLOW_FRAME:
        return f"{frame.get('flow_id')}({str(frame.get('frame_type'))[:1]})"
    return kind


def flow_events(events: Sequence[Event], wants_steps: Sequence[bool] = ()) -> list[str]:
    """All flow events of a turn; with their steps where `wants_steps` says so at the same place."""
    shown: list[str] = []
    for event in events:
        if event.type in _FLOW_WORDS:
            flow_id = str(event.get("flow_id"))
            words = f"{_FLOW_WORDS[event.type]} {_SIGNS.get(flow_id, flow_id)}"
            with_step = len(shown) < len(wants_steps) and wants_steps[len(shown)]
            shown.append(f"{words}@{event.get('step_id')}" if with_step else words)
    return shown


def says_all(expected: Sequence[Any], said: Sequence[Event]) -> bool:
    """Whether the bot said exactly these things in this order."""
    return len(expected) == len(said) and all(
        _says(_rule(wanted), event) for wanted, event in zip(expected, said, strict=True)
    )


def _rule(wanted: Any) -> Mapping[str, Any]:
    return wanted if isinstance(wanted, Mapping) else {"response": str(wanted)}


def _says(rule: Mapping[str, Any], event: Event) -> bool:
    text = event.text_of("text") or ""
    buttons = (event.get("data") or {}).get("buttons") or []
    wanted = rule.get("buttons", len(buttons))
    return (str(rule["response"]).removeprefix("utter_") == _response(event) if "response" in rule else True) and (
        rule.get("text", text) == text
        and str(rule.get("contains", "")) in text
        and (wanted == len(buttons) or wanted == [button.get("title") for button in buttons])
    )


def _response(event: Event) -> str:
    return str(event.metadata.get("utter_action") or "").removeprefix("utter_")


def _bot_difference(number: int, expected: Sequence[Any], said: Sequence[Event]) -> Difference:
    """Lines that are the same where an entry fits, so that the diff shows the others."""
    wanted, came = [_told(_rule(one)) for one in expected], [_heard(event) for event in said]
    for index, (one, event) in enumerate(zip(expected, said, strict=False)):
        if _says(_rule(one), event):
            wanted[index] = came[index]
    return Difference(number, "bot", tuple(wanted), tuple(came))


def _told(rule: Mapping[str, Any]) -> str:
    parts = [str(rule["response"]).removeprefix("utter_")] if "response" in rule else []
    parts += [f"{key} {rule[key]!r}" for key in ("text", "contains", "buttons") if key in rule]
    return ": ".join(parts)


def _heard(event: Event) -> str:
    return ": ".join(part for part in (_response(event), f"text {event.text_of('text')!r}") if part)


def _missing_events(number: int, expected: Sequence[Mapping[str, Any]], events: Sequence[Event]) -> list[Difference]:
    waiting = [event.to_dict() for event in events]
    for wanted in expected:
        place = next((index for index, event in enumerate(waiting) if _contains(event, wanted)), None)
        if place is None:
            kinds = tuple(f"{event['event']} {event.get('name', '')}".strip() for event in waiting)
            return [Difference(number, "an event that should be among those left", (str(dict(wanted)),), kinds)]
        waiting = waiting[place + 1 :]
    return []


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(key in value and _contains(value[key], wanted[key]) for key in wanted)
    return _equal(value, wanted)
