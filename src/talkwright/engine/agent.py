"""The agent: one user message in, the turn's events and bot messages out (dialogue-semantics 4.3-4.6, 5.2, 10).

The dialogue machine decides; the agent does what has effects: it asks the understanding, runs custom actions, and
keeps the turn within its limits. One agent serves all conversations of a model; turns of one must not overlap.
"""

from __future__ import annotations

import inspect
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from talkwright.assistant.assistant import Assistant
from talkwright.conversation import events as ev
from talkwright.conversation.stack import Stack
from talkwright.conversation.tracker import Tracker
from talkwright.engine import logs
from talkwright.engine.classic_side import ClassicSide, Heard
from talkwright.engine.commands import Command, CorrectSlots, HandleCodeChange, UserSilence
from talkwright.engine.commands import from_dict as command_from
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.cleanup import clean_up
from talkwright.engine.dialogue.executor import advance
from talkwright.engine.dialogue.failures import push_error
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.rating import may_ask_for_rating
from talkwright.engine.dialogue.running import note_code_change, run_commands
from talkwright.engine.dialogue.session import SESSION_ACTION, begin_session, needs_session
from talkwright.engine.dropped import Dropped, told
from talkwright.engine.faults import where
from talkwright.engine.performing import Performer, bot_messages, message_of
from talkwright.engine.ports import (
    ActionRunner,
    BotMessage,
    Clock,
    Hear,
    Parser,
    Random,
    Rewording,
    Searching,
    TurnResult,
    Understanding,
    Understood,
    UserMessage,
)
from talkwright.engine.reading import Reader
from talkwright.engine.stores.recording import NOTHING, Recording

LONGER_WHILE_CORRECTING = 5  # times as many actions: a correction goes through its flow once more (5.2)
MOST_FOLLOWUPS = 10  # actions of one turn that others ask for; then the flows go on
REMEMBERED_MESSAGES = 5
SILENCE_COUNTER = "consecutive_silence_timeouts"


