"""Writing: a project's files from their skeletons and items, and archives from files."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

from talkwright.assistant.items import Item
from talkwright.assistant.project.anchoring import settled
from talkwright.assistant.project.values import PartRef, ProjectFile

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_project(files: Iterable[ProjectFile], items: Iterable[Item]) -> dict[str, bytes]:
    """The bytes of each file by path: raw stretches and the sources of items' parts in order.

    Raises KeyError when a skeleton names a part that no item has.
    """
    by_key = {(str(item.kind), item.name): item for item in items}
    return {file.path: write_file(file, by_key) for file in files}


def write_file(file: ProjectFile, items: Mapping[tuple[str, str], Item]) -> bytes:
    """The bytes of one file; `items` by (kind, name) must hold those that the skeleton names."""
    if file.data is not None:
        return file.data
    pieces = [
        piece if isinstance(piece, str) else items[(piece.kind, piece.name)].parts[piece.index].source
        for piece in file.skeleton
    ]
    parts = [
        None if isinstance(piece, str) else items[(piece.kind, piece.name)].parts[piece.index]
        for piece in file.skeleton
    ]
    if any(part is not None and part.anchors for part in parts):
        pieces = settled(pieces, parts)
    return "".join(pieces).encode()


def missing_parts(files: Iterable[ProjectFile], items: Iterable[Item]) -> list[PartRef]:
    """The references whose item or part does not exist: none in a sound project."""
    counts = {(str(item.kind), item.name): len(item.parts) for item in items}
    return [ref for file in files for ref in file.refs if ref.index >= counts.get((ref.kind, ref.name), 0)]


def to_zip(files: Mapping[str, bytes]) -> bytes:
    """A .zip of these files; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[path])
    return buffer.getvalue()


def to_tar_gz(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of these files; equal files give equal bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(files):
            info = tarfile.TarInfo(path)
            info.size = len(files[path])
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(files[path]))
    return buffer.getvalue()
