"""Who may call what: every cell of matrix.csv is asked as that person, on the real application and database.

A cell of a role has three signs: for who holds the role in the whole studio, for who holds it through a grant for the
assistant that is asked about, and for who holds it in another assistant only, a stranger here.
`+` is let in (the row's `answer` comes), `-` is refused with 403, `0` gets the 404 of what doesn't exist.
ASVS 5.0: 8.1.1 and 8.1.2 (the rules are written down: this file), 8.2.1 (function level), 8.2.2 (object level: the
third sign), 8.2.3 (field level: the cases per kind), 8.3.1 (decided on the server), 8.4.1 (assistants are apart).
"""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from tests.rights.material import REQUESTS, Asked, Ground, prepare
from tests.services.inprocess import STRANGER, Answer, Caller, InProcess, studio_in_process

from talkwright.identity.roles import BUILT_IN

pytestmark = pytest.mark.anyio
MATRIX = Path(__file__).with_name("matrix.csv")
REFUSALS = {"-": (403, "forbidden"), "0": (404, "not-found"), "401": (401, "signed-out")}


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
        return self.method, self.route

    def signs(self) -> list[tuple[str, str]]:
        """Every (person, sign) of the line: `developer here` → `+`."""
        found = []
        for column, cell in self.cells:
            if column == "anonymous":
                found.append((column, cell))
            else:
                places = ("everywhere", "here", "elsewhere")
                found += [(f"{column} {place}", sign) for place, sign in zip(places, cell, strict=True)]
        return found


def rows() -> list[Row]:
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


ROWS = rows()


@pytest.fixture(scope="module")
async def ground(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with studio_in_process(database_url, tmp_path_factory.mktemp("home")) as asking:
        yield await prepare(asking)


@pytest.fixture(scope="module")
async def people(ground: Ground) -> dict[str, Caller]:
    """Everybody whom a column of the file speaks of."""
    found = {"anonymous": STRANGER}
    for role in BUILT_IN:
        found[f"{role.key} everywhere"] = await ground.asking.person([role.key])
        found[f"{role.key} here"] = await ground.asking.person(here={ground.here: role.key})
        found[f"{role.key} elsewhere"] = await ground.asking.person(here={ground.elsewhere: role.key})
    return found


async def ask(ground: Ground, row: Row, caller: Caller, asked: Asked) -> Answer:
    values = ground.ids | asked.path
    path = re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), row.route)
    kind = [("content-type", "application/zip")] if asked.content else []
    asking: InProcess = ground.asking
    return await asking.ask(
        caller, row.method, path + asked.query, body=asked.body, content=asked.content, headers=kind
    )


async def asked_of(ground: Ground, row: Row) -> Asked:
    make = REQUESTS.get((f"{row.method} {row.route}", row.case))
    return Asked() if make is None else await make(ground)


def operations(app: FastAPI) -> set[tuple[str, str]]:
    """All methods and paths of the API."""
    found = {("GET", "/api/openapi.json")}
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            found |= {(method, str(context.path)) for method in context.methods or ()}
    return found


async def test_the_file_has_every_route_of_the_studio_and_no_other(ground: Ground) -> None:
    written = {row.operation for row in ROWS}
    served = operations(ground.asking.studio.app)
    assert served - written == set(), "write these routes into tests/rights/matrix.csv"
    assert written - served == set(), "these routes are gone: take them out of tests/rights/matrix.csv"


def test_the_file_speaks_of_every_role_and_is_well_formed() -> None:
    for row in ROWS:
        assert [name for name, _ in row.cells] == ["anonymous", *(role.key for role in BUILT_IN)]
        for name, cell in row.cells:
            assert re.fullmatch(r"401|\+" if name == "anonymous" else r"[+0-]{3}", cell), (row, name)
    named = [(f"{row.method} {row.route}", row.case) for row in ROWS]
    assert len(named) == len(set(named))
    assert set(REQUESTS) <= set(named), "a request for a line that isn't in the file"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.route} {row.case}".strip())
async def test_everybody_gets_what_the_file_says(ground: Ground, people: dict[str, Caller], row: Row) -> None:
    wrong = []
    asked = await asked_of(ground, row)
    before = await ground.state()
    for person, sign in row.signs():
        if sign != "+":
            answer = await ask(ground, row, people[person], asked)
            code = answer.json()["code"] if answer.headers["content-type"] == "application/problem+json" else ""
            if (answer.status, code) != REFUSALS[sign]:
                wrong.append(f"{person}: {answer.status} {code}, not {REFUSALS[sign]}")
    if await ground.state() != before:
        wrong.append("a refused request changed something")
    for person, sign in row.signs():
        if sign == "+":
            answer = await ask(ground, row, people[person], await asked_of(ground, row))
            if answer.status != row.answer:
                wrong.append(f"{person}: {answer.status}, not {row.answer}: {answer.content[:200]!r}")
            if row.method == "DELETE":
                await ground.restore()
    if row.method != "GET":
        await ground.restore()
    assert not wrong, "\n".join(wrong)


async def test_the_list_of_assistants_holds_those_that_one_may_see(ground: Ground, people: dict[str, Caller]) -> None:
    for person, caller in people.items():
        if person == "anonymous":
            continue
        listed = (await ground.asking.ask(caller, "GET", "/api/assistants?limit=200")).json()["items"]
        seen = {item["id"] for item in listed} & {str(ground.here), str(ground.elsewhere)}
        expected = {
            "everywhere": {ground.here, ground.elsewhere},
            "here": {ground.here},
            "elsewhere": {ground.elsewhere},
        }
        assert seen == {str(each) for each in expected[person.split()[1]]}, person


async def test_a_grant_that_is_taken_back_counts_no_more_at_the_next_request(ground: Ground) -> None:
    """ASVS 8.3.2: a change of rights is in force at once."""
    guest = await ground.asking.person()
    path = f"/api/assistants/{ground.here}"
    grant = f"/api/users/{guest.id}/grants/business-user?assistant={ground.here}"
    for method, status in (("PUT", 200), ("DELETE", 404)):
        await ground.does(method, grant, None, 204)
        assert (await ground.asking.ask(guest, "GET", path)).status == status
