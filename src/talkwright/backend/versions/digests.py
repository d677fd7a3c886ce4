"""When two states of an assistant are the same version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from talkwright.database.files import StoredFile


def version_digest(items: Iterable[tuple[str, str, bytes]], files: Iterable[StoredFile]) -> bytes:
    """The digest of a state: what its items mean, and what stands between them (stories and the like).

    Comments, blank lines and the order and places of items make no other version.
    """
    digest = hashlib.sha256()
    for kind, name, meaning in sorted(items):
        for part in (kind.encode(), name.encode(), meaning):
            digest.update(len(part).to_bytes(4, "big") + part)
    for line in sorted(line for file in files for line in _said(file)):
        digest.update(b"\n" + line.encode())
    return digest.digest()


def _said(file: StoredFile) -> Iterable[str]:
    """The lines of a file's raw stretches that say something of their own."""
    for piece in file.skeleton:
        if isinstance(piece, str):
            lines = (line.rstrip() for line in piece.splitlines())
            yield from (line for line in lines if line.strip() and not line.lstrip().startswith("#") and line != "---")
