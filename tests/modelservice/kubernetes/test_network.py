"""Who may speak to whom by `deploy/kubernetes/network.yaml`, asked as a cluster's network would."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.modelservice.kubernetes.manifests import container_of, kind_of, owners, template_of

from talkwright.backend.chats import bots, turns
from talkwright.backend.settings import MIB, BackendSettings
from talkwright.modelservice.executors.kubernetes.manifest import labels_of
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import Job

POLICIES = kind_of("network.yaml", "NetworkPolicy")
OWNERS = owners()
ROLES = {name for name, one in OWNERS.items() if one["kind"] == "Deployment"}
CONSUMERS = {"training-consumer", "running-consumer"}
MANAGEMENT, DESK, PAGES, BOT = 8001, 8010, 8390, 5005


@dataclass(frozen=True)
class Pod:
    """One that speaks or is spoken to."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)


def pod_of(name: str) -> Pod:
    owner = OWNERS[name]
    return Pod(owner["metadata"]["namespace"], template_of(owner)["metadata"]["labels"])


JOB = Pod("talkwright-jobs", labels_of(Job(name="x", command=("x",)), KubernetesSettings()))
PROMETHEUS, CONTROLLER, STRANGER = Pod("monitoring"), Pod("ingress-nginx"), Pod("default")
STUDIO = {name: pod_of(name) for name in OWNERS}
EVERYBODY = {**STUDIO, "job": JOB, "prometheus": PROMETHEUS, "controller": CONTROLLER, "stranger": STRANGER}
EVERYBODY["unlabelled"] = Pod("talkwright")


def fits(selector: Any, labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    for one in selector.get("matchExpressions", ()):
        assert one["operator"] == "In"
        wanted = wanted and labels.get(one["key"]) in one["values"]
    return wanted


def is_peer(peer: Any, pod: Pod, home: str) -> bool:
    """Whether a pod is one that a rule of a policy in the namespace `home` names; no address of a pod is public."""
    if "ipBlock" in peer:
        return False
    spaces = peer.get("namespaceSelector")
    in_space = pod.namespace == home if spaces is None else fits(spaces, {"kubernetes.io/metadata.name": pod.namespace})
    return in_space and fits(peer.get("podSelector", {}), pod.labels)


def is_let(direction: str, peers: str, pod: Pod, other: Pod, port: int, *, protocol: str = "TCP") -> bool:
    """Whether the policies of a pod let it do so with another: without any it may."""
    of_pod = [
        one["spec"]
        for one in POLICIES
        if direction in one["spec"]["policyTypes"]
        and one["metadata"]["namespace"] == pod.namespace
        and fits(one["spec"]["podSelector"], pod.labels)
    ]
    rules = [rule for spec in of_pod for rule in spec.get(direction.lower(), ())]
    return not of_pod or any(
        (
            not rule.get("ports")
            or any(one["port"] == port and one.get("protocol", "TCP") == protocol for one in rule["ports"])
        )
        and any(is_peer(peer, other, pod.namespace) for peer in rule[peers])
        for rule in rules
    )


def may_speak(source: Pod, target: Pod, port: int) -> bool:
    return is_let("Egress", "to", source, target, port) and is_let("Ingress", "from", target, source, port)


def let_in(target: Pod, port: int) -> set[str]:
    return {name for name, pod in EVERYBODY.items() if may_speak(pod, target, port)}


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_the_studios_pods_take_requests_from_those_alone_that_need_them(name: str) -> None:
    target = STUDIO[name]
    assert let_in(target, MANAGEMENT) == {"prometheus"}
    assert let_in(target, DESK) == ({"job"} if name in CONSUMERS else set())
    assert let_in(target, PAGES) == ({"controller"} if name == "backend" else set())


def test_running_assistants_take_requests_from_those_alone_that_talk_to_them() -> None:
    assert let_in(JOB, BOT) == {"backend", "running-consumer"}


def test_the_ports_are_those_that_the_roles_serve() -> None:
    served = {
        name: {one["name"]: one["containerPort"] for one in container_of(OWNERS[name])["ports"]} for name in ROLES
    }
    for name, ports in served.items():
        assert ports["management"] == MANAGEMENT
        assert ports.get("desk") == (DESK if name in CONSUMERS else None)
        assert ports.get("http") == (PAGES if name == "backend" else None)


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_pods_of_jobs_reach_the_dns_of_each_kind_of_cluster_and_nothing_else_there(protocol: str) -> None:
    for space, port in (("kube-system", 53), ("openshift-dns", 5353)):
        assert is_let("Egress", "to", JOB, Pod(space), port, protocol=protocol)
        assert not is_let("Egress", "to", JOB, Pod(space), 443, protocol=protocol)
    assert not is_let("Egress", "to", JOB, STRANGER, 53, protocol=protocol)
    asked = {block["cidr"]: ports for block, ports in blocks_of_jobs() if "except" not in block}
    assert asked.keys() == {"169.254.20.10/32"}
    assert {"port": 53, "protocol": protocol} in asked["169.254.20.10/32"]


def test_pods_of_jobs_reach_no_private_address_besides() -> None:
    open_blocks = [block for block, ports in blocks_of_jobs() if {one["port"] for one in ports} != {53}]
    closed = [ipaddress.ip_network(one) for block in open_blocks for one in block["except"]]
    for address in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "169.254.20.10", "fd00::1", "fe80::1"):
        assert any(ipaddress.ip_address(address) in network for network in closed), address


