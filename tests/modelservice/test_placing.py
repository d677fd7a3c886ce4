"""The place of the jobs: which attempts' jobs are wanted, and who compares them when."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import insert
from tests.services.modelservice import service_at

from talkwright.database.ids import uuid7
from talkwright.database.open_jobs import AttemptOf
from talkwright.database.tables import attempts
from talkwright.modelservice import placing
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.job_names import attempt_of, job_name
from talkwright.modelservice.placing import open_names

pytestmark = pytest.mark.anyio


@given(st.sampled_from(["training", "deployment"]), st.uuids(), st.integers(1, 9_999))
def test_the_attempt_of_a_job_is_read_from_its_name(kind: str, work: UUID, number: int) -> None:
    assert attempt_of(job_name(kind, work, number)) == AttemptOf(kind, work, number)


@pytest.mark.parametrize(
    "name",
    ["", "tw-x-01890a5d-ac96-774b-bcce-b302099a8057-1", "tw-t-1-1", "tw-t-01890a5d-ac96-774b-bcce-b302099a8057-0"],
)
def test_no_attempt_is_read_from_other_names(name: str) -> None:
    assert attempt_of(name) is None


async def test_only_the_jobs_of_attempts_without_an_outcome_are_wanted(database_url: str, tmp_path: Path) -> None:
    work = uuid7()
    async with service_at(database_url, tmp_path) as service:
        for number, outcome in ((1, "lost_job"), (2, None)):
            values = {"id": uuid7(), "work_kind": "training", "work": work, "number": number}
            state = "ended" if outcome else "running"
            async with service.database.transaction() as session:
                await session.execute(insert(attempts).values(values | {"state": state, "outcome": outcome}))
        ask = open_names(service.database)
        mine = [job_name("training", work, number) for number in (1, 2, 3)]
        assert await ask([*mine, job_name("deployment", work, 2), "of-somebody-else"]) == [mine[1]]
        assert list(await ask(["of-somebody-else"])) == []


@dataclass
class Leads:
    """One who leads as the test wants it."""

    term: int | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)


async def test_the_leader_compares_at_once_with_each_new_term_and_nobody_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared, leads = asyncio.Queue[int | None](), Leads()

    async def sweep() -> None:
        compared.put_nowait(leads.term)
        raise OSError("away")  # which ends nothing

    task = asyncio.create_task(placing.sweep_as_leader(sweep, leads))
    async with AsyncExitStack() as stack:
        stack.callback(task.cancel)
        for term in (1, 3):
            leads.term = term
            leads.begun.set()
            async with asyncio.timeout(placing.SWEEP_SECONDS):
                assert await compared.get() == term
            leads.term = None
        for _ in range(20):
            await asyncio.sleep(0)
        assert compared.empty()  # the next time is not due yet
        monkeypatch.setattr(placing, "SWEEP_SECONDS", 0.0)
        leads.begun.set()  # the time that it waits already is the old one
        for _ in range(20):
            await asyncio.sleep(0)
        assert compared.empty()  # somebody else leads
        leads.term = 4
        async with asyncio.timeout(30):
            assert [await compared.get() for _ in range(3)] == [4, 4, 4]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_a_desk_that_listens_everywhere_must_say_where_jobs_find_it(host: str) -> None:
    with pytest.raises(ValidationError, match="must say how jobs reach this consumer"):
        PlaceSettings(job_desk_host=host)
    assert PlaceSettings(job_desk_host=host, job_desk_url="http://10.1.2.3:8010").job_desk_host == host.strip("[]")


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x/path", "http://x?y", "x"])
def test_the_desks_url_is_an_address_alone(url: str) -> None:
    with pytest.raises(ValidationError):
        PlaceSettings(job_desk_url=url)
