"""What a model archive says of itself."""

from __future__ import annotations

import hashlib
import json
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

METADATA = "metadata.json"
METADATA_LIMIT = 16 * 1024 * 1024
_CHUNK = 1 << 20


class ModelArchiveError(Exception):
    """The archive is no model; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A model archive: what the engine stamps into events, its size in bytes, its hash, the release that made it."""

    model_id: str
    size: int
    sha256: bytes
    made_by: str | None = None


def read_model(path: Path) -> ModelFile:
    """Read what a model archive says of itself. Raises ModelArchiveError."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    try:
        with tarfile.open(path, "r:gz") as archive:
            metadata = _metadata(archive)
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, RecursionError) as error:
        raise ModelArchiveError("The archive can't be read as a model; train the version again.") from error
    model_id = metadata.get("model_id") if isinstance(metadata, dict) else None
    if not isinstance(model_id, str) or not model_id or len(model_id) > 200:
        raise ModelArchiveError("The model's metadata has no model_id; train the version again.")
    made_by = metadata.get("rasa_open_source_version") if isinstance(metadata, dict) else None
    return ModelFile(
        model_id=model_id,
        size=path.stat().st_size,
        sha256=digest.digest(),
        made_by=made_by[:80] if isinstance(made_by, str) else None,
    )


def _metadata(archive: tarfile.TarFile) -> object:
    for member in archive:
        if member.name.removeprefix("./") == METADATA and member.isfile():
            if member.size > METADATA_LIMIT:
                raise ModelArchiveError("The model's metadata is larger than 16 MiB.")
            source = archive.extractfile(member)
            return json.loads(source.read()) if source is not None else None
    raise ModelArchiveError("The archive has no metadata.json; train the version again.")
