"""The files of `deploy/kubernetes`, as tests read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))


def objects(name: str) -> list[Any]:
    """All objects of a file."""
    return list(yaml.safe_load_all((FOLDER / name).read_text("utf-8")))


def kind_of(name: str, kind: str) -> list[Any]:
    """Those of a kind."""
    return [one for one in objects(name) if one["kind"] == kind]


def template_of(owner: Any) -> Any:
    """The pod that an object makes or is; None where it makes none."""
    match owner["kind"]:
        case "Pod":
            return owner
        case "Deployment" | "Job":
            return owner["spec"]["template"]
        case "CronJob":
            return owner["spec"]["jobTemplate"]["spec"]["template"]
    return None


def pod_of(owner: Any) -> Any:
    """What that pod shall be."""
    return template_of(owner)["spec"]


def container_of(owner: Any) -> Any:
    """Its one container."""
    (container,) = pod_of(owner)["containers"]
    return container


def owners() -> dict[str, Any]:
    """All objects that make pods in the namespace of the studio, by name."""
    every = (one for name in FILES for one in objects(name))
    return {one["metadata"]["name"]: one for one in every if template_of(one) is not None}
