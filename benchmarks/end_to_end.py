"""Turns per CPU second of the end-to-end test runner, with the oracle and with the local understanding.

    python benchmarks/end_to_end.py [--cases N]

Plays one conversation of the bicycle workshop of the tests, each turn asserted, as many cases in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from _figures import tell

from talkwright.engine.shell import load_or_train
from talkwright.engine.testing.e2e.files import read_cases
from talkwright.engine.testing.e2e.playing import play_all
from talkwright.engine.testing.e2e.running import Asked, bot_of
from talkwright.engine.testing.e2e.telling import told

ROUNDS = 3
PROJECT = Path(__file__).parents[1] / "tests" / "engine" / "projects" / "workshop"
STEPS = (
    ("I'd like to buy a voucher", "start flow gift_voucher", "flow_started: gift_voucher"),
    ("for Bob", "set slot gift_receiver Bob", "slot_was_set: [{name: gift_receiver, value: Bob}]"),
    ("50", "set slot gift_amount 50", "slot_was_set: [{name: gift_amount, value: 50}]"),
    ("yes please", "set slot confirm_gift true", "bot_uttered: {utter_name: utter_gift_done}"),
)


def write_cases(folder: Path, number: int) -> None:
    """A file of equal cases, and its oracle."""
    steps = "".join(f"\n  - user: {said!r}\n    assertions: [{{{asserted}}}]" for said, _, asserted in STEPS)
    cases = "".join(f"\n- test_case: case {index}\n  steps:{steps}" for index in range(number))
    (folder / "cases.yml").write_text(f"test_cases:{cases}\n")
    lines = ", ".join(f"[{line}]" for _, line, _ in STEPS)
    (folder / "cases.oracle.yml").write_text("".join(f"case {index}: [{lines}]\n" for index in range(number)))


async def measure(name: str, folder: Path, asked: Asked) -> None:
    """The best of some rounds, without reading the files or making the bot."""
    cases = read_cases(folder)
    turns = sum(case.said for case in cases)
    async with bot_of(PROJECT, asked, cases) as bot:
        spent = []
        for _ in range(ROUNDS):
            started = time.process_time()
            async for outcome in play_all(bot, cases):
                if not outcome.passed:
                    sys.exit(told(outcome))
            spent.append(time.process_time() - started)
    tell(name, turns / min(spent), "turns a CPU second", f"{turns} turns")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100)
    with tempfile.TemporaryDirectory() as made:
        write_cases(Path(made), parser.parse_args().cases)
        load_or_train(PROJECT)  # loads what a training needs, which is no part of the figures
        asyncio.run(measure("e2e-oracle", Path(made), Asked.ORACLE))
        asyncio.run(measure("e2e-local", Path(made), Asked.LOCAL))


if __name__ == "__main__":
    main()
