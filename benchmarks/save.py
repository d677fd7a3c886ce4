"""One save in an assistant of 200 flows: CPU of the backend from the request to the answer, by what is saved.

python benchmarks/save.py [FLOWS]
"""

from __future__ import annotations

import sys
from typing import Any

from _figures import tell
from _processes import cpu_seconds
from _studio import MeasuredStudio, data_folder, new_id, running_studio
from import_project import project

from talkwright.assistant.project import to_zip

SAVES = 60
EDITS = {
    "flow": ("flow_7", "replace", "/steps/5/description"),
    "response": ("utter_ask_slot_3_2", "replace", "/0/text"),
    "slot": ("slot_3_2", "add", "/initial_value"),
}


def saves(studio: MeasuredStudio, assistant: str, kind: str) -> float:
    """CPU seconds of the backend for one save of a text in an item, on average."""
    name, op, path = EDITS[kind]
    (listed,) = studio.get(f"/api/assistants/{assistant}/items?kind={kind}&name={name}")["items"]
    revision = listed["revision"]
    backend = studio.running.process_of("backend")
    began = 0.0
    for number in range(SAVES + 1):
        patch = [{"op": op, "path": path, "value": f"text {number}"}]
        edit = {"op": "patch", "item": listed["id"], "revision": revision + number, "patch": patch}
        change: dict[str, Any] = {"id": new_id(), "command": {"name": "edit-text", "arguments": {}}, "edits": [edit]}
        studio.post(f"/api/assistants/{assistant}/changes", json=change)
        if number == 0:  # the first one reads what the process does not know yet
            began = cpu_seconds(backend)
    return (cpu_seconds(backend) - began) / SAVES


def main() -> None:
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    archive = to_zip(project(flows))
    with data_folder() as home, running_studio(home, example="none") as studio:
        studio.become_administrator()
        made = new_id()
        address = f"/api/assistants/import?id={made}&name=generated&title=Generated"
        studio.post(address, content=archive, headers={"Content-Type": "application/zip"})
        spent = {kind: saves(studio, made, kind) * 1000 for kind in EDITS}
        note = ", ".join(f"{kind} {cost:.1f}" for kind, cost in spent.items())
        tell("save-at-200-flows", max(spent.values()), "ms CPU", f"{flows} flows; {note}")


if __name__ == "__main__":
    main()
