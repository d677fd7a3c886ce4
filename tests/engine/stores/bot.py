"""A process that takes turns as a bot does: `python bot.py URL SENDER TURNS TICKET_SECONDS`.

It says a line before and after each turn's work; a line on its standard input lets the turn go on, so that tests can
stop it in the middle.
"""

from __future__ import annotations

import asyncio
import sys

from tests.engine.stores.conversations import turn_in

from talkwright.engine.stores import StoreError
from talkwright.engine.stores.postgres import PostgresStore


async def main(url: str, sender: str, turns: int, ticket_seconds: float, waits: bool) -> None:
    store = PostgresStore(url, ticket_seconds=ticket_seconds)
    await store.open()
    for _ in range(turns):
        async with store.holding(sender) as held:
            if waits:
                say("holding")
                await asyncio.to_thread(sys.stdin.readline)
            try:
                say(f"saved {await turn_in(held, sender)}")
            except StoreError as problem:
                say(type(problem).__name__)
    await store.close()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5] == "waits"))
