"""Performing one action: responses, built-in actions and the project's own, each with its events (10, 11)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from talkwright.conversation import events as ev
from talkwright.conversation.classic import from_dict
from talkwright.conversation.events import Event
from talkwright.conversation.stack import context_of
from talkwright.engine import logs
from talkwright.engine.commands import CUSTOM
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.builtin_actions import Repeating, run_builtin
from talkwright.engine.dialogue.classic.going_back import take_back
from talkwright.engine.dialogue.collect import Saying
from talkwright.engine.dialogue.executor import SEND_TEXT
from talkwright.engine.dialogue.failures import fail_flow
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.reminders import CANCEL, REMINDER
from talkwright.engine.dialogue.session import SESSION_ACTION
from talkwright.engine.faults import where
from talkwright.engine.generation.responses import Setting, from_action, render
from talkwright.engine.looking_up import answer_from_documents
from talkwright.engine.ports import (
    ActionFailed,
    ActionRejected,
    ActionResult,
    ActionRunner,
    BotMessage,
    Random,
    Rewording,
    Searching,
)

# What a custom action may write: the engine alone keeps stack and flows, and tells what users said (11).
_ALLOWED = frozenset(
    {
        *(ev.SLOT, ev.BOT, ev.FOLLOWUP, ev.RESET_SLOTS, ev.RESTART, ev.SESSION_STARTED, ev.SESSION_ENDED),
        *(ev.ACTION_REJECTED, REMINDER, CANCEL, "pause", "resume"),
    }
)
# What it may write beside these where rules and stories have called it: forms, and that nothing was said.
_ALLOWED_BY_RULES = _ALLOWED | {ev.ACTIVE_LOOP, ev.LOOP_INTERRUPTED, ev.REWIND}


def _allowed(ledger: Ledger) -> frozenset[str]:
    return _ALLOWED if ledger.decided.by_flows else _ALLOWED_BY_RULES


class Performer:
    """Runs actions for one assistant."""

    def __init__(
        self,
        program: Program,
        actions: ActionRunner,
        rng: Random,
        rewording: Rewording | None = None,
        searching: Searching | None = None,
    ) -> None:
        self._program = program
        self._actions = actions
        self._rng = rng
        self._rewording = rewording
        self._searching = searching

    async def perform(self, ledger: Ledger, name: str) -> None:
        """Runs an action; one that nobody knows leaves only its event."""
        if name == SEND_TEXT and frames.waits_for_answer(ledger.tracker.stack):
            await answer_from_documents(ledger, self._searching)
        elif self._program.is_custom(name):
            if name == SESSION_ACTION and not ledger.session_began:
                run_builtin(ledger, name)
            await self._custom(ledger, name)
        elif name in self._program.responses:
            ledger.did(name, ledger.place())
            await self._say(ledger, Saying(name))
        else:
            ledger.did(name, ledger.place())
            speech = run_builtin(ledger, name)
            if isinstance(speech, Saying):
                await self._say(ledger, speech)
            elif isinstance(speech, Repeating):
                for event in speech.messages:
                    ledger.record(ev.bot(event.text_of("text"), event.get("data") or {}, dict(event.metadata)))

    async def fill_slots(self, ledger: Ledger) -> None:
        """Runs the actions that controlled slots want with every message; they may set slots and speak (8.4)."""
        program = self._program
        for name in program.actions_every_turn if ledger.decided.by_flows else program.actions_every_ruled_turn:
            try:
                await ledger.tracker.complete()  # actions are told the whole conversation
                result = await self._actions.run(name, ledger.tracker, self._program.assistant.domain)
            except Exception as failure:  # such a slot keeps its value; the conversation goes on
                logs.error("slot_action_failed", action=name, sender_id=ledger.tracker.sender_id, **where(failure))
                continue
            await self.apply_slots(ledger, result)

    async def apply_slots(self, ledger: Ledger, result: ActionResult) -> None:
        """What an action answered that may only set slots and speak."""
        slots = [event for event in result.events if event.get("event") == ev.SLOT]
        await self.apply(ledger, ActionResult(events=slots, responses=result.responses))

    async def respond(self, ledger: Ledger, response: str) -> None:
        """Sends a response as a part of the action that runs."""
        await self._say(ledger, Saying(response))

    async def consult(self, ledger: Ledger, name: str) -> None:
        """Runs an action of the project as a part of the one that runs; where it fails, nothing is said."""
        try:
            await ledger.tracker.complete()  # actions are told the whole conversation
            result = await self._actions.run(name, ledger.tracker, self._program.assistant.domain)
        except Exception as failure:  # whatever an action raises, the conversation goes on (5.10)
            logs.error("action_failed", action=name, sender_id=ledger.tracker.sender_id, **where(failure))
            return
        await self.apply(ledger, result)

    def _setting(self, ledger: Ledger, arguments: Mapping[str, Any], *, fills: bool = True) -> Setting:
        tracker = ledger.tracker
        return Setting(
            slots=tracker.slots,
            context=context_of(tracker.stack),
            channel=tracker.latest_input_channel,
            language=ledger.language,
            default_language=self._program.assistant.language,
            rng=self._rng,
            arguments=arguments,
            fills=fills,
            whole_numbers=not self._program.profile.decimals_of_whole_numbers,
        )

    async def _say(self, ledger: Ledger, saying: Saying) -> None:
        setting = self._setting(ledger, saying.arguments, fills=saying.filled)
        message = render(self._program.responses, saying.name, setting)
        if message is not None:
            await self._tell(ledger, message)

    async def _tell(self, ledger: Ledger, message: BotMessage) -> None:
        if self._rewording is not None:
            message = await self._rewording.rephrase(message, ledger.tracker, ledger.language, hear=ledger.hear)
            ledger.prompts += message.prompts
        ledger.record(ev.bot(message.text, message.data, {**ledger.place(), **message.metadata}))

    async def _custom(self, ledger: Ledger, name: str) -> None:
        place = ledger.place()
        started = time.perf_counter()
        try:
            await ledger.tracker.complete()  # actions are told the whole conversation
            result = await self._actions.run(name, ledger.tracker, self._program.assistant.domain)
        except ActionRejected:
            by = ledger.decided
            ledger.record(ev.plain(ev.ACTION_REJECTED, place, name=name, policy=by.policy, confidence=by.confidence))
            return
        except ActionFailed as failure:
            logs.warning("action_failed", action=name, sender_id=ledger.tracker.sender_id, reason=failure.reason)
            self._fail(ledger, name, failure.message, failure.address)
            return
        except Exception as failure:  # whatever an action raises, the conversation goes on (5.10)
            logs.error("action_failed", action=name, sender_id=ledger.tracker.sender_id, **where(failure))
            self._fail(ledger, name, type(failure).__name__, None)
            return
        took = round((time.perf_counter() - started) * 1000, 3)
        told: dict[str, Any] = {"execution_success": True, "action_ms": took}
        if dropped := sorted({str(event.get("event", "?")) for event in result.events} - _allowed(ledger)):
            told["dropped_events"] = dropped
        ledger.did(name, {**place, **told})
        await self.apply(ledger, result)

    def _fail(self, ledger: Ledger, name: str, message: str, address: str | None) -> None:
        metadata = {**ledger.place(), "execution_success": False, "execution_error_message": message}
        if address is not None:
            metadata["address"] = address
        ledger.did(name, metadata)
        if ledger.decided.by_flows:
            fail_flow(ledger, message)

    async def apply(self, ledger: Ledger, result: ActionResult) -> None:
        """What an action answered: messages first, then events in order (11)."""
        for item in result.responses:
            message = from_action(item, self._program.responses, self._setting(ledger, {}))
            if message is not None:
                await self._tell(ledger, message)
        for data in result.events:
            self._take(ledger, data)

    def _take(self, ledger: Ledger, data: Mapping[str, Any]) -> None:
        try:
            event = from_dict(data)
        except ValueError:
            return
        if event.type not in _allowed(ledger):
            return
        if event.type == ev.REWIND:
            take_back(ledger)
            return
        if event.type == ev.SESSION_STARTED and ledger.session_began:
            return  # the engine has begun the session already
        if event.type == ev.SLOT:
            name = event.text_of("name")
            if name in self._program.slots and name is not None:
                ledger.set_slot(name, event.get("value"), filled_by=CUSTOM)
            return
        ledger.record(event)


def bot_messages(ledger: Ledger) -> list[BotMessage]:
    """The bot messages among the events of the turn."""
    return [message_of(event) for event in ledger.events if event.type == ev.BOT]


def message_of(event: Event) -> BotMessage:
    """The message that a bot event tells."""
    return BotMessage(text=event.text_of("text"), data=event.get("data") or {}, metadata=event.metadata)
