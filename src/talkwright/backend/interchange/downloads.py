"""Files as downloads."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Response


def attachment(data: bytes, name: str, media_type: str) -> Response:
    """An answer that browsers save under a name."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "_" for char in name)
    header = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(data, media_type=media_type, headers={"Content-Disposition": header, "Cache-Control": "no-store"})
