"""Any sequence of changes, compared with a plain model in memory: heads, the past, texts, and what is exported."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from talkwright.assistant.project import read_contents
from talkwright.assistant.project.bodies import body_of
from talkwright.backend.content.checking import Checker
from talkwright.backend.content.reverting import reverting
from talkwright.backend.content.writing import ChangeRequest, begin, write_change
from talkwright.backend.errors import ProblemError
from talkwright.backend.interchange.importing import creation_change, import_project
from talkwright.database import assistants
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.items import load_at, load_heads
from talkwright.database.projects import as_project, load_project, written

KINDS = ("response", "slot", "flow", "intent", "lookup")
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
WORDS = st.text(alphabet="abc äß'\"#:{}-\n%", min_size=1, max_size=12)
START = {
    "config.yml": b"language: en\npolicies: []\n",
    "domain.yml": b"# all of it\nresponses:\n  alpha:  # first\n  - text: one\n  beta:\n  - text: two\n",
    "data/nlu.yml": b"nlu:\n- intent: alpha\n  examples: |\n    - hi\n    - hello\n",
}
Named = tuple[str, str]


def body_for(kind: str, word: str) -> Any:
    return {
        "response": [{"text": word}],
        "slot": {"type": "text", "initial_value": word},
        "flow": {"description": word, "steps": [{"action": "utter_alpha"}, {"id": "end", "noop": True, "next": "END"}]},
        "intent": {"domain": {}, "examples": [f"say {word.strip() or 'it'}".replace("\n", " ")]},
        "lookup": [word.strip().replace("\n", " ") or "x"],
    }[kind]


def edit_for(kind: str, word: str) -> dict[str, Any]:
    path = {
        "response": "/0/text",
        "slot": "/initial_value",
        "flow": "/description",
        "intent": "/examples/0",
        "lookup": "/0",
    }
    plain = word.strip().replace("\n", " ") or "x"
    return {"op": "replace", "path": path[kind], "value": plain if kind in ("intent", "lookup") else word}


class ContentMachine(RuleBasedStateMachine):
    """Drives the write path; `state` is the model: {uuid: (kind, name, body)} after every change."""

    run: Callable[[Any], Any]
    database: Database

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self.assistant = uuid7()
        self.checkers = [Checker(), Checker()]
        self.writer = 0
        self.state: dict[UUID, tuple[str, str, Any]] = {}
        self.revisions: dict[UUID, int] = {}
        self.past: dict[int, dict[UUID, tuple[str, str, Any]]] = {}
        self.exports: dict[int, dict[str, bytes]] = {}
        self.last = 0
        self.done: list[tuple[ChangeRequest, Any]] = []

    # --- the system -------------------------------------------------------------------------------------------------

    async def _send(self, request: ChangeRequest) -> Any:
        self.writer = 1 - self.writer  # two processes take turns, so that each finds the other's work
        async with self.database.transaction() as session:
            writing = await begin(session, self.checkers[self.writer], self.assistant, SYSTEM_USER)
            return await write_change(writing, request)

    async def _import(self, files: dict[str, bytes], request: ChangeRequest) -> Any:
        project = read_contents(files)
        async with self.database.transaction() as session:
            writing = await begin(session, self.checkers[0], self.assistant, SYSTEM_USER)
            return await import_project(writing, project, request)

    async def _heads(self) -> dict[UUID, Any]:
        async with self.database.transaction() as session:
            return {item.id: item for item in await load_heads(session, self.assistant)}

    async def _dead_revisions(self) -> dict[UUID, int]:
        async with self.database.transaction() as session:
            return {item.id: item.revision for item in await load_heads(session, self.assistant, self.revisions)}

    async def _export(self, change: int | None = None) -> dict[str, bytes]:
        async with self.database.transaction() as session:
            return written(await load_project(session, self.assistant, change))

    def _send_edits(self, *edits: dict[str, Any]) -> Any | None:
        """Send a change; None where it is refused, and then nothing may differ."""
        request = ChangeRequest(id=uuid7(), command={"name": "test", "arguments": {}}, edits=edits)
        try:
            answer = self.run(self._send(request))
        except ProblemError as problem:
            if problem.status != 422:
                raise
            return None
        self.done.append((request, answer))
        return answer

    def _follow(self, answer: Any) -> None:
        """Take over what an answer says into the model."""
        for item in answer["items"]:
            key = UUID(item["id"])
            assert item["revision"] == self.revisions.get(key, 0) + 1
            self.revisions[key] = item["revision"]
            if item["deleted"]:
                self.state.pop(key, None)
            else:
                self.state[key] = (item["kind"], item["name"], item["body"])
        self._remember()

    def _remember(self) -> None:
        self.last += 1
        self.past[self.last] = copy.deepcopy(self.state)
        self.exports[self.last] = self.run(self._export())

    def _take_heads(self) -> None:
        heads = self.run(self._heads())
        self.state = {key: (item.kind, item.name, item.body) for key, item in heads.items()}
        self.revisions |= {key: item.revision for key, item in heads.items()}
        self.revisions |= self.run(self._dead_revisions())

    # --- what is done -----------------------------------------------------------------------------------------------

    @initialize()
    def make(self) -> None:
        async def make() -> None:
            async with self.database.transaction() as session:
                name = f"bot-{self.assistant}"
                await assistants.create(
                    session, self.assistant, name=name, title=name, language="en", author=SYSTEM_USER
                )

        self.run(make())
        self.run(self._import(START, creation_change(self.assistant, "import-project", "import")))
        self._take_heads()
        self._remember()
        assert self.exports[1] == START

    @rule(target=items, kind=st.sampled_from(KINDS), name=NAMES, word=WORDS)
    def create(self, kind: str, name: str, word: str) -> UUID:
        item = uuid7()
        body = body_for(kind, word)
        answer = self._send_edits({"op": "create", "item": item, "kind": kind, "name": name, "body": body})
        if (kind, name) in {entry[:2] for entry in self.state.values()}:
            assert answer is None
        if answer is not None:
            self._follow(answer)
            assert self.state[item] == (kind, name, body)
        return item

    @rule(item=items, word=WORDS)
    def patch(self, item: UUID, word: str) -> None:
        if item not in self.state:
            return
        kind, name, body = self.state[item]
        edit = edit_for(kind, word)
        answer = self._send_edits({"op": "patch", "item": item, "revision": self.revisions[item], "patch": [edit]})
        if answer is None:
            return
        expected = copy.deepcopy(body)
        place, _, key = edit["path"].rpartition("/")
        holder: Any = expected
        for token in place.split("/")[1:]:
            holder = holder[int(token)] if isinstance(holder, list) else holder[token]
        holder[int(key) if isinstance(holder, list) else key] = edit["value"]
        if answer["items"]:
            self._follow(answer)
        else:
            self._remember()
        assert self.state[item] == (kind, name, expected)

    @rule(item=items, name=NAMES)
    def rename(self, item: UUID, name: str) -> None:
        if item not in self.state:
            return
        kind = self.state[item][0]
        taken = any(entry[:2] == (kind, name) for key, entry in self.state.items() if key != item)
        answer = self._send_edits({"op": "rename", "item": item, "revision": self.revisions[item], "name": name})
        assert (answer is None) == taken
        if answer is not None:
            self._follow(answer)
            assert self.state[item][1] == name

    @rule(item=items)
    def delete(self, item: UUID) -> None:
        if item in self.state:
            answer = self._send_edits({"op": "delete", "item": item, "revision": self.revisions[item]})
            assert answer is not None
            self._follow(answer)
            assert item not in self.state

    @rule(item=items, back=st.integers(1, 3))
    def bring_back(self, item: UUID, back: int) -> None:
        """Undo of a delete: the same uuid from an old revision."""
        revision = self.revisions.get(item, 0) - back
        if item in self.state or revision < 1:
            return
        known = next((state[item] for state in reversed(self.past.values()) if item in state), None)
        if known is None:
            return
        origin = {"revision": revision}
        edit = {"op": "create", "item": item, "kind": known[0], "name": known[1], "from": origin}
        answer = self._send_edits(edit)
        if answer is not None:
            self._follow(answer)

    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.last))

        async def send() -> Any:
            async with self.database.transaction() as session:
                request = await reverting(session, self.assistant, number, uuid7())
            return await self._send(request)

        try:
            answer = self.run(send())
        except ProblemError as problem:
            if problem.status not in (409, 422):
                raise
            return
        self._follow(answer)
        before = self.past.get(number - 1, {})
        for item in answer["items"]:
            key = UUID(item["id"])
            assert (key in self.state) == (key in before)

    @rule(data=st.data())
    def import_an_old_state(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.last))
        request = ChangeRequest(id=uuid7(), command={"name": "import-project"}, edits=(), source="import")
        self.run(self._import(self.exports[number], request))
        self._take_heads()
        self._remember()
        for path, content in self.exports[number].items():
            assert self.exports[self.last][path] == content

    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        if self.done:
            request, answer = data.draw(st.sampled_from(self.done))
            assert self.run(self._send(request)) == answer

    @rule(item=items)
    def send_stale(self, item: UUID) -> None:
        if item in self.state and self.revisions[item] > 1:
            edit = {"op": "delete", "item": item, "revision": self.revisions[item] - 1}
            request = ChangeRequest(id=uuid7(), command={"name": "test"}, edits=[edit])
            with pytest.raises(ProblemError) as caught:
                self.run(self._send(request))
            assert (caught.value.status, caught.value.code) == (409, "stale")

    # --- what must hold ---------------------------------------------------------------------------------------------

    @invariant()
    def heads_are_what_the_model_says_and_what_their_texts_parse_to(self) -> None:
        if not self.last:
            return
        heads = self.run(self._heads())
        assert {key: (item.kind, item.name, item.body) for key, item in heads.items()} == self.state
        for item in heads.values():
            assert body_of(item.item.kind, item.parts) == item.body

    @invariant()
    def the_export_reads_back_to_the_same_items(self) -> None:
        if not self.last:
            return
        project = read_contents(self.exports[self.last])
        assert not project.problems
        read = {(str(item.kind), item.name): item.body for item in project.items}
        assert read == {(kind, name): body for kind, name, body in self.state.values()}

    def teardown(self) -> None:
        """Every moment of the past can be had as it was."""

        async def past(number: int) -> Any:
            async with self.database.transaction() as session:
                items = await load_at(session, self.assistant, number)
                files, _ = as_project(await load_project(session, self.assistant, number))
            assert files is not None
            return {item.id: (item.kind, item.name, item.body) for item in items}

        for number, state in self.past.items():
            assert self.run(past(number)) == state
            assert self.run(self._export(number)) == self.exports[number]


def test_any_sequence_of_changes_is_what_a_plain_model_says(database_url: str) -> None:
    loop = asyncio.new_event_loop()
    database = Database.at(database_url)

    class Machine(ContentMachine):
        pass

    Machine.run = staticmethod(loop.run_until_complete)
    Machine.database = database
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=6,
                stateful_step_count=18,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
    finally:
        loop.run_until_complete(database.close())
        loop.close()
