"""What a new assistant begins with: a greeting and one flow, in the language that it is made for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable

from talkwright.assistant.yaml_writing import dump

LANGUAGES = ("en", "de")
_FOLDER = "starter_files"
_ID_LINE = re.compile(rb"^assistant_id: .*$", re.MULTILINE)
_LANGUAGE_LINE = re.compile(rb"^language: .*$", re.MULTILINE)


def starter_project(name: str, language: str) -> Mapping[str, bytes]:
    """The files of a new assistant by path; `name` is its `assistant_id`.

    A language that the starter isn't written in gets the English texts, with the config naming the language asked for.
    """
    main = language.split("-", maxsplit=1)[0]
    root = resources.files(__package__).joinpath(_FOLDER, main if main in LANGUAGES else "en")
    files = dict(_read(root, ""))
    config = _ID_LINE.sub(lambda _: f"assistant_id: {dump(name).strip()}".encode(), files["config.yml"])
    files["config.yml"] = _LANGUAGE_LINE.sub(lambda _: f"language: {dump(language).strip()}".encode(), config)
    return files


def _read(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        here = f"{path}{entry.name}"
        if entry.is_dir():
            found += _read(entry, f"{here}/")
        elif here.endswith(".yml"):
            found.append((here, entry.read_bytes()))
    return found