def blocks_of_jobs() -> list[tuple[Any, list[Any]]]:
    """The addresses that pods of jobs may speak to, and the ports there; without any, all."""
    (policy,) = [one["spec"] for one in POLICIES if one["metadata"]["namespace"] == JOB.namespace]
    rules = policy["egress"]
    return [(to["ipBlock"], rule.get("ports", [])) for rule in rules for to in rule["to"] if "ipBlock" in to]


def test_policies_of_the_jobs_can_be_applied_without_a_studio_in_the_cluster() -> None:
    of_jobs = [one for one in POLICIES if one["metadata"]["labels"]["talkwright/part"] == "jobs"]
    assert of_jobs == [one for one in POLICIES if one["metadata"]["namespace"] == JOB.namespace]


def test_the_ingress_lets_pass_what_takes_long_or_is_large() -> None:
    (ingress,) = kind_of("ingress.yaml", "Ingress")
    told = {name.partition("/")[2]: value for name, value in ingress["metadata"]["annotations"].items()}
    assert int(told["proxy-read-timeout"]) > bots.TURN_SECONDS + turns.WAIT_SECONDS
    assert told["proxy-body-size"] == f"{BackendSettings().archive_limit // MIB}m"


def test_the_ingress_leads_the_public_address_to_the_port_of_the_pages() -> None:
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    (ingress,) = kind_of("ingress.yaml", "Ingress")
    (service,) = kind_of("studio.yaml", "Service")
    (rule,) = ingress["spec"]["rules"]
    assert settings["data"]["TALKWRIGHT_PUBLIC_URL"] == f"https://{rule['host']}"
    assert [one["hosts"] for one in ingress["spec"]["tls"]] == [[rule["host"]]]
    (path,) = rule["http"]["paths"]
    asked = path["backend"]["service"]
    (port,) = service["spec"]["ports"]
    assert asked == {"name": service["metadata"]["name"], "port": {"name": port["name"]}}
    assert service["spec"]["selector"].items() <= STUDIO["backend"].labels.items()
    assert not any(
        service["spec"]["selector"].items() <= STUDIO[name].labels.items() for name in OWNERS if name != "backend"
    )
    ports = {one["name"]: one["containerPort"] for one in container_of(OWNERS["backend"])["ports"]}
    told = {one["name"]: one.get("value") for one in container_of(OWNERS["backend"])["env"]}
    assert told["TALKWRIGHT_PORT"] == str(ports[port["targetPort"]])
