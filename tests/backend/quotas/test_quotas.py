"""Quotas: what would go beyond one is refused in words, and no two pass by the last place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import func, insert, select
from tests.services.modelservice import project, service_at
from tests.services.studio import run_studio

from talkwright.backend.errors import ProblemError
from talkwright.backend.quotas.service import admit, bounds
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.quotas import Used
from talkwright.database.tables import models, trainings
from talkwright.database.trainings import insert_training
from talkwright.operations import metrics

pytestmark = pytest.mark.anyio


async def refused(settings: QuotaSettings, used: Used, wish: str = "training") -> list[str]:
    return [bound.quota for bound in bounds(settings, used, wish) if bound.is_reached]  # type: ignore[arg-type]  # words


async def test_only_what_has_a_limit_and_no_room_below_it_is_refused() -> None:
    full = Used(name="tea-desk", trainings=20, studio_trainings=99, deployments=10, studio_running=7, models=5,
                model_bytes=10, studio_model_bytes=50)  # fmt: skip
    assert await refused(QuotaSettings(), full) == ["trainings"]
    assert await refused(QuotaSettings(quota_trainings=21, quota_studio_trainings=99), full) == ["studio_trainings"]
    assert await refused(QuotaSettings(quota_trainings=0, quota_models=5, quota_model_bytes=10), full) == [
        "models",
        "model_bytes",
    ]
    assert await refused(QuotaSettings(quota_trainings=0, quota_studio_model_bytes=51), full) == []
    assert await refused(QuotaSettings(quota_studio_running=7), full, "deployment") == ["deployments", "studio_running"]
    own = QuotaSettings(quota_overrides='{"tea-desk": {"trainings": 30}, "other": {"trainings": 1}}')
    assert await refused(own, full) == []
    none = QuotaSettings(quota_models=1, quota_overrides='{"tea-desk": {"trainings": 0, "models": 0}}')
    assert await refused(none, full) == []


@pytest.mark.parametrize(
    "wrong", ["{", "[]", '{"a": 1}', '{"a": {"cpus": 1}}', '{"a": {"trainings": -1}}', '{"a": {"trainings": true}}']
)
def test_overrides_that_mean_nothing_are_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ValidationError):
        QuotaSettings(quota_overrides=wrong)


async def test_of_many_who_ask_at_once_as_many_get_through_as_there_is_room(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with service_at(fresh_database_url, tmp_path) as service:
        wishes = []
        for name in ("one", "two"):
            assistant = await service.assistant(name)
            wishes += [(assistant, await service.version(assistant, project(name, verb=f"v{n}"))) for n in range(5)]
        database = Database.at(fresh_database_url)

        async def ask(settings: QuotaSettings, assistant: UUID, version: UUID) -> str:
            try:
                async with database.transaction() as session:
                    await admit(session, settings, assistant, "training")
                    await insert_training(
                        session, uuid7(), assistant=assistant, version=version, by=SYSTEM_USER, deploy=False
                    )
            except ProblemError as error:
                return str(error.extra["quota"]["name"])
            return "queued"

        own = QuotaSettings(quota_trainings=3)
        told = await asyncio.gather(*(ask(own, *wish) for wish in wishes))
        assert sorted(told) == ["queued"] * 6 + ["trainings"] * 4
        whole = QuotaSettings(quota_trainings=0, quota_studio_trainings=8)
        told = await asyncio.gather(*(ask(whole, *wish) for wish in wishes))
        assert sorted(told) == ["queued"] * 2 + ["studio_trainings"] * 8
        async with database.transaction() as session:
            assert (await session.execute(select(func.count()).select_from(trainings))).scalar_one() == 8
        await database.close()


async def test_a_person_reads_which_quota_is_used_up_and_what_helps(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALKWRIGHT_QUOTA_TRAININGS", "1")
    monkeypatch.setenv("TALKWRIGHT_QUOTA_DEPLOYMENTS", "1")
    async with run_studio(fresh_database_url, tmp_path) as studio:
        admin = await studio.administrator()
        made = str(uuid7())
        path = f"/api/assistants/{made}"
        await admin.send("POST", "/api/assistants", json={"id": made, "name": "tea", "title": "T", "language": "en"})
        first = {"id": str(uuid7())}
        assert (await admin.send("POST", f"{path}/trainings", json=first)).status_code == 201
        assert (await admin.send("POST", f"{path}/trainings", json=first)).status_code == 200  # no second one
        slot = {"op": "create", "item": str(uuid7()), "kind": "slot", "name": "more", "body": {"type": "text"}}
        change = {"id": str(uuid7()), "command": {"name": "create-slot", "arguments": {}}, "edits": [slot]}
        assert (await admin.send("POST", f"{path}/changes", json=change)).status_code == 200
        before = metrics.QUOTA_REFUSALS.labels(quota="trainings")._value.get()
        answer = await admin.send("POST", f"{path}/trainings", json={"id": str(uuid7())})
        assert answer.status_code == 409
        problem = answer.json()
        assert (problem["code"], problem["quota"]) == ("quota-reached", {"name": "trainings", "used": 1, "limit": 1})
        assert problem["detail"] == (
            "1 of 1 trainings that this assistant may have wait or run. "
            "Wait for one to end, stop one, or ask who runs the studio for more."
        )
        assert metrics.QUOTA_REFUSALS.labels(quota="trainings")._value.get() == before + 1
        await admin.send("POST", f"{path}/trainings/{first['id']}/stop")

        version = (await admin.http.get(f"{path}/versions")).json()["items"][-1]["id"]
        async with studio.studio.services.database.transaction() as session:
            values = {"assistant": UUID(made), "version": UUID(version), "engine": "talkwright", "object": "m"}
            await session.execute(insert(models).values(id=uuid7(), model_id="m", bytes=1, sha256=b"", **values))
        codes = []
        for _ in range(2):
            answer = await admin.send("POST", f"{path}/deployments", json={"id": str(uuid7()), "version": version})
            codes.append(answer.status_code)
        assert codes == [201, 409]
        assert answer.json()["quota"]["name"] == "deployments"
