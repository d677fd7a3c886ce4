"""Trainings and running models whose objects lie on a real S3 server and in the emulator of Azure's storage."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.services.modelservice import Service, project, service_at, talking, texts
from tests.services.objects import ObjectServer, azure_emulator, azure_missing, s3_missing, s3_server

from talkwright.storage.objects import open_store
from talkwright.storage.settings import StorageSettings

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("objects")]

KINDS = [
    pytest.param("s3", marks=pytest.mark.skipif(s3_missing() is not None, reason=str(s3_missing()))),
    pytest.param(
        "azure",
        marks=[pytest.mark.slow, pytest.mark.skipif(azure_missing() is not None, reason=str(azure_missing()))],
    ),
]


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectServer]:
    home = tmp_path / "server"
    home.mkdir()
    with (s3_server if request.param == "s3" else azure_emulator)(home) as server:
        yield server


@pytest.fixture
async def service(
    server: ObjectServer, fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    async with service_at(fresh_database_url, tmp_path / "home", **server.settings()) as service:
        service.store = open_store(
            StorageSettings(storage_url=server.url, storage_endpoint=server.endpoint, storage_allow_http=True), tmp_path
        )
        yield service


async def test_a_model_is_trained_published_and_talks_out_of_the_object_store(service: Service) -> None:
    for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
        service.start(role)
    assistant = await service.assistant("cloudy")
    training = await service.train(assistant, project("cloudy"), deploy=True)
    row = await service.becomes("training", training, "succeeded", "failed", seconds=120)
    assert row.state == "succeeded", row.reason
    (model,) = await service.models_of(training)
    (attempt,) = await service.attempts("training", training)
    assert model.object.endswith(f"/{attempt.id}-{model.sha256.hex()}.tar.gz")
    keys = await service.store.keys()
    folder = model.object.rpartition("/")[0]
    assert set(keys) == {model.object, f"{folder}/published.json", f"logs/{attempt.id}.jsonl", *keys[-1:]}
    assert keys[-1].startswith("projects/")
    await service.active(assistant, training=training, seconds=120)
    async with talking(service, assistant) as talk:
        answer = await talk.say(await talk.begin(), "I want to send money")
        assert "Who shall get the money?" in texts(answer)
    assert not (service.home / "objects").exists() or not any((service.home / "objects").iterdir())
