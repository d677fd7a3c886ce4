"""`talkwright doctor` asks the real cluster what the account of the jobs may do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.services.kubernetes.running import KubernetesCluster

from talkwright.backend.settings import BackendSettings
from talkwright.cli import checks, service_checks
from talkwright.cli.settings import UpSettings
from talkwright.identity.settings import IdentitySettings
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.storage.settings import StorageSettings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def looked(home: Path, settings: dict[str, object]) -> checks.Finding:
    place = checks.Place(
        home=home,
        backend=BackendSettings(),
        identity=IdentitySettings(),
        storage=StorageSettings(),
        up=UpSettings(),
        service=ModelServiceSettings(),
        jobs=PlaceSettings(job_executor="kubernetes"),
        kubernetes=KubernetesSettings.model_validate(settings),
        rasa=RasaSettings(),
    )
    return await service_checks.cluster(place)


async def test_rights_that_the_account_has_and_lacks_are_told(kubernetes: KubernetesCluster, tmp_path: Path) -> None:
    with kubernetes.namespace() as namespace:
        assert (await looked(tmp_path, namespace.settings())).state == "well"
        elsewhere = await looked(tmp_path, namespace.settings(kubernetes_namespace="default"))
        assert elsewhere.state == "wrong"
        assert "may not: create jobs" in elsewhere.found
        nowhere = tmp_path / "config"
        nowhere.write_text(namespace.kubeconfig.read_text().replace("https://", "https://127.0.0.1:9/"))
        assert (await looked(tmp_path, namespace.settings(kubernetes_config=os.fspath(nowhere)))).state == "wrong"
