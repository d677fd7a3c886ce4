"""Import of a generated project of 100 flows through the API, with its report of problems: seconds until the answer.

python benchmarks/import_over_http.py [FLOWS]
"""

from __future__ import annotations

import sys
import time

from _figures import tell
from _processes import load
from _studio import data_folder, new_id, running_studio
from import_project import project

from talkwright.assistant.project import to_zip

ROUNDS = 3


def main() -> None:
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    archive = to_zip(project(flows))
    with data_folder() as home, running_studio(home, example="none") as studio:
        studio.become_administrator()
        best, cpu = 1e9, 0.0
        for number in range(ROUNDS):
            before, began = studio.cpu_seconds(), time.monotonic()
            made = new_id()
            address = f"/api/assistants/import?id={made}&name=generated-{number}&title=Generated"
            answer = studio.post(address, content=archive, headers={"Content-Type": "application/zip"})
            spent = time.monotonic() - began
            if spent < best:
                best, cpu = spent, studio.cpu_seconds() - before
        items = sum(answer["report"]["items"].values())
        tell("import-100-flows", best, "s", f"{flows} flows, {items} items, {cpu:.2f} s CPU; {load()}")


if __name__ == "__main__":
    main()
