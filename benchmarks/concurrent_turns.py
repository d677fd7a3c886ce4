"""How long single turns take while 16 conversations are held at once: half, 19 of 20 and 99 of 100 are quicker.

    python benchmarks/concurrent_turns.py [--rounds N]

Sixteen clients, each with its own connection and conversation, say the next thing as soon as they are answered, by free
text. By the clock, the best of some rounds: the bot's one core is always busy, so a turn takes what sixteen turns need,
one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from _bot import BY_TEXT, Bot, content_length, request, train
from _figures import tell
from _processes import load

CLIENTS = 16
CONVERSATIONS = 12  # of each client and round


async def client(port: int, name: str, taken: list[float]) -> None:
    """One person after the other on one connection; notes the milliseconds of each turn."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(CONVERSATIONS):
        for text in BY_TEXT:
            started = time.perf_counter()
            writer.write(request(f"{name}-{number}", text))
            head = await reader.readuntil(b"\r\n\r\n")
            said = await reader.readexactly(content_length(head))
            taken.append((time.perf_counter() - started) * 1000)
            if b" 200 " not in head or said == b"[]":
                raise SystemExit(f"The bot said nothing to {text!r}; the figure would mean nothing.")
    writer.close()
    await writer.wait_closed()


async def round_of(port: int, number: int) -> list[float]:
    """The milliseconds of all turns of a round."""
    taken: list[float] = []
    await asyncio.gather(*(client(port, f"round-{number}-{place}", taken) for place in range(CLIENTS)))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bot = Bot(train(Path(folder)))
        try:
            asyncio.run(round_of(bot.port, -1))  # warm
            rounds = [asyncio.run(round_of(bot.port, number)) for number in range(options.rounds)]
        finally:
            bot.stop()
    best = min(rounds, key=statistics.fmean)
    shares = statistics.quantiles(best, n=100)
    tell("tail-half", shares[49], "ms", f"{len(best)} turns of {CLIENTS} clients, {load()}")
    tell("tail-95", shares[94], "ms")
    tell("tail-99", shares[98], "ms", f"the longest took {max(best):.0f} ms")


if __name__ == "__main__":
    main()
