"""CPU of a bot per turn over HTTP, by button or slot value and by free text, and the memory of an idle bot.

    python benchmarks/turns.py [--conversations N]

Trains the bicycle workshop of the tests, starts it in a process of its own, and reads that process's CPU
from the kernel.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _figures import tell
from _processes import cpu_seconds, resident_mb

ROUNDS = 3
PROJECT = Path(__file__).parents[1] / "tests" / "engine" / "projects" / "workshop"
BY_VALUE = (
    "/wants_voucher",
    "/SetSlots(gift_receiver=Bob)",
    "/SetSlots(gift_amount=50)",
    "/SetSlots(confirm_gift=true)",
    "/SetSlots(continue_conversation=false)",
    "/SetSlots(csat_score=satisfied)",
)
BY_TEXT = ("I'd like to buy a voucher", "for my mum", "fifty bucks", "yes please", "no thanks, that's all", "satisfied")


class Bot:
    """A running bot, its connection, and what the kernel knows of its process."""

    def __init__(self, model: Path) -> None:
        command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = next(line for line in map(json.loads, self.process.stdout) if line["stage"] == "ready")
        self.connection = http.client.HTTPConnection("127.0.0.1", ready["port"])

    def say(self, sender: str, text: str) -> list[dict[str, object]]:
        body = json.dumps({"sender": sender, "message": text})
        self.connection.request("POST", "/webhooks/rest/webhook", body, {"Content-Type": "application/json"})
        answer: list[dict[str, object]] = json.loads(self.connection.getresponse().read())
        return answer

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()


def measure(bot: Bot, name: str, texts: Sequence[str], conversations: int) -> None:
    """CPU milliseconds a turn: the best of some rounds."""
    play(bot, f"{name}-warm", texts, 20)
    turns = conversations * len(texts)
    spent = []
    for number in range(ROUNDS):
        before, started = cpu_seconds(bot.process.pid), time.perf_counter()
        play(bot, f"{name}-{number}", texts, conversations)
        wall = (time.perf_counter() - started) / turns * 1000
        spent.append(((cpu_seconds(bot.process.pid) - before) / turns * 1000, wall))
    best, wall = min(spent)
    tell(name, best, "ms CPU", f"{1000 / best:.0f} a core second, {wall:.2f} ms by the clock, {turns} turns")


def play(bot: Bot, name: str, texts: Sequence[str], conversations: int) -> None:
    for number in range(conversations):
        for text in texts:
            if not bot.say(f"{name}-{number}", text):
                raise SystemExit(f"The bot said nothing to {text!r}; the figure would mean nothing.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.tar.gz"
        train = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(PROJECT), "--out", str(model)]
        subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
        bot = Bot(model)
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
