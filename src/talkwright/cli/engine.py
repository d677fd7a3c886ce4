"""`talkwright engine …`: train models and run them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

engine_app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

EndWithParent = Annotated[bool, typer.Option("--end-with-parent", help="End when the starting process ends.")]


@engine_app.command()
def train(
    project: Annotated[Path, typer.Option(help="Folder or archive (.zip, .tar.gz) of the project.", exists=True)],
    out: Annotated[Path, typer.Option(help="The model's file to write (.tar.gz).")],
    trained_at: Annotated[str | None, typer.Option(help="Time to write into the model; it counts as input.")] = None,
    end_with_parent: EndWithParent = False,
) -> None:
    """Train a project into a model. Exit code 2: the content has errors, which are listed."""
    from talkwright.engine.parent import end_with_parent as follow  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.training import train_job  # noqa: PLC0415 - as above

    if end_with_parent:
        follow()
    raise typer.Exit(train_job(project, out, trained_at=trained_at))


@engine_app.command()
def run(
    model: Annotated[Path, typer.Option(help="The model's file.", exists=True, dir_okay=False)],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 5005,
    end_with_parent: EndWithParent = False,
) -> None:
    """Run a model: it answers over HTTP until it is stopped."""
    from talkwright.engine.parent import end_with_parent as follow  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.running import run_job  # noqa: PLC0415 - as above

    if end_with_parent:
        follow()
    raise typer.Exit(run_job(model, host=host, port=port))
