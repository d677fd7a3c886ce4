"""Small assistants as this folder writes them down: flows with their slots, examples, and labelled messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.domain import Domain, Response, Slot, Variation
from talkwright.assistant.flows import ActionStep, CollectStep, Flow, NluTrigger, Step
from talkwright.assistant.nlu import Example, NluData

ASSISTANTS = Path(__file__).parent / "assistants"
NOTHING = "none"


@dataclass(frozen=True)
class Small:
    """One assistant: what its file says, and messages by flow, those of no flow under `none`."""

    name: str
    flows: Mapping[str, Mapping[str, Any]]
    messages: Mapping[str, Sequence[str]]
    language: str = "en"

    def examples(self) -> dict[str, Sequence[str]]:
        """The examples of all flows."""
        return {flow: tuple(body.get("examples", ())) for flow, body in self.flows.items()}

    def assistant(self, examples: Mapping[str, Sequence[str]], *, without: str | None = None) -> Assistant:
        """The assistant with these examples, and without one of its flows."""
        bodies = {flow: body for flow, body in self.flows.items() if flow != without}
        slots = {
            name: _slot(name, kind) for body in bodies.values() for name, kind in (body.get("slots") or {}).items()
        }
        responses = {
            f"utter_ask_{name}": Response(name=f"utter_ask_{name}", variations=(Variation(text=str(body["asks"])),))
            for body in bodies.values()
            for name in list(body.get("slots") or {})[:1]
            if body.get("asks")
        }
        told = {flow: tuple(Example(text=text) for text in examples.get(flow, ())) for flow in bodies}
        return Assistant(
            language=self.language,
            flows={flow: _flow(flow, body, bool(told[flow])) for flow, body in bodies.items()},
            domain=Domain(slots=slots, responses=responses),
            nlu=NluData(intents={flow: texts for flow, texts in told.items() if texts}),
        )


def read_assistants(folder: Path = ASSISTANTS) -> list[Small]:
    """All of the folder, by name."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        found.append(Small(path.stem, body["flows"], body["messages"], body.get("language", "en")))
    return found


def _flow(flow_id: str, body: Mapping[str, Any], taught: bool) -> Flow:
    asked: list[Step] = [
        CollectStep(id=f"{number}_collect_{name}", path=f"/steps/{number}", slot=name, utter=f"utter_ask_{name}")
        for number, name in enumerate(body.get("slots") or {})
    ]
    done = ActionStep(id="done", path=f"/steps/{len(asked)}", action="utter_done")
    return Flow(
        id=flow_id,
        name=str(body["name"]),
        description=str(body["description"]),
        steps=(*asked, done),
        nlu_triggers=(NluTrigger(intent=flow_id),) if taught else (),
    )


def _slot(name: str, kind: Any) -> Slot:
    if isinstance(kind, list):
        return Slot(name=name, type="categorical", values=tuple(kind))
    return Slot(name=name, type=kind)
