"""What the set-up scripts say on a machine where something is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"
UV = f"""#!{sys.executable}
import os, pathlib, sys
if sys.argv[1] == "venv":
    own = pathlib.Path(sys.argv[-1], "bin")
    own.mkdir(parents=True)
    (own / "python").symlink_to(sys.executable)
else:
    for name in ("node", "npm"):
        program = pathlib.Path(os.environ["VIRTUAL_ENV"], "bin", name)
        program.write_text("#!/bin/bash\\nexit 0\\n")
        program.chmod(0o755)
"""
"""Stands for the installer, which would fetch Node: what it was asked for is there."""
REFUSES = "#!/bin/bash\necho 'no such package' >&2\nexit 2\n"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs with a Python that is too old, and neither Node, Chromium nor a package manager."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for name in ("bash", "cat", "dirname", "env", "id", "touch"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    program(folder / "python3", "#!/bin/bash\nexit 1\n")
    return folder


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def a_clone(folder: Path, uv: str = UV) -> Path:
    """As much of a clone as finding Node needs."""
    shutil.copytree(SCRIPTS, folder / "scripts")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "node.txt").write_text("")
    program(folder / ".tools" / "bin" / "uv", uv)
    return folder


def run(script: Path, bare: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(bare), "HOME": str(bare), **variables}
    return subprocess.run([script], env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("script", "missing", "way_out"),
    [
        ("find-python", "needs Python 3.11, 3.12 or 3.13", "TALKWRIGHT_PYTHON="),
        ("find-chromium", "need Chromium", "CHROMIUM="),
        ("debian-packages", "can only be installed as root on Debian", "gcc"),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_brings_it(
    bare: Path, script: str, missing: str, way_out: str
) -> None:
    done = run(SCRIPTS / script, bare)
    assert done.returncode == 1
    assert done.stdout == ""
    assert missing in done.stderr
    assert "apt-get install" in done.stderr
    assert way_out in done.stderr


@pytest.mark.parametrize("found", ["none", "too old"])
def test_a_missing_node_is_installed_into_the_clone_and_said_so(bare: Path, tmp_path: Path, found: str) -> None:
    if found == "too old":
        program(bare / "node", "#!/bin/bash\nexit 1\n")
    clone = a_clone(tmp_path / "clone")
    first = run(clone / "scripts" / "node-path", bare, TALKWRIGHT_PYTHON=sys.executable)
    assert (first.returncode, first.stdout) == (0, f"{clone}/.tools-node/bin\n"), first.stderr
    assert "installing one into .tools-node" in first.stderr
    again = run(clone / "scripts" / "node-path", bare, TALKWRIGHT_PYTHON=sys.executable)
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")


def test_where_node_can_not_be_installed_the_reason_and_the_way_out_are_told(bare: Path, tmp_path: Path) -> None:
    clone = a_clone(tmp_path / "clone", REFUSES)
    done = run(clone / "scripts" / "node-path", bare, TALKWRIGHT_PYTHON=sys.executable)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such package" in done.stderr
    assert "needs Node ^20.19 or >= 22.12" in done.stderr
    assert "https://nodejs.org" in done.stderr
    assert run(clone / "scripts" / "node-path", bare, TALKWRIGHT_PYTHON=sys.executable).returncode == 1
