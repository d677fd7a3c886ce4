"""Whole archives of what nobody should send: each is imported with a problem, or refused in words, soon and small."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.backend.content.calls import packed
from tests.services.studio import Browser

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

QUICK_SECONDS = 2.0
MOST_MEGABYTES = 300
CONFIG = {"config.yml": b"language: en\npolicies: []\n"}
FLOW = "flows:\n  a: {description: ä, steps: [{action: utter_a}]}\n"
FILES: dict[str, tuple[str, bytes]] = {
    "a key twice": ("201 file-unreadable", b"slots:\n  a: {type: text}\n  a: {type: bool}\n"),
    "a key twice in a flow": (
        "201 file-unreadable",
        b"flows:\n  a: {description: x, description: y, steps: [{action: utter_a}]}\n",
    ),
    "UTF-16": ("201 file-unreadable", FLOW.encode("utf-16")),
    "Latin-1": ("201 file-unreadable", FLOW.encode("latin-1")),
    "a byte order mark": ("201 undeclared-response", ("\ufeff" + FLOW).encode()),
    "binary junk": ("201 file-unreadable", bytes(range(256)) * 4000),
    "a huge text": ("201", b"responses:\n  utter_a:\n  - text: '" + b"x" * 3_900_000 + b"'\n"),
    "a huge key": ("422 invalid-name", b"responses:\n  ? " + b"u" * 1_000_000 + b"\n  : - text: a\n"),
    "half surrogates": ("201 file-unreadable", b'responses:\n  utter_a:\n  - text: "\\ud800 x"\n'),
    "NUL": ("201 file-unreadable", b'responses:\n  utter_a:\n  - text: "a\\0b"\n'),
    "a number of a million digits": ("201", b"slots:\n  a: {type: float, initial_value: " + b"9" * 1_000_000 + b"}\n"),
    "a hexadecimal number": (
        "201 slot-value",
        b"slots:\n  a: {type: float, initial_value: 0x" + b"f" * 1_000_000 + b"}\n",
    ),
    "a number beyond all": ("201", b"slots:\n  a: {type: float, initial_value: 1e999999999}\n"),
    "no number and endless": (
        "201 slot-value",
        b"slots:\n  a: {type: float, initial_value: .nan}\n  b: {type: float, values: [.inf]}\n",
    ),
    "a tag that calls": ("201 file-unreadable", b"slots: !!python/object/apply:os.system ['true']\n"),
    "anchors without end": (
        "201",
        b"responses:\n" + b"".join(b"  u%d: &a%d\n  - text: x\n" % (n, n) for n in range(2_000)),
    ),
    "brackets in an example": (
        "201 broken-annotation",
        b"nlu:\n- intent: a\n  examples: |\n    - " + b"[a](" * 100_000 + b"\n",
    ),
    "a deep condition": (
        "201 condition-broken",
        b"flows:\n  a: {description: x, if: '" + b"(" * 100_000 + b"', steps: [{action: utter_a}]}\n",
    ),
    "a wide condition": (
        "201 condition-broken",
        b"flows:\n  a: {description: x, if: '" + b"not " * 30_000 + b"slots.x', steps: [{action: b}]}\n",
    ),
    "a slow regex": ("201", b"nlu:\n- regex: a\n  examples: |\n    - (a+)+$\nslots:\n  b: {type: text}\n"),
    "a deep template": (
        "201",
        b"responses:\n  utter_a:\n  - text: '" + b"{{ " * 50_000 + b"'\n    metadata: {rephrase: true}\n",
    ),
    "deep nesting": ("201 flow-without-description", b"flows:\n  a: " + b"{x: " * 90 + b"1" + b"}" * 90 + b"\n"),
    "many steps": (
        "201 undeclared-response",
        b"flows:\n  a:\n    description: x\n    steps:\n" + b"    - action: utter_a\n" * 2_500,
    ),
    "a name of a megabyte": (
        "422 invalid-name",
        b"flows:\n  ? " + b"f" * 1_000_000 + b"\n  : {description: x, steps: [{action: b}]}\n",
    ),
}
"""Texts, and what their import is answered: its status and the code of the refusal, or of the worst problem."""


READ = """
import json, pathlib, re, sys, time
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_project
from talkwright.assistant.references import references
from talkwright.assistant.validation import check_assistant

spent = {}
for path in pathlib.Path(sys.argv[1]).iterdir():
    began = time.process_time()
    project = read_project(path)
    items = [ItemBody(str(item.kind), item.name, item.body) for item in project.items]
    for item in items:
        list(references(item.kind, item.name, item.body))
    check_assistant(items)
    spent[path.name] = time.process_time() - began
kilobytes = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
print(json.dumps({"spent": spent, "kilobytes": int(kilobytes)}))
"""


async def imported(browser: Browser, files: dict[str, bytes]) -> tuple[int, dict[str, Any], float]:
    """Status and answer of an import, and this process's CPU seconds for it."""
    made = uuid7()
    address = f"/api/assistants/import?id={made}&name=bot-{made}"
    began = time.process_time()
    answer = await browser.send(
        "POST", address, content=packed(files), headers={"Content-Type": "application/zip"}, timeout=60
    )
    return answer.status_code, json.loads(answer.content), time.process_time() - began


@pytest.mark.parametrize("name", FILES)
async def test_a_hostile_file_is_imported_or_refused_in_words_and_soon(admin: Browser, name: str) -> None:
    expected, data = FILES[name]
    status, answer, spent = await imported(admin, {**CONFIG, "data/hostile.yml": data})
    assert spent < QUICK_SECONDS
    if status == 422:
        assert f"{status} {answer['code']}" == expected
        assert answer["detail"]
        return
    problems = answer["report"]["problems"]
    errors = [problem["code"] for problem in problems if problem["severity"] == "error"]
    assert " ".join([str(status), *errors[:1]]) == expected
    kept = await admin.send("GET", f"/api/assistants/{answer['assistant']['id']}/items?kind=file")
    assert kept.status_code == 200
    is_kept_unread = any(item["name"] == "data/hostile.yml" for item in kept.json()["items"])
    assert is_kept_unread == ("file-unreadable" in errors)
    assert all(len(problem["message"]) < 1000 for problem in problems)


def test_all_of_them_are_read_and_validated_within_300_megabytes(tmp_path: Path) -> None:
    for number, (_, data) in enumerate(FILES.values()):
        (tmp_path / f"{number}.zip").write_bytes(packed({**CONFIG, "data/hostile.yml": data}))
    done = subprocess.run([sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found["spent"]) == len(FILES)
    assert max(found["spent"].values()) < QUICK_SECONDS
    assert found["kilobytes"] < MOST_MEGABYTES * 1000
