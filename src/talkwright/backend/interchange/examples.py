"""The example assistants that come along: folders of projects with a few words about each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from talkwright.assistant.build import languages
from talkwright.assistant.yamls import YamlError, load

_HEADING = re.compile(r"^# +(.+)$", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


def find_examples(root: Path | None) -> Path | None:
    """The folder of the examples: the one that is set, the one in the package, or the one beside the source."""
    if root is not None:
        return root
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "examples", package.parents[1] / "examples"):
        if folder.is_dir():
            return folder
    return None


def list_examples(root: Path | None) -> list[dict[str, Any]]:
    """Name, title, description and languages of each example."""
    folder = find_examples(root)
    if folder is None:
        return []
    names = sorted(path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and _is_project(path))
    return [_described(folder / name) for name in names]


def example_folder(root: Path | None, name: str) -> Path | None:
    """The folder of one example, None where there is no such one."""
    folder = find_examples(root)
    if folder is None or not _NAME.fullmatch(name):
        return None
    return folder / name if _is_project(folder / name) else None


def _is_project(path: Path) -> bool:
    return (path / "config.yml").is_file()


@lru_cache(maxsize=64)
def _described(path: Path) -> dict[str, Any]:
    readme = path / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    heading = _HEADING.search(text)
    rest = text[heading.end() :] if heading else text
    paragraph = next((part for part in rest.split("\n\n") if part.strip()), "")
    config = _config(path)
    language, additional = languages(config)
    return {
        "name": path.name,
        "title": heading[1].strip() if heading else path.name.replace("-", " ").title(),
        "description": " ".join(paragraph.split())[:400],
        "languages": [language, *additional],
    }


def _config(path: Path) -> Mapping[str, Any]:
    try:
        config = load((path / "config.yml").read_text(encoding="utf-8"))
    except YamlError:
        return {}
    return config if isinstance(config, Mapping) else {}
