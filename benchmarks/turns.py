"""CPU of a bot per turn over HTTP, by button or slot value and by free text, and the memory of an idle bot.

    python benchmarks/turns.py [--conversations N]

Trains the bicycle workshop of the tests, starts it in a process of its own, and reads that process's CPU
from the kernel.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _bot import BY_TEXT, BY_VALUE, Bot, train
from _figures import tell
from _processes import cpu_seconds, resident_mb

ROUNDS = 3


def measure(bot: Bot, name: str, texts: Sequence[str], conversations: int) -> None:
    """CPU milliseconds a turn: the best of some rounds."""
    bot.play(f"{name}-warm", texts, 20)
    turns = conversations * len(texts)
    spent = []
    for number in range(ROUNDS):
        before, started = cpu_seconds(bot.process.pid), time.perf_counter()
        bot.play(f"{name}-{number}", texts, conversations)
        wall = (time.perf_counter() - started) / turns * 1000
        spent.append(((cpu_seconds(bot.process.pid) - before) / turns * 1000, wall))
    best, wall = min(spent)
    tell(name, best, "ms CPU", f"{1000 / best:.0f} a core second, {wall:.2f} ms by the clock, {turns} turns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(train(Path(folder)))
        try:
            tell("idle-bot", resident_mb(bot.process.pid), "MB")
            measure(bot, "turn-by-value", BY_VALUE, options.conversations)
            measure(bot, "turn-by-text", BY_TEXT, options.conversations)
            kept = 2 * ROUNDS * options.conversations + 40
            tell("busy-bot", resident_mb(bot.process.pid), "MB", f"with {kept} conversations in memory")
        finally:
            bot.stop()


if __name__ == "__main__":
    main()
