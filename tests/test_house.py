"""The house's own rules: sizes, reasons, pins and what the repository may say."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON_LINES, WEB_LINES = 400, 250
EXCEPTION = re.compile(
    r"#\s*(?:type:\s*ignore|noqa|pragma: no cover|fmt: off)(?P<codes>(?:\[[^\]]*\]|:\s*[A-Z0-9, ]+)?)(?P<rest>.*)$"
)
# Spelt in two halves, so that this file does not name what it looks for.
REGISTRIES = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "debian" + ".org",
    "proxy.golang" + ".org",
)


@cache
def tracked(*suffixes: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    foreign = ROOT / "tests" / "projects"
    return [(path, path.read_text(encoding="utf-8")) for path in tracked(*suffixes) if foreign not in path.parents]


@pytest.mark.parametrize(
    ("folder", "suffixes", "most"), [("src", (".py",), PYTHON_LINES), ("web/src", (".ts", ".tsx"), WEB_LINES)]
)
def test_modules_fit_on_a_few_screens(folder: str, suffixes: tuple[str, ...], most: int) -> None:
    long = {
        str(path.relative_to(ROOT)): text.count("\n")
        for path, text in texts(*suffixes)
        if ROOT / folder in path.parents and text.count("\n") > most and "inter-advances" not in path.name  # a table
    }
    assert long == {}


def test_every_exception_to_a_check_carries_its_reason() -> None:
    bare = []
    for path, text in texts(".py"):
        for number, line in enumerate(text.splitlines(), 1):
            found = EXCEPTION.search(line)
            if found and not re.search(r"[a-z]{3}", found["rest"]) and path != Path(__file__):
                bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path, text in texts(".py")
        if path.name == "__init__.py" and ROOT / "src" in path.parents and not re.match(r'("""|#)', text)
    ]
    assert silent == []


def test_no_test_is_skipped_without_a_reason() -> None:
    skips = re.compile(
        r"(pytest\.mark\.(?:skipif|skip|xfail)|pytest\.skip|\b(?:it|test|describe)\.(?:skip|todo))\((?!.*reason=)"
    )
    found = [
        str(path.relative_to(ROOT))
        for path, text in texts(".py", ".ts", ".tsx")
        if skips.search(text) and path != Path(__file__)
    ]
    assert found == []


def test_pins_and_locks_name_no_registry() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path, text in texts(".txt", ".in", ".json", ".toml", ".py", ".ts", ".tsx", ".md", ".yml", ".yaml", ".sh")
        if any(host in text for host in REGISTRIES)
    ]
    assert named == []
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_extras_name_what_the_requirements_pin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    of_engine = [extras[name] for name in ("training", "llm", "postgresql", "kafka")]
    engine = {name.lower() for name in chain(project["dependencies"], *of_engine)}
    studio = {name.lower() for name in extras["studio"] if not name.startswith("talkwright")}
    assert engine == pinned("engine.in")
    assert studio == pinned("studio.in")


def pinned(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0].strip().lower() for line in lines if line and not line.startswith(("#", "-r"))}
