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
        None, description="The address of an S3-compatible server, where it is not the cloud's own."
    )
    storage_region: str | None = Field(None, description="The region of the S3 bucket.")
    storage_allow_http: bool = Field(
        False, description="Whether the object store may be spoken to without TLS (a server on the same machine)."
    )
