"""The same classic project in Talkwright and in Rasa Open Source 3.6: training, start, memory, turns.

    python benchmarks/peer.py [--conversations N] [--only talkwright|rasa] [--models FOLDER]

Both read `benchmarks/peer` as it is: rules and a form, nine intents, DIET in the one and our own model in the other,
with conversations in memory and the REST channel. `scripts/rasa-environment` makes the other engine's environment; it
is no part of `make bench`. All but the start by the clock is CPU of the engine's processes, whatever else is running.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from _bot import Bot
from _figures import tell
from _processes import load, resident_mb, tree_cpu_seconds

PROJECT = Path(__file__).parent / "peer"
SCRIPT = Path(__file__).parents[1] / "scripts" / "rasa-environment"
TALK = (
    "good morning",
    "how much is a whole day",
    "I would like to rent a boat",
    "the kayak please",
    "Ruth Adams",
    "thank you",
    "will it be windy",
    "goodbye",
)
WARM = 3
LONGEST_START = 1800.0
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"}


@dataclass(frozen=True, slots=True)
class Engine:
    """How one engine is trained and started."""

    name: str
    train: Callable[[Path], list[str]]
    run: Callable[[Path, int], list[str]]
    variables: Mapping[str, str]


def talkwright() -> Engine:
    """This engine, by the Python that runs the benchmark."""
    engine = [sys.executable, "-m", "talkwright.engine"]
    return Engine(
        "talkwright",
        lambda model: [*engine, "train", "--project", str(PROJECT), "--out", str(model)],
        lambda model, port: [*engine, "run", "--model", str(model), "--port", str(port)],
        {},
    )


def rasa() -> Engine:
    """The other engine, in the environment that its script makes; ends where there can't be one."""
    found = subprocess.run([SCRIPT], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode:
        raise SystemExit("Without its environment the other engine can't be measured; the reason stands above.")
    command = found.stdout.strip()
    return Engine(
        "rasa",
        lambda model: [
            *(command, "train", "--domain", str(PROJECT / "domain.yml"), "--config", str(PROJECT / "config.yml")),
            *("--data", str(PROJECT / "data"), "--out", str(model.parent)),
            *("--fixed-model-name", model.name.removesuffix(".tar.gz")),
        ],
        lambda model, port: [
            *(command, "run", "--model", str(model), "--port", str(port), "--interface", "127.0.0.1"),
            *("--credentials", str(PROJECT / "credentials.yml")),
        ],
        QUIET,
    )


class Served(Bot):
    """A started engine that is talked to over the REST channel."""

    def __init__(self, engine: Engine, model: Path) -> None:
        self.port = free_port()
        self._connection: socket.socket | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self.process = subprocess.Popen(  # type: ignore[assignment] # ours reads what it says, this one writes it to a file
            engine.run(model, self.port),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=model.parent,
            env={**os.environ, **engine.variables},
        )

    def wait(self) -> None:
        """Until it accepts connections; ends the benchmark where it never does."""
        latest = time.monotonic() + LONGEST_START
        while self.process.poll() is None and time.monotonic() < latest:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        self._log.seek(0)
        said = self._log.read().decode(errors="replace")
        raise SystemExit(f"The engine did not start. It said:\n{said[-2000:]}")

    def stop(self) -> None:
        """End the process."""
        super().stop()
        self._log.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def started(engine: Engine, model: Path) -> Iterator[tuple[Served, float, float]]:
    """A served model that has answered once, with the clock's and the CPU seconds until then."""
    begun = time.perf_counter()
    bot = Served(engine, model)
    try:
        bot.wait()
        bot.say("first", TALK[0])
        yield bot, time.perf_counter() - begun, tree_cpu_seconds(bot.process.pid)
    finally:
        bot.stop()


def trained(engine: Engine, model: Path) -> float:
    """Train the project into a file; gives the CPU seconds of the process that made it."""
    log = model.with_suffix(".log")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("wb") as out:
        ended = subprocess.run(
            engine.train(model),
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=model.parent,
            env={**os.environ, **engine.variables},
            check=False,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode or not model.exists():
        raise SystemExit(f"The training failed:\n{log.read_text(errors='replace')[-2000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(engine: Engine, folder: Path, conversations: int) -> Iterator[tuple[str, float]]:
    """All figures of one engine, each as soon as it is known."""
    model = folder / f"{engine.name}.tar.gz"
    if not model.exists():
        yield "training", trained(engine, model)
    yield "model", model.stat().st_size / 1e6
    with started(engine, model) as (bot, clock, cpu):
        yield "start", clock
        yield "start-cpu", cpu
        bot.play("warm", TALK, WARM)
        before = tree_cpu_seconds(bot.process.pid)
        bot.play("measured", TALK, conversations)
        yield "turn", (tree_cpu_seconds(bot.process.pid) - before) / (conversations * len(TALK)) * 1000
        yield "memory", resident_mb(bot.process.pid)
        for text in TALK:
            said = " | ".join(str(message.get("text")) for message in bot.say("shown", text))
            sys.stderr.write(f"{engine.name}  {text!r}: {said}\n")


UNITS = {"training": "CPU s", "model": "MB", "start": "s", "start-cpu": "CPU s", "turn": "ms CPU", "memory": "MB"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--only", choices=["talkwright", "rasa"])
    parser.add_argument("--models", type=Path, help="keep the models here, and train none that is there already")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as made:
        folder: Path = options.models or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for name in [options.only] if options.only else ["talkwright", "rasa"]:
            engine = talkwright() if name == "talkwright" else rasa()
            found[name] = {}
            for figure, value in measure(engine, folder.resolve(), options.conversations):
                found[name][figure] = value
                tell(f"peer-{name}-{figure}", value, UNITS[figure], load() if figure == "start" else "")
    for figure, value in found.get("rasa", {}).items():
        if figure in found.get("talkwright", {}):
            tell(f"peer-ratio-{figure}", value / found["talkwright"][figure], "times")


if __name__ == "__main__":
    main()
