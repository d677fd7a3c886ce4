"""Plays end-to-end test cases as free text over HTTP against a running bot (dialogue-semantics 9.1 and 9.2)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from talkwright.engine.testing.cases import ANY, Case, Step

_TURN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went: `difference` says what was expected and what came; `transcript` has who said what."""

    case: Case
    passed: bool
    difference: str
    transcript: tuple[str, ...]

    def __str__(self) -> str:
        """For people: the difference, then the conversation up to there."""
        if self.passed:
            return f"passed: {self.case.file}, {self.case.name}"
        talk = "".join(f"\n    {line}" for line in self.transcript)
        return f"failed: {self.case.file}, {self.case.name}\n  {self.difference}{talk}"


class Player:
    """Talks with one running bot; each case is a conversation of its own."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._client = httpx2.Client(
            base_url=url.rstrip("/"), params={"token": token} if token else {}, timeout=_TURN_SECONDS, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def play_all(self, cases: Iterable[Case]) -> list[Outcome]:
        """Play cases one after the other."""
        return [self.play(case) for case in cases]

    def play(self, case: Case) -> Outcome:
        """Play one case up to its first miss; raises httpx2.HTTPError where the bot doesn't answer."""
        sender = f"test-{uuid.uuid4().hex}"
        transcript: list[str] = []
        events: Sequence[Mapping[str, Any]] = self._prepare(sender, case)
        for step in case.steps:
            if step.kind == "user":
                events = self._say(sender, step.value, {**case.metadata, **step.metadata})
                transcript += [f"user: {step.value}", *_told(events)]
            elif (difference := missing(step, events)) is not None:
                return Outcome(case, False, difference, tuple(transcript))
        return Outcome(case, True, "", tuple(transcript))

    def _prepare(self, sender: str, case: Case) -> list[Mapping[str, Any]]:
        """Set the fixtures' slots in a session that has just begun."""
        if not case.fixtures:
            return []
        place = f"/conversations/{sender}/tracker"
        self._client.get(place).raise_for_status()
        slots = dict(case.fixtures)
        if isinstance(case.metadata.get("language"), str):
            slots.setdefault("language", case.metadata["language"])
        events = [{"event": "slot", "name": name, "value": value, "timestamp": None} for name, value in slots.items()]
        self._client.post(f"{place}/events", json=events).raise_for_status()
        return []

    def _say(self, sender: str, text: str, metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        body = {"sender": sender, "message": text, "metadata": dict(metadata)}
        answer = self._client.post("/webhooks/rest/webhook", params={"events": "true"}, json=body)
        answer.raise_for_status()
        events: list[Mapping[str, Any]] = answer.json()["events"]
        return events


def missing(step: Step, events: Sequence[Mapping[str, Any]]) -> str | None:
    """What the step expects and the turn's events don't hold; None where all is there."""
    bots = [event for event in events if event["event"] == "bot"]
    slots = [event for event in events if event["event"] == "slot"]
    match step.kind:
        case "bot":
            texts = [str(event.get("text") or "").strip() for event in bots]
            return None if step.value.strip() in texts else f"expected the bot to say {step.value!r}; it said {texts}"
        case "utter":
            names = [event.get("metadata", {}).get("utter_action") for event in bots]
            return None if step.value in names else f"expected {step.value}; the bot sent {names}"
        case "slot_was_set":
            return next((lack for name, value in step.value if (lack := _not_set(name, value, slots))), None)
        case _:
            return next((lack for name, value in step.value if (lack := _was_set(name, value, slots))), None)


def _not_set(name: str, value: Any, slots: Sequence[Mapping[str, Any]]) -> str | None:
    values = [event.get("value") for event in slots if event.get("name") == name]
    if value is ANY:
        return None if values else f"expected the slot {name} to be set; it was not"
    return None if any(_equal(one, value) for one in values) else f"expected {name} = {value!r}; it got {values}"


def _was_set(name: str, value: Any, slots: Sequence[Mapping[str, Any]]) -> str | None:
    """The last event counts: none, null, or (where a value is named) a different value is what is expected (9.3)."""
    values = [event.get("value") for event in slots if event.get("name") == name]
    if not values or (value is ANY and values[-1] is None) or (value is not ANY and not _equal(values[-1], value)):
        return None
    return f"expected the slot {name} not to be set; it got {values[-1]!r}"


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _told(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"bot: {event.get('text')}" for event in events if event["event"] == "bot"]
