"""All settings of all roles in one list: `python -m talkwright.settings docs/settings.md` writes their page."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from talkwright.operations.config import PREFIX, unknown_variables

HEADING = """# Settings

Every role reads its own settings from environment variables and names all that are missing at once. A secret can also
be read from a file: set the same name with `_FILE` at its end. Variables that begin with `TALKWRIGHT_` and are not
listed here bring a warning at the start.

This page is written by `make settings` from the settings classes.
"""
PURE = ("assistant", "conversation")
"""Rooms that read no environment; what is named so there is about the settings of assistants."""


def sections() -> list[type[BaseSettings]]:
    """All settings classes: every package keeps its own in a module named `settings`; no other module is loaded."""
    found: list[type[BaseSettings]] = []
    root = Path(__file__).parent
    for path in sorted(root.glob("*/**/settings.py")):
        if path.relative_to(root).parts[0] in PURE:
            continue
        module = importlib.import_module(".".join(("talkwright", *path.relative_to(root).with_suffix("").parts)))
        found.extend(
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
        )
    return sorted(found, key=lambda section: (section.__module__, section.__name__))


def variables(section: type[BaseSettings]) -> Iterator[tuple[str, FieldInfo]]:
    """The variables that one class reads, with their fields."""
    prefix = str(section.model_config.get("env_prefix") or PREFIX)
    for name, field in section.model_fields.items():
        yield prefix + name.upper(), field


def warn_of_unknown_variables() -> list[str]:
    """The `TALKWRIGHT_*` variables of this process that nobody reads."""
    known = {name for section in sections() for name, _ in variables(section)}
    return unknown_variables(known | {f"{name}_FILE" for name in known})


def page() -> str:
    """The whole page of settings in Markdown.

    Raises ValueError where a setting has no description.
    """
    parts = [HEADING]
    for section in sections():
        purpose = (section.__doc__ or "").strip().splitlines()[0]
        parts.append(f"\n## {section.__name__.removesuffix('Settings')}\n\n{purpose}\n")
        parts.append("| variable | default | meaning |\n|---|---|---|")
        parts.extend(_row(name, field) for name, field in variables(section))
    return "\n".join(parts) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"{name} has no description: give its field one.")
    secret = " (secret)" if "SecretStr" in str(field.annotation) else ""
    return f"| `{name}` | {_default(field)} | {field.description}{secret} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default if field.default_factory is None else field.get_default(call_default_factory=True)
    return "–" if value is None or value == "" else f"`{value}`"


def main() -> None:
    """Write the page, or with `--check` say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    text = page()
    if not options.check:
        options.path.write_text(text, encoding="utf-8")
    elif not options.path.exists() or options.path.read_text(encoding="utf-8") != text:
        sys.exit(f"{options.path} is not up to date: run `make settings`.")


if __name__ == "__main__":
    main()
