"""The scrape configuration finds each role's metrics as the manifests serve them, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.modelservice.kubernetes.manifests import container_of, owners, template_of
from tests.services.prometheus import CONFIG, Target, targets

from talkwright.cli.main import COMMANDS

OWNERS = owners()
ROLES = sorted(name for name, one in OWNERS.items() if one["kind"] == "Deployment")


def as_it_runs(owner: Any, namespace: str = "talkwright") -> dict[str, Any]:
    """A pod of that kind, as the API server tells of it."""
    template = template_of(owner)
    name = f"{owner['metadata']['name']}-abc"
    metadata = {"name": name, "namespace": namespace, "labels": template["metadata"]["labels"]}
    return {"metadata": metadata, "spec": template["spec"], "status": {"podIP": "10.0.0.7"}}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_scraped_once_where_it_serves_its_metrics(role: str) -> None:
    assert role in COMMANDS
    told = {one["name"]: one.get("value") for one in container_of(OWNERS[role])["env"]}
    port = told["TALKWRIGHT_MANAGEMENT_PORT"]
    labels = {"job": role, "instance": f"{role}-abc"}
    assert targets(as_it_runs(OWNERS[role])) == [Target(f"http://10.0.0.7:{port}/metrics", labels)]


def test_nothing_else_is_scraped() -> None:
    others = [one for name, one in OWNERS.items() if name not in ROLES]
    assert others
    assert [targets(as_it_runs(one)) for one in others] == [[] for _ in others]
    assert targets(as_it_runs(OWNERS[ROLES[0]], namespace="talkwright-jobs")) == []


def test_the_namespace_is_that_of_the_roles() -> None:
    (discovery,) = CONFIG["kubernetes_sd_configs"]
    assert discovery["namespaces"]["names"] == sorted({one["metadata"]["namespace"] for one in OWNERS.values()})
