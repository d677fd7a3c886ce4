"""What a turn costs with conversations in PostgreSQL: CPU of bot and server, at the fifth and the five hundredth turn.

    python benchmarks/stored_turns.py [--conversations N]

Starts a PostgreSQL of its own, makes the tables, trains the bicycle workshop of the tests and starts it on them. Each
measured turn is one message over HTTP in a conversation with 4 or 499 turns before it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import psycopg
from _bot import BY_VALUE, Bot, train
from _figures import tell
from _processes import cpu_seconds, load, tree_cpu_seconds

from talkwright.database.embedded import EmbeddedPostgres
from talkwright.engine.stores.migrate import migrate

ROUNDS = 3
TEXTS = BY_VALUE[:4]
EARLY, LATE = 5, 500
NAMES = {EARLY: "stored-turn-5", LATE: "stored-turn-500"}


def history(bot: Bot, turns: int) -> str:
    """A conversation with so many turns."""
    sender = f"history-{turns}"
    for turn in range(turns):
        bot.say(sender, TEXTS[turn % len(TEXTS)])
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
        bot.hang_up()  # it was idle too long; the next message opens a new connection
        before = cpu_seconds(bot.process.pid), tree_cpu_seconds(server)
        for sender in senders:
            bot.say(sender, TEXTS[(turn - 1) % len(TEXTS)])
        after = cpu_seconds(bot.process.pid), tree_cpu_seconds(server)
        spent.append(tuple((end - begin) / conversations * 1000 for begin, end in zip(before, after, strict=True)))
    best = min(spent, key=sum)
    return best[0], best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, home = train(Path(folder)), Path(folder) / "home"
        database = EmbeddedPostgres(home, with_parent=True)
        try:
            url = database.start().maintenance
            migrate(url)
            server = int(next(home.rglob("postmaster.pid")).read_text().splitlines()[0])
            variables = {"TALKWRIGHT_ENGINE_STORE": "postgresql", "TALKWRIGHT_ENGINE_STORE_URL": url}
            tell_all(Bot(model, variables), url, server, options.conversations)
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
