"""`talkwright shell` and `talkwright inspect`: talk with a model or a project in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    Path,
    typer.Argument(help="A model (.tar.gz), or a project's folder or archive, which is trained first.", exists=True),
]

Language = Annotated[
    str | None, typer.Option(help="The language you write, of those that the assistant speaks; else its first.")
]

SHELL_EXAMPLES = """Examples:

`talkwright shell my-assistant`

`talkwright shell models/20260131-120000-calm-river.tar.gz`

`talkwright shell my-assistant --language de`

In the talk, a number presses a button; `/inspect` shows what was understood, `/restart` begins anew, `/quit` ends.
"""
INSPECT_EXAMPLES = """Examples:

`talkwright inspect my-assistant`

`talkwright inspect model.tar.gz`
"""


def shell(source: Source = Path(), *, language: Language = None) -> None:
    """Talk with a model or a project in the terminal."""
    _talk(source, inspects=False, language=language)


def inspect(source: Source = Path(), *, language: Language = None) -> None:
    """Talk as in the shell, and see after each message its commands, why they were chosen, and the slots."""
    _talk(source, inspects=True, language=language)


def _talk(source: Path, *, inspects: bool, language: str | None) -> None:
    from talkwright.engine.threads import one_thread  # noqa: PLC0415 - only what the command needs

    one_thread()
    from talkwright.engine.logs import configure_logs  # noqa: PLC0415 - as above
    from talkwright.engine.model import ModelError  # noqa: PLC0415 - as above
    from talkwright.engine.shell import LanguageError, TrainingRefusedError, talk  # noqa: PLC0415 - as above

    configure_logs(quiet=True)
    try:
        talk(source, inspects=inspects, language=language)
    except (ModelError, TrainingRefusedError, LanguageError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
