"""The event stream: every durable fact once and in order, and nothing that a person may not see."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import delete, func, insert, update
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.backend.events import stream as stream_module
from talkwright.backend.events.bus import Bus
from talkwright.backend.events.stream import Stream, decode_position, encode_position, may_see
from talkwright.database.announcements import STUDIO, announce
from talkwright.database.frames import send_frame
from talkwright.database.ids import uuid7
from talkwright.database.migrate import SYSTEM_USER
from talkwright.database.tables import announcements, assistants, sign_ins
from talkwright.identity.principal import Principal

pytestmark = pytest.mark.anyio
OUT_SECONDS = 30.0
"""So long the stream of who was disabled may last at most."""


@pytest.fixture
async def studio(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def assistant(studio: RunningStudio) -> UUID:
    made = uuid7()
    async with studio.studio.services.transaction() as session:
        values = {"id": made, "name": "bank", "title": "Bank", "language": "en", "created_by": SYSTEM_USER}
        await session.execute(insert(assistants).values(values))
    return made


@dataclass
class Reading:
    """A connection that is read line by line."""

    response: httpx2.Response
    lines: AsyncIterator[str]
    position: str = ""
    seen: list[tuple[str, Any]] = field(default_factory=list)

    async def next(self) -> tuple[str, Any]:
        """The next event, keep-alives passed over."""
        name, data = "", ""
        async for line in self.lines:
            key, _, value = line.partition(": ")
            if key == "event":
                name = value
            elif key == "id":
                self.position = value
            elif key == "data":
                data = value
            elif line == "" and name:
                self.seen.append((name, json.loads(data)))
                return self.seen[-1]
        raise EOFError

    async def until(self, name: str) -> Any:
        """The data of the next event of this name."""
        while True:
            found, data = await asyncio.wait_for(self.next(), 20)
            if found == name:
                return data


@contextlib.asynccontextmanager
async def opened(browser: Browser, **query: str | list[str]) -> AsyncIterator[Reading]:
    async with browser.http.stream("GET", "/api/events", params=query) as response:
        stream = Reading(response, response.aiter_lines())
        if response.status_code == 200:
            await stream.until("hello")
        yield stream


async def tell(studio: RunningStudio, scope: UUID | str, kind: str, **payload: Any) -> None:
    async with studio.studio.services.transaction() as session:
        announce(session, scope, kind, payload)


async def test_a_fact_arrives_with_its_scope_its_kind_and_a_position(studio: RunningStudio, assistant: UUID) -> None:
    browser = await studio.administrator()
    async with opened(browser, assistant=str(assistant)) as stream:
        change = uuid7()
        async with studio.studio.services.transaction() as session:
            announce(session, assistant, "change", {"number": 7}, change_id=change)
        fact = await stream.until("fact")
    assert fact == {"scope": str(assistant), "id": "1", "kind": "change", "number": 7, "change_id": str(change)}
    assert decode_position(stream.position) == {STUDIO: fact_number(stream), str(assistant): 1}


def fact_number(stream: Reading) -> int:
    position = decode_position(stream.position)
    assert position is not None
    return position[STUDIO]


async def test_no_fact_is_lost_or_doubled_while_the_connection_is_cut_again_and_again(
    studio: RunningStudio, assistant: UUID
) -> None:
    browser = await studio.administrator()
    numbers: list[int] = []
    position = ""

    async def write() -> None:
        for number in range(200):
            await tell(studio, assistant, "change", number=number)

    writing = asyncio.create_task(write())
    while len(numbers) < 200:
        async with opened(browser, assistant=str(assistant), **({"since": position} if position else {})) as stream:
            if not position:
                position = encode_position({STUDIO: 0, str(assistant): 0})
                continue
            for _ in range(20):
                if len(numbers) == 200:
                    break
                fact = await stream.until("fact")
                if fact["kind"] == "change":
                    numbers.append(fact["number"])
            position = stream.position
    await writing
    assert numbers == list(range(200))


async def test_who_began_to_read_before_it_connected_gets_what_was_told_meanwhile(
    studio: RunningStudio, assistant: UUID
) -> None:
    browser = await studio.administrator()
    async with studio.studio.services.transaction() as session:
        await session.execute(update(announcements).values(at=announcements.c.at - timedelta(hours=1)))
    await tell(studio, assistant, "change", number=1)
    async with studio.studio.services.transaction() as session:
        older = update(announcements).where(announcements.c.scope == str(assistant))
        await session.execute(older.values(at=func.clock_timestamp() - timedelta(minutes=2)))
    await tell(studio, assistant, "change", number=2)
    async with opened(browser, assistant=str(assistant), age="60") as stream:
        assert (await stream.until("fact"))["number"] == 2
    async with opened(browser, assistant=str(assistant), age="150") as stream:
        assert [(await stream.until("fact"))["number"] for _ in range(2)] == [1, 2]
    async with opened(browser, assistant=str(assistant), age="60", since=stream.position) as stream:
        await tell(studio, assistant, "change", number=3)
        assert (await stream.until("fact"))["number"] == 3


async def test_one_stream_serves_several_assistants_and_reads_anew_only_those_that_it_did_not_follow(
    studio: RunningStudio, assistant: UUID
) -> None:
    browser = await studio.administrator()
    second = uuid7()
    async with studio.studio.services.transaction() as session:
        values = {"id": second, "name": "ferry", "title": "Ferry", "language": "en", "created_by": SYSTEM_USER}
        await session.execute(insert(assistants).values(values))
    async with opened(browser, assistant=str(assistant)) as stream:
        position = stream.position
    await tell(studio, assistant, "change", number=1)
    async with opened(browser, assistant=[str(assistant), str(second)], since=position) as stream:
        assert await stream.until("reset") == {"scopes": [str(second)]}
        assert (await stream.until("fact"))["number"] == 1
        await tell(studio, second, "change", number=2)
        fact = await stream.until("fact")
        assert (fact["scope"], fact["number"]) == (str(second), 2)


async def test_frames_of_this_process_and_of_other_roles_arrive(studio: RunningStudio, assistant: UUID) -> None:
    browser = await studio.administrator()
    async with opened(browser, assistant=str(assistant)) as stream:
        studio.studio.services.get(Bus).publish(assistant, "chat", {"typing": True})
        assert (await stream.until("frame"))["typing"] is True
        for attempt in range(100):  # until the process has begun to hear the others
            async with studio.studio.services.transaction() as session:
                await send_frame(session, assistant, "log", {"line": attempt})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    frame = await stream.until("frame")
                    break
        assert frame["kind"] == "log"
        studio.studio.services.get(Bus).publish(uuid7(), "log", {"line": "of another assistant"})
        await tell(studio, assistant, "change", number=1)
        assert (await stream.next())[0] == "fact"


async def test_thousands_of_frames_do_not_hold_up_a_fact(studio: RunningStudio, assistant: UUID) -> None:
    browser = await studio.administrator()
    bus = studio.studio.services.get(Bus)
    async with opened(browser, assistant=str(assistant)) as stream:
        for number in range(5000):
            bus.publish(assistant, "log", {"line": number})
        await tell(studio, assistant, "change", number=1)
        frames = 0
        while (await stream.next())[0] == "frame":
            frames += 1
        assert frames <= 1000


async def test_frames_that_never_end_do_not_hold_up_a_fact(studio: RunningStudio, assistant: UUID) -> None:
    services = studio.studio.services
    bus, person = services.get(Bus), Principal(user_id=SYSTEM_USER, display="Me", roles=frozenset({"superuser"}))

    async def still_me() -> Principal:
        return person

    events = Stream(services.database, bus, person, still_me, [assistant]).events(None)
    assert b"event: hello" in await anext(events)
    bus.publish(assistant, "log", {"line": 0})
    written = asyncio.create_task(tell(studio, assistant, "change", number=1))
    for number in range(20_000):  # each frame that is read makes room for the next one
        bus.publish(assistant, "log", {"line": number})
        if b"event: fact" in await anext(events):
            break
        await asyncio.sleep(0)
    else:
        raise AssertionError("the fact never came")
    await written
    await events.aclose()


async def test_what_is_told_together_with_a_new_right_is_seen_with_it(studio: RunningStudio, assistant: UUID) -> None:
    services, user = studio.studio.services, uuid7()
    before = Principal(user_id=user, display="Guest", roles=frozenset())
    after = Principal(user_id=user, display="Guest", roles=frozenset({"business-user"}))

    granted, asked = False, asyncio.Event()

    async def now_granted() -> Principal:
        asked.set()
        return after if granted else before

    events = Stream(services.database, services.get(Bus), before, now_granted, [STUDIO]).events(None)
    assert b"event: hello" in await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.wait_for(asked.wait(), 20)  # the first check, before the right is given
    async with services.transaction() as session:
        announce(session, STUDIO, "training", {"assistant": str(assistant), "state": "running"})
        announce(session, STUDIO, "grant", {"user": str(user)})
        announce(session, STUDIO, "training", {"assistant": str(assistant), "state": "succeeded"})
        granted = True
    seen = [await asyncio.wait_for(waiting, 20), *[await asyncio.wait_for(anext(events), 20) for _ in range(2)]]
    assert [b"running" in seen[0], b"grant" in seen[1], b"succeeded" in seen[2]] == [True, True, True]
    await events.aclose()


@pytest.mark.parametrize("position", ["rubbish", "e30", "W10", encode_position({STUDIO: 10**9}), "é" * 10])
async def test_a_position_that_is_not_known_makes_the_page_read_anew(studio: RunningStudio, position: str) -> None:
    browser = await studio.administrator()
    async with opened(browser, since=position) as stream:
        await stream.until("reset")
        await tell(studio, STUDIO, "assistant", name="x")
        assert (await stream.until("fact"))["kind"] == "assistant"


async def test_what_browsers_send_when_they_connect_again_wins(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    async with opened(browser) as stream:
        position = stream.position
    await tell(studio, STUDIO, "assistant", name="missed")
    browser.http.headers["Last-Event-ID"] = position
    async with opened(browser, since=encode_position({STUDIO: 0})) as stream:
        assert (await stream.until("fact"))["name"] == "missed"


async def test_a_stranger_to_the_assistant_gets_no_stream(studio: RunningStudio, assistant: UUID) -> None:
    administrator = await studio.administrator()
    invited = await administrator.send("POST", "/api/users", json={"username": "guest"})
    guest = studio.browser()
    form = {"password": "a-quiet-open-house", "again": "a-quiet-open-house"}
    await guest.follow(await guest.http.post(invited.json()["link"], data=form))
    async with opened(guest, assistant=str(assistant)) as stream:
        assert stream.response.status_code == 404
    async with opened(studio.browser()) as stream:
        assert stream.response.status_code == 401
    async with opened(guest) as stream:
        await tell(studio, STUDIO, "training", assistant=str(assistant), state="running")
        user = invited.json()["id"]
        granted = await administrator.send("PUT", f"/api/users/{user}/grants/business-user?assistant={assistant}")
        assert granted.status_code == 204
        fact = await stream.until("fact")
        assert (fact["kind"], fact["user"]) == ("grant", user)
        await tell(studio, STUDIO, "training", assistant=str(assistant), state="succeeded")
        assert (await stream.until("fact"))["state"] == "succeeded"


async def test_the_stream_of_a_disabled_person_ends_at_once(studio: RunningStudio) -> None:
    administrator = await studio.administrator()
    invited = await administrator.send("POST", "/api/users", json={"username": "guest", "roles": ["business-user"]})
    guest = studio.browser()
    form = {"password": "a-quiet-open-house", "again": "a-quiet-open-house"}
    await guest.follow(await guest.http.post(invited.json()["link"], data=form))
    async with opened(guest) as stream:
        assert stream.response.status_code == 200
        await administrator.send("POST", f"/api/users/{invited.json()['id']}/disable")
        with pytest.raises(EOFError):
            await stream.until("the end")


async def test_who_is_disabled_at_one_server_is_out_at_the_others_too(
    fresh_database_url: str, studio: RunningStudio, tmp_path: Path
) -> None:
    administrator = await studio.administrator()
    invited = await administrator.send("POST", "/api/users", json={"username": "guest", "roles": ["business-user"]})
    guest = studio.browser()
    form = {"password": "a-quiet-open-house", "again": "a-quiet-open-house"}
    await guest.follow(await guest.http.post(invited.json()["link"], data=form))
    async with run_studio(fresh_database_url, tmp_path) as other:
        elsewhere = other.browser()
        elsewhere.http.cookies.update(guest.http.cookies)
        async with opened(elsewhere) as stream:
            assert stream.response.status_code == 200
            assert (await elsewhere.http.get("/api/session")).status_code == 200
            await administrator.send("POST", f"/api/users/{invited.json()['id']}/disable")
            assert (await elsewhere.http.get("/api/session")).status_code == 401
            with pytest.raises(EOFError):
                await asyncio.wait_for(stream.until("the end"), OUT_SECONDS)
        async with opened(elsewhere) as stream:
            assert stream.response.status_code == 401


async def test_the_stream_of_a_person_whose_roles_went_ends_though_facts_keep_coming(
    studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "REREAD_SECONDS", 0.3)
    browser = await studio.administrator()
    async with opened(browser) as stream:
        async with studio.studio.services.transaction() as session:
            await session.execute(delete(sign_ins))

        async def facts_for_ever() -> None:
            while True:
                await tell(studio, STUDIO, "assistant")
                await stream.until("fact")

        with pytest.raises(EOFError):
            await asyncio.wait_for(facts_for_ever(), 60)


async def test_open_streams_end_when_the_server_stops(studio: RunningStudio) -> None:
    browser = await studio.administrator()
    async with opened(browser) as stream:
        studio.studio.close_streams()
        with pytest.raises(EOFError):
            await asyncio.wait_for(stream.next(), 30)


def test_what_a_person_may_see_follows_from_what_he_may_do() -> None:
    mine, other, me = uuid7(), uuid7(), uuid7()
    guest = Principal(user_id=me, display="Guest", grants={mine: frozenset({"annotator"})})
    assert may_see(guest, str(mine), "assistant", {})
    assert not may_see(guest, str(mine), "change", {})
    assert not may_see(guest, str(other), "assistant", {})
    assert not may_see(guest, STUDIO, "training", {"assistant": str(other)})
    assert not may_see(guest, STUDIO, "assistant", {})
    assert may_see(guest, STUDIO, "queue", {"work": "training"})
    assert not may_see(guest, str(other), "queue", {})
    assert may_see(guest, STUDIO, "grant", {"user": str(me)})
    assert not may_see(guest, STUDIO, "grant", {"user": str(other)})
    assert not may_see(guest, "no uuid", "change", {})