class Agent:
    """One assistant, ready to talk."""

    def __init__(
        self,
        assistant: Assistant,
        understanding: Understanding,
        actions: ActionRunner,
        *,
        clock: Clock = time.time,
        rng: Random | None = None,
        model_id: str | None = None,
        model_name: str | None = None,
        profile: Profile | None = None,
        rewording: Rewording | None = None,
        searching: Searching | None = None,
        recording: Recording = NOTHING,
        parser: Parser | None = None,
    ) -> None:
        """`parser` finds intents and entities for rules, stories and the router; others do without."""
        self.assistant = assistant
        self._recording = recording
        self.program = Program(assistant, profile)
        self._understanding = understanding
        self._clock = clock
        self._rng: Random = rng if rng is not None else random.SystemRandom()
        self._reader = Reader(self.program)
        self._performer = Performer(self.program, actions, self._rng, rewording, searching)
        self._rewording, self._searching = rewording, searching
        self._classic = ClassicSide.of(self.program, self._performer, actions, parser)
        self._metadata = {
            key: value
            for key, value in (
                ("model_id", model_id),
                ("model_name", model_name),
                ("assistant_id", assistant.id),
                ("default_language", assistant.language),
            )
            if value is not None
        }

    def prepare(self) -> None:
        """Load ahead what the first turn needs, where the understanding and the search have such a thing."""
        for helper in (self._understanding, self._searching):
            prepare = getattr(helper, "prepare", None)
            if prepare is not None:
                prepare(self.assistant)

    async def close(self) -> None:
        """Give back what those who help hold open, if they hold something."""
        for helper in (self._understanding, self._rewording, self._searching):
            if isinstance(helper, Closing):
                await helper.close()

    def new_tracker(self, sender_id: str, *, user_id: str | None = None) -> Tracker:
        """An empty conversation with this assistant."""
        return Tracker(sender_id, self.program.initial_slots, user_id=user_id)

    def restored_tracker(self, sender_id: str, events: Sequence[ev.Event], *, user_id: str | None = None) -> Tracker:
        """A conversation rebuilt from all its events, oldest first."""
        return Tracker.from_events(sender_id, self.program.initial_slots, events, user_id=user_id)

    def start_session(self, tracker: Tracker, metadata: Mapping[str, Any] | None = None) -> TurnResult:
        """Begins a session without a message; a `language` in `metadata` becomes the conversation's."""
        ledger = self._ledger(tracker)
        begin_session(ledger, metadata=metadata)
        return TurnResult(events=ledger.events, messages=())

    async def _begin(self, ledger: Ledger, metadata: Mapping[str, Any]) -> None:
        """Begins a session; what the project's own action_session_start adds comes before the user is listened to."""
        own = self.program.is_custom(SESSION_ACTION)
        begin_session(ledger, metadata=metadata, listen=not own)
        if own:
            await self._performer.perform(ledger, SESSION_ACTION)
            ledger.record(ev.action(ev.ACTION_LISTEN, policy=None, confidence=1.0))
            ledger.before = ledger.tracker.stack

    async def handle(
        self,
        tracker: Tracker,
        message: UserMessage,
        *,
        tell: Callable[[BotMessage], None] | None = None,
        hear: Hear | None = None,
    ) -> TurnResult:
        """Takes one message; changes the tracker. A repeated message id gives an empty result (4.3).

        `tell` hears each bot message at once, while the turn still runs; `hear` the pieces of one that a language
        model is still writing.
        """
        if message.message_id is not None and self._was_seen(tracker, message.message_id):
            return TurnResult(events=(), messages=())
        started = time.perf_counter()
        ledger = self._ledger(tracker, tell)
        ledger.hear = hear
        self._drop_unsound_frames(ledger)
        if self._reader.is_session_start(message.text) or needs_session(
            tracker, self.assistant.domain.session, self._clock()
        ):
            await self._begin(ledger, message.metadata)
        commands, heard = await self._understand(ledger, message)
        said = ledger.events[-1]
        understood = time.perf_counter()
        try:
            if heard is not None and self._classic is not None and not heard.route.to_flows:
                await self._classic.answer(ledger, heard)
            else:
                await self._follow(ledger, commands)
        except Exception as fault:  # a fault of ours must not end the conversation
            logs.error("turn_failed", sender_id=tracker.sender_id, **where(fault))
            await self._apologise(ledger)
        self._recording.add(said, ledger.prompts)
        times = _times(started, understood, time.perf_counter())
        ledger.record(ev.plain(ev.BOT_TURN_ENDED, {"execution_times": times}))
        return TurnResult(events=ledger.events, messages=bot_messages(ledger))

    async def _follow(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        """Runs the turn's commands, then flows and patterns until the user must speak."""
        tracker = ledger.tracker
        await self._performer.fill_slots(ledger)
        corrects = any(isinstance(command, CorrectSlots) for command in commands)
        looks_back = corrects or may_ask_for_rating(self.program, commands)
        if looks_back or any(frame.get("type") == frames.CORRECTION for frame in tracker.stack):
            await tracker.complete()  # a correction looks for its place in the whole session, the rating for another
        self._obey(ledger, commands)
        await self._predict(ledger, corrects=corrects)

    async def note(
        self, tracker: Tracker, message: UserMessage, parse_data: Mapping[str, Any] | None = None
    ) -> TurnResult:
        """Takes a message in and answers nothing (wire-protocols 4.2, `messages`).

        `parse_data` is what somebody else has understood; without it the message is understood here.
        """
        ledger = self._ledger(tracker)
        if needs_session(tracker, self.assistant.domain.session, self._clock()):
            await self._begin(ledger, message.metadata)
        if parse_data is None:
            await self._understand(ledger, message)
        else:
            known = {"text": message.text, **parse_data}
            ledger.record(ev.user(message.text, known, input_channel=message.channel, message_id=message.message_id))
        return TurnResult(events=ledger.events, messages=())

    async def parse(self, text: str) -> Mapping[str, Any]:
        """What a text means at the very beginning of a conversation (wire-protocols 4.2, `parse`)."""
        ledger = self._ledger(self.new_tracker("parse"))
        await self._understand(ledger, UserMessage(text=text))
        parse_data: Mapping[str, Any] = ledger.events[-1].get("parse_data")
        return parse_data

    async def perform(self, tracker: Tracker, action: str) -> TurnResult:
        """Runs one action, outside of any turn (wire-protocols 4.2, `execute`)."""
        ledger = self._ledger(tracker)
        await self._performer.perform(ledger, action)
        return TurnResult(events=ledger.events, messages=bot_messages(ledger))

    def next_action(self, tracker: Tracker) -> str:
        """What the dialogue would do next; takes a tracker of its own, for it goes forward (4.2, `predict`)."""
        last = next((event for event in reversed(tracker.events) if event.type in (ev.USER, ev.ACTION)), None)
        if tracker.followup_action:
            return tracker.followup_action
        if tracker.paused or last is None or last.get("name") == ev.ACTION_LISTEN:
            return ev.ACTION_LISTEN
        if self._classic is not None and self._classic.answers(tracker):
            return self._classic.next_action(tracker)
        ledger = self._ledger(tracker)
        if last.type == ev.USER:
            run_commands(ledger, _commands(last))
        return advance(ledger)

    def _ledger(self, tracker: Tracker, tell: Callable[[BotMessage], None] | None = None) -> Ledger:
        if tell is None:
            return Ledger(tracker, self.program, clock=self._clock, rng=self._rng, metadata=self._metadata)
        return _Telling(tell, tracker, self.program, clock=self._clock, rng=self._rng, metadata=self._metadata)

    def _drop_unsound_frames(self, ledger: Ledger) -> None:
        sound = tuple(frame for frame in ledger.tracker.stack if frames.is_sound(frame))
        if len(sound) < len(ledger.tracker.stack):
            logs.warning("unsound_frames_dropped", sender_id=ledger.tracker.sender_id)
            ledger.set_stack(sound)
            ledger.before = sound

    def _was_seen(self, tracker: Tracker, message_id: str) -> bool:
        recent = 0
        for event in reversed(tracker.events):
            if event.type == ev.USER:
                if event.get("message_id") == message_id:
                    return True
                recent += 1
                if recent == REMEMBERED_MESSAGES:
                    break
        return False

    async def _understand(self, ledger: Ledger, message: UserMessage) -> tuple[Sequence[Command], Heard | None]:
        """Understands the message, cleans up, and writes the user event with commands and trace (4.3-4.5).

        Also gives what was heard before anybody decided, where rules and stories may answer (8.2).
        """
        tracker = ledger.tracker
        heard = None
        if self._classic is not None:
            readable = self._reader.is_readable(message.text)
            heard = self._classic.hear(message.text, tracker, ledger.language, readable=readable)
        dropped: list[Dropped] = []
        if heard is not None and not heard.route.to_flows:
            understood = heard.understood
            commands: Sequence[Command] = understood.commands
        else:
            understood = self._reader.read(message.text, tracker) or self._reader.narrowed(
                await self._ask(message.text, ledger), tracker
            )
            if heard is not None:
                understood = heard.joined(understood)
            commands = clean_up(self.program, tracker, understood.commands, dropped)
        predicted = [command.to_dict() for command in understood.commands]
        source = str(understood.trace.get("source"))
        parse_data = {
            "intent": {"name": None, "confidence": 0.0},
            "entities": [],
            "text": message.text,
            "message_id": message.message_id,
            "metadata": dict(message.metadata),
            **understood.parse_data,
            "commands": [command.to_dict() for command in commands],
            **self._recording.of(predicted, source, understood.prompts),
            "trace": self._recording.trace(understood.trace, predicted, told(dropped)),
        }
        ledger.record(
            ev.user(
                message.text,
                parse_data,
                input_channel=message.channel,
                message_id=message.message_id,
                metadata=dict(message.metadata),
            )
        )
        return commands, heard

    async def _ask(self, text: str, ledger: Ledger) -> Understood:
        """What the understanding says; its own failure means that nothing was understood (4.3)."""
        try:
            answer: Understood | Awaitable[Understood] = self._understanding.understand(
                text, ledger.tracker, self.assistant, language=ledger.language
            )
            return await answer if inspect.isawaitable(answer) else answer
        except Exception as fault:  # whatever understanding raises, the conversation goes on
            logs.error("understanding_failed", sender_id=ledger.tracker.sender_id, **where(fault))
            return Understood(commands=(), trace={"source": "failed"})

    def _obey(self, ledger: Ledger, commands: Sequence[Command]) -> None:
        if note_code_change(ledger):
            commands = (HandleCodeChange(),)
        silent = any(isinstance(command, UserSilence) for command in commands)
        if not silent and SILENCE_COUNTER in self.program.slots:
            ledger.reset_slot(SILENCE_COUNTER)
        if not ledger.tracker.paused:
            run_commands(ledger, commands)
        ledger.record(ev.plain(ev.USER_FEATURIZATION, use_text_for_featurization=False))

    async def _predict(self, ledger: Ledger, *, corrects: bool = False) -> None:
        """Runs actions until the user must speak; a turn has an end even where actions follow each other for ever."""
        tracker = ledger.tracker
        limit = self.program.profile.max_actions * (LONGER_WHILE_CORRECTING if corrects else 1)
        followups = 0
        for _ in range(limit):
            followup = tracker.followup_action if followups < MOST_FOLLOWUPS else None
            followups += followup is not None
            name = followup or (ev.ACTION_LISTEN if tracker.paused else advance(ledger))
            if name == ev.ACTION_LISTEN:
                break
            await self._performer.perform(ledger, name)
        else:
            logs.warning("turn_cut_short", sender_id=tracker.sender_id, limit=limit)
        ledger.record(ev.action(ev.ACTION_LISTEN, metadata=ledger.place()))

    async def _apologise(self, ledger: Ledger) -> None:
        """After a fault of our own: an empty stack, the internal-error text if that works, and the user's turn."""
        ledger.set_stack(())
        try:
            push_error(ledger)
            await self._predict(ledger)
        except Exception as fault:  # even the words for it failed: the user's turn must still come
            logs.error("apology_failed", sender_id=ledger.tracker.sender_id, **where(fault))
            ledger.set_stack(())
            ledger.record(ev.action(ev.ACTION_LISTEN))


def _commands(message: ev.Event) -> list[Command]:
    """The commands that were written into a user event, those that can be read."""
    parse_data = message.get("parse_data")
    written = parse_data.get("commands") if isinstance(parse_data, Mapping) else None
    found = []
    for one in written if isinstance(written, list) else ():
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            found.append(command_from(one))
    return found


@runtime_checkable
class Closing(Protocol):
    """What holds something open, such as connections to a language model."""

    async def close(self) -> None:
        """Give it back."""
        ...


class _Telling(Ledger):
    """A ledger that tells what the bot says while it is written."""

    def __init__(self, tell: Callable[[BotMessage], None], tracker: Tracker, program: Program, **kept: Any) -> None:
        super().__init__(tracker, program, **kept)
        self._tell = tell

    def record(self, event: ev.Event, *, stack: Stack | None = None) -> ev.Event:
        stamped = super().record(event, stack=stack)
        if stamped.type == ev.BOT:
            self._tell(message_of(stamped))
        return stamped


def _times(started: float, understood: float, ended: float) -> dict[str, float]:
    """Milliseconds per stage, as wire-protocols 5.5 names them."""
    return {
        "command_processor": round((understood - started) * 1000, 3),
        "prediction_loop": round((ended - understood) * 1000, 3),
        "rasa_processing_ms": round((ended - started) * 1000, 3),
    }
