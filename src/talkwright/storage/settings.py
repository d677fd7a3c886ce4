"""Where models and project archives are stored."""

from __future__ import annotations

from pydantic import Field

from talkwright.operations.config import Section


class StorageSettings(Section):
    """The object store. S3, GCS and Azure take their keys from the clouds' own variables."""

    storage_url: str | None = Field(
        None,
        description="The object store: `s3://bucket/prefix`, `gs://…`, `az://…` or `file:///folder`; "
        "unset is the folder `objects` in the data folder.",
    )
    storage_endpoint: str | None = Field(
        None,
        description="The address of the store's server, where it is not the cloud's own, as of one that speaks S3.",
    )
    storage_region: str | None = Field(None, description="The region of the S3 bucket.")
    storage_retry_seconds: float = Field(
        60.0, gt=0, description="Seconds for which requests to the object store are tried again while it fails."
    )
    storage_allow_http: bool = Field(
        False, description="Whether the object store may be spoken to without TLS (a server on the same machine)."
    )
