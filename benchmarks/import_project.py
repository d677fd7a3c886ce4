"""Reading a generated project of 100 flows: CPU seconds for reading, writing back, and one edit.

Run: .venv/bin/python benchmarks/import_project.py [flows]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from _figures import tell

from talkwright.assistant.editing import apply_edit
from talkwright.assistant.project import read_project, to_zip, write_project

STEPS = 10
EXAMPLES = 10


def flow(number: int, steps: int = STEPS) -> str:
    head = f"flows:\n  flow_{number}:\n    name: thing {number}\n    description: does thing {number} for the user\n"
    return head + "    steps:\n" + "".join(step(number, place, steps) for place in range(steps))


def step(number: int, place: int, steps: int) -> str:
    """A question with a rejection and a branch, each of one of the flow's three slots."""
    slot = f"slots.slot_{number}_{place % 3}"
    rejected, chosen = ((f"{slot} > {place + 100}", f"{slot} > 10"), (f"{slot} is null", f"{slot} is 'one'"))[
        place % 3 > 0
    ]
    return (
        f"      - id: ask_{place}  # asks\n"
        f"        collect: slot_{number}_{place % 3}\n"
        f"        description: the value {place} of thing {number}\n"
        "        rejections:\n"
        f"          - if: {rejected}\n"
        "            utter: utter_refused\n"
        "        next:\n"
        f"          - if: {chosen}\n"
        "            then: END\n"
        f"          - else: {'END' if place == steps - 1 else f'ask_{place + 1}'}\n\n"
    )


def slot(number: int, place: int) -> str:
    kind = ("float", "categorical", "text")[place]
    values = "    values: [one, two]\n" if kind == "categorical" else ""
    return f"  slot_{number}_{place}:\n    type: {kind}\n{values}    mappings:\n      - type: from_llm\n"


def question(number: int, place: int) -> str:
    name = f"slot_{number}_{place}"
    values = ("1", "50") if place == 0 else ("one", "two")
    buttons = "".join(f"        - title: {value}\n          payload: /SetSlots({name}={value})\n" for value in values)
    return f"  utter_ask_{name}:\n    - text: What is the value {place} of thing {number}?\n      buttons:\n{buttons}"


def domain(flows: int, *, intents: bool) -> str:
    numbers = [(flow_number, place) for flow_number in range(flows) for place in range(3)]
    slots = "".join(slot(*place) for place in numbers)
    responses = "".join(question(*place) for place in numbers) + "  utter_refused:\n    - text: That is no value.\n"
    actions = "".join(f"  - action_{f}\n" for f in range(flows))
    named = "intents:\n" + "".join(f"  - intent_{f}\n" for f in range(flows)) if intents else ""
    return f'version: "3.1"\n\n{named}\nslots:\n{slots}\nresponses:\n{responses}\nactions:\n{actions}'


def nlu(flows: int, examples: int) -> str:
    entries = (
        f"- intent: intent_{f}\n  examples: |\n"
        + "".join(f"    - please do thing {f} in way {e}\n" for e in range(examples))
        + "\n"
        for f in range(flows)
    )
    return 'version: "3.1"\nnlu:\n' + "".join(entries)


def project(flows: int, *, steps: int = STEPS, examples: int = EXAMPLES) -> dict[str, bytes]:
    """The files of a project with this many flows; `examples` for each of its intents, or none at all."""
    files = {f"data/flows/flow_{number}.yml": flow(number, steps).encode() for number in range(flows)}
    files["domain.yml"] = domain(flows, intents=examples > 0).encode()
    if examples:
        files["data/nlu.yml"] = nlu(flows, examples).encode()
    files["config.yml"] = (
        b"recipe: default.v1\nlanguage: en\nassistant_id: bench\npipeline: []\npolicies:\n- name: FlowPolicy\n"
    )
    return files


def cpu(action: Callable[[], object], rounds: int = 5) -> float:
    """The least CPU seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        action()
        seconds.append(time.process_time() - start)
    return min(seconds)


def main() -> None:
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    files = project(flows)
    archive = to_zip(files)
    read = read_project(archive)
    assert write_project(read.files, read.items) == files
    item = read.item("flow", "flow_7")
    assert item is not None
    patch = [{"op": "replace", "path": "/steps/5/description", "value": "another caption"}]
    size = sum(map(len, files.values()))
    what = f"{flows} flows, {len(read.items)} items, {size // 1000} KB of YAML, {len(archive) // 1000} KB packed"
    tell("read-100-flows", cpu(lambda: read_project(archive)) * 1000, "ms CPU", what)
    tell("write-100-flows", cpu(lambda: write_project(read.files, read.items)) * 1000, "ms CPU")
    tell("edit-one-text", cpu(lambda: apply_edit(item, patch)) * 1000, "ms CPU", f"one caption of {STEPS} steps")


if __name__ == "__main__":
    main()
