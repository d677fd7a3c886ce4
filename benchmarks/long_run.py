"""Whether a bot's memory grows: what it holds after 50,000 turns less what it held after 25,000.

    python benchmarks/long_run.py [--turns N]

The bot keeps a thousand conversations, as it does unless told otherwise, and more than eight thousand pass through it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from _bot import BY_VALUE, Bot, train
from _figures import tell
from _processes import resident_mb

TURNS = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=TURNS)
    conversations = parser.parse_args().turns // 2 // len(BY_VALUE)
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(train(Path(folder)), {"TALKWRIGHT_ENGINE_CONVERSATIONS": "1000"})
        try:
            begun = resident_mb(bot.process.pid)
            bot.play("first", BY_VALUE, conversations)
            half = resident_mb(bot.process.pid)
            bot.play("second", BY_VALUE, conversations)
            whole = resident_mb(bot.process.pid)
        finally:
            bot.stop()
    tell("memory-growth", whole - half, "MB", f"{begun:.0f} MB idle, {half:.0f} MB half way, {whole:.0f} MB at the end")
    tell("memory-after-long-run", whole, "MB")


if __name__ == "__main__":
    main()
