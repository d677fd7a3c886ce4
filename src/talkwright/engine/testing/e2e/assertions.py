"""What a user step may assert of its turn (dialogue-semantics 9.3): each looks at the turn's events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.yaml_writing import dump

EventMap = Mapping[str, Any]
Found = int | str
"""Where the event that fits stands among the turn's events, or words that say why none does."""
Look = Callable[[Sequence[EventMap]], Found]

_JUDGED = ("generative_response_is_relevant", "generative_response_is_grounded")


@dataclass(frozen=True, slots=True)
class Assertion:
    """One expectation: its kind and value as they are written, and how to look for what it expects."""

    kind: str
    written: Any
    look: Look

    def __str__(self) -> str:
        """As in the file, on one line where it is short."""
        if isinstance(self.written, str):
            return f"{self.kind}: {self.written}"
        return dump({self.kind: self.written}).rstrip()


class AssertionFault(ValueError):  # noqa: N818 - a fault of what is written, not of a bot
    """An assertion that can't be read; the message says why."""


def read_assertion(entry: Any) -> Assertion:
    """An assertion from its one-key map; raises AssertionFault."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise AssertionFault("An assertion is a map of one key, such as `flow_started: pay`.")
    kind, value = next(iter(entry.items()))
    if kind in _JUDGED:
        return Assertion(kind, value, lambda _: f"{kind} needs a language model as judge; Talkwright has none yet.")
    make = _KINDS.get(kind)
    if make is None:
        raise AssertionFault(f"`{kind}` is no assertion; there are {', '.join(sorted(_KINDS))}.")
    try:
        return Assertion(kind, value, make(value))
    except (AttributeError, KeyError, TypeError) as problem:
        raise AssertionFault(f"`{kind}` can't be read as it is written: {problem}.") from problem
    except re.error as problem:
        raise AssertionFault(f"`text_matches` is no regular expression: {problem}.") from problem


def first_miss(
    assertions: Sequence[Assertion], events: Sequence[EventMap], *, in_order: bool
) -> tuple[int, str] | None:
    """The index of the first assertion that fails, and why; in order, each looks after what the one before found."""
    start = 0
    for index, assertion in enumerate(assertions):
        found = assertion.look(events[start:])
        if isinstance(found, str):
            return index, found
        if in_order:
            start += found + 1
    return None


def _first(events: Sequence[EventMap], fits: Callable[[EventMap], bool]) -> int | None:
    return next((index for index, event in enumerate(events) if fits(event)), None)


def _flow_started(value: Any) -> Look:
    wanted = {value} if isinstance(value, str) else set(value["flow_ids"])
    if not isinstance(value, str) and value.get("operator", "any") == "all" and len(wanted) != 1:
        raise TypeError("`operator: all` takes exactly one flow id")
    return _flow_event("flow_started", wanted, None)


def _flow_ended(kind: str) -> Callable[[Any], Look]:
    def make(value: Any) -> Look:
        if isinstance(value, str):
            return _flow_event(kind, {value}, None)
        return _flow_event(kind, {value["flow_id"]}, value.get("flow_step_id"))

    return make


def _flow_event(kind: str, wanted: set[str], step: str | None) -> Look:
    def look(events: Sequence[EventMap]) -> Found:
        at = _first(
            events,
            lambda event: (
                event["event"] == kind
                and event.get("flow_id") in wanted
                and (step is None or event.get("step_id") == step)
            ),
        )
        if at is not None:
            return at
        others = [_flow_words(event) for event in events if event["event"] == kind]
        return f"There is no {kind} of {_listed(wanted, 'or')}{f' at {step}' if step else ''}; {_there_is(others)}."

    return look


def _flow_words(event: EventMap) -> str:
    step = event.get("step_id")
    return f"{event.get('flow_id')} at {step}" if step else str(event.get("flow_id"))


def _clarified(value: Any) -> Look:
    is_map = isinstance(value, Mapping)
    wanted = set(value["flow_ids"] if is_map else value)
    overlap = is_map and value.get("operator", "all") == "any"

    def look(events: Sequence[EventMap]) -> Found:
        offered = [(index, options) for index, event in enumerate(events) for options in _options(event)]
        for index, options in offered:
            if options & wanted if overlap else options == wanted:
                return index
        shown = [_listed(options) for _, options in offered]
        return f"No question which flow is meant offers {_listed(wanted)}; {_there_is(shown)}."

    return look


def _options(event: EventMap) -> Iterator[set[str]]:
    if event["event"] == "user":
        for command in (event.get("parse_data") or {}).get("commands") or ():
            if command.get("command") == "clarify":
                yield set(command.get("options") or ())


def _action(value: Any) -> Look:
    def look(events: Sequence[EventMap]) -> Found:
        at = _first(events, lambda event: event["event"] == "action" and event.get("name") == value)
        run = [str(event["name"]) for event in events if event["event"] == "action"]
        return at if at is not None else f"The action {value} was not run; {_there_is(run)}."

    return look


def _slots(value: Any) -> list[Mapping[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    read = [{"name": entry} if isinstance(entry, str) else entry for entry in entries]
    for entry in read:
        if "name" not in entry:
            raise TypeError("each entry has a `name` and may have a `value`")
    return read


def _slot_set(value: Any) -> Look:
    wanted = _slots(value)

    def look(events: Sequence[EventMap]) -> Found:
        last = -1
        for entry in wanted:
            at = _first(events, lambda event, entry=entry: _sets(event, entry))  # type: ignore[misc]  # the entry is bound
            if at is None:
                return _slot_miss(entry, events)
            last = max(last, at)
        return last

    return look


def _sets(event: EventMap, entry: Mapping[str, Any]) -> bool:
    return (
        event["event"] == "slot"
        and event.get("name") == entry["name"]
        and ("value" not in entry or same(event.get("value"), entry["value"]))
    )


def _slot_miss(entry: Mapping[str, Any], events: Sequence[EventMap]) -> str:
    got = [event.get("value") for event in events if event["event"] == "slot" and event.get("name") == entry["name"]]
    wanted = f" to {shown(entry['value'])}" if "value" in entry else ""
    return f"The slot {entry['name']} was not set{wanted}; it got {_listed(map(shown, got)) or 'nothing'}."


def _slot_not_set(value: Any) -> Look:
    unwanted = _slots(value)

    def look(events: Sequence[EventMap]) -> Found:
        for entry in unwanted:
            values = [
                event.get("value")
                for event in events
                if event["event"] == "slot" and event.get("name") == entry["name"]
            ]
            if not values:
                continue
            if values[-1] is not None if "value" not in entry else same(values[-1], entry["value"]):
                return f"The slot {entry['name']} got {shown(values[-1])}."
        return -1

    return look


def _uttered(value: Any) -> Look:
    fits = _message(value)

    def look(events: Sequence[EventMap]) -> Found:
        at = _first(events, fits)
        messages = [_said(event) for event in events if event["event"] == "bot"]
        return at if at is not None else f"No message of the bot fits; {_there_is(messages)}."

    return look


def _not_uttered(value: Any) -> Look:
    fits = _message(value)

    def look(events: Sequence[EventMap]) -> Found:
        at = _first(events, fits)
        return -1 if at is None else f"The bot said {_said(events[at])}."

    return look


def _message(value: Any) -> Callable[[EventMap], bool]:
    """Whether an event is a bot message with all that is named of it."""
    unknown = set(value) - {"utter_name", "text_matches", "buttons"}
    if unknown or not value:
        raise TypeError("name one or more of utter_name, text_matches and buttons, and nothing else")
    pattern = re.compile(value["text_matches"]) if "text_matches" in value else None
    buttons = [_button(button) for button in value["buttons"]] if "buttons" in value else None

    def fits(event: EventMap) -> bool:
        if event["event"] != "bot":
            return False
        name = value.get("utter_name")
        if name is not None and (event.get("metadata") or {}).get("utter_action") != name:
            return False
        if pattern is not None and pattern.search(str(event.get("text") or "")) is None:
            return False
        shown_buttons = (event.get("data") or {}).get("buttons") or ()
        return buttons is None or [_button(button) for button in shown_buttons] == buttons

    return fits


def _button(button: Mapping[str, Any]) -> tuple[Any, Any]:
    return button["title"], button.get("payload")


def _said(event: EventMap) -> str:
    name = (event.get("metadata") or {}).get("utter_action")
    return f"“{event.get('text') or ''}”{f' ({name})' if name else ''}"


def same(one: Any, other: Any) -> bool:
    """Whether two values of slots are the same; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def shown(value: Any) -> str:
    """A slot's value for people."""
    return "null" if value is None else repr(value)


def _listed(words: Any, last: str = "and") -> str:
    told = sorted(words) if isinstance(words, set) else list(words)
    return f" {last} ".join(filter(None, (", ".join(told[:-1]), told[-1]))) if told else ""


def _there_is(words: Sequence[str]) -> str:
    return f"there is {_listed(words)}" if words else "there is none at all"


_KINDS: dict[str, Callable[[Any], Look]] = {
    "flow_started": _flow_started,
    "flow_completed": _flow_ended("flow_completed"),
    "flow_cancelled": _flow_ended("flow_cancelled"),
    "pattern_clarification_contains": _clarified,
    "action_executed": _action,
    "slot_was_set": _slot_set,
    "slot_was_not_set": _slot_not_set,
    "bot_uttered": _uttered,
    "bot_did_not_utter": _not_uttered,
}
