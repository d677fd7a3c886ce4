"""The manifests an operator applies grant what the executor needs, and nothing else."""

from subprocess import CalledProcessError

import pytest
import yaml
from tests.modelservice.kubernetes.manifests import FILES, kind_of, objects
from tests.services.kubernetes.running import KubernetesCluster, moved

from talkwright.modelservice.executors.kubernetes.rights import RIGHTS, Right
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings


def test_the_role_holds_exactly_the_rights_that_the_executor_uses() -> None:
    (role,) = kind_of("jobs.yaml", "Role")
    granted = [
        Right(group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert sorted(granted) == sorted(RIGHTS)
    assert kind_of("jobs.yaml", "ClusterRole") == []


def test_the_manifests_use_the_namespace_that_the_settings_name_by_themselves() -> None:
    (namespace,) = kind_of("jobs.yaml", "Namespace")
    assert namespace["metadata"]["name"] == KubernetesSettings().kubernetes_namespace
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_real_api_server_takes_the_manifests_as_they_are(kubernetes: KubernetesCluster, name: str) -> None:
    with kubernetes.namespace() as namespace:
        wanted = objects(name)
        told = yaml.safe_dump_all(moved(one, namespace.name) for one in wanted)
        done = kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", told=told)
        assert len(done.splitlines()) == len(wanted)
        assert all("(server dry run)" in line for line in done.splitlines())


@pytest.mark.slow
def test_a_pod_of_the_restricted_kind_is_all_that_the_namespace_takes(kubernetes: KubernetesCluster) -> None:
    with kubernetes.namespace() as namespace, pytest.raises(CalledProcessError) as refused:
        namespace.kubectl("run", "free", "--image=test.local/talkwright:1", "--restart=Never", "--", "python3")
    assert 'violates PodSecurity "restricted' in refused.value.stderr
