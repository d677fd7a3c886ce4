"""What Prometheus makes of pods by `deploy/prometheus/scrape.yaml`: of its relabelling what is used there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SCRAPE = Path(__file__).parents[2] / "deploy" / "prometheus" / "scrape.yaml"
(CONFIG,) = yaml.safe_load(SCRAPE.read_text("utf-8"))
_META = "__meta_kubernetes_pod_"


@dataclass(frozen=True)
class Target:
    """What is scraped: its URL, and what its samples are labelled with."""

    url: str
    labels: Mapping[str, str]


def targets(pod: Mapping[str, Any]) -> list[Target]:
    """Those of a pod as the API server tells of it."""
    (discovery,) = CONFIG["kubernetes_sd_configs"]
    assert discovery["role"] == "pod"
    if pod["metadata"]["namespace"] not in discovery["namespaces"]["names"]:
        return []
    return [Target(*told) for found in _discovered(pod) if (told := _relabelled(found)) is not None]


def _discovered(pod: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The labels of each of its ports, as Prometheus discovers them."""
    labels = {re.sub(r"\W", "_", name): value for name, value in pod["metadata"].get("labels", {}).items()}
    address = pod["status"]["podIP"]
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", ()):
            yield {
                "__address__": f"{address}:{port['containerPort']}",
                "__scheme__": CONFIG.get("scheme", "http"),
                "__metrics_path__": CONFIG.get("metrics_path", "/metrics"),
                "job": CONFIG["job_name"],
                f"{_META}name": pod["metadata"]["name"],
                f"{_META}container_port_name": port["name"],
                **{f"{_META}label_{name}": value for name, value in labels.items()},
            }


def _relabelled(labels: dict[str, str]) -> tuple[str, dict[str, str]] | None:
    for rule in CONFIG["relabel_configs"]:
        assert rule.keys() <= {"source_labels", "regex", "action", "target_label"}
        value = ";".join(labels.get(name, "") for name in rule["source_labels"])
        fits = re.fullmatch(rule.get("regex", "(.*)"), value) is not None
        match rule.get("action", "replace"):
            case "keep":
                if not fits:
                    return None
            case "replace":
                if fits:
                    labels[rule["target_label"]] = value
            case other:
                raise AssertionError(f"This test does not know the action {other}.")
    url = f"{labels['__scheme__']}://{labels['__address__']}{labels['__metrics_path__']}"
    return url, {name: value for name, value in labels.items() if not name.startswith("__")}
