"""The policies of the classic side together: what is done next, and who says so (dialogue-semantics 8.4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.stories import AnyOf, Done, InLoop, SlotsSet, Story
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.classic.features import Features
from talkwright.engine.dialogue.classic.following import Tracks, said_in
from talkwright.engine.dialogue.classic.memory import Memory
from talkwright.engine.dialogue.classic.rules import RuleBook
from talkwright.engine.dialogue.classic.states import LISTEN, State

RULES, MEMORY, SHORTENED, TED = "RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy", "TEDPolicy"
DEFAULT_FALLBACK = "action_default_fallback"
DEFAULT_INTENTS: Mapping[str, str] = {
    "restart": "action_restart",
    "back": "action_back",
    "session_start": "action_session_start",
}
"""What these intents do without any rule, unless the project turns its rules off."""
_DEFAULT_HISTORY = 5
_STAND_IN = 0.9  # confidence of a story that fits only in its latest part, where TEDPolicy would have guessed


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done next. `hidden`: no story knows of it. `interrupts`: a form goes on without the last message.

    `by_form`: nobody decided but the form that is active.
    """

    action: str
    policy: str | None = None
    confidence: float = 1.0
    hidden: bool = False
    interrupts: bool = False
    by_form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """`policies` of a config, as far as they change what is done; without any, rules and stories count as they are."""

    rules: bool = True
    fallback: str | None = DEFAULT_FALLBACK
    fallback_threshold: float = 0.3
    contradictions: bool = True
    memory: str | None = MEMORY
    history: int | None = _DEFAULT_HISTORY
    shortened: bool = False
    guesses: bool = False
    intent_confidence: bool = False


def policy_settings(config: Mapping[str, Any]) -> PolicySettings:
    """Reads `policies`, in the names of the public format."""
    found = dict(_policies(config))
    if not found:
        return PolicySettings(guesses=True)
    rules, memory = found.get(RULES), next((name for name in (SHORTENED, MEMORY) if name in found), None)
    remembering = found.get(memory or "", {})
    history = remembering.get("max_history", _DEFAULT_HISTORY)
    threshold = (rules or {}).get("core_fallback_threshold")
    falls_back = rules is not None and rules.get("enable_fallback_prediction") is not False
    return PolicySettings(
        rules=rules is not None,
        fallback=str((rules or {}).get("core_fallback_action_name") or DEFAULT_FALLBACK) if falls_back else None,
        fallback_threshold=float(threshold) if isinstance(threshold, int | float) else 0.3,
        contradictions=rules is not None and rules.get("check_for_contradictions") is not False,
        memory=memory,
        history=history if isinstance(history, int) and history > 0 else None,
        shortened=memory == SHORTENED,
        guesses=TED in found,
        intent_confidence=remembering.get("use_nlu_confidence_as_score") is True,
    )


def _policies(config: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    listed = config.get("policies")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, str):
            yield entry.rpartition(".")[2], {}
        elif isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield entry["name"].rpartition(".")[2], entry


