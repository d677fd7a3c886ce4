"""The classic side of an assistant: what rules, stories and forms answer, turn by turn (dialogue-semantics 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from talkwright.assistant.payloads import IntentPayload, SlotsPayload, read_payload
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine import logs
from talkwright.engine.commands import NLU, PAYLOAD, Command, Noop, SetSlot
from talkwright.engine.dialogue.classic import forms
from talkwright.engine.dialogue.classic.filling import extracted
from talkwright.engine.dialogue.classic.following import Tracks, said_in
from talkwright.engine.dialogue.classic.going_back import Standing, standing, take_back
from talkwright.engine.dialogue.classic.policies import Decision, Policies
from talkwright.engine.dialogue.classic.routing import Route, Router, router_of
from talkwright.engine.dialogue.classic.states import LISTEN
from talkwright.engine.dialogue.ledger import Decided, Ledger
from talkwright.engine.dialogue.program import ROUTING_SLOT, Program
from talkwright.engine.dialogue.session import SESSION_ACTION
from talkwright.engine.dialogue.slots import stored
from talkwright.engine.faults import where
from talkwright.engine.form_running import FormRunner, with_slots
from talkwright.engine.performing import Performer
from talkwright.engine.ports import ActionRunner, Parser, Understood

GLOBAL_CHECK = "action_validate_slot_mappings"
_DEFAULT_RESPONSE = "utter_default"
_ONLY = Route(to_flows=False, lasting=False, why="the assistant has no flows")


@dataclass(frozen=True)
class Heard:
    """A message as both sides begin with it: intent and entities, values of a button, and who answers."""

    route: Route
    parse_data: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = "local"

    @property
    def commands(self) -> list[Command]:
        """What the router says as commands (8.2)."""
        if self.route.lasting:
            return [SetSlot(ROUTING_SLOT, self.route.to_flows, NLU)]
        return [Noop()] if not self.route.to_flows and self.route is not _ONLY else []

    @property
    def understood(self) -> Understood:
        """What the user event of a turn of rules and stories tells."""
        heard = self.parse_data.get("intent") or {}
        sure = f" ({heard['name']}, {heard.get('confidence') or 0.0:.2f})" if heard.get("name") else ""
        why = self.route.why if self.route is _ONLY else f"{self.route.why}{sure}"
        told = {"source": self.source, "decision": f"Rules and stories answer: {why}."}
        return Understood(commands=self.commands, parse_data=self.parse_data, trace=told)

    def joined(self, understood: Understood) -> Understood:
        """What was understood for the flows, with the router's command behind it and the intent beside it (8.2)."""
        return replace(
            understood,
            commands=[*understood.commands, *self.commands],
            parse_data={**self.parse_data, **understood.parse_data},
        )


