"""Writing: a project's files from their skeletons and items, and archives from files."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace

from talkwright.assistant.items import Item, Part
from talkwright.assistant.project.anchoring import settled
from talkwright.assistant.project.bodies import TEXT_KINDS
from talkwright.assistant.project.joining import Piece, join
from talkwright.assistant.project.parts import at_column
from talkwright.assistant.project.values import PartRef, ProjectFile
from talkwright.assistant.yamls import YamlError, load

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_project(files: Iterable[ProjectFile], items: Iterable[Item]) -> dict[str, bytes]:
    """The bytes of each file by path: raw stretches and the sources of items' parts in order.

    A part whose item is not among `items` is passed over, and a file that held nothing else is left away.
    """
    by_key = {(str(item.kind), item.name): item for item in items}
    written = {file.path: write_file(file, by_key) for file in files}
    return {path: data for path, data in written.items() if data is not None}


def write_file(file: ProjectFile, items: Mapping[tuple[str, str], Item]) -> bytes | None:
    """The bytes of one file, or None when all that it held is gone; `items` by (kind, name) are those that live."""
    if file.data is not None:
        kept = any((kind, file.path) in items for kind in TEXT_KINDS)
        return file.data if kept else None
    parts = [_part(piece, items) for piece in file.skeleton]
    pieces = [
        Piece(piece)
        if isinstance(piece, str)
        else Piece(_placed(piece, part) if part else None, piece.section != "", piece.inline)
        for piece, part in zip(file.skeleton, parts, strict=True)
    ]
    if any(piece.text is None for piece in pieces) and _nothing_left(pieces):
        return None
    if any(part is not None and part.anchors for part in parts):
        texts = settled([piece.text or "" for piece in pieces], parts)
        pieces = [
            piece if piece.text is None else replace(piece, text=text)
            for piece, text in zip(pieces, texts, strict=True)
        ]
    return join(pieces, file.style.newline).encode()


def _placed(ref: PartRef, part: Part) -> str:
    """The part's source at the column of its place, where a text that was written for another file has another one."""
    return part.source if ref.inline or not ref.section else at_column(part.source, len(ref.indent))


def _part(piece: str | PartRef, items: Mapping[tuple[str, str], Item]) -> Part | None:
    """The living part of a reference: one with an empty source is a place that the item once had."""
    item = None if isinstance(piece, str) else items.get((piece.kind, piece.name))
    if item is None or isinstance(piece, str) or piece.index >= len(item.parts):
        return None
    part = item.parts[piece.index]
    return part if part.source or not piece.place else None


def _nothing_left(pieces: Iterable[Piece]) -> bool:
    """Whether only the scaffold stands: no part, no comment, no value but a version and empty sections."""
    pieces = list(pieces)
    if any(piece.text and piece.part for piece in pieces):
        return False
    text = "".join(piece.text or "" for piece in pieces)
    if "#" in text:
        return False
    try:
        value = load(text)
    except YamlError:
        return False
    return value is None or (
        isinstance(value, dict) and all(not inner or key == "version" for key, inner in value.items())
    )


def missing_parts(files: Iterable[ProjectFile], items: Iterable[Item]) -> list[PartRef]:
    """The references whose item or part does not exist (any more)."""
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
