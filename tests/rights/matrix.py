"""The file of who may call what, and how a line of it is asked."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rights.material import REQUESTS, Asked, Ground
from tests.services.inprocess import STRANGER, Answer, Caller

from talkwright.identity.roles import BUILT_IN

MATRIX = Path(__file__).with_name("matrix.csv")
REFUSALS = {"-": (403, "forbidden"), "0": (404, "not-found"), "401": (401, "signed-out")}
ALONE = ("anonymous", "no role")
"""The columns of people whom no assistant is given to, so that one sign says all."""
PLACES = ("everywhere", "here", "elsewhere")
A_BOT_RUNS = "a bot runs"
"""The case of lines that need a bot; they are asked where one runs anyway, in tests/backend/test_schema.py."""


@dataclass(frozen=True)
class Row:
    """A line of the file."""

    method: str
    route: str
    case: str
    answer: int
    cells: tuple[tuple[str, str], ...]

    @property
    def operation(self) -> tuple[str, str]:
        """Its method and route."""
        return self.method, self.route

    def signs(self) -> list[tuple[str, str]]:
        """Every (person, sign) of the line: `developer here` → `+`."""
        found = []
        for column, cell in self.cells:
            if column in ALONE:
                found.append((column, cell))
            else:
                found += [(f"{column} {place}", sign) for place, sign in zip(PLACES, cell, strict=True)]
        return found


def _rows() -> list[Row]:
    with MATRIX.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    fixed = ("method", "route", "case", "answer")
    return [
        Row(
            line["method"],
            line["route"],
            line["case"],
            int(line["answer"]),
            tuple((name, cell) for name, cell in line.items() if name not in fixed),
        )
        for line in lines
    ]


ROWS: Sequence[Row] = _rows()


async def everybody(ground: Ground) -> dict[str, Caller]:
    """Everybody whom a column of the file speaks of."""
    found = {"anonymous": STRANGER, "no role": await ground.asking.person()}
    for role in BUILT_IN:
        found[f"{role.key} everywhere"] = await ground.asking.person([role.key])
        found[f"{role.key} here"] = await ground.asking.person(here={ground.here: role.key})
        found[f"{role.key} elsewhere"] = await ground.asking.person(here={ground.elsewhere: role.key})
    return found


async def _ask(ground: Ground, row: Row, caller: Caller, asked: Asked) -> Answer:
    values = ground.ids | asked.path
    path = re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), row.route)
    kind = [("content-type", "application/zip")] if asked.content else []
    return await ground.asking.ask(
        caller, row.method, path + asked.query, body=asked.body, content=asked.content, headers=kind
    )


async def _asked_of(ground: Ground, row: Row) -> Asked:
    make = REQUESTS.get((f"{row.method} {row.route}", row.case))
    return Asked() if make is None else await make(ground)


async def wrong_answers(ground: Ground, people: dict[str, Caller], row: Row) -> list[str]:
    """Ask a line as everybody; gives the answers that are not what the file says."""
    wrong = []
    asked = await _asked_of(ground, row)
    before = await ground.state()
    for person, sign in row.signs():
        if sign != "+":
            answer = await _ask(ground, row, people[person], asked)
            code = answer.json()["code"] if answer.headers["content-type"] == "application/problem+json" else ""
            if (answer.status, code) != REFUSALS[sign]:
                wrong.append(f"{person}: {answer.status} {code}, not {REFUSALS[sign]}")
    if await ground.state() != before:
        wrong.append("a refused request changed something")
    for person, sign in row.signs():
        if sign == "+":
            answer = await _ask(ground, row, people[person], await _asked_of(ground, row))
            if answer.status != row.answer:
                wrong.append(f"{person}: {answer.status}, not {row.answer}: {answer.content[:200]!r}")
            if row.method == "DELETE":
                await ground.restore()
    return wrong
