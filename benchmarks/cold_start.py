"""How long it takes from starting the process of a bot to its first answer, by free text.

    python benchmarks/cold_start.py [--rounds N]

The model is trained already; it is found, loaded, served, and asked at once. The best of some rounds, by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from _bot import BY_TEXT, Bot, train
from _figures import tell
from _processes import cpu_seconds, load


def measure(model: Path) -> tuple[float, float]:
    """Seconds to the first answer, and the bot's CPU seconds until then."""
    started = time.perf_counter()
    bot = Bot(model)
    try:
        bot.say("first", BY_TEXT[0])
        return time.perf_counter() - started, cpu_seconds(bot.process.pid)
    finally:
        bot.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = train(Path(folder))
        rounds = [measure(model) for _ in range(options.rounds)]
    tell("cold-start", min(wall for wall, _ in rounds), "s", load())
    tell("cold-start-cpu", min(cpu for _, cpu in rounds), "CPU s")


if __name__ == "__main__":
    main()