class ClassicSide:
    """Rules, stories and forms of one assistant, and the router that leads to them."""

    def __init__(
        self,
        program: Program,
        router: Router | None,
        performer: Performer,
        actions: ActionRunner,
        parser: Parser | None,
    ) -> None:
        self._program = program
        self._router = router
        self._performer = performer
        self._actions = actions
        self._parser = parser
        self._forms = FormRunner(program, performer, actions)
        self._followed: WeakKeyDictionary[Tracker, Tracks] = WeakKeyDictionary()
        self._policies = Policies(program.assistant, undoes_half_turns=program.profile.undoes_half_turns)

    @classmethod
    def of(
        cls, program: Program, performer: Performer, actions: ActionRunner, parser: Parser | None
    ) -> ClassicSide | None:
        """The classic side of an assistant; None where every message goes to the flows, or there is nothing at all."""
        assistant = program.assistant
        router = router_of(program)
        talks = assistant.rules or assistant.stories or assistant.domain.forms
        if router is None and (assistant.user_flows or not talks):
            return None
        return cls(program, router if assistant.user_flows else None, performer, actions, parser)

    def hear(self, text: str, tracker: Tracker, language: str, *, readable: bool = True) -> Heard:
        """Reads a message and decides who answers it; what isn't `readable` (empty, too long) has no intent."""
        values: Mapping[str, Any] = {}
        source = "payload"
        payload = read_payload(text, slots=self._program.slots) if readable and text.lstrip().startswith("/") else None
        if isinstance(payload, SlotsPayload):
            values, parse_data = dict(payload.assignments), {}
        elif isinstance(payload, IntentPayload):
            parse_data = {
                "intent": {"name": payload.name, "confidence": payload.confidence},
                "entities": [dict(entity) for entity in payload.entities],
            }
        elif readable and self._parser is not None:
            source = "local"
            parse_data = dict(self._parser.parse(text, tracker, self._program.assistant, language=language))
        else:
            parse_data = {}
        route = self._route(tracker, parse_data, by_value=bool(values) or not readable)
        return Heard(route, {"text": text, **parse_data}, values, source)

    def _route(self, tracker: Tracker, parse_data: Mapping[str, Any], *, by_value: bool) -> Route:
        if self._router is None:
            return _ONLY
        if by_value and not isinstance(tracker.slots.get(ROUTING_SLOT), bool):
            return Route(to_flows=True, lasting=True, why="there is no intent to decide by")
        intent, _ = said_in(parse_data)
        confidence = (parse_data.get("intent") or {}).get("confidence") or 0.0
        return self._router.route(self._program, tracker, intent, float(confidence))

    async def answer(self, ledger: Ledger, heard: Heard) -> None:
        """Answers the message whose user event is written; the turn has an end whatever rules say (8.4)."""
        tracker = ledger.tracker
        tracks, before = await self._tracks(tracker), standing(tracker)
        ledger.decided = Decided(None, 1.0)
        if heard.route.lasting:
            ledger.set_slot(ROUTING_SLOT, heard.route.to_flows, filled_by=NLU)
        filled = await self._fill(ledger, heard)
        ledger.record(ev.plain(ev.USER_FEATURIZATION, use_text_for_featurization=False))
        for _ in range(self._program.profile.max_classic_actions):
            tracks = await self._followed_on(tracker, tracks)
            decision = self._decide(ledger, tracks, only_values=bool(heard.values))
            if decision.action == LISTEN:
                break
            done = len(ledger.events)
            await self._run(ledger, decision, filled, before)
            if any(event.type == ev.REWIND for event in ledger.events[done:]):
                decision = Decision(LISTEN)  # the message was taken back, so there is nothing more to answer
                break
        else:
            logs.warning("turn_cut_short", sender_id=tracker.sender_id, limit=self._program.profile.max_classic_actions)
            decision = Decision(LISTEN)
        self._choose(ledger, decision)
        ledger.did(LISTEN, ledger.place())
        tracks = await self._followed_on(tracker, tracks)
        if tracker.fetch_earlier is not None:  # a store that hands out the latest events alone keeps this beside them
            tracker.followed = {"by": self._policies.mark, **tracks.kept()}

    async def _tracks(self, tracker: Tracker) -> Tracks:
        """What was followed of the conversation so far, if it is the same that went on; else from its beginning."""
        tracks, kept = self._followed.get(tracker), tracker.followed
        if tracks is None and kept is not None and kept.get("by") == self._policies.mark:
            tracks = self._policies.tracks()
            tracks.restore(kept, tracker)
        if tracks is None or not tracks.knows(tracker):
            tracks = await self._anew(tracker)
        self._followed[tracker] = tracks
        return tracks

    async def _anew(self, tracker: Tracker) -> Tracks:
        await tracker.complete()
        return self._policies.tracks()

    async def _followed_on(self, tracker: Tracker, tracks: Tracks) -> Tracks:
        """The tracks with what came since the last look, from the beginning where they were led back further."""
        tracks.follow(tracker)
        if tracks.lost:
            tracks = self._followed[tracker] = await self._anew(tracker)
            tracks.follow(tracker)
        return tracks

    def next_action(self, tracker: Tracker) -> str:
        """What would be done next, all events being there."""
        tracks = self._policies.tracks()
        tracks.follow(tracker)
        return self._policies.decide(tracks, tracker).action

    def answers(self, tracker: Tracker) -> bool:
        """Whether the conversation is on this side, as far as that is decided."""
        return self._router is None or tracker.slots.get(ROUTING_SLOT) is not True

    def _decide(self, ledger: Ledger, tracks: Tracks, *, only_values: bool) -> Decision:
        """What is done next; a button that only sets values is no message that could be misunderstood."""
        tracker = ledger.tracker
        if tracker.followup_action:
            return Decision(tracker.followup_action)
        if tracker.paused or tracker.terminated or tracker.latest_message is None:
            return Decision(LISTEN)  # without a message the routing was reset: there is nothing left to answer
        decision = self._policies.decide(tracks, tracker)
        again = decision.action == SESSION_ACTION and ledger.session_began
        misread = only_values and decision.action == self._policies.settings.fallback
        return Decision(LISTEN) if again or misread else decision

    def _choose(self, ledger: Ledger, decision: Decision) -> None:
        ledger.decided = Decided(decision.policy, decision.confidence, decision.hidden)

    async def _run(self, ledger: Ledger, decision: Decision, filled: Mapping[str, Any], before: Standing) -> None:
        name = decision.action
        self._choose(ledger, decision)
        if decision.interrupts:
            ledger.record(ev.plain(ev.LOOP_INTERRUPTED, is_interrupted=True))
        form = self._program.assistant.domain.forms.get(name)
        own = _OWN_ACTIONS.get(name)
        if form is not None:
            await self._forms.run(ledger, form, filled)
        elif own is not None and not self._program.is_custom(name):
            if own is _back:
                await ledger.tracker.complete()  # who goes back several messages needs to know what was before them
            ledger.did(name, {})
            says = own(ledger, before)
            if says is not None and says in self._program.responses:
                await self._performer.respond(ledger, says)
            elif says is not None and self._program.profile.asks_refused_form_again:
                await self._forms.ask_again(ledger)
        else:
            await self._performer.perform(ledger, name)

    async def _fill(self, ledger: Ledger, heard: Heard) -> dict[str, Any]:
        """Fills slots from the message, as `action_extract_slots` does; gives those that were filled."""
        slots = self._program.slots
        filled = {name: stored(slots[name], value) for name, value in heard.values.items() if name in slots}
        for name, value in filled.items():
            ledger.set_slot(name, value, filled_by=PAYLOAD)
        found = extracted(self._program.assistant.domain, ledger.tracker)
        for name, value in found.items():
            ledger.set_slot(name, value, filled_by=NLU)
        filled |= found
        before = len(ledger.events)
        await self._performer.fill_slots(ledger)
        await self._check_all(ledger, filled)
        written = [event for event in ledger.events[before:] if event.type == ev.SLOT]
        return filled | {str(event.get("name")): event.get("value") for event in written}

    async def _check_all(self, ledger: Ledger, filled: Mapping[str, Any]) -> None:
        if not filled or not self._program.is_custom(GLOBAL_CHECK):
            return
        try:
            await ledger.tracker.complete()  # actions are told the whole conversation
            told = with_slots(ledger.tracker, filled)
            result = await self._actions.run(GLOBAL_CHECK, told, self._program.assistant.domain)
        except Exception as failure:  # the values stay as they were understood; the conversation goes on
            logs.error("slot_action_failed", action=GLOBAL_CHECK, sender_id=ledger.tracker.sender_id, **where(failure))
            return
        await self._performer.apply_slots(ledger, result)


def _fall_back(ledger: Ledger, before: Standing) -> str | None:
    take_back(ledger, before=before)
    return _DEFAULT_RESPONSE


def _back(ledger: Ledger, _before: Standing) -> str | None:
    """Takes back the wish to go back and the message before it."""
    take_back(ledger, 2)
    return None


def _leave_form(ledger: Ledger, _before: Standing) -> str | None:
    forms.end(ledger)
    return None


_OWN_ACTIONS: Mapping[str, Callable[[Ledger, Standing], str | None]] = {
    "action_default_fallback": _fall_back,
    "action_back": _back,
    "action_deactivate_loop": _leave_form,
}
