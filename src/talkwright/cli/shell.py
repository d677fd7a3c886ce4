"""`talkwright shell`: talk with a model or a project in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def shell(
    source: Annotated[Path, typer.Argument(help="A model (.tar.gz), or a project's folder or archive.", exists=True)],
) -> None:
    """Talk with a model or a project in the terminal."""
    from talkwright.engine.logs import configure_logs  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.model import ModelError  # noqa: PLC0415 - as above
    from talkwright.engine.shell import TrainingRefusedError, talk  # noqa: PLC0415 - as above

    configure_logs(quiet=True)
    try:
        talk(source)
    except (ModelError, TrainingRefusedError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from problem
