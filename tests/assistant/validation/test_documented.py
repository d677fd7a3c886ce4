from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
_CODE = re.compile(r'(?:error|warning|hint|note|Problem)\(\s*"([a-z]+(?:-[a-z]+)+)"')


def test_every_code_of_a_problem_stands_in_the_format_document() -> None:
    written = (ROOT / "docs/formats/project.md").read_text("utf-8")
    rooms = [ROOT / "src/talkwright/assistant" / room for room in ("validation", "parsing", "build.py")]
    sources = [path for room in rooms for path in ([room] if room.suffix else room.glob("*.py"))]
    codes = {code for path in sources for code in _CODE.findall(path.read_text("utf-8"))}
    assert len(codes) > 80
    assert sorted(code for code in codes if f"`{code}`" not in written) == []
