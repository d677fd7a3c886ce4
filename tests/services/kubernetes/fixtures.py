"""One cluster for all tests that want it, and a store that its pods reach; a plugin of pytest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # most runs need nothing of it
    from tests.services.kubernetes.running import KubernetesCluster
    from tests.services.objects import ObjectServer


@pytest.fixture(scope="session")
def kubernetes() -> Iterator[KubernetesCluster]:
    """The cluster of all tests, whichever worker runs them."""
    from tests.services.kubernetes.running import cluster, kubernetes_missing  # noqa: PLC0415 - as above

    missing = kubernetes_missing()
    if missing is not None:
        pytest.skip(reason=missing)
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def s3_for_pods(kubernetes: KubernetesCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    """A store that pods reach, each test with a part of its own."""
    from tests.services.kubernetes.running import HOST  # noqa: PLC0415 - as above
    from tests.services.objects import s3_missing, s3_server  # noqa: PLC0415 - as above

    missing = s3_missing()
    if missing is not None:
        pytest.skip(reason=missing)
    assert kubernetes.folder.exists()  # the address is its bridge's
    with s3_server(tmp_path_factory.mktemp("s3"), host=HOST) as server:
        yield server
