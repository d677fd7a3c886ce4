"""Import of a generated project of 100 flows through the API, with its report of problems: seconds until the answer.

python benchmarks/import_over_http.py [FLOWS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from _studio import new_id, running_studio, told
from import_project import project

from talkwright.assistant.project import to_zip

LIMIT_SECONDS = 2.0
ROUNDS = 3


def main() -> None:
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    archive = to_zip(project(flows))
    with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
        os.chmod(folder, 0o755)
        with running_studio(Path(folder), example="none") as studio:
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
            kept = told(f"import of {flows} flows ({items} items)", best, LIMIT_SECONDS, f", {cpu:.2f} s CPU")
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
