"""What the set-up scripts say on a machine where something is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs with a Python that is too old, and neither Node, Chromium nor a package manager."""
    for name in ("bash", "cat", "dirname", "env", "id"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text("#!/bin/bash\nexit 1\n")
    old.chmod(0o755)
    return tmp_path


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
    environment = {"PATH": str(bare), "HOME": str(bare)}
    done = subprocess.run([SCRIPTS / script], env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    assert missing in done.stderr
    assert "apt-get install" in done.stderr
    assert way_out in done.stderr
