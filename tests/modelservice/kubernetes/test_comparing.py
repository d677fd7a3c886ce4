"""The comparison of jobs with attempts, where the cluster does not answer."""

from pathlib import Path

import pytest
import yaml

from talkwright.modelservice.executors.kubernetes import cluster
from talkwright.modelservice.executors.kubernetes.comparing import check
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings

pytestmark = pytest.mark.anyio


async def test_a_cluster_that_does_not_answer_keeps_no_orchestrator_from_leading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "TRIES", 1)
    told = {
        "clusters": [{"name": "away", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "one", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "away", "user": "one"}}],
        "current-context": "c",
    }
    config = tmp_path / "config"
    config.write_text(yaml.safe_dump(told), "utf-8")
    async with cluster.open_cluster(KubernetesSettings(kubernetes_config=str(config))) as away:
        with pytest.raises(cluster.ClusterError):
            await away.may("list", "batch", "jobs")
        await check(away)
