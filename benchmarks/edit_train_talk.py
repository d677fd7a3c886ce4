"""A text is edited, trained and heard in the chat: seconds of each stage, over HTTP against a real studio.

The best of some rounds counts: whatever else runs on the machine only ever makes one slower.

python benchmarks/edit_train_talk.py [--rounds N]
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from typing import Any

from _figures import tell
from _processes import load
from _studio import MeasuredStudio, data_folder, new_id, running_studio

RESPONSE = "utter_ask_transfer_recipient"
ASKS = "I'd like to send some money"
STAGES = ("saved", "queued", "training", "starting", "answering")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with data_folder() as home, running_studio(home) as studio:
        studio.become_administrator()
        assistant = studio.wait_for_example()["id"]
        studio.listen(assistant)
        base = f"/api/assistants/{assistant}"
        first = said(studio, base, ASKS)
        rounds = [edited_and_heard(studio, base, first, number) for number in range(options.rounds)]
    best = min(rounds, key=total)
    for stage in STAGES:
        sys.stderr.write(f"  {stage}: {best[stage]:.2f} s\n")
    median = statistics.median(map(total, rounds))
    tell("edit-to-answer", total(best), "s", f"median {median:.2f} s; {load()}")
    tell("edit-to-answer-cpu", min(times["cpu"] for times in rounds), "CPU s", "all processes of the studio")


def total(times: dict[str, float]) -> float:
    """Seconds from the edit to the answer."""
    return sum(times[stage] for stage in STAGES)


def edited_and_heard(studio: MeasuredStudio, base: str, first: dict[str, Any], number: int) -> dict[str, float]:
    """One round; gives the seconds of each stage."""
    text = f"Who shall have it, please ({number})?"
    cpu, began = studio.cpu_seconds(), time.monotonic()
    item = studio.get(f"{base}/items?kind=response&name={first['name']}")["items"][0]
    patch = [{"op": "replace", "path": "/0/text", "value": text}]
    edit = {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch}
    command = {"name": "edit-text", "arguments": {"kind": "response", "name": first["name"]}}
    studio.post(f"{base}/changes", json={"id": new_id(), "command": command, "edits": [edit]})
    marks = [began, time.monotonic()]
    training = studio.post(f"{base}/trainings", json={"id": new_id(), "deploy": True})
    awaited(studio, f"{base}/trainings/{training['id']}", lambda row: row["state"] != "queued", marks)
    awaited(studio, f"{base}/trainings/{training['id']}", lambda row: row["state"] == "succeeded", marks)
    awaited(studio, base, lambda row: (row["deployment"] or {}).get("training") == training["id"], marks)
    if text not in said(studio, base, ASKS)["texts"]:
        raise SystemExit("The new text was not heard.")
    marks.append(time.monotonic())
    times = dict(zip(STAGES, (after - before for before, after in itertools.pairwise(marks)), strict=True))
    return {**times, "cpu": studio.cpu_seconds() - cpu}


def awaited(studio: MeasuredStudio, path: str, reached: Any, marks: list[float]) -> None:
    """Look each time the event stream tells of something, as a page does, until it is so."""
    while True:
        studio.told.clear()
        row = studio.get(path)
        if row.get("state") in ("failed", "cancelled"):
            raise SystemExit(f"The training {row['state']}: {row['reason']}")
        if reached(row):
            marks.append(time.monotonic())
            return
        studio.told.wait(1)


def said(studio: MeasuredStudio, base: str, text: str) -> dict[str, Any]:
    """What a new chat answers to a sentence: the texts, and the name of the last response."""
    chat = new_id()
    studio.post(f"{base}/chats", json={"id": chat, "language": "en"})
    answer = studio.post(f"{base}/chats/{chat}/messages", json={"id": new_id(), "text": text})
    bots = [entry for entry in answer["turn"]["entries"] if entry["kind"] == "bot"]
    return {"texts": [entry["text"] for entry in bots], "name": bots[-1]["name"]}


if __name__ == "__main__":
    main()
