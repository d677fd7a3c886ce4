"""What the conversation is in the middle of, as far as it decides what a message can mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.conditions import holds
from talkwright.assistant.domain import Slot
from talkwright.assistant.flows import CallStep, CollectStep
from talkwright.conversation.stack import context_of, is_user_frame, open_question
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue import frames
from talkwright.engine.understanding.local.documents import startable_by_text


@dataclass(frozen=True)
class Question:
    """The open question: the slot it asks for, the response that asked, and the pattern it belongs to, if any."""

    slot: Slot
    utter: str
    step: CollectStep | None
    interrupted: tuple[tuple[str, str], ...] = ()  # id and readable name of the flows a continue offer lists


@dataclass(frozen=True)
class Situation:
    """A tracker's state, reduced. `running` are the user flows on the stack, top first, called ones included."""

    assistant: Assistant
    language: str
    slots: Mapping[str, Any]
    question: Question | None
    running: tuple[str, ...]
    filled: tuple[Slot, ...] = field(default=())

    def startable(self, flow_id: str) -> bool:
        """Whether the flow's guard lets a sentence start it now (1.6)."""
        flow = self.assistant.flows.get(flow_id)
        if flow is None or flow.is_pattern:
            return False
        if flow.guard is None or flow_id in self.running:
            return True
        return startable_by_text(flow) and holds(flow.guard, slots=self.slots, context={})


def situation_of(tracker: Tracker, assistant: Assistant, language: str) -> Situation:
    """Reads the tracker; changes nothing."""
    running = tuple(str(frame.get("flow_id")) for frame in reversed(tracker.stack) if is_user_frame(frame))
    return Situation(
        assistant=assistant,
        language=language,
        slots=tracker.slots,
        question=_question(tracker, assistant),
        running=running,
        filled=_filled(tracker, assistant, running),
    )


def _question(tracker: Tracker, assistant: Assistant) -> Question | None:
    asked = open_question(tracker.stack)
    top = tracker.stack[-1] if tracker.stack else {}
    if top.get("type") == frames.VALIDATE:
        name, utter = top.get("validate"), top.get("refill_utter")
    elif asked is not None:
        name, utter = asked.get("collect"), asked.get("utter")
    else:
        return None
    slot = assistant.domain.slots.get(str(name))
    if slot is None:
        return None
    context = context_of(tracker.stack)
    flow = assistant.flows.get(str(context.get("flow_id")))
    step = (
        next((one for one in flow.steps if isinstance(one, CollectStep) and one.slot == name), None) if flow else None
    )
    return Question(slot, str(utter or ""), step, _interrupted(tracker))


def _interrupted(tracker: Tracker) -> tuple[tuple[str, str], ...]:
    for frame in reversed(tracker.stack):
        if frame.get("type") == frames.CONTINUE_INTERRUPTED:
            ids, names = frame.get("interrupted_flow_ids") or (), frame.get("interrupted_flow_names") or ()
            return tuple((str(flow), str(name)) for flow, name in zip(ids, names, strict=False))
    return ()


def _filled(tracker: Tracker, assistant: Assistant, running: tuple[str, ...]) -> tuple[Slot, ...]:
    """The slots that a correction may mean: filled, and asked for in a running flow; the latest asked first."""
    names = dict.fromkeys(
        name for flow_id in running if flow_id in assistant.flows for name in reversed(collected(assistant, flow_id))
    )
    slots = assistant.domain.slots
    return tuple(slots[name] for name in names if name in slots and tracker.is_set(name))


def collected(assistant: Assistant, flow_id: str) -> tuple[str, ...]:
    """The slots that the flow or one it calls may take from a sentence, in the order of the steps."""
    found: dict[str, None] = {}
    waiting, seen = [flow_id], set()
    while waiting:
        flow = assistant.flows.get(waiting.pop())
        if flow is None or flow.id in seen:
            continue
        seen.add(flow.id)
        for step in flow.steps:
            if isinstance(step, CollectStep) and not step.ask_before_filling:
                found[step.slot] = None
            elif isinstance(step, CallStep):
                waiting.append(step.target)
    return tuple(found)
