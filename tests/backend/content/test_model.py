"""Any sequence of changes through the real API, compared with a plain model in memory.

After every step: heads, bodies, texts, the export, and every earlier moment as it was. `--hypothesis-profile=long`
tries far more sequences, and longer ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import yaml
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from tests.backend.content.calls import change, packed, unpacked
from tests.backend.content.model import ContentModel, Entry
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.assistant.items import Kind, Part
from talkwright.assistant.project import read_contents
from talkwright.assistant.project.bodies import body_of
from talkwright.backend.content.checking import CHECKER, Checker
from talkwright.database.ids import uuid7

QUICK, LONG = (5, 14), (60, 40)
"""How many sequences are tried, and how many steps each has."""
KINDS = ("response", "slot", "flow", "intent", "lookup")
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
WORDS = st.text(alphabet="abc äß'\"#:{}-\n%", min_size=1, max_size=12)
START = {
    "config.yml": b"language: en\npolicies: []\n",
    "domain.yml": b"# all of it\nresponses:\n  utter_alpha:  # first\n  - text: one\n  utter_beta:\n  - text: two\n",
    "data/nlu.yml": b"nlu:\n- intent: alpha\n  examples: |\n    - hi\n    - hello\n",
}
ZIP = {"Content-Type": "application/zip"}
PATCHED = {
    "response": ("/0/text", (0, "text")),
    "slot": ("/initial_value", ("initial_value",)),
    "flow": ("/description", ("description",)),
    "intent": ("/examples/0", ("examples", 0)),
    "lookup": ("/0", (0,)),
}


def named(kind: str, name: str) -> str:
    return f"utter_{name}" if kind == "response" else name


def plain(word: str) -> str:
    return word.strip().replace("\n", " ") or "x"


def body_for(kind: str, word: str) -> Any:
    """A body that says a word; a flow's names a response and a slot besides."""
    mentioned = ("alpha", "beta", "gamma", "delta")[len(word) % 4]
    return {
        "response": [{"text": word}],
        "slot": {"type": "text", "initial_value": word},
        "flow": {
            "description": word,
            "steps": [
                {"action": f"utter_{mentioned}"},
                {"id": "note", "set_slots": [{mentioned: "x"}], "next": "END"},
            ],
        },
        "intent": {"domain": {}, "examples": [f"say {plain(word)}"]},
        "lookup": [plain(word)],
    }[kind]


