"""A `search` frame answered: what the documents say, that they say nothing, or that something went wrong (7.5)."""

from __future__ import annotations

from talkwright.assistant.search_policy import POLICY
from talkwright.conversation import events as ev
from talkwright.engine import logs
from talkwright.engine.commands import CANNOT_HANDLE_NO_RELEVANT_ANSWER
from talkwright.engine.dialogue import frames
from talkwright.engine.dialogue.executor import SEND_TEXT
from talkwright.engine.dialogue.failures import push_error
from talkwright.engine.dialogue.ledger import Ledger
from talkwright.engine.faults import where
from talkwright.engine.ports import SearchAnswer, SearchFailed, Searching


async def answer_from_documents(ledger: Ledger, searching: Searching | None) -> None:
    """Says the answer and takes the frame away; without an answer the pattern for it takes the frame's place.

    What was told of an answer before it broke off stays said; the error pattern then tells that something went wrong.
    """
    below = ledger.tracker.stack[:-1]
    try:
        answer = await searching.answer(ledger.tracker, hear=ledger.hear) if searching else SearchAnswer(text=None)
    except SearchFailed as failure:
        ledger.set_stack(below, search=dict(failure.trace))
        if failure.said:
            _say(ledger, failure.said, {"search": dict(failure.trace), "broken_off": True})
        push_error(ledger, info={"reason": "the search failed"})
        return
    except Exception as fault:  # whatever a search raises, the conversation goes on
        logs.error("search_failed", sender_id=ledger.tracker.sender_id, **where(fault))
        ledger.set_stack(below)
        push_error(ledger, info={"reason": "the search failed"})
        return
    ledger.prompts += answer.prompts
    if answer.text is None:
        refused = frames.pattern_frame(frames.CANNOT_HANDLE, ledger.new_id(), reason=CANNOT_HANDLE_NO_RELEVANT_ANSWER)
        ledger.set_stack((*below, refused), **({"search": dict(answer.trace)} if answer.trace else {}))
        return
    ledger.set_stack(below)
    _say(ledger, answer.text, dict(answer.metadata))


def _say(ledger: Ledger, text: str, metadata: dict[str, object]) -> None:
    place = ledger.place()
    ledger.record(ev.action(SEND_TEXT, policy=POLICY, metadata={**place, "execution_success": True}))
    ledger.record(ev.bot(text, {}, {**place, "utter_action": SEND_TEXT, "utter_source": POLICY, **metadata}))
