"""Running a form: check what was filled, refuse what says nothing for it, ask for the next slot (2.3, 8, 11)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.builtins import REQUESTED_SLOT
from talkwright.assistant.stories import Form
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine import logs
from talkwright.engine.dialogue.classic import forms
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import Program
from talkwright.engine.faults import where
from talkwright.engine.performing import Performer
from talkwright.engine.ports import ActionFailed, ActionRejected, ActionResult, ActionRunner


@dataclass(frozen=True)
class _Checked:
    """What the project's own check made of the values: its answer, what it accepted, and what it asks for next.

    `asks` is None where it leaves the choice to the form. `failed` says why the check couldn't run.
    """

    result: ActionResult = field(default_factory=ActionResult)
    accepted: frozenset[str] = frozenset()
    asks: tuple[str | None] | None = None
    rejects: bool = False
    failed: str | None = None


class FormRunner:
    """Runs the forms of one assistant."""

    def __init__(self, program: Program, performer: Performer, actions: ActionRunner) -> None:
        self._program = program
        self._performer = performer
        self._actions = actions

    async def run(self, ledger: Ledger, form: Form, filled: Mapping[str, Any]) -> None:
        """Runs the form once; `filled` are the slots that the last message has filled."""
        tracker = ledger.tracker
        beginning = forms.begins(tracker, form)
        found = forms.candidates(self._program, tracker, form, filled)
        checks = beginning or forms.takes_answer(tracker, form)
        checked = await self._check(tracker, form, found) if checks else _Checked()
        if checked.rejects or (checked.failed is None and forms.refuses(tracker, form, checked.accepted)):
            await self._performer.apply(ledger, checked.result)
            by = ledger.decided
            ledger.record(ev.plain(ev.ACTION_REJECTED, name=form.name, policy=by.policy, confidence=by.confidence))
            return
        failure = {"execution_success": False, "execution_error_message": checked.failed} if checked.failed else {}
        ledger.did(form.name, failure)
        if beginning:
            forms.begin(ledger, form)
        unchecked = filled if checked.failed is not None else {}  # what nobody could check is no answer
        for name, value in {**found, **dict.fromkeys(found.keys() & unchecked.keys())}.items():
            if tracker.slots.get(name) != value:
                ledger.set_slot(name, value, filled_by=tracker.filled_by.get(name))
        await self._performer.apply(ledger, checked.result)
        asked = checked.asks[0] if checked.asks is not None else forms.next_slot(tracker, form)
        if asked is None:
            forms.end(ledger)
        else:
            forms.request(ledger, asked)
            await self._ask(ledger, form, asked)

    async def ask_again(self, ledger: Ledger) -> None:
        """Puts the question of the active form once more; nothing where none is active."""
        tracker = ledger.tracker
        form = self._program.assistant.domain.forms.get(str(tracker.active_loop.get("name")))
        asked = tracker.slots.get(REQUESTED_SLOT)
        if form is not None and isinstance(asked, str):
            await self._ask(ledger, form, asked)

    async def _check(self, tracker: Tracker, form: Form, found: Mapping[str, Any]) -> _Checked:
        """What `validate_<form>` says of the values; without such an action all of them are accepted."""
        name = f"validate_{form.name}"
        if not self._program.is_custom(name):
            return _Checked(accepted=frozenset(found))
        try:
            await tracker.complete()  # actions are told the whole conversation
            told = with_slots(tracker, found)
            return _read(await self._actions.run(name, told, self._program.assistant.domain))
        except ActionRejected:
            return _Checked(rejects=True)
        except ActionFailed as failure:
            logs.warning("action_failed", action=name, sender_id=tracker.sender_id, reason=failure.reason)
            return _Checked(failed=failure.message)
        except Exception as failure:  # whatever an action raises, the conversation goes on (5.10)
            logs.error("action_failed", action=name, sender_id=tracker.sender_id, **where(failure))
            return _Checked(failed=type(failure).__name__)

    async def _ask(self, ledger: Ledger, form: Form, slot: str) -> None:
        name = forms.question(self._program, form, slot)
        if name is None:
            return
        if self._program.is_custom(name):
            await self._performer.consult(ledger, name)
        else:
            await self._performer.respond(ledger, name)


def _read(result: ActionResult) -> _Checked:
    """A check's answer: slots with their values, the slot to ask for, or a refusal of the message."""
    slots = [event for event in result.events if event.get("event") == ev.SLOT]
    asks = [event.get("value") for event in slots if event.get("name") == REQUESTED_SLOT]
    asked = asks[-1] if asks and isinstance(asks[-1], str) else None
    others = [event for event in result.events if event.get("name") != REQUESTED_SLOT or event.get("event") != ev.SLOT]
    kept = [event for event in others if event.get("event") != ev.ACTION_REJECTED]
    return _Checked(
        result=ActionResult(events=kept, responses=result.responses),
        accepted=frozenset(str(event.get("name")) for event in slots) - {REQUESTED_SLOT},
        asks=(asked,) if asks else None,
        rejects=len(kept) < len(others),
    )


def with_slots(tracker: Tracker, slots: Mapping[str, Any]) -> Tracker:
    """A copy of the conversation that ends with these slots being set: where checks look for what they check (11)."""
    told = copy.copy(tracker)
    told.events = list(tracker.events)
    told.slots = dict(tracker.slots)
    told.filled_by = dict(tracker.filled_by)
    for name, value in slots.items():
        told.apply(ev.slot(name, value).at(tracker.latest_event_time or 0.0, {}))
    return told
