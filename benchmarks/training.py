"""CPU of training a project into a model: imports apart, then the same as a process of its own, as people start it.

python benchmarks/training.py [PROJECT]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _figures import tell

ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path(__file__).parents[1] / "examples" / "bank")
    options = parser.parse_args()
    started = time.process_time()
    import talkwright.engine.understanding.local.learning  # noqa: PLC0415, F401 - its time is measured here
    from talkwright.engine.training import train_job  # noqa: PLC0415 - as above

    imported = time.process_time()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        code = train_job(options.project, Path(folder) / "model.tar.gz")
    trained = time.process_time()
    if code:
        raise SystemExit(f"{options.project} has errors; `talkwright engine train` lists them.")
    spent, imports = trained - imported, imported - started
    tell("training", spent, "CPU s", f"{options.project.name}; after {imports:.2f} CPU s for imports")
    tell("training-imports", imports, "CPU s")
    tell("training-process", min(as_process(options.project) for _ in range(ROUNDS)), "CPU s")


def as_process(project: Path) -> float:
    """CPU seconds of a training from the start of its process to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "model.tar.gz")
        command = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(project), "--out", out]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
