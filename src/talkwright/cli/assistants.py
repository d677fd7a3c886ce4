"""`talkwright train`, `run` and `validate`: what a person does with a project and its models."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from talkwright.cli.running_options import MODEL, Credentials, Endpoints, Host, Poll, Port

Project = Annotated[Path, typer.Argument(help="Folder or archive (.zip, .tar.gz) of the project.", exists=True)]

TRAIN_EXAMPLES = """Examples:

`talkwright train` trains the project in this folder into a new file in `models`

`talkwright train my-assistant --out /srv/models --name bank`
"""
RUN_EXAMPLES = """Examples:

`talkwright run` runs the newest model in the folder `models`

`talkwright run models/20260131-120000-calm-river.tar.gz --port 8080`

`talkwright run https://models.example/bank --poll 60` asks each minute for a newer one

`TALKWRIGHT_ENGINE_TOKEN=… talkwright run --host 0.0.0.0` is reached from outside; its API wants the token

What protects the API, the channels and all routes: docs/formats/engine-api.md.
"""
VALIDATE_EXAMPLES = """Examples:

`talkwright validate`

`talkwright validate my-assistant --strict` also fails where there are warnings
"""


def train(
    project: Project = Path(),
    *,
    out: Annotated[Path, typer.Option(help="The folder of models, or the file to write (.tar.gz).")] = Path("models"),
    name: Annotated[str | None, typer.Option(help="The file's name in that folder; else a new one is made up.")] = None,
) -> None:
    """Train a project into a model.

    Exit code 0 when the model is written, 2 when the content has errors, 1 when the project can't be read.
    """
    from talkwright.engine.lines import speak_to_people  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.model_names import SUFFIX, model_name  # noqa: PLC0415 - as above
    from talkwright.engine.training import TRAINED, train_job  # noqa: PLC0415 - as above

    now = datetime.now(UTC)
    if name is not None and Path(name).name != name:
        typer.echo(f"--name is the name of a file and no path: {name!r}. The folder is named by --out.", err=True)
        raise typer.Exit(2)
    path = out
    if not out.name.endswith(SUFFIX):
        path = out / (f"{name.removesuffix(SUFFIX)}{SUFFIX}" if name else model_name(now))
    speak_to_people()
    outcome = train_job(project, path, trained_at=now.isoformat(timespec="seconds"))
    if outcome == TRAINED:
        typer.echo(f"Talk with it: talkwright shell {path}")
    raise typer.Exit(outcome)


def run(
    model: Annotated[str, typer.Argument(help=MODEL)] = "models",
    *,
    host: Host = "127.0.0.1",
    port: Port = 5005,
    poll: Poll = None,
    endpoints: Endpoints = None,
    credentials: Credentials = None,
) -> None:
    """Run a model: it answers over HTTP until it is stopped. SIGTERM and Ctrl+C let the turns under way end.

    Exit code 0 after a clean end, 1 where the address is taken, 2 where the model or a setting can't be used.
    """
    from talkwright.engine.lines import speak_to_people  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.threads import one_thread  # noqa: PLC0415 - as above

    one_thread()
    from talkwright.engine.running import Source, run_job  # noqa: PLC0415 - as above

    speak_to_people()
    source = Source(model=model, poll=poll, endpoints=endpoints, credentials=credentials)
    raise typer.Exit(run_job(source, host=host, port=port))


def validate(
    project: Project = Path(),
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where there are warnings, too.")] = False,
) -> None:
    """Look for what would keep a project from being trained or from working; nothing is trained.

    Exit code 0 without errors, 2 with errors, 1 when the project can't be read.
    """
    from talkwright.engine.lines import speak_to_people  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.training import validate_job  # noqa: PLC0415 - as above

    speak_to_people()
    raise typer.Exit(validate_job(project, strict=strict))
