"""Reading what a stored model says of itself: whatever lies in the store is a model or is refused in words."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from random import Random

import pytest

from talkwright.modelservice.artefacts import ModelArchiveError, read_model

NOISE = Random(7)  # the same in each run


def archive_of(metadata: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(metadata)
        archive.addfile(member, io.BytesIO(metadata))
    return packed.getvalue()


def whole() -> bytes:
    return archive_of(json.dumps({"model_id": "m1", "noise": NOISE.randbytes(50_000).hex()}).encode())


def test_a_whole_model_tells_its_id_size_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(whole())
    model = read_model(path)
    assert (model.model_id, model.size, len(model.sha256)) == ("m1", path.stat().st_size, 32)


def test_a_model_with_any_byte_damaged_is_read_or_refused_in_words(tmp_path: Path) -> None:
    data, path, refused = whole(), tmp_path / "model.tar.gz", 0
    for place in range(0, len(data), 997):
        path.write_bytes(data[:place] + bytes(255 - one for one in data[place : place + 2]) + data[place + 2 :])
        try:
            read_model(path)
        except ModelArchiveError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize("metadata", [b"[" * 100_000, b'{"model_id": 7}', b"[]", b"\xff", b""])
def test_metadata_that_is_no_description_of_a_model_is_refused_in_words(metadata: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(archive_of(metadata))
    with pytest.raises(ModelArchiveError, match=r"train the version again"):
        read_model(path)
