"""What a turn costs with conversations in PostgreSQL: CPU of bot and server, at the fifth and the five hundredth turn.

    python benchmarks/stored_turns.py [--conversations N]

Starts a PostgreSQL of its own, makes the tables, trains the bicycle workshop of the tests and starts it on them. Each
measured turn is one message over HTTP in a conversation with 4 or 499 turns before it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
from _figures import tell
from _processes import cpu_seconds, load, tree_cpu_seconds

from talkwright.database.embedded import EmbeddedPostgres
from talkwright.engine.stores.migrate import migrate

ROUNDS = 3
PROJECT = Path(__file__).parents[1] / "tests" / "engine" / "projects" / "workshop"
TEXTS = ("/wants_voucher", "/SetSlots(gift_receiver=Bob)", "/SetSlots(gift_amount=50)", "/SetSlots(confirm_gift=true)")
EARLY, LATE = 5, 500
NAMES = {EARLY: "stored-turn-5", LATE: "stored-turn-500"}


class Bot:
    """A running bot with its store, and the connection to it."""

    def __init__(self, model: Path, url: str) -> None:
        command = [sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", "0"]
        variables = {**os.environ, "TALKWRIGHT_ENGINE_STORE": "postgresql", "TALKWRIGHT_ENGINE_STORE_URL": url}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
        assert self.process.stdout is not None
        ready = next(line for line in map(json.loads, self.process.stdout) if line["stage"] == "ready")
        self.connection = http.client.HTTPConnection("127.0.0.1", ready["port"])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self.connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        read = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} answered {answer.status}: the figures would mean nothing.")
        return json.loads(read)

    def say(self, sender: str, turn: int) -> None:
        self.ask("POST", "/webhooks/rest/webhook", {"sender": sender, "message": TEXTS[turn % len(TEXTS)]})

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()


def history(bot: Bot, turns: int) -> str:
    """A conversation with so many turns."""
    sender = f"history-{turns}"
    for turn in range(turns):
        bot.say(sender, turn)
    return sender


def copy(url: str, sender: str, copies: list[str]) -> None:
    """The same conversation under other ids, as if each had been talked through."""
    with psycopg.connect(url) as link:
        link.execute(
            "INSERT INTO talkwright_engine.conversations (sender, seq, tail, snapshot, write)"
            " SELECT c, seq, tail, snapshot, write FROM talkwright_engine.conversations, unnest(%s::text[]) c"
            " WHERE sender = %s",
            [copies, sender],
        )
        link.execute(
            "INSERT INTO talkwright_engine.events (sender, seq, type, at, body)"
            " SELECT c, seq, type, at, body FROM talkwright_engine.events, unnest(%s::text[]) c WHERE sender = %s",
            [copies, sender],
        )
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("CHECKPOINT")  # what the copying left to be done is no part of a turn


def measure(bot: Bot, url: str, server: int, turn: int, conversations: int) -> tuple[float, float]:
    """CPU milliseconds of one turn, of the bot and of the server: the best of some rounds."""
    spent, model = [], history(bot, turn - 1)
    for number in range(ROUNDS):
        senders = [f"turn-{turn}-{number}-{place}" for place in range(conversations)]
        copy(url, model, senders)
        bot.connection.close()  # it was idle too long; the next message opens a new one
        before = cpu_seconds(bot.process.pid), tree_cpu_seconds(server)
        for sender in senders:
            bot.say(sender, turn - 1)
        after = cpu_seconds(bot.process.pid), tree_cpu_seconds(server)
        spent.append(tuple((end - begin) / conversations * 1000 for begin, end in zip(before, after, strict=True)))
    best = min(spent, key=sum)
    return best[0], best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, home = Path(folder) / "model.tar.gz", Path(folder) / "home"
        train = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(PROJECT), "--out", str(model)]
        subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
        database = EmbeddedPostgres(home, with_parent=True)
        try:
            url = database.start().maintenance
            migrate(url)
            server = int(next(home.rglob("postmaster.pid")).read_text().splitlines()[0])
            tell_all(Bot(model, url), url, server, options.conversations)
        finally:
            database.stop()


def tell_all(bot: Bot, url: str, server: int, conversations: int) -> None:
    try:
        sums = {}
        for turn, name in NAMES.items():
            own, database = measure(bot, url, server, turn, conversations)
            sums[turn] = own + database
            tell(name, own + database, "ms CPU", f"bot {own:.2f}, server {database:.2f}, {load()}")
        tell("stored-turn-ratio", sums[LATE] / sums[EARLY], "times")
    finally:
        bot.stop()


if __name__ == "__main__":
    main()
