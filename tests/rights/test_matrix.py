"""Who may call what: every cell of matrix.csv is asked as that person, on the real application and database.

A cell of a role has three signs: for who holds the role in the whole studio, for who holds it through a grant for the
assistant that is asked about, and for who holds it in another assistant only, a stranger here. Who is signed in and
holds no role at all has one, as the anonymous have.
`+` is let in (the row's `answer` comes), `-` is refused with 403, `0` gets the 404 of what doesn't exist.
Lines of the case `a bot runs` are asked in tests/backend/test_schema.py, where one runs: here they would get a 409.
ASVS 5.0: 8.1.1 and 8.1.2 (the rules are written down: this file), 8.2.1 (function level), 8.2.2 (object level: the
third sign), 8.2.3 (field level: the cases per kind), 8.3.1 (decided on the server), 8.4.1 (assistants are apart).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from tests.rights.doors import operations
from tests.rights.material import KINDS, REQUESTS, Ground, prepare
from tests.rights.matrix import A_BOT_RUNS, ALONE, ROWS, Row, everybody, wrong_answers
from tests.services.inprocess import Caller, studio_in_process

from talkwright.assistant.items import Kind
from talkwright.backend.content.permissions import SETTINGS
from talkwright.identity.provider.pages import BASE
from talkwright.identity.roles import BUILT_IN

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def ground(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with studio_in_process(database_url, tmp_path_factory.mktemp("home")) as asking:
        yield await prepare(asking)


@pytest.fixture(scope="module")
async def people(ground: Ground) -> dict[str, Caller]:
    return await everybody(ground)


async def test_the_file_has_every_route_of_the_studio_and_no_other(ground: Ground) -> None:
    written = {row.operation for row in ROWS}
    served = {each for each in operations(ground.asking.studio.app) if not each[1].startswith(f"{BASE}/")}
    assert served - written == set(), "write these routes into tests/rights/matrix.csv"
    assert written - served == set(), "these routes are gone: take them out of tests/rights/matrix.csv"


def test_the_file_speaks_of_every_role_and_is_well_formed() -> None:
    signs = {"anonymous": r"401|\+", "no role": r"[+0-]"}
    for row in ROWS:
        assert [name for name, _ in row.cells] == [*ALONE, *(role.key for role in BUILT_IN)]
        for name, cell in row.cells:
            assert re.fullmatch(signs.get(name, r"[+0-]{3}"), cell), (row, name)
    named = [(f"{row.method} {row.route}", row.case) for row in ROWS]
    assert len(named) == len(set(named))
    assert set(REQUESTS) <= set(named), "a request for a line that isn't in the file"


def test_the_file_speaks_of_every_kind_to_be_read_and_to_be_changed() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}
    item = "/api/assistants/{aid}/items/{item}"
    cases = {(row.operation, row.case) for row in ROWS}
    for kind in KINDS:
        assert (("GET", item), kind) in cases
        assert (("POST", "/api/assistants/{aid}/changes"), kind) in cases
    for kind in SETTINGS:
        assert {(("GET", f"{item}/{part}"), kind) for part in ("history", "revisions/{number}", "used")} <= cases


ASKED_HERE = [row for row in ROWS if row.case != A_BOT_RUNS]


@pytest.mark.parametrize("row", ASKED_HERE, ids=lambda row: f"{row.method} {row.route} {row.case}".strip())
async def test_everybody_gets_what_the_file_says(ground: Ground, people: dict[str, Caller], row: Row) -> None:
    wrong = await wrong_answers(ground, people, row)
    if row.method != "GET":
        await ground.restore()
    assert not wrong, "\n".join(wrong)


async def test_the_list_of_assistants_holds_those_that_one_may_see(ground: Ground, people: dict[str, Caller]) -> None:
    expected = {
        "everywhere": {ground.here, ground.elsewhere},
        "here": {ground.here},
        "elsewhere": {ground.elsewhere},
        "no role": set(),
    }
    for person, caller in people.items():
        if person == "anonymous":
            continue
        listed = (await ground.asking.ask(caller, "GET", "/api/assistants?limit=200")).json()["items"]
        seen = {item["id"] for item in listed} & {str(ground.here), str(ground.elsewhere)}
        assert seen == {str(each) for each in expected[person if person in ALONE else person.split()[1]]}, person


async def test_the_list_of_content_holds_settings_for_those_alone_who_may_read_them(
    ground: Ground, people: dict[str, Caller]
) -> None:
    """As the lines say of each kind by itself."""
    items = ("GET", "/api/assistants/{aid}/items")
    (listing,) = (row for row in ROWS if row.operation == items)
    for kind in ("response", *SETTINGS):
        (reading,) = (row for row in ROWS if row.operation == (items[0], f"{items[1]}/{{item}}") and row.case == kind)
        readers = dict(reading.signs())
        for person, sign in listing.signs():
            if sign == "+":
                path = f"/api/assistants/{ground.here}/items?kind={kind}"
                listed = (await ground.asking.ask(people[person], "GET", path)).json()["items"]
                assert bool(listed) == (readers[person] == "+"), (person, kind)


async def test_a_grant_that_is_taken_back_counts_no_more_at_the_next_request(ground: Ground) -> None:
    """ASVS 8.3.2: a change of rights is in force at once."""
    guest = await ground.asking.person()
    path = f"/api/assistants/{ground.here}"
    grant = f"/api/users/{guest.id}/grants/business-user?assistant={ground.here}"
    for method, status in (("PUT", 200), ("DELETE", 404)):
        await ground.does(method, grant, None, 204)
        assert (await ground.asking.ask(guest, "GET", path)).status == status
