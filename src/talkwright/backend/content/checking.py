"""Validation at each write: only what the change can have touched is looked at again.

One process keeps, for the assistants written to lately, the bodies of their items and what they parse to, so that a
change costs what it touches. The rows say which revision is true: a process that was away reads what is newer.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.build import merged_document
from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Problem
from talkwright.assistant.project import item_problems, kept_unread, read_contents
from talkwright.assistant.project.structure import is_yaml
from talkwright.assistant.project.talks import sections_in
from talkwright.assistant.references import declared
from talkwright.assistant.validation import NO_FLOW, ItemFacts, check_item
from talkwright.assistant.validation.cascades import UNREADABLE, Unread
from talkwright.backend.content.derive import asked_form, keys_by_step, shared_values, stored_name
from talkwright.database.facts import ANY, Checked, save_own_problems, save_problems, who_asked
from talkwright.database.items import StoredItem, load_bodies

SETTINGS = frozenset({"config", "endpoints", "credentials", "domain"})
MOST_ASSISTANTS = 32

Named = tuple[str, str]


@dataclass(slots=True)
class Known:
    """What this process knows of an assistant right after a change."""

    change: int = -1
    items: dict[UUID, tuple[str, str, int]] = field(default_factory=dict)
    bodies: dict[UUID, Any] = field(default_factory=dict)
    keys: dict[UUID, Mapping[str, str]] = field(default_factory=dict)
    typed: dict[Named, Any] = field(default_factory=dict)

    def copy(self) -> Known:
        """One that can be changed without harm to this one."""
        return Known(self.change, dict(self.items), dict(self.bodies), dict(self.keys), dict(self.typed))

    def put(self, item: StoredItem) -> None:
        """Take over an item's revision."""
        self._forget(item.id)
        if item.deleted:
            self.items.pop(item.id, None)
            self.bodies.pop(item.id, None)
        else:
            self.items[item.id] = (item.kind, item.name, item.revision)
            self.bodies[item.id] = item.body
            self.keys[item.id] = item.keys
            self.typed.pop((item.kind, item.name), None)
        if item.kind in SETTINGS:
            self.typed.clear()

    def _forget(self, item: UUID) -> None:
        before = self.items.get(item)
        if before is not None:
            self.typed.pop(before[:2], None)

    def living(self) -> dict[Named, UUID]:
        """The living items' uuids by (kind, name)."""
        return {(kind, name): item for item, (kind, name, _) in self.items.items()}

    def of_kind(self, kind: str) -> list[ItemBody]:
        """The living items of a kind."""
        return [ItemBody(kind, entry[1], self.bodies[item]) for item, entry in self.items.items() if entry[0] == kind]


class KnownFacts(ItemFacts):
    """Facts over the known items, with what was already parsed."""

    def __init__(self, known: Known) -> None:
        super().__init__(ItemBody(kind, name, known.bodies[item]) for item, (kind, name, _) in known.items.items())
        self._typed = known.typed


class Checker:
    """Validates changed assistants; one per process."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, Known] = OrderedDict()

    async def known(self, session: AsyncSession, assistant: UUID, change: int) -> Known:
        """What stands in the rows at the assistant's last change; the caller holds its lock. A copy, free to change."""
        kept = self._known.get(assistant)
        if kept is not None and kept.change == change:
            return kept.copy()
        now = kept.copy() if kept is not None else Known()
        living, bodies = await load_bodies(session, assistant, {item: entry[2] for item, entry in now.items.items()})
        gone = [item for item in now.items if item not in living]
        if gone or any(living[item][0] in SETTINGS for item in bodies):
            now.typed.clear()
        for item in (*gone, *bodies):
            before = now.items.get(item)
            if before is not None:
                now.typed.pop(before[:2], None)
        now.bodies = {item: bodies[item][0] if item in bodies else now.bodies[item] for item in living}
        now.keys = {item: bodies[item][1] if item in bodies else now.keys[item] for item in living}
        for item in bodies:
            now.typed.pop(living[item][:2], None)
        now.items, now.change = living, change
        return now

    def keep(self, session: AsyncSession, assistant: UUID, known: Known) -> None:
        """Remember what was written, once it is committed."""

        def remember(_session: Any) -> None:
            self._known[assistant] = known
            self._known.move_to_end(assistant)
            while len(self._known) > MOST_ASSISTANTS:
                self._known.popitem(last=False)

        event.listen(session.sync_session, "after_commit", remember, once=True)

    async def check(
        self,
        session: AsyncSession,
        assistant: UUID,
        before: Known,
        after: Known,
        touched: Sequence[StoredItem],
        *,
        kept: Mapping[str, bytes],
    ) -> dict[UUID, Checked]:
        """Validate what a change can have touched, write what was found, and return it by item.

        `kept` are the touched files that are no text, by their paths.
        """
        unread = await asyncio.to_thread(unread_files, after)
        await asyncio.to_thread(unread_files, before)  # which then are known
        again = await self._again(session, assistant, before, after, touched)
        checked = await asyncio.to_thread(_checked, again, after, touched, kept, unread)
        await save_problems(session, assistant, list(checked.values()))
        if own_problems(before) != own_problems(after) or before.change <= 0:
            await save_own_problems(session, assistant, own_problems(after))
        return checked

    async def _again(
        self, session: AsyncSession, assistant: UUID, before: Known, after: Known, touched: Sequence[StoredItem]
    ) -> Collection[UUID]:
        whole = any(item.kind in SETTINGS for item in touched) or _has_flow(before) != _has_flow(after)
        whole = whole or unread_files(before) != unread_files(after)
        if whole or len(touched) > len(after.items) // 2:
            return list(after.items)
        names: set[Named] = set()
        for item in touched:
            names |= _questions(before, after, item.id)
        asking = await who_asked(session, assistant, names)
        asking |= {item.id for item in touched}
        return [item for item in after.items if item in asking]