class Policies:
    """The rules and stories of one assistant, ready to decide. Immutable after its making."""

    def __init__(self, assistant: Assistant, *, undoes_half_turns: bool = False) -> None:
        """`undoes_half_turns`: where nothing says how a turn goes on, it is given up, whatever was done in it."""
        self.settings = policy_settings(assistant.config)
        self.features = Features(assistant.domain)
        self._forms = assistant.domain.forms
        self._undoes_half_turns = undoes_half_turns
        self._unseen = _only_in_rules(assistant)
        self.book = RuleBook(assistant.rules if self.settings.rules else (), self.features)
        remembers = self.settings.memory is not None or self.settings.guesses
        stories = assistant.stories if remembers else ()
        self._memory = Memory(stories, self.features, self.settings.history, self._unseen)
        shortened = self.settings.shortened or self.settings.guesses
        remembered = self._memory.longest(shortened=shortened) if stories else 0
        self._least = max(self.book.longest, remembered, 1) + 1
        self.mark = _mark_of(assistant)

    def tracks(self) -> Tracks:
        """New tracks for a conversation."""
        return Tracks(self.features, self._unseen, least=self._least)

    def decide(self, tracks: Tracks, tracker: Tracker) -> Decision:
        """What is done now; of equal confidence rules go before stories, and a fallback counts least."""
        ruled = self._ruled(tracks, tracker)
        remembered = self._remembered(tracks, tracker)
        if ruled is not None and (remembered is None or ruled.confidence >= remembered.confidence):
            known = ruled.by_form or (remembered is not None and remembered.action == ruled.action)
            return ruled if known else replace(ruled, hidden=True)
        if remembered is not None and not self._falls_below(remembered):
            return remembered
        return self._fallen(tracks, tracker)

    def _falls_below(self, decision: Decision) -> bool:
        return self.settings.fallback is not None and decision.confidence < self.settings.fallback_threshold

    def _ruled(self, tracks: Tracks, tracker: Tracker) -> Decision | None:
        if not self.settings.rules:
            return None
        now = tracks.whole.now
        own = DEFAULT_INTENTS.get(now.intent or "") if now.action == LISTEN else None
        if own is not None:
            return Decision(own, RULES)
        loop = active_form(tracker)
        return self.by_rules(
            (*tracks.whole.states, now), loop, rejected=tracker.active_loop.get("rejected") is True
        ) or self._after_form(now, loop)

    def by_rules(self, states: tuple[State, ...], loop: str | None, *, rejected: bool) -> Decision | None:
        """What forms and rules say. A form goes before rules until it has refused a message."""
        now = states[-1]
        if loop is not None and not rejected:
            return Decision(LISTEN if now.action == loop else loop, RULES, hidden=loop in self._unseen, by_form=True)
        case = self.book.best(states)
        if case is None:
            return None
        if loop is not None and case.action == LISTEN and case.is_general and now.action != loop:
            return Decision(loop, RULES)  # a rule that doesn't speak of forms leads back to the one that is active
        interrupts = case.action == loop and now.action == LISTEN
        return Decision(case.action, RULES, interrupts=interrupts)

    def _after_form(self, now: State, loop: str | None) -> Decision | None:
        """A form that has all it wants, or an answer that nobody goes on from: the user's turn."""
        if loop is None and now.action in self._forms:
            return Decision(LISTEN, RULES)
        return None

    def _remembered(self, tracks: Tracks, tracker: Tracker) -> Decision | None:
        settings = self.settings
        track = tracks.reduced
        found = self._memory.recall((*track.states, track.now), shortened=settings.shortened or settings.guesses)
        if found is None:
            return None
        refused = found.action == active_form(tracker) and tracker.active_loop.get("rejected") is True
        interrupts = refused and track.now.action == LISTEN
        if settings.memory is not None and (found.whole or settings.shortened):
            confidence = _intent_confidence(tracker) if settings.intent_confidence else 1.0
            return Decision(found.action, settings.memory, confidence, interrupts=interrupts)
        return Decision(found.action, TED, _STAND_IN, interrupts=interrupts)

    def _fallen(self, tracks: Tracks, tracker: Tracker) -> Decision:
        """No rule and no story says anything: the form if this is news to it, the fallback, or the user's turn."""
        settings, action = self.settings, tracks.whole.now.action
        loop = active_form(tracker)
        if loop is not None and action == LISTEN and not _has_refused(tracker, loop):
            return Decision(loop, RULES, hidden=loop in self._unseen, by_form=True)
        over = action == settings.fallback or (action != LISTEN and not self._undoes_half_turns)
        if settings.fallback is None or over or _is_sign(tracker):
            return Decision(LISTEN, RULES if settings.rules else None)
        return Decision(settings.fallback, RULES, settings.fallback_threshold, hidden=True)


def _mark_of(assistant: Assistant) -> str:
    """What tells two assistants apart whose rules and stories see or do something else."""
    seen = [assistant.domain.raw, assistant.config.get("policies"), repr(assistant.rules), repr(assistant.stories)]
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=str).encode()).hexdigest()[:16]


def active_form(tracker: Tracker) -> str | None:
    """The form that is active."""
    name = tracker.active_loop.get("name")
    return name if isinstance(name, str) else None


def _has_refused(tracker: Tracker, loop: str) -> bool:
    """Whether the form has refused this very message."""
    for event in reversed(tracker.events):
        if event.type == ev.USER:
            return False
        if event.type == ev.ACTION_REJECTED and event.get("name") == loop:
            return True
    return False


def _intent_confidence(tracker: Tracker) -> float:
    intent = (tracker.latest_message or {}).get("intent")
    confidence = intent.get("confidence") if isinstance(intent, Mapping) else None
    return float(confidence) if isinstance(confidence, int | float) else 0.0


def _is_sign(tracker: Tracker) -> bool:
    """Whether the message is a sign of the channel (silence, the end) that needs no answer."""
    return said_in(tracker.latest_message)[0] in ("silence_timeout", "session_end")


def _only_in_rules(assistant: Assistant) -> frozenset[str]:
    """Slots and forms that rules name and no story does: stories don't see them."""
    in_rules = {name for rule in assistant.rules for name in (*_named(rule), *_conditions(rule.conditions))}
    return frozenset(in_rules - {name for story in assistant.stories for name in _named(story)})


def _conditions(conditions: tuple[SlotsSet | InLoop, ...]) -> Iterator[str]:
    for step in conditions:
        if isinstance(step, SlotsSet):
            yield from (mark.name for mark in step.slots)
        elif step.loop is not None:
            yield step.loop


def _named(story: Story) -> Iterator[str]:
    for step in story.steps:
        for one in step.ways if isinstance(step, AnyOf) else (step,):
            if isinstance(one, SlotsSet | InLoop):
                yield from _conditions((one,))
            elif isinstance(one, Done):
                yield one.action
