"""Gives the steps of a timeline the keys by which the editor knows them.

An engine names a step by its id, which for a step without one is counted from its place and so differs from version to
version. The version that a model was made of knows the key of each of its steps, and keys are carried from one revision
of a flow to the next: so a turn is lit on the draft's canvas wherever its steps still stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.step_ids import walk_steps
from talkwright.backend.chats.remembering import Latest
from talkwright.database.models import FlowRevision, flows_of_models

Places = Mapping[tuple[str, str], str]
MOST_MODELS = 64


class PlaceBook:
    """Places by model; a model's never change, so the latest ones are remembered."""

    def __init__(self) -> None:
        self._known: Latest[str, Places] = Latest(MOST_MODELS)

    async def of(self, session: AsyncSession, models: Iterable[str]) -> Mapping[str, Places]:
        """The places of several models: (flow, step id) → key; one statement for those not known yet."""
        known = {model: self._known.get(model) for model in models}
        found: dict[str, dict[tuple[str, str], str]] = {model: {} for model, places in known.items() if places is None}
        if found:
            for flow in await flows_of_models(session, found):
                found[flow.model].update(places_of(flow))
            for model, places in found.items():
                self._known.put(model, places)
        return {model: found[model] if places is None else places for model, places in known.items()}


def places_of(flow: FlowRevision) -> dict[tuple[str, str], str]:
    """The keys of one flow's steps by the ids that an engine gives them."""
    if not isinstance(flow.body, Mapping):
        return {}
    steps = walk_steps(flow.body, flow.name)
    return {(flow.name, step): flow.keys[pointer] for pointer, _, step in steps if pointer in flow.keys}


def place_turn(turn: dict[str, Any], places: Places) -> None:
    """Put keys in place of step ids in a turn's entries; an unknown step keeps its id."""
    turn["entries"] = [_placed(entry, places) for entry in turn["entries"]]


def place_state(state: dict[str, Any], places: Places) -> None:
    """The same for where the conversation stands."""
    state["step"] = _key(state.get("flow"), state.get("step"), places)


def _placed(entry: dict[str, Any], places: Places) -> dict[str, Any]:
    step = entry.get("step")
    return {**entry, "step": _key(entry.get("flow"), step, places)} if step is not None else entry


def _key(flow: Any, step: Any, places: Places) -> Any:
    return places.get((flow, step), step)
