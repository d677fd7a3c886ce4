"""What content is, in plain memory: items by uuid, their revisions, and what each change does to them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any
from uuid import UUID

Entry = tuple[str, str, Any]
"""Kind, name and body of a living item."""


class ContentModel:
    """The state after the last change, and all before it."""

    def __init__(self) -> None:
        self.number = 0
        self.living: dict[UUID, Entry] = {}
        self.revisions: dict[UUID, int] = {}
        self.bodies: dict[tuple[UUID, int], Entry | None] = {}
        self.made: dict[int, dict[UUID, int]] = {}
        self._order: dict[UUID, int] = {}

    # --- writing ----------------------------------------------------------------------------------------------------

    def change(self, entries: Mapping[UUID, Entry | None], *, settle_later: bool = False) -> None:
        """Make one change; None deletes. `settle_later`: another one follows before `remember`."""
        self.number += 1
        for item, entry in entries.items():
            differs = self.living.get(item) != entry
            if entry is None:
                self.living.pop(item, None)
            else:
                self.living[item] = copy.deepcopy(entry)
            if settle_later and differs:
                self._note(item, self.revisions[item] + 1, self.number)

    def remember(self, heads: Mapping[UUID, int]) -> None:
        """Take over the revisions that the last change made."""
        for item in self.revisions.keys() | heads.keys():
            before = self.revisions.get(item, 0)
            now = heads.get(item)
            if now is not None and now != before:
                assert now == before + 1
                self._note(item, now, self.number)
            elif now is None and self.bodies.get((item, before)) is not None:
                self._note(item, before + 1, self.number)

    def _note(self, item: UUID, revision: int, number: int) -> None:
        self.revisions[item] = revision
        self.bodies[(item, revision)] = copy.deepcopy(self.living.get(item))
        self.made.setdefault(number, {})[item] = revision
        self._order[item] = number

    # --- what an edit leads to --------------------------------------------------------------------------------------

    def renamed(self, item: UUID, new: str, base: Mapping[UUID, Entry] | None = None) -> dict[UUID, Entry | None]:
        """What a rename changes: the item's name, and every place where a flow names it."""
        entries = self.living if base is None else base
        kind, old, body = entries[item]
        changed: dict[UUID, Entry | None] = {item: (kind, new, body)}
        for other, (of, name, content) in entries.items():
            if of == "flow" and old != new:
                follows = _following(content, kind, old, new)
                if follows != content:
                    changed[other] = (of, new if other == item else name, follows)
        return changed

    def reverted(self, number: int) -> dict[UUID, Entry | None] | None:
        """What taking a change back leads to; None where somebody has edited its items since, or a name is taken."""
        state = dict(self.living)
        for item, revision in sorted(self.made.get(number, {}).items()):
            before, after = self.bodies.get((item, revision - 1)), self.bodies[(item, revision)]
            if after is not None and self.revisions[item] != revision:
                return None
            if before is None:
                state.pop(item, None)
            elif after is None:
                if item in state or _taken(state, *before[:2], but=item):
                    return None
                state[item] = before
            else:
                state[item] = (after[0], after[1], before[2])
                if before[1] != after[1]:
                    if _taken(state, *before[:2], but=item):
                        return None
                    state |= {k: v for k, v in self.renamed(item, before[1], state).items() if v is not None}
        keys = self.living.keys() | state.keys()
        return {item: state.get(item) for item in keys if state.get(item) != self.living.get(item)}

    # --- reading ----------------------------------------------------------------------------------------------------

    def is_taken(self, kind: str, name: str, *, but: UUID | None = None) -> bool:
        return _taken(self.living, kind, name, but=but)

    def named(self) -> dict[tuple[str, str], UUID]:
        """The living items by kind and name."""
        return {entry[:2]: item for item, entry in self.living.items()}

    def known_as(self, kind: str, name: str) -> UUID | None:
        """The item that has a name, or the one that died last under it."""
        living = self.named().get((kind, name))
        dead = [item for item in self.dead() if self.last_life(item)[1][:2] == (kind, name)]
        return living or max(dead, key=self._order.__getitem__, default=None)

    def dead(self) -> list[UUID]:
        return [item for item in self.revisions if item not in self.living]

    def last_life(self, item: UUID) -> tuple[int, Entry]:
        """The last revision in which an item lived."""
        for number in range(self.revisions[item], 0, -1):
            entry = self.bodies.get((item, number))
            if entry is not None:
                return number, entry
        raise LookupError(item)


def _taken(state: Mapping[UUID, Entry], kind: str, name: str, *, but: UUID | None = None) -> bool:
    return any(entry[:2] == (kind, name) for item, entry in state.items() if item != but)


def _following(body: Any, kind: str, old: str, new: str) -> Any:
    """A flow's body in which an item of another name is named."""
    if isinstance(body, list):
        return [_following(part, kind, old, new) for part in body]
    if not isinstance(body, dict):
        return body
    made = {}
    for key, value in body.items():
        if kind == "response" and key == "action" and value == old:
            made[key] = new
        elif kind == "slot" and key == "set_slots":
            made[key] = [{new if slot == old else slot: said for slot, said in entry.items()} for entry in value]
        else:
            made[key] = _following(value, kind, old, new)
    return made
