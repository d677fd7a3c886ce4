"""People and roles: inviting, disabling, granting, and the rules that nobody can get around."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import func, select
from tests.services.studio import Browser, RunningStudio, run_studio, words

from talkwright.database.ids import uuid7
from talkwright.database.migrate import SYSTEM_USER
from talkwright.database.tables import audit
from talkwright.identity import people
from talkwright.identity.audit import Origin
from talkwright.identity.directory import ensure_provider
from talkwright.identity.people import PeopleError
from talkwright.identity.principal import Principal

pytestmark = pytest.mark.anyio
SECOND = "a-second-harbour"


@dataclass
class Guest:
    id: str
    browser: Browser


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def administrator(studio: RunningStudio) -> Browser:
    return await studio.administrator()


async def guest(studio: RunningStudio, administrator: Browser, name: str = "grace", *roles: str) -> Guest:
    invited = await administrator.send("POST", "/api/users", json={"username": name, "roles": list(roles)})
    assert invited.status_code == 201, invited.text
    browser = studio.browser()
    await browser.follow(await browser.http.post(invited.json()["link"], data={"password": SECOND, "again": SECOND}))
    return Guest(invited.json()["id"], browser)


async def bearer(studio: RunningStudio, token: str) -> httpx2.Response:
    return await studio.browser().http.get("/api/session", headers={"Authorization": f"Bearer {token}"})


async def test_an_invited_person_sets_the_password_once_and_is_in(
    studio: RunningStudio, administrator: Browser
) -> None:
    invited = await administrator.send("POST", "/api/users", json={"username": "Grace", "roles": ["developer"]})
    link = invited.json()["link"]

    async def seen_at() -> str | None:
        listed = (await administrator.send("GET", "/api/users")).json()["items"]
        return next(user["seen_at"] for user in listed if user["id"] == invited.json()["id"])

    assert await seen_at() is None, "invited is not seen"
    browser = studio.browser()
    assert "For the account grace" in words((await browser.http.get(link)).text)
    await browser.follow(await browser.http.post(link, data={"password": SECOND, "again": SECOND}))
    session = (await browser.http.get("/api/session")).json()
    assert (session["person"]["name"], session["roles"]) == ("Grace", ["developer"])
    assert await seen_at() is not None
    assert (await browser.http.post(link, data={"password": SECOND, "again": SECOND})).status_code == 410


async def test_an_invitation_may_be_for_one_assistant(studio: RunningStudio, administrator: Browser) -> None:
    row = {"id": str(uuid7()), "name": "ferry", "title": "Ferry", "language": "en"}
    assert (await administrator.send("POST", "/api/assistants", json=row)).status_code == 201
    wanted = {"username": "grace", "roles": ["business-user"], "assistant": row["id"]}
    assert (await administrator.send("POST", "/api/users", json=wanted)).status_code == 201
    listed = (await administrator.http.get("/api/users")).json()["items"]
    assert (listed[1]["roles"], listed[1]["grants"]) == ([], [{"assistant": row["id"], "role": "business-user"}])
    unknown = {**wanted, "username": "ida", "assistant": str(uuid7())}
    assert (await administrator.send("POST", "/api/users", json=unknown)).status_code == 404
    assert len((await administrator.http.get("/api/users")).json()["items"]) == 2


async def test_the_list_shows_everybody_page_by_page(administrator: Browser) -> None:
    for number in range(5):
        await administrator.send("POST", "/api/users", json={"username": f"person-{number}"})
    first = (await administrator.http.get("/api/users", params={"limit": 4})).json()
    second = (await administrator.http.get("/api/users", params={"limit": 4, "cursor": first["next"]})).json()
    names = [user["name"] for user in first["items"] + second["items"]]
    assert names == ["admin", *(f"person-{number}" for number in range(5))]
    assert second["next"] is None
    assert first["items"][0]["roles"] == ["superuser"]
    assert first["items"][0]["has_account_here"] is True
    assert (await administrator.http.get("/api/users", params={"cursor": "x"})).status_code == 422


async def test_a_disabled_person_is_out_everywhere_and_can_be_let_in_again(
    studio: RunningStudio, administrator: Browser
) -> None:
    grace = await guest(studio, administrator)
    token = await studio.token("grace", SECOND)
    assert (await bearer(studio, token)).status_code == 200
    assert (await administrator.send("POST", f"/api/users/{grace.id}/disable")).status_code == 204
    assert (await grace.browser.http.get("/api/session")).status_code == 401
    assert (await bearer(studio, token)).status_code == 401
    refused = await studio.browser().sign_in("grace", SECOND)
    assert "The name or the password is wrong." in words(refused.text)
    assert (await administrator.send("POST", f"/api/users/{grace.id}/enable")).status_code == 204
    back = studio.browser()
    await back.sign_in("grace", SECOND)
    assert back.csrf


async def test_a_lost_password_is_replaced_by_a_link_and_old_sign_ins_end(
    studio: RunningStudio, administrator: Browser
) -> None:
    grace = await guest(studio, administrator)
    answer = await administrator.send("POST", f"/api/users/{grace.id}/password-link")
    new = "another-quiet-harbour"
    browser = studio.browser()
    await browser.follow(await browser.http.post(answer.json()["link"], data={"password": new, "again": new}))
    assert browser.csrf
    assert (await grace.browser.http.get("/api/session")).status_code == 401
    assert (await studio.browser().sign_in("grace", SECOND)).status_code == 401
    assert (await administrator.send("POST", f"/api/users/{uuid7()}/password-link")).status_code == 404


async def test_the_last_administrator_stays(studio: RunningStudio, administrator: Browser) -> None:
    me = (await administrator.http.get("/api/session")).json()["person"]["id"]
    for method, path in (("POST", f"/api/users/{me}/disable"), ("DELETE", f"/api/users/{me}/grants/superuser")):
        answer = await administrator.send(method, path)
        assert (answer.status_code, answer.json()["code"]) == (409, "last-administrator")
    await guest(studio, administrator, "second", "superuser")
    assert (await administrator.send("POST", f"/api/users/{me}/disable")).status_code == 204
    assert (await administrator.http.get("/api/session")).status_code == 401


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("PUT /api/users/{id}/grants/emperor", 422, "no-such-role"),
        ("PUT /api/users/{none}/grants/developer", 404, "no-such-person"),
        ("PUT /api/users/{id}/grants/developer?assistant={none}", 404, "no-such-assistant"),
        ("POST /api/users/{none}/disable", 404, "no-such-person"),
        ("PUT /api/users/{system}/grants/developer", 404, "no-such-person"),
    ],
)
async def test_what_does_not_exist_is_said_so(
    studio: RunningStudio, administrator: Browser, operation: str, status: int, code: str
) -> None:
    me = (await administrator.http.get("/api/session")).json()["person"]["id"]
    method, _, path = operation.partition(" ")
    answer = await administrator.send(method, path.format(id=me, none=uuid7(), system=SYSTEM_USER))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_name_is_given_once(administrator: Browser) -> None:
    for name in ("ADMIN", " admin "):
        answer = await administrator.send("POST", "/api/users", json={"username": name})
        assert (answer.status_code, answer.json()["code"]) == (409, "account-exists")
    listed = (await administrator.http.get("/api/users")).json()["items"]
    assert len(listed) == 1


async def test_nobody_hands_out_what_he_lacks(studio: RunningStudio, administrator: Browser) -> None:
    grace = UUID((await guest(studio, administrator)).id)
    builder = Principal(user_id=grace, display="Builder", roles=frozenset({"flow-builder"}))
    origin = Origin(via="command")
    async with studio.studio.services.transaction() as session:
        for key in ("nlu-editor", "flow-builder"):
            await people.grant(session, builder, origin, user=grace, key=key)
        for key in ("developer", "superuser"):
            with pytest.raises(PeopleError, match="more than you"):
                await people.grant(session, builder, origin, user=grace, key=key)
        me = await people.find(session, "admin")
        with pytest.raises(PeopleError, match="more than you"):
            await people.set_disabled(session, builder, origin, me, disabled=True)


async def test_a_second_provider_keeps_grants_and_history(studio: RunningStudio) -> None:
    await studio.administrator()
    async with studio.studio.services.transaction() as session:
        user = await people.find(session, "admin")
        keycloak = await ensure_provider(session, "openid", "https://id.example.com/realms/acme")
        await people.link(session, Origin(via="command"), user=user, provider=keycloak, subject="kc-1", username="ada")
    async with studio.studio.services.transaction() as session:
        assert await people.find(session, "ada") == user
        assert await people.subjects(session, user, keycloak) == ["kc-1"]
        other = await people.find(session, "admin")
    assert other == user


async def test_an_account_that_signs_in_somebody_else_can_not_be_linked(
    studio: RunningStudio, administrator: Browser
) -> None:
    grace = await guest(studio, administrator)
    async with studio.studio.services.transaction() as session:
        provider = await studio.studio.connection.provider(session)
        me = await people.find(session, "admin")
        subject = (await people.subjects(session, UUID(grace.id), provider))[0]
        with pytest.raises(PeopleError, match="somebody else"):
            await people.link(session, Origin(via="command"), user=me, provider=provider, subject=subject, username="x")


async def test_every_deed_is_in_the_audit_with_its_author_and_without_names(
    studio: RunningStudio, administrator: Browser
) -> None:
    grace = await guest(studio, administrator, "grace", "developer")
    await administrator.send("DELETE", f"/api/users/{grace.id}/grants/developer")
    me = UUID((await administrator.http.get("/api/session")).json()["person"]["id"])
    async with studio.studio.services.transaction() as session:
        rows = (await session.execute(select(audit).where(audit.c.actor == me).order_by(audit.c.id))).all()
        everything = str((await session.execute(select(func.string_agg(audit.c.details, ",")))).scalar_one())
    deeds = [(row.action, row.target) for row in rows]
    for action in ("invite", "grant", "revoke"):
        assert (action, grace.id) in deeds
    assert "grace" not in str(rows) + everything
