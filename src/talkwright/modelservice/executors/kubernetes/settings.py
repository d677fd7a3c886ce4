"""Settings of the Kubernetes executor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from talkwright.operations.config import Section

_QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|K|M|G|T|Ki|Mi|Gi|Ti)?$"
_LABEL = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"


class KubernetesSettings(Section):
    """Where and how jobs run on a Kubernetes cluster; objects are given as JSON, as a manifest would hold them."""

    kubernetes_namespace: str = Field("talkwright-jobs", pattern=_LABEL, description="The namespace of the jobs.")
    kubernetes_installation: str = Field(
        "talkwright",
        pattern=_LABEL,
        description="The name of this installation: jobs of others in the same namespace are left alone.",
    )
    kubernetes_config: str = Field(
        "", description="A kubeconfig file; empty takes the service account of the pod that the studio runs in."
    )
    kubernetes_context: str = Field("", description="The context of the kubeconfig; empty takes the current one.")
    kubernetes_image: str = Field("talkwright:latest", min_length=1, description="The image that jobs run.")
    kubernetes_image_pull: Literal["Always", "IfNotPresent", "Never"] = Field(
        "IfNotPresent", description="When the image is pulled."
    )
    kubernetes_pull_secrets: str = Field(
        "", description="Names of secrets to pull the image with, separated by commas; they stand in the namespace."
    )
    kubernetes_python: str = Field("python3", min_length=1, description="The Python inside of the image.")
    kubernetes_service_account: str = Field(
        "", description="The service account of the jobs; they get none of its tokens. Empty takes the default one."
    )
    kubernetes_storage: Literal["signed", "workload"] = Field(
        "signed",
        description="How pods reach the object store: by signed URLs for what is theirs, of at most 5 GiB each, or "
        "with the credentials of their own service account, in parts and of any size.",
    )
    kubernetes_storage_secret: str = Field(
        "",
        description="A Secret in the namespace whose entries are variables with the pods' own credentials for the "
        "object store, such as `AWS_ACCESS_KEY_ID`, where the cloud gives none to service accounts. The engine's "
        "container gets none of them.",
    )
    kubernetes_storage_part_bytes: int = Field(
        32 * 1024 * 1024,
        ge=5 * 1024 * 1024,
        description="The size of the parts in which pods with their own credentials store what is larger, in bytes; a "
        "store takes 10,000 of them.",
    )
    kubernetes_priority_class: str = Field("", description="The priority class of the jobs.")
    kubernetes_node_selector: str = Field("{}", description="Labels that a node of the jobs has, as a JSON object.")
    kubernetes_tolerations: str = Field("[]", description="Taints of nodes that jobs tolerate, as a JSON list.")
    kubernetes_training_cpu: str = Field("500m", pattern=_QUANTITY, description="Processors that a training asks for.")
    kubernetes_running_cpu: str = Field("100m", pattern=_QUANTITY, description="Processors that a model asks for.")
    kubernetes_user: int = Field(10_001, ge=1, description="The number of the user that jobs run as; never root.")
    kubernetes_keep_seconds: int = Field(
        3600,
        ge=3600,
        description="Seconds after its end that the cluster itself clears a Job away, where neither its consumer nor "
        "an orchestrator could: they delete it as soon as its outcome is written down.",
    )
    kubernetes_start_seconds: float = Field(
        300.0, gt=0, description="Seconds within which a pod must run, or its job counts as lost."
    )
    kubernetes_away_seconds: int = Field(
        30, ge=0, description="Seconds that a job's node may be unreachable or not ready before the job is moved."
    )

    @field_validator("kubernetes_storage_secret")
    @classmethod
    def _used(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("kubernetes_storage") == "signed":
            raise ValueError(
                "must be left out without TALKWRIGHT_KUBERNETES_STORAGE=workload: signed URLs need no secret"
            )
        return value

    @field_validator("kubernetes_node_selector")
    @classmethod
    def _labels(cls, value: str) -> str:
        told = _json(value)
        if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
            raise ValueError('must be a JSON object of texts, such as {"pool": "jobs"}')
        return value

    @field_validator("kubernetes_tolerations")
    @classmethod
    def _tolerations(cls, value: str) -> str:
        told = _json(value)
        if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
            raise ValueError('must be a JSON list of objects, such as [{"key": "jobs", "operator": "Exists"}]')
        return value

    @property
    def node_selector(self) -> Mapping[str, str]:
        """The labels that a node must have."""
        return dict(json.loads(self.kubernetes_node_selector))

    @property
    def tolerations(self) -> list[Mapping[str, Any]]:
        """The taints that don't keep jobs away."""
        return list(json.loads(self.kubernetes_tolerations))

    @property
    def pull_secrets(self) -> tuple[str, ...]:
        """The names of the secrets to pull the image with."""
        return tuple(name.strip() for name in self.kubernetes_pull_secrets.split(",") if name.strip())


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("must be JSON") from None
