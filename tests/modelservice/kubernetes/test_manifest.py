"""A job as Kubernetes objects."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from talkwright.modelservice.executors import jobfetch
from talkwright.modelservice.executors.kubernetes.manifest import Manifests, manifests, owned_by, selector
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.jobs import LISTEN, Desk, Job, Limits

NAME = "tw-t-01890000-0000-7000-8000-000000000000-1"
DESK = Desk(url="http://desk/grants", token="the token")
GRANTS = {"project.tar.gz": {"key": "k", "url": "http://store/k", "headers": {}}}


def training(**more: Any) -> Job:
    told: dict[str, Any] = {
        "name": NAME,
        "command": (sys.executable, "-P", "-m", "talkwright.engine", "train"),
        "inputs": {"in/project": "project.tar.gz"},
        "outputs": ("model.tar.gz",),
        "environment": {"API_KEY": "a secret value"},
        "hide": ("a secret value",),
        "desk": DESK,
        "limits": Limits(seconds=10.5, memory_bytes=2**30),
    }
    return Job(**{**told, **more})


def made(job: Job | None = None, **settings: Any) -> Manifests:
    return manifests(job or training(), KubernetesSettings(**settings), grants=GRANTS, passed={"PASSED": "yes"})


def pod_of(objects: Manifests) -> Any:
    return objects.job["spec"]["template"]["spec"]


def containers(objects: Manifests) -> list[Any]:
    return [*pod_of(objects)["initContainers"], *pod_of(objects)["containers"]]


def test_one_job_makes_one_pod_and_a_disturbed_one_is_not_made_anew() -> None:
    spec = made().job["spec"]
    assert (spec["backoffLimit"], spec["completions"], spec["parallelism"]) == (0, 1, 1)
    assert spec["podReplacementPolicy"] == "Failed"
    (rule,) = spec["podFailurePolicy"]["rules"]
    assert rule == {"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    assert pod_of(made())["restartPolicy"] == "Never"


def test_an_ended_job_is_kept_for_an_hour_at_least() -> None:
    assert made().job["spec"]["ttlSecondsAfterFinished"] == 3600
    with pytest.raises(ValidationError):
        KubernetesSettings(kubernetes_keep_seconds=60)


def test_only_a_training_has_a_deadline_and_it_leaves_time_for_the_image() -> None:
    assert made().job["spec"]["activeDeadlineSeconds"] == 611
    serving = made(training(serves=True, limits=Limits()))
    assert "activeDeadlineSeconds" not in serving.job["spec"]


def test_only_a_job_that_serves_has_a_service_which_finds_its_pod_alone() -> None:
    assert made().service is None
    serving = made(training(serves=True))
    assert serving.service is not None
    labels = serving.job["spec"]["template"]["metadata"]["labels"]
    assert serving.service["spec"]["selector"] == labels
    assert labels["talkwright/job"] == NAME
    assert serving.service["metadata"]["name"] == serving.secret["metadata"]["name"] == serving.name == NAME


def test_pods_are_restricted() -> None:
    pod = pod_of(made())
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(made()):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"] == str(2**30)


def test_no_secret_stands_outside_of_the_secret() -> None:
    objects = made(training(serves=True))
    seen = json.dumps([objects.job, objects.service])
    assert "a secret value" not in seen
    assert "the token" not in seen
    assert "http://store/k" not in seen
    assert all("env" not in container and "envFrom" not in container for container in containers(objects))


def test_a_training_is_fetched_trained_and_published_one_after_the_other() -> None:
    pod = pod_of(made(training(image="engines.example/other:1")))
    ours = KubernetesSettings().kubernetes_image
    images = {container["name"]: container["image"] for container in pod["initContainers"]}
    assert images == {"fetch": ours, "train": "engines.example/other:1"}
    assert list(images) == ["fetch", "train"], "they run in this order"
    (publish,) = pod["containers"]
    assert (publish["name"], publish["image"]) == ("publish", ours)
    assert publish["command"][-3:] == ["talkwright.modelservice.executors.jobpublish", "/job", "/desk"]
    assert {"name": "job", "emptyDir": {}} in pod["volumes"]
    for container in containers(made()):
        assert {"name": "job", "mountPath": "/job"} in container["volumeMounts"]


def test_a_job_that_serves_is_fetched_and_runs() -> None:
    pod = pod_of(made(training(serves=True)))
    assert [one["name"] for one in pod["initContainers"]] == ["fetch"]
    assert [one["name"] for one in pod["containers"]] == ["main"]


def test_a_training_hands_on_what_it_made_and_a_job_that_serves_has_nobody_to_hand_it_to() -> None:
    for serves in (False, True):
        secret = made(training(serves=serves)).secret["stringData"]
        assert json.loads(secret["job.json"])["hands_on"] is not serves
        assert ("publish.json" in secret) is not serves


def test_only_the_fetching_container_sees_the_whole_secret() -> None:
    fetch, train, publish = containers(made())
    assert {mount["name"] for mount in fetch["volumeMounts"]} == {"job", "secret"}
    for container in (train, publish):
        assert {mount["name"] for mount in container["volumeMounts"]} == {"job", "desk"}
    volumes = {volume["name"]: volume for volume in pod_of(made())["volumes"]}
    items = [{"key": name, "path": name} for name in ("desk.json", "publish.json")]
    assert volumes["desk"]["secret"]["items"] == items
    assert "a secret value" not in made().secret["stringData"]["publish.json"]


def test_the_container_that_publishes_belongs_to_the_trace_of_its_training() -> None:
    job = training(environment={"API_KEY": "a secret value", "TRACEPARENT": "00-ab-cd-01"})
    told = json.loads(made(job).secret["stringData"]["publish.json"])
    assert told["environment"] == {"TRACEPARENT": "00-ab-cd-01"}


def test_pods_have_no_credentials_of_their_own_unless_the_operator_wants_it() -> None:
    objects = made()
    assert "annotations" not in objects.job["spec"]["template"]["metadata"]
    assert json.loads(objects.secret["stringData"]["publish.json"])["store"] is None


@pytest.mark.parametrize(("serves", "engine"), [(False, "train"), (True, "main")])
def test_the_credentials_of_a_pod_are_kept_from_the_engines_container(serves: bool, engine: str) -> None:
    settings = {"kubernetes_storage": "workload", "kubernetes_storage_secret": "store-keys"}
    store = {"url": "s3://b", "allow_http": False, "options": {}, "part_bytes": 2**25}
    job = training(serves=serves)
    objects = manifests(job, KubernetesSettings(**settings), grants=GRANTS, store=store)
    metadata = objects.job["spec"]["template"]["metadata"]
    assert metadata["labels"]["azure.workload.identity/use"] == "true"
    assert set(metadata["annotations"].values()) == {engine}
    variables = {one["name"]: one.get("envFrom") for one in containers(objects)}
    assert variables.pop(engine) is None
    assert all(one == [{"secretRef": {"name": "store-keys"}}] for one in variables.values())
    assert json.loads(objects.secret["stringData"]["job.json"])["store"] == store
    assert objects.service is None or "azure.workload.identity/use" not in objects.service["spec"]["selector"]


def test_a_secret_for_the_store_without_its_use_is_refused() -> None:
    with pytest.raises(ValidationError, match="TALKWRIGHT_KUBERNETES_STORAGE=workload"):
        KubernetesSettings(kubernetes_storage_secret="store-keys")


def test_the_order_holds_the_whole_environment_and_the_command_as_it_is_in_the_image() -> None:
    job = training(command=(sys.executable, "-m", "engine", "--host", LISTEN))
    order = json.loads(made(job, kubernetes_python="/usr/bin/python3.13").secret["stringData"]["job.json"])
    assert order["command"] == ["/usr/bin/python3.13", "-m", "engine", "--host", "0.0.0.0"]
    assert set(order["environment"]) == {
        "API_KEY", "HOME", "LANG", "PASSED", "PATH", "PYTHONNOUSERSITE", "PYTHONUNBUFFERED", "TMPDIR", "TZ",
    }  # fmt: skip
    assert order["inputs"] == GRANTS
    assert (order["seconds"], order["is_held"], order["hide"]) == (10.5, True, ["a secret value"])


def test_a_job_of_another_image_brings_our_scripts_along() -> None:
    program = Path(jobfetch.__file__)
    job = training(command=("/opt/python", str(program), "train"), programs=(program,), image="engines.example/other:1")
    objects = made(job)
    _, train = pod_of(objects)["initContainers"]
    assert train["command"][:3] == ["/opt/python", "-I", "-S"], "what runs our scripts runs the wrapper too"
    order = json.loads(objects.secret["stringData"]["job.json"])
    assert order["command"] == ["/opt/python", "/job/bin/jobfetch.py", "train"]
    assert order["programs"] == {"jobfetch.py": "modelservice/executors/jobfetch.py"}


def test_what_the_operator_sets_is_in_the_pod() -> None:
    pod = pod_of(
        made(
            kubernetes_image="registry.example/talkwright:1",
            kubernetes_pull_secrets="one, two",
            kubernetes_node_selector='{"pool": "jobs"}',
            kubernetes_tolerations='[{"key": "jobs", "operator": "Exists"}]',
            kubernetes_priority_class="low",
            kubernetes_service_account="jobs",
        )
    )
    assert pod["containers"][0]["image"] == "registry.example/talkwright:1"
    assert pod["imagePullSecrets"] == [{"name": "one"}, {"name": "two"}]
    assert (pod["nodeSelector"], pod["priorityClassName"], pod["serviceAccountName"]) == (
        {"pool": "jobs"}, "low", "jobs",
    )  # fmt: skip
    assert {"key": "jobs", "operator": "Exists"} in pod["tolerations"]


def test_a_node_that_is_away_is_waited_for_half_a_minute() -> None:
    away = [one for one in pod_of(made())["tolerations"] if one["effect"] == "NoExecute"]
    assert {one["key"] for one in away} == {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
    assert {one["tolerationSeconds"] for one in away} == {30}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kubernetes_node_selector", "pool=jobs"),
        ("kubernetes_node_selector", '{"pool": 1}'),
        ("kubernetes_tolerations", "{}"),
        ("kubernetes_tolerations", "[1]"),
        ("kubernetes_namespace", "Not A Label"),
        ("kubernetes_user", 0),
        ("kubernetes_training_cpu", "much"),
    ],
)
def test_a_setting_that_no_cluster_would_take_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        KubernetesSettings(**{name: value})  # type: ignore[arg-type]  # wrong on purpose


def test_the_hash_knows_the_job_but_none_of_its_secrets() -> None:
    same = made(training(desk=Desk(url="http://other", token="other"), environment={"API_KEY": "changed"}))
    assert same.spec_hash == made().spec_hash
    others = [
        made(training(command=("other",))),
        made(training(outputs=())),
        made(training(environment={})),
        made(training(limits=Limits(seconds=11))),
        made(kubernetes_image="other"),
    ]
    assert len({made().spec_hash, *(other.spec_hash for other in others)}) == 6


def test_what_belongs_to_a_job_is_owned_by_it_and_by_nothing_else() -> None:
    secret = owned_by(made().secret, {"metadata": {"name": NAME, "uid": "u-1"}})
    (owner,) = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("Job", NAME, "u-1")
    assert "ownerReferences" not in made().job["metadata"]


def test_the_selector_finds_this_installation_alone() -> None:
    settings = KubernetesSettings(kubernetes_installation="blue")
    assert selector(settings, "x") == (
        "talkwright/installation=blue,app.kubernetes.io/managed-by=talkwright,talkwright/job=x"
    )


@given(
    st.sampled_from("tr"),
    st.uuids(),
    st.integers(1, 9999),
    st.booleans(),
    st.dictionaries(st.text(st.characters(exclude_categories=("Cs",))), st.text(), max_size=3),
)
def test_names_and_labels_are_such_as_a_cluster_takes(
    kind: str,
    work: Any,
    number: int,
    serves: bool,
    environment: dict[str, str],
) -> None:
    name = f"tw-{kind}-{work}-{number}"
    objects = made(training(name=name, serves=serves, environment=environment))
    assert re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", objects.name)
    for value in objects.job["metadata"]["labels"].values():
        assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value)
    assert json.loads(objects.secret["stringData"]["job.json"])["environment"].items() >= environment.items()
