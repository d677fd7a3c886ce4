"""What the model service's tests share: one cluster, and a store that pods reach."""

from collections.abc import Iterator

import pytest
from tests.services.kubernetes.running import HOST, KubernetesCluster, cluster, kubernetes_missing
from tests.services.objects import ObjectServer, s3_missing, s3_server


@pytest.fixture(scope="session")
def kubernetes() -> Iterator[KubernetesCluster]:
    """The cluster of all tests, whichever worker runs them."""
    missing = kubernetes_missing()
    if missing is not None:
        pytest.skip(reason=missing)
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def s3_for_pods(kubernetes: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A store that pods reach, each test with a part of its own."""
    missing = s3_missing()
    if missing is not None:
        pytest.skip(reason=missing)
    assert kubernetes.folder.exists()  # the address is its bridge's
    with s3_server(tmp_path_factory.mktemp("s3"), host=HOST) as server:
        yield server
