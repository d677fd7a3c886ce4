"""The manifests an operator applies grant what the executor needs, and nothing else."""

import ipaddress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest
import yaml
from tests.services.kubernetes.running import KubernetesCluster, moved

from talkwright.modelservice.executors.kubernetes.manifest import labels_of
from talkwright.modelservice.executors.kubernetes.rights import RIGHTS, Right
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Job

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"


def objects(name: str, kind: str) -> list[Any]:
    return [one for one in yaml.safe_load_all((FOLDER / name).read_text("utf-8")) if one["kind"] == kind]


def test_the_role_holds_exactly_the_rights_that_the_executor_uses() -> None:
    (role,) = objects("jobs.yaml", "Role")
    granted = [
        Right(group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert sorted(granted) == sorted(RIGHTS)
    assert objects("jobs.yaml", "ClusterRole") == []


def test_the_manifests_use_the_namespace_that_the_settings_name_by_themselves() -> None:
    (namespace,) = objects("jobs.yaml", "Namespace")
    assert namespace["metadata"]["name"] == KubernetesSettings().kubernetes_namespace
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_network_policy_takes_in_every_job_and_closes_private_addresses() -> None:
    (policy,) = objects("network.yaml", "NetworkPolicy")
    wanted = policy["spec"]["podSelector"]["matchLabels"].items()
    assert wanted <= labels_of(Job(name="x", command=("x",)), KubernetesSettings()).items()
    assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    blocks = [to["ipBlock"] for rule in policy["spec"]["egress"] for to in rule["to"] if "ipBlock" in to]
    closed = [ipaddress.ip_network(one) for block in blocks for one in block["except"]]
    for address in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "fd00::1", "fe80::1"):
        assert any(ipaddress.ip_address(address) in network for network in closed), address


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.yaml")))
def test_a_real_api_server_takes_the_manifests_as_they_are(kubernetes: KubernetesCluster, name: str) -> None:
    with kubernetes.namespace() as namespace:
        text = (FOLDER / name).read_text("utf-8")
        told = yaml.safe_dump_all(moved(one, namespace.name) for one in yaml.safe_load_all(text))
        done = kubernetes.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", told=told)
        assert len(done.splitlines()) == len(list(yaml.safe_load_all(text)))
        assert all("(server dry run)" in line for line in done.splitlines())


@pytest.mark.slow
def test_a_pod_of_the_restricted_kind_is_all_that_the_namespace_takes(kubernetes: KubernetesCluster) -> None:
    with kubernetes.namespace() as namespace, pytest.raises(CalledProcessError) as refused:
        namespace.kubectl("run", "free", "--image=test.local/talkwright:1", "--restart=Never", "--", "python3")
    assert 'violates PodSecurity "restricted' in refused.value.stderr
