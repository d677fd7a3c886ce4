"""The Deployments of the model service's roles and the recipe of its images, as they are read."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import talkwright
from talkwright.cli.main import COMMANDS
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations import role as life
from talkwright.settings import sections, variables

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
RECIPE = (ROOT / "deploy" / "images" / "Dockerfile").read_text("utf-8")
ORCHESTRATORS = {"training-orchestrator", "running-orchestrator"}
CONSUMERS = {"training-consumer", "running-consumer"}


def objects(name: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / name).read_text("utf-8")))


def kind_of(name: str, kind: str) -> list[Any]:
    return [one for one in objects(name) if one["kind"] == kind]


DEPLOYMENTS = {one["metadata"]["name"]: one for one in kind_of("model-service.yaml", "Deployment")}
(MIGRATION,) = kind_of("migrate.yaml", "Job")
every_role = pytest.mark.parametrize("role", sorted(DEPLOYMENTS))
every_pod = pytest.mark.parametrize(
    "owner", [*DEPLOYMENTS.values(), MIGRATION], ids=[*DEPLOYMENTS, MIGRATION["metadata"]["name"]]
)


def pod_of(owner: Any) -> Any:
    return owner["spec"]["template"]["spec"]


def container_of(owner: Any) -> Any:
    (container,) = pod_of(owner)["containers"]
    return container


def test_each_role_of_the_model_service_has_a_deployment() -> None:
    assert set(DEPLOYMENTS) == ORCHESTRATORS | CONSUMERS
    for role, deployment in DEPLOYMENTS.items():
        assert container_of(deployment)["command"] == ["talkwright", role]
        assert role in COMMANDS
    assert container_of(MIGRATION)["command"] == ["talkwright", "migrate"]


@every_pod
def test_no_pod_has_rights_on_its_machine(owner: Any) -> None:
    pod, container = pod_of(owner), container_of(owner)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == KubernetesSettings().kubernetes_user
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    held = container["securityContext"]
    assert held == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["enableServiceLinks"] is False
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]


@every_role
def test_probes_ask_the_port_that_the_role_serves(role: str) -> None:
    container = container_of(DEPLOYMENTS[role])
    told = {one["name"]: one.get("value") for one in container["env"]}
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert told["TALKWRIGHT_MANAGEMENT_HOST"] == "0.0.0.0"
    assert told["TALKWRIGHT_MANAGEMENT_PORT"] == str(ports["management"])
    asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: one["path"] for name, one in asked.items()} == {
        "startup": "/live",
        "liveness": "/live",  # while the database is away a restart mends nothing
        "readiness": "/ready",
    }
    assert {one["port"] for one in asked.values()} == {"management"}
    if role in CONSUMERS:
        assert told["TALKWRIGHT_JOB_DESK_URL"] == f"http://$(POD_IP):{ports['desk']}"
        assert told["TALKWRIGHT_JOB_DESK_PORT"] == str(ports["desk"])


@every_role
def test_a_pod_that_ends_has_the_time_it_takes_and_another_is_ready_before(role: str) -> None:
    spec = DEPLOYMENTS[role]["spec"]
    assert pod_of(DEPLOYMENTS[role])["terminationGracePeriodSeconds"] > life.DRAIN_SECONDS + life.CUT_SECONDS
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] != 0
    budgets = {one["metadata"]["name"]: one["spec"] for one in kind_of("model-service.yaml", "PodDisruptionBudget")}
    assert budgets[role]["maxUnavailable"] == 1
    assert budgets[role]["selector"] == spec["selector"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert labels == DEPLOYMENTS[role]["metadata"]["labels"]  # a release is rolled out by these


def test_a_job_waits_for_its_next_consumer_longer_than_a_pod_takes_to_be_replaced() -> None:
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    patience = float(settings["data"]["TALKWRIGHT_ADOPT_SECONDS"])
    assert patience >= 4 * ModelServiceSettings().adopt_seconds


def test_replicas_let_a_new_version_take_over_without_a_gap() -> None:
    replicas = {role: one["spec"]["replicas"] for role, one in DEPLOYMENTS.items()}
    assert {replicas[role] for role in ORCHESTRATORS} == {2}
    assert replicas["running-consumer"] >= 2


def test_only_consumers_get_the_keys_of_secrets_and_store_and_only_the_migration_those_of_the_owner() -> None:
    held = {
        owner["metadata"]["name"]: {
            one["secretRef"]["name"] for one in container_of(owner)["envFrom"] if "secretRef" in one
        }
        for owner in (*DEPLOYMENTS.values(), MIGRATION)
    }
    assert held == {
        **{role: {"talkwright-database"} for role in ORCHESTRATORS},
        **{role: {"talkwright-database", "talkwright-consumers"} for role in CONSUMERS},
        "talkwright-migrate": {"talkwright-database", "talkwright-owner"},
    }
    guide = (ROOT / "docs" / "operations" / "kubernetes.md").read_text("utf-8")
    for name in set[str]().union(*held.values()):
        assert f"create secret generic {name} " in guide
    assert not [one for path in FOLDER.glob("*.yaml") for one in objects(path.name) if one["kind"] == "Secret"]


def test_every_variable_is_a_setting() -> None:
    known = {name for section in sections() for name, _ in variables(section)}
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    told = set(settings["data"])
    for owner in DEPLOYMENTS.values():
        assert {"configMapRef": {"name": settings["metadata"]["name"]}} in container_of(owner)["envFrom"]
    for owner in (*DEPLOYMENTS.values(), MIGRATION):
        told |= {one["name"] for one in container_of(owner)["env"]}
    assert told - known == {"POD_IP"}
    for section in sections():
        section.model_validate(
            {
                name.removeprefix("TALKWRIGHT_").lower(): value
                for name, value in settings["data"].items()
                if name in {one for one, _ in variables(section)}
            }
        )


def test_the_account_of_the_roles_is_the_one_that_the_jobs_role_is_bound_to() -> None:
    (account,) = kind_of("model-service.yaml", "ServiceAccount")
    (binding,) = kind_of("jobs.yaml", "RoleBinding")
    named = {"kind": "ServiceAccount", **account["metadata"]}
    assert binding["subjects"] == [named]
    assert {pod_of(one)["serviceAccountName"] for one in DEPLOYMENTS.values()} == {account["metadata"]["name"]}
    (namespace,) = kind_of("settings.yaml", "Namespace")
    assert {one["metadata"]["namespace"] for one in objects("model-service.yaml")} == {namespace["metadata"]["name"]}
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@every_role
def test_the_network_policy_of_the_jobs_lets_the_role_in_and_is_let_in_by_it(role: str) -> None:
    (policy,) = kind_of("network.yaml", "NetworkPolicy")
    labels = DEPLOYMENTS[role]["spec"]["template"]["metadata"]["labels"].items()
    ways_in = [one for rule in policy["spec"]["ingress"] for one in rule["from"]]
    ways_out = [one for rule in policy["spec"]["egress"] for one in rule["to"] if "podSelector" in one]
    for one in (*ways_in, *ways_out):
        assert one["podSelector"]["matchLabels"].items() <= labels
        assert one["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "talkwright"}


def test_images_are_those_of_this_release_and_the_recipe_makes_them() -> None:
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    named = {settings["data"]["TALKWRIGHT_KUBERNETES_IMAGE"]}
    named |= {container_of(owner)["image"] for owner in (*DEPLOYMENTS.values(), MIGRATION)}
    assert named == {f"talkwright-{target}:{talkwright.__version__}" for target in ("jobs", "service")}
    for name in named:
        target = name.partition(":")[0].removeprefix("talkwright-")
        assert f"AS {target}\n" in RECIPE
        assert f"--target {target} -t {name} ." in RECIPE
    last = {stage.partition("\n")[0]: stage for stage in RECIPE.split("\nFROM ")[1:]}
    for target, requirements in (("jobs", "jobs"), ("service", "studio")):
        stage = last[f"${{PYTHON}} AS {target}"]
        assert f"--require-hashes -r /requirements/{requirements}.txt" in stage
        assert f"USER {KubernetesSettings().kubernetes_user}:" in stage


def test_the_recipe_copies_what_is_there_and_what_it_is_given() -> None:
    ignored = (ROOT / "deploy" / "images" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert "*" in ignored
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", RECIPE, re.MULTILINE)
    assert copied
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source.partition("/")[0], pattern) for pattern in kept), source
