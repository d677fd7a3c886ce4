"""Forms: what is checked, whether a message is refused, which slot is asked for next (dialogue-semantics 2.3, 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from talkwright.assistant.builtins import REQUESTED_SLOT
from talkwright.assistant.stories import Form
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.dialogue.classic.filling import triggered
from talkwright.engine.dialogue.classic.following import said_in
from talkwright.engine.dialogue.classic.policies import active_form
from talkwright.engine.dialogue.classic.states import LISTEN
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import Program


def begins(tracker: Tracker, form: Form) -> bool:
    """Whether the form was not active before."""
    return active_form(tracker) != form.name


def takes_answer(tracker: Tracker, form: Form) -> bool:
    """Whether the last message is an answer to the form: it listened, and nothing came between."""
    waited = tracker.latest_action_name == LISTEN and tracker.active_loop.get("is_interrupted") is not True
    return waited and not begins(tracker, form)


def candidates(program: Program, tracker: Tracker, form: Form, filled: Mapping[str, Any]) -> dict[str, Any]:
    """The values that the form looks at: at its beginning all that are there, later what the message has filled."""
    if begins(tracker, form):
        intent, _ = said_in(tracker.latest_message)
        own = triggered(program.assistant.domain, form, intent)
        present = {name: tracker.slots.get(name) for name in form.required_slots}
        return {name: value for name, value in {**present, **own}.items() if value is not None}
    if not takes_answer(tracker, form):
        return {}
    return {name: filled[name] for name in form.required_slots if name in filled}


def refuses(tracker: Tracker, form: Form, accepted: Collection[str]) -> bool:
    """Whether the message has nothing for the form, so that rules and stories may answer it."""
    return takes_answer(tracker, form) and tracker.slots.get(REQUESTED_SLOT) is not None and not accepted


def next_slot(tracker: Tracker, form: Form) -> str | None:
    """The first slot that is still empty."""
    return next((name for name in form.required_slots if tracker.slots.get(name) is None), None)


def question(program: Program, form: Form, slot: str) -> str | None:
    """The action or response that asks for the slot."""
    return next((name for name in form.questions(slot) if program.knows_action(name)), None)


def begin(ledger: Ledger, form: Form) -> None:
    """Makes the form the active one."""
    ledger.record(ev.plain(ev.ACTIVE_LOOP, name=form.name))


def end(ledger: Ledger) -> None:
    """No form is active any more."""
    ledger.record(ev.plain(ev.ACTIVE_LOOP, name=None))
    request(ledger, None)


def request(ledger: Ledger, slot: str | None) -> None:
    """Notes which slot is asked for."""
    if REQUESTED_SLOT in ledger.program.slots:
        ledger.set_slot(REQUESTED_SLOT, slot)