class ContentMachine(RuleBasedStateMachine):
    """Drives the API as two writers do, in one of whose processes each finds the other's work."""

    run: Callable[[Any], Any]
    clients: tuple[Browser, Browser]

    def __init__(self) -> None:
        super().__init__()
        self.assistant = str(uuid7())
        self.model = ContentModel()
        self.exports: dict[int, dict[str, bytes]] = {}
        self.paths: dict[UUID, frozenset[str]] = {}
        self.sent: list[tuple[dict[str, Any], Any]] = []
        self.turn = 0
        self.memories = [Checker()._known, Checker()._known]

    # --- the system -------------------------------------------------------------------------------------------------

    @property
    def browser(self) -> Browser:
        """The other writer's browser, at the other writer's process: it knows what that one has seen, and no more."""
        self.turn = 1 - self.turn
        CHECKER._known = self.memories[self.turn]
        return self.clients[self.turn]

    def ask(self, method: str, path: str, **values: Any) -> Any:
        return self.run(self.browser.send(method, f"/api/assistants/{self.assistant}{path}", **values))

    def post(self, body: dict[str, Any]) -> Any:
        """Send a change; None where it is refused as one that can't be made."""
        answer = self.ask("POST", "/changes", json=body)
        if answer.status_code == 422:
            return None
        assert answer.status_code == 200, answer.text
        self.sent.append((body, answer.json()))
        return answer.json()

    def export(self, at: int | None = None) -> dict[str, bytes]:
        answer = self.ask("GET", "/download" + ("" if at is None else f"?at={at}"))
        assert answer.status_code == 200, answer.text
        return unpacked(answer.content)

    def heads(self) -> tuple[dict[UUID, tuple[str, str, int]], int]:
        answer = self.ask("GET", "/items?limit=200").json()
        assert answer["next"] is None
        found = {
            UUID(item["id"]): (item["kind"], item["name"], item["revision"])
            for item in answer["items"]
            if not item["builtin"]
        }
        return found, answer["change"]

    def settle(self, *brought: str) -> None:
        """Compare everything with the model; `brought` are files that the step put in whole."""
        heads, number = self.heads()
        living = self.model.living
        assert number == self.model.number
        assert {item: head[:2] for item, head in heads.items()} == {i: entry[:2] for i, entry in living.items()}
        touched = set(brought)
        for item, (kind, name, revision) in heads.items():
            if self.model.revisions.get(item) == revision:
                assert self.model.bodies[(item, revision)] == living[item]
                continue
            whole = self.ask("GET", f"/items/{item}").json()
            parts = tuple(
                Part(file=part["file"], place=part["place"], source=part["source"]) for part in whole["parts"]
            )
            assert whole["body"] == living[item][2], (kind, name)
            assert body_of(Kind(kind), parts) == whole["body"], (kind, name)
            touched |= self.paths.get(item, frozenset())
            self.paths[item] = frozenset(part.file for part in parts if part.source)
            touched |= self.paths[item]
        touched |= {path for item in self.paths.keys() - heads.keys() for path in self.paths.pop(item)}
        self.model.remember({item: head[2] for item, head in heads.items()})
        export = self.export()
        project = read_contents(export)
        assert not project.problems
        assert {(str(item.kind), item.name): item.body for item in project.items} == {
            entry[:2]: entry[2] for entry in living.values()
        }
        before = self.exports.get(number, self.exports.get(number - 1, {}))
        if before:
            differ = {path for path in before.keys() | export.keys() if before.get(path) != export.get(path)}
            assert differ <= touched, "what nobody touched keeps its bytes"
        assert self.exports.setdefault(number, export) == export
        for at, files in self.exports.items():
            assert self.export(at) == files, at

    # --- what is done -----------------------------------------------------------------------------------------------

    @initialize()
    def make(self) -> None:
        address = f"/api/assistants/import?id={self.assistant}&name=bot-{self.assistant}"
        answer = self.run(self.browser.send("POST", address, content=packed(START), headers=ZIP))
        assert answer.status_code == 201, answer.text
        heads, _ = self.heads()
        project = read_contents(START)
        ids = {head[:2]: item for item, head in heads.items()}
        self.model.number = 1
        self.model.living = {
            ids[(str(item.kind), item.name)]: (str(item.kind), item.name, item.body) for item in project.items
        }
        self.settle(*START)
        assert self.exports[1] == START

    def pick(self, data: st.DataObject) -> UUID:
        usable = [item for item, entry in self.model.living.items() if entry[0] in KINDS]
        assume(usable)
        return data.draw(st.sampled_from(usable))

    def patch_of(self, item: UUID, word: str) -> tuple[dict[str, Any], Entry]:
        """An edit of an item, and what the item is afterwards."""
        kind, name, body = self.model.living[item]
        path, keys = PATCHED[kind]
        value = plain(word) if kind in ("intent", "lookup") else word
        edit = {"op": "patch", "item": str(item), "revision": self.model.revisions[item]}
        patch = [{"op": "replace", "path": path, "value": value}]
        return {**edit, "patch": patch}, (kind, name, replaced(body, keys, value))

    @rule(kind=st.sampled_from(KINDS), name=NAMES, word=WORDS)
    def create(self, kind: str, name: str, word: str) -> None:
        item, body = uuid7(), body_for(kind, word)
        edit = {"op": "create", "item": str(item), "kind": kind, "name": named(kind, name), "body": body}
        answer = self.post(change(edit))
        assert (answer is None) == self.model.is_taken(kind, named(kind, name))
        if answer is not None:
            self.model.change({item: (kind, named(kind, name), body)})
        self.settle()

    @rule(data=st.data(), word=WORDS)
    def patch(self, data: st.DataObject, word: str) -> None:
        item = self.pick(data)
        edit, expected = self.patch_of(item, word)
        assert self.post(change(edit)) is not None
        self.model.change({item: expected})
        self.settle()

    @rule(data=st.data(), name=NAMES)
    def rename(self, data: st.DataObject, name: str) -> None:
        item = self.pick(data)
        kind = self.model.living[item][0]
        new = named(kind, name)
        taken = self.model.is_taken(kind, new, but=item)
        edit = {"op": "rename", "item": str(item), "revision": self.model.revisions[item], "name": new}
        answer = self.post(change(edit))
        assert (answer is None) == taken
        if answer is not None:
            self.model.change(self.model.renamed(item, new))
        self.settle()

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        item = self.pick(data)
        edit = {"op": "delete", "item": str(item), "revision": self.model.revisions[item]}
        assert self.post(change(edit)) is not None
        self.model.change({item: None})
        self.settle()

    @precondition(lambda self: self.model.dead())
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        """Undo of a delete: the same uuid from its last living revision."""
        item = data.draw(st.sampled_from(self.model.dead()))
        revision, entry = self.model.last_life(item)
        kind, name, _ = entry
        edit = {"op": "create", "item": str(item), "kind": kind, "name": name, "from": {"revision": revision}}
        answer = self.post(change(edit))
        assert (answer is None) == self.model.is_taken(kind, name)
        if answer is not None:
            self.model.change({item: entry})
        self.settle()

    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, self.model.number))
        expected = self.model.reverted(number)
        answer = self.ask("POST", f"/changes/{number}/revert", json={"id": str(uuid7())})
        assert answer.status_code in ((200,) if expected is not None else (409, 422)), answer.text
        if expected is not None:
            was_last = number == self.model.number
            self.model.change(expected)
            self.settle()
            if was_last and number > 1:
                assert self.exports[self.model.number] == self.exports[number - 1]

    @rule(kind=st.sampled_from(["flow", "response"]), words=st.dictionaries(NAMES, WORDS, min_size=1))
    def import_a_file(self, kind: str, words: dict[str, str]) -> None:
        path = "data/more.yml" if kind == "flow" else "domain/more.yml"
        bodies = {named(kind, name): body_for(kind, word) for name, word in words.items()}
        self.put({path: yaml.safe_dump({f"{kind}s": bodies}, allow_unicode=True).encode()})

    @rule(data=st.data())
    def import_an_old_state(self, data: st.DataObject) -> None:
        self.put(self.exports[data.draw(st.integers(1, self.model.number))])

    def put(self, files: dict[str, bytes]) -> None:
        """Import files over the assistant, twice with one id."""
        standing = [item for item, paths in self.paths.items() if paths and paths <= files.keys()]
        project = read_contents(files)
        address = f"/import?change={uuid7()}"
        first = self.ask("POST", address, content=packed(files), headers=ZIP)
        assert first.status_code == 200, first.text
        again = self.ask("POST", address, content=packed(files), headers=ZIP)
        assert again.json()["report"] == first.json()["report"]
        heads, _ = self.heads()
        ids = {head[:2]: item for item, head in heads.items()}
        brought = {(str(item.kind), item.name): item.body for item in project.items}
        for key in list(brought):
            known = self.model.known_as(*key)
            assert known is None or ids[key] == known, "a name that comes back is the item that had it"
        for kind, name, _ in self.model.living.values():
            paths = self.paths.get(ids[kind, name], frozenset()) if (kind, name) in ids else frozenset()
            is_touched = bool(paths & files.keys()) or (kind, name) in brought
            if kind == "intent" and is_touched and not paths <= files.keys():
                # parts in other files stay its parts, those in these files are what they bring
                brought[kind, name] = self.ask("GET", f"/items/{ids[kind, name]}").json()["body"]
        changes: dict[UUID, Entry | None] = dict.fromkeys(standing)
        changes |= {ids[key]: (*key, body) for key, body in brought.items()}
        self.model.change(changes)
        self.settle(*files)
        for path, content in files.items():
            assert self.exports[self.model.number][path] == content

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        body, answer = data.draw(st.sampled_from(self.sent))
        repeated = self.ask("POST", "/changes", json=body)
        assert (repeated.status_code, repeated.json()) == (200, answer)
        self.settle()

    @rule(data=st.data(), words=st.lists(WORDS, min_size=2, max_size=2, unique=True))
    def write_at_once(self, data: st.DataObject, words: list[str]) -> None:
        """Two people at one moment: on one item the second is told, on two both are kept in one order."""
        items = [self.pick(data), self.pick(data)]
        edits = [self.patch_of(item, word) for item, word in zip(items, words, strict=True)]
        address = f"/api/assistants/{self.assistant}/changes"

        async def both() -> Any:
            sends = [self.clients[at].send("POST", address, json=change(edits[at][0])) for at in (0, 1)]
            return await asyncio.gather(*sends)

        answers = self.run(both())
        kept = [at for at in (0, 1) if answers[at].status_code == 200]
        if items[0] != items[1]:
            assert len(kept) == 2
        elif len(kept) == 1:
            refused = answers[1 - kept[0]]
            assert (refused.status_code, refused.json()["code"]) == (409, "stale")
            shown = refused.json()["items"][0]
            assert (shown["id"], shown["body"]) == (str(items[0]), edits[kept[0]][1][2])
        else:
            assert any(not answer.json()["items"] for answer in answers), "one of them changed nothing"
        for at in sorted(kept, key=lambda at: answers[at].json()["change"]):
            self.model.change({items[at]: edits[at][1]}, settle_later=True)
        if len(kept) == 2:
            first = self.model.number - 1
            self.exports[first] = self.export(first)
        self.settle(*(path for item in items for path in self.paths[item]))

    def teardown(self) -> None:
        """Every revision that there ever was can be read."""
        for (item, number), entry in self.model.bodies.items():
            answer = self.ask("GET", f"/items/{item}/revisions/{number}")
            assert (answer.json()["body"] if answer.status_code == 200 else None) == (entry and entry[2])


