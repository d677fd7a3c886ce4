"""A namespace of the real cluster for each test."""

from collections.abc import AsyncIterator

import pytest
from tests.modelservice.places import KubernetesPlace, kubernetes_place
from tests.services.kubernetes.running import KubernetesCluster
from tests.services.objects import ObjectServer


@pytest.fixture
async def place(kubernetes: KubernetesCluster, s3_for_pods: ObjectServer) -> AsyncIterator[KubernetesPlace]:
    async with kubernetes_place(kubernetes, s3_for_pods) as place:
        yield place
