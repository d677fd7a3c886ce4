"""Script that a browser loads for the first page, packed: what `index.html` and the list of assistants need at once.

python benchmarks/page.py
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from _figures import tell

DIST = Path(__file__).parents[1] / "web" / "dist"
FIRST_PAGE = "HomePage-*.js"
_SCRIPTS = re.compile(r'<(?:script|link)\b[^>]*?(?:src|href)="(/assets/[^"]+\.js)"')
_NEEDED = re.compile(r'(?:from|import)\s*"\./([^"]+\.js)"')  # not import("./x.js"), which waits until it is needed


def first_scripts() -> dict[str, bytes]:
    """The scripts by name."""
    if not (DIST / "index.html").is_file():
        raise SystemExit("The web client is not built. Run `make web`, then this again.")
    waiting = [Path(name).name for name in _SCRIPTS.findall((DIST / "index.html").read_text())]
    waiting += [path.name for path in (DIST / "assets").glob(FIRST_PAGE)]
    found: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (DIST / "assets" / name).read_bytes()
            waiting += _NEEDED.findall(found[name].decode())
    return found


def main() -> None:
    scripts = first_scripts()
    packed = sum(len(gzip.compress(data, 6)) for data in scripts.values())
    whole = sum(map(len, scripts.values()))
    tell("first-page-script", packed / 1000, "KB", f"{len(scripts)} files, {whole / 1000:.0f} KB unpacked")


if __name__ == "__main__":
    main()
