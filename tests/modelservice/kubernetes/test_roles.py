"""The pods of the studio's roles and of its operator's commands, and the recipe of the images, as they are read."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import pytest
from tests.modelservice.kubernetes.manifests import (
    FILES,
    FOLDER,
    ROOT,
    container_of,
    kind_of,
    objects,
    owners,
    pod_of,
    template_of,
)

import talkwright
from talkwright.backend.chats.bots import TURN_SECONDS
from talkwright.backend.chats.turns import WAIT_SECONDS
from talkwright.cli import serving
from talkwright.cli.main import COMMANDS
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations import role as life
from talkwright.settings import sections, variables

RECIPE = (ROOT / "deploy" / "images" / "Dockerfile").read_text("utf-8")
ORCHESTRATORS = {"training-orchestrator", "running-orchestrator"}
CONSUMERS = {"training-consumer", "running-consumer"}
STUDIO = {"backend", "periodic"}
OWNERS = owners()
DEPLOYMENTS = {name: one for name, one in OWNERS.items() if one["kind"] == "Deployment"}
every_role = pytest.mark.parametrize("role", sorted(DEPLOYMENTS))
every_pod = pytest.mark.parametrize("owner", OWNERS.values(), ids=OWNERS)


def test_each_role_has_a_deployment() -> None:
    assert set(DEPLOYMENTS) == ORCHESTRATORS | CONSUMERS | STUDIO
    for role, deployment in DEPLOYMENTS.items():
        assert container_of(deployment)["command"] == ["talkwright", role]
        assert role in COMMANDS
    assert container_of(OWNERS["talkwright-migrate"])["command"] == ["talkwright", "migrate"]
    assert container_of(OWNERS["talkwright-backup"])["command"][:2] == ["talkwright", "backup"]


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
    before = container_of(DEPLOYMENTS[role]).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    told = {one["name"]: one.get("value") for one in container_of(DEPLOYMENTS[role])["env"]}
    turns = int(told.get("TALKWRIGHT_REQUEST_DRAIN_SECONDS", 0))
    takes = before + (turns + serving.REST_SECONDS if turns else life.DRAIN_SECONDS) + life.CUT_SECONDS
    assert pod_of(DEPLOYMENTS[role])["terminationGracePeriodSeconds"] > takes
    assert bool(before) == (role == "backend")  # requests are led to it until all have heard that it ends
    assert turns >= (TURN_SECONDS + WAIT_SECONDS if role == "backend" else 0)
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert spec["strategy"]["rollingUpdate"]["maxSurge"] != 0
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= labels.items()
    assert labels == DEPLOYMENTS[role]["metadata"]["labels"]  # a release is rolled out by these


def test_whoever_drains_a_node_leaves_others_of_each_role_that_people_wait_for() -> None:
    budgets = {one["metadata"]["name"]: one["spec"] for name in FILES for one in kind_of(name, "PodDisruptionBudget")}
    assert budgets.keys() == DEPLOYMENTS.keys() - {"periodic"}
    for role, budget in budgets.items():
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == DEPLOYMENTS[role]["spec"]["selector"]


def test_a_job_waits_for_its_next_consumer_longer_than_a_pod_takes_to_be_replaced() -> None:
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    patience = float(settings["data"]["TALKWRIGHT_ADOPT_SECONDS"])
    assert patience >= 4 * ModelServiceSettings().adopt_seconds


def test_replicas_let_a_new_version_take_over_without_a_gap() -> None:
    replicas = {role: one["spec"]["replicas"] for role, one in DEPLOYMENTS.items()}
    assert {replicas[role] for role in (*ORCHESTRATORS, "backend")} == {2}
    assert replicas["running-consumer"] >= 2


def test_each_pod_gets_the_secrets_alone_that_it_needs() -> None:
    held = {
        name: {one["secretRef"]["name"].removeprefix("talkwright-") for one in of if "secretRef" in one}
        for name, of in ((name, container_of(owner)["envFrom"]) for name, owner in OWNERS.items())
    }
    assert held == {
        **{role: {"database"} for role in ORCHESTRATORS},
        **{role: {"database", "keys", "store"} for role in CONSUMERS},
        "backend": {"database", "keys", "store", "openid"},
        "periodic": {"database", "store"},
        "talkwright-migrate": {"database", "owner"},
        "talkwright-backup": {"database", "owner", "store"},
        "talkwright-tools": {"database", "owner", "keys", "store", "openid"},
    }
    guide = (ROOT / "docs" / "operations" / "kubernetes.md").read_text("utf-8")
    for name in set[str]().union(*held.values()):
        assert f"create secret generic talkwright-{name} " in guide
    assert not [one for name in FILES for one in objects(name) if one["kind"] == "Secret"]


def test_every_variable_is_a_setting() -> None:
    known = {name for section in sections() for name, _ in variables(section)}
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    told = set(settings["data"])
    for owner in OWNERS.values():
        assert {"configMapRef": {"name": settings["metadata"]["name"]}} in container_of(owner)["envFrom"]
        told |= {one["name"] for one in container_of(owner)["env"]}
    assert told - known == {"POD_IP", "JOB_NAME"}
    offered = re.findall(r"^  # (TALKWRIGHT_[A-Z_]+): \S", (FOLDER / "settings.yaml").read_text("utf-8"), re.MULTILINE)
    assert offered
    assert set(offered) <= known
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
    of_jobs = ORCHESTRATORS | CONSUMERS | {"talkwright-tools"}
    for name, owner in OWNERS.items():
        if name in of_jobs:
            assert pod_of(owner)["serviceAccountName"] == account["metadata"]["name"]
        else:
            assert pod_of(owner)["automountServiceAccountToken"] is False
    (namespace,) = kind_of("settings.yaml", "Namespace")
    assert {one["metadata"]["namespace"] for one in OWNERS.values()} == {namespace["metadata"]["name"]}
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_whoever_reads_the_store_and_not_the_cluster_has_an_account_of_its_own_without_rights() -> None:
    (account,) = kind_of("studio.yaml", "ServiceAccount")
    assert account["automountServiceAccountToken"] is False
    bound = [subject for name in FILES for one in kind_of(name, "RoleBinding") for subject in one["subjects"]]
    assert account["metadata"]["name"] not in {one["name"] for one in bound}
    of_the_cluster = {name for name in OWNERS if pod_of(OWNERS[name]).get("automountServiceAccountToken", True)}
    keys = {"secretRef": {"name": "talkwright-store"}}
    readers = {name for name, owner in OWNERS.items() if keys in container_of(owner)["envFrom"]} - of_the_cluster
    assert readers == {"backend", "periodic", "talkwright-backup"}
    assert {pod_of(OWNERS[name])["serviceAccountName"] for name in readers} == {account["metadata"]["name"]}


def test_backups_lie_where_the_commands_of_an_operator_find_them() -> None:
    (claim,) = kind_of("backup.yaml", "PersistentVolumeClaim")
    for name in ("talkwright-backup", "talkwright-tools"):
        volumes = {one["name"]: one for one in pod_of(OWNERS[name])["volumes"]}
        assert volumes["backups"]["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
        assert {"name": "backups", "mountPath": "/backups"} in container_of(OWNERS[name])["volumeMounts"]
    assert container_of(OWNERS["talkwright-backup"])["command"][2] == "/backups/$(JOB_NAME).backup"


def test_pods_with_the_volume_of_one_node_are_put_together_and_none_holds_up_the_next_backup() -> None:
    sharing = {}
    for name, owner in OWNERS.items():
        if any("persistentVolumeClaim" in one for one in pod_of(owner)["volumes"]):
            (term,) = pod_of(owner)["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            assert term["topologyKey"] == "kubernetes.io/hostname"
            sharing[name] = term["labelSelector"]["matchLabels"]
    assert sharing.keys() == {"talkwright-backup", "talkwright-tools"}
    for wanted in sharing.values():  # the first of them finds itself, so that it waits for no other
        chosen = {
            name for name, one in OWNERS.items() if wanted.items() <= template_of(one)["metadata"]["labels"].items()
        }
        assert chosen == sharing.keys()
    cron = OWNERS["talkwright-backup"]["spec"]
    assert cron["concurrencyPolicy"] == "Forbid"
    assert cron["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 86400 - cron["startingDeadlineSeconds"]


def test_images_are_those_of_this_release_and_the_recipe_makes_them() -> None:
    (settings,) = kind_of("settings.yaml", "ConfigMap")
    named = {settings["data"]["TALKWRIGHT_KUBERNETES_IMAGE"]}
    named |= {container_of(owner)["image"] for owner in OWNERS.values()}
    assert named == {f"talkwright-{target}:{talkwright.__version__}" for target in ("jobs", "service")}
    for name in named:
        target = name.partition(":")[0].removeprefix("talkwright-")
        assert f"AS {target}\n" in RECIPE
        assert f"--target {target} -t {name} ." in RECIPE
    stages = {stage.partition("\n")[0]: stage for stage in RECIPE.split("\nFROM ")[1:]}
    assert stages.keys() == {
        "${PYTHON} AS wheel",
        "${PYTHON} AS jobs",
        "jobs AS studio",
        "studio AS web",
        "studio AS service",
    }
    for stage, requirements in (("${PYTHON} AS jobs", "jobs"), ("jobs AS studio", "studio"), ("studio AS web", "node")):
        assert f"--require-hashes -r /requirements/{requirements}.txt" in stages[stage]
    for stage in ("${PYTHON} AS jobs", "studio AS service"):
        users = re.findall(r"^USER (\S+)$", stages[stage], re.MULTILINE)
        assert users == [f"{KubernetesSettings().kubernetes_user}:{KubernetesSettings().kubernetes_user}"]
    assert "COPY --from=web /web/dist /web\nENV TALKWRIGHT_WEB_ROOT=/web\n" in stages["studio AS service"]


def test_what_the_studio_adds_to_the_packages_of_jobs_changes_none_of_them() -> None:
    jobs, studio = (
        set(
            re.findall(
                r"^[A-Za-z0-9].*?==\S+", (ROOT / "requirements" / f"{name}.txt").read_text("utf-8"), re.MULTILINE
            )
        )
        for name in ("jobs", "studio")
    )
    assert jobs
    assert jobs <= studio


def test_the_recipe_copies_what_is_there_and_what_it_is_given() -> None:
    ignored = (ROOT / "deploy" / "images" / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    assert "*" in ignored
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", RECIPE, re.MULTILINE)
    assert copied
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source.partition("/")[0], pattern) for pattern in kept), source