def replaced(body: Any, keys: tuple[Any, ...], value: Any) -> Any:
    """The body with another value at a place."""
    if not keys:
        return value
    copied = list(body) if isinstance(body, list) else dict(body)
    copied[keys[0]] = replaced(body[keys[0]], keys[1:], value)
    return copied


async def in_process(studio: RunningStudio) -> Browser:
    """A signed-in browser that calls the application itself, without a port between."""
    signed_in = await studio.administrator()
    transport = httpx2.ASGITransport(app=studio.studio.app)
    http = httpx2.AsyncClient(transport=transport, base_url=studio.base_url, cookies=signed_in.http.cookies)
    studio.browsers.append(browser := Browser(http, signed_in.csrf))
    return browser


def test_any_sequence_of_changes_is_what_a_plain_model_says(database_url: str, tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    remembered = CHECKER._known
    running = run_studio(database_url, tmp_path)
    studio = loop.run_until_complete(running.__aenter__())

    class Machine(ContentMachine):
        pass

    Machine.run = staticmethod(loop.run_until_complete)
    Machine.clients = tuple(loop.run_until_complete(in_process(studio)) for _ in range(2))  # type: ignore[assignment]  # there are two
    examples, steps = LONG if settings.get_current_profile_name() == "long" else QUICK
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    phases = [Phase.reuse, Phase.generate] + ([Phase.shrink] if examples == LONG[0] else [])
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                suppress_health_check=slow,
                phases=phases,
            ),
        )
    finally:
        CHECKER._known = remembered
        loop.run_until_complete(running.__aexit__(None, None, None))
        loop.close()
