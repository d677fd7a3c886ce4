"""Every address that is no part of the API stands in doors.csv with its guard, and gives a stranger nothing.

ASVS 5.0: 8.1.1 (the rules are written down: this file), 8.2.1, 8.3.1, 13.4.5 (what is served beside the product).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx2
import pytest
from tests.rights.doors import Door, doors, operations, paths_in
from tests.rights.material import Ground, prepare
from tests.services.inprocess import STRANGER, studio_in_process
from tests.services.studio import PLAIN

from talkwright.identity.client import Proof
from talkwright.identity.provider.endpoints import REALMS
from talkwright.identity.provider.pages import BASE
from talkwright.identity.secrets import keyring
from talkwright.modelservice import desk
from talkwright.modelservice.granting import JobGrants
from talkwright.operations import management

pytestmark = pytest.mark.anyio
WRONG = {"username": "admin", "password": "no-password-of-anybody"}


@pytest.fixture(scope="module")
async def ground(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    async with studio_in_process(database_url, tmp_path_factory.mktemp("home")) as asking:
        ground = await prepare(asking)
        await ground.asking.ask(STRANGER, "GET", f"{BASE}/realms/{REALMS[0]}/protocol/openid-connect/certs")
        yield ground  # the keys that sign are made when they are first asked for


def routes_of(door: Door) -> list[str]:
    return [door.route.replace("{realm}", realm) for realm in REALMS] if "{realm}" in door.route else [door.route]


def asked(door: Door, ground: Ground) -> tuple[str, dict[str, str]]:
    """Query and form of a request that would be let in if it knew the secret."""
    last = door.route.rpartition("/")[2]
    if last == "auth":
        proof = Proof.new()
        wanted = {
            "client_id": "talkwright",
            "redirect_uri": f"{ground.asking.studio.services.settings.base_url}/api/sign-in/callback",
            "response_type": "code",
            "scope": "openid",
            "code_challenge": proof.challenge,
            "code_challenge_method": "S256",
        }
        return f"?{urlencode(wanted)}", WRONG
    if last == "token":
        return "", {"grant_type": "password", "client_id": "talkwright-cli", **WRONG}
    if last in ("first-administrator", "password"):
        return "?token=nobody-made-this-one", {**WRONG, "again": WRONG["password"]}
    return "", {}


async def test_the_file_has_every_route_beside_the_api_and_no_other(ground: Ground) -> None:
    written = {(door.method, route) for door in doors("studio") for route in routes_of(door)}
    served = {each for each in operations(ground.asking.studio.app) if each[1].startswith(f"{BASE}/")}
    assert served - written == set(), "write these routes into tests/rights/doors.csv"
    assert written - served == set(), "these routes are gone: take them out of tests/rights/doors.csv"
    assert all(door.guard for server in ("studio", "job desk", "management port") for door in doors(server))


@pytest.mark.parametrize("door", doors("studio"), ids=lambda door: f"{door.method} {door.route}")
async def test_a_stranger_gets_nothing_at_the_provider_that_is_not_for_all(ground: Ground, door: Door) -> None:
    query, form = asked(door, ground)
    content = urlencode(form).encode() if door.method == "POST" else b""
    headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", "Bearer no-token-of-anybody")]
    before = await ground.state(but=[door.leaves])
    for route in routes_of(door):
        path = route.replace("{name}", "pages.css") + query
        answer = await ground.asking.ask(STRANGER, door.method, path, content=content, headers=headers)
        assert answer.status == door.answer, answer.content
        cookies = answer.headers.get("set-cookie", "")
        assert "talkwright_" not in cookies.replace("talkwright_theme", ""), "it is a way in"
        assert b"access_token" not in answer.content
    assert await ground.state(but=[door.leaves]) == before


async def test_the_job_desk_has_one_address_and_gives_nothing_without_a_jobs_token(ground: Ground) -> None:
    (door,) = doors("job desk")
    assert {door.route} == paths_in(desk)
    asking = ground.asking
    grants = JobGrants(asking.studio.services.database, asking.store, keyring(None, asking.home))
    before = await ground.state()
    async with desk.serve_desk(grants) as url, httpx2.AsyncClient(verify=PLAIN) as http:
        assert url.endswith(door.route)
        for headers in ({}, {"Authorization": "Bearer no-token-of-anybody"}):
            answer = await http.request(door.method, url, json={"inputs": ["project.tar.gz"]}, headers=headers)
            assert answer.status_code == door.answer, answer.text
        assert (await http.get(url)).status_code == 405
        assert (await http.post(f"{url}/more", json={})).status_code == 404
    assert await ground.state() == before


async def test_the_management_port_has_these_pages_and_changes_nothing(ground: Ground) -> None:
    pages = doors("management port")
    assert {page.route for page in pages} == paths_in(management)

    async def ready() -> None:
        return None

    before = await ground.state()
    async with (
        management.serve_management("127.0.0.1", 0, ready) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=PLAIN) as http,
    ):
        for page in pages:
            assert (await http.request(page.method, page.route)).status_code == page.answer
            assert (await http.post(page.route)).status_code == 405
        assert (await http.get("/")).status_code == 404
    assert await ground.state() == before
