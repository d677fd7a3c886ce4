"""A change costs what it touches: only what it can have changed is validated again, and beside the event loop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.backend.content.calls import change, imported, item_named, send, text_patch
from tests.services.studio import Browser

from talkwright.assistant.validation import check_item
from talkwright.backend.content import checking

pytestmark = pytest.mark.anyio

FLOWS = 80
LOOP = threading.main_thread()


class Watch:
    """Which items were validated, and in which threads."""

    def __init__(self) -> None:
        self.items: list[tuple[str, str]] = []
        self.threads: set[threading.Thread] = set()

    def taken(self) -> set[tuple[str, str]]:
        """What was validated since it was last asked; nothing may be validated twice for one change."""
        found, self.items = self.items, []
        assert len(found) == len(set(found))
        return set(found)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    seen = Watch()

    def watched(kind: str, name: str, body: Any, facts: Any) -> Any:
        seen.items.append((kind, name))
        seen.threads.add(threading.current_thread())
        return check_item(kind, name, body, facts)

    monkeypatch.setattr(checking, "check_item", watched)
    yield seen
    assert LOOP not in seen.threads


def project() -> dict[str, bytes]:
    """Flows that each say a line and ask for a slot of their own; each links to the next one, the last to nothing."""
    flows, slots, responses = ["flows:\n"], ["slots:\n"], ["responses:\n"]
    for number in range(FLOWS):
        flows.append(f"  flow_{number:02}:\n    description: does thing {number}\n    steps:\n")
        flows.append(f"    - action: utter_{number:02}\n    - collect: slot_{number:02}\n")
        flows.append(f"    - link: flow_{number + 1:02}\n")
        slots.append(f"  slot_{number:02}: {{type: text, mappings: [{{type: from_llm}}]}}\n")
        responses.append(f"  utter_{number:02}:\n  - text: line {number}\n")
        responses.append(f"  utter_ask_slot_{number:02}:\n  - text: question {number}\n")
    texts = {"data/flows.yml": flows, "domain/slots.yml": slots, "domain/responses.yml": responses}
    config = b"assistant_id: large\nlanguage: en\n"
    return {"config.yml": config} | {path: "".join(lines).encode() for path, lines in texts.items()}


async def problems(browser: Browser, assistant: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await browser.send("GET", f"/api/assistants/{assistant}/problems")).json()["items"]
    return [{key: value for key, value in problem.items() if key != "fix"} for problem in found]


def patched(item: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    patch = [{"op": "replace", "path": path, "value": value}]
    return change({"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})


async def test_in_a_large_assistant_only_what_can_change_is_validated_again(admin: Browser, watch: Watch) -> None:
    made = (await imported(admin, project()))["assistant"]["id"]
    assert len(watch.taken()) > 4 * FLOWS
    assert [(problem["code"], problem["name"]) for problem in await problems(admin, made)] == [
        ("undeclared-flow", f"flow_{FLOWS - 1}")
    ]

    flow = await item_named(admin, made, "flow", "flow_40")
    await send(admin, made, patched(flow, "/steps/0/action", "utter_nowhere"))
    assert watch.taken() == {("flow", "flow_40"), ("flow", "flow_39")}  # the flow, and the one that links to it

    response = await item_named(admin, made, "response", "utter_20")
    await send(admin, made, change(text_patch(response, "another line")))
    assert watch.taken() == {("response", "utter_20"), ("flow", "flow_20")}

    slot = await item_named(admin, made, "slot", "slot_30")
    await send(admin, made, patched(slot, "/type", "bool"))
    assert ("flow", "flow_30") in watch.items
    assert len(watch.taken()) <= 4

    found = await problems(admin, made)
    assert {problem["name"] for problem in found} >= {"flow_40", f"flow_{FLOWS - 1}"}
    config = await item_named(admin, made, "config", "config.yml")
    await send(admin, made, patched(config, "/assistant_id", "larger"))
    assert len(watch.taken()) > 4 * FLOWS  # settings are everybody's business
    assert await problems(admin, made) == found