def own_problems(known: Known) -> list[Problem]:
    """The problems that an assistant has as a whole."""
    return [] if _answers(known) or unread_files(known).may_hold(NO_FLOW) else [NO_FLOW]


def unread_files(known: Known) -> Unread:
    """The YAML files that can't be read. Each is read once for as long as it stays as it is."""
    files = {name: known.bodies[item] for item, (kind, name, _) in known.items.items() if kind == "file"}
    unread = (name for name in sorted(files) if is_yaml(name) and _is_unread(known, name, files[name]))
    return Unread(tuple(files[name] for name in unread))


def _is_unread(known: Known, name: str, body: Any) -> bool:
    if not isinstance(body, str):
        return True
    if ("file", name) not in known.typed:
        found = read_contents({name: body.encode("utf-8", "replace")}).problems
        known.typed["file", name] = any(problem.code == UNREADABLE for problem in found)
    return bool(known.typed["file", name])


CHECKER = Checker()
"""This process's checker."""


def _checked(
    again: Collection[UUID],
    known: Known,
    touched: Sequence[StoredItem],
    kept: Mapping[str, bytes],
    unread: Unread,
) -> dict[UUID, Checked]:
    """Validate these items as they are known now; dead ones among the touched have no problem."""
    facts = KnownFacts(known)
    facts.sharing("flow-name", "")  # read all flows now, so that no item counts as having asked for them
    own = {item.id: item for item in touched}
    of_text = {item: _of_text(written, kept) for item, written in own.items()}
    checked = {item: _check(item, of_text.get(item), known, facts, unread) for item in again}
    return checked | {item.id: Checked(item=item.id, problems=(), asked=()) for item in touched if item.deleted}


def _check(item: UUID, of_text: list[Problem] | None, known: Known, facts: KnownFacts, unread: Unread) -> Checked:
    kind, name, _ = known.items[item]
    body = known.bodies[item]
    asked = facts.watch()
    found = check_item(kind, name, body, facts)
    if kind in SETTINGS:
        found += _contradictions(kind, name, known)
    return Checked(
        item=item,
        problems=[problem for problem in found if not unread.may_hold(problem)],
        asked={asked_form(*question) for question in asked},
        of_text=of_text,
        steps=keys_by_step(kind, name, body, known.keys[item]),
    )


def _has_flow(known: Known) -> bool:
    return any(kind == "flow" for kind, _, _ in known.items.values())


def _answers(known: Known) -> bool:
    """Whether the assistant can say anything: by a flow, or by rules or stories in a file."""
    return _has_flow(known) or any(
        kind == "file" and isinstance(known.bodies[item], str) and bool(sections_in(name, known.bodies[item]))
        for item, (kind, name, _) in known.items.items()
    )


def _questions(before: Known, after: Known, item: UUID) -> set[Named]:
    """What somebody may have asked to which a changed item gives another answer now."""
    questions: set[Named] = set()
    for known in (before, after):
        entry = known.items.get(item)
        if entry is not None:
            kind, name, _ = entry
            body = known.bodies[item]
            questions |= {(of, stored_name(called)) for of, called in declared(kind, name, body)}
            questions |= shared_values(kind, name, body)
            if kind == "file":
                questions.add(("agent", stored_name(name.split("/")[1] if name.count("/") > 1 else name)))
    if (before.items.get(item) or ("", ""))[:2] != (after.items.get(item) or ("", ""))[:2]:
        questions |= {(entry[0], ANY) for known in (before, after) if (entry := known.items.get(item)) is not None}
    return questions


def _contradictions(kind: str, name: str, known: Known) -> list[Problem]:
    """What two files of one kind say differently, as problems of the file that is not heard."""
    files = known.of_kind(kind)
    found: list[Problem] = []
    if len(files) > 1:
        merged_document([file for file in files if isinstance(file.body, Mapping)], kind, found)
    return [problem for problem in found if problem.name == name]


def _of_text(item: StoredItem, kept: Mapping[str, bytes]) -> list[Problem]:
    """What an item's text alone shows: written twice, or a file that can't be read."""
    found = item_problems(item.item)
    if item.kind != "file" or not is_yaml(item.name) or item.deleted:
        return found
    if isinstance(item.body, str):
        return [*found, *read_contents({item.name: item.body.encode("utf-8", "replace")}).problems]
    return [*found, kept_unread(item.name, kept.get(item.name, b""))]
