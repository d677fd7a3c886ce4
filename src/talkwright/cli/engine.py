"""`talkwright engine …`: train models and run them, keep their conversations and tell of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from talkwright.cli.running_options import MODEL, Credentials, Endpoints, Host, Poll, Port

engine_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Train models and run them, as programs want it: each says one JSON object a line.",
)

EndWithParent = Annotated[bool, typer.Option("--end-with-parent", help="End when the starting process ends.")]

_TRAIN = """Examples:

`talkwright engine train --project my-assistant --out models/assistant.tar.gz`

`talkwright engine train --project release.zip --out m.tar.gz --trained-at 2026-01-31T12:00:00Z`
"""
_RUN = """Examples:

`talkwright engine run --model models/20260131-120000-calm-river.tar.gz`

`talkwright engine run --model models --port 0` runs the newest model of the folder on a free port

`talkwright engine run --model https://models.example/bank --poll 60` asks each minute for a newer one

`talkwright engine run --model models --endpoints endpoints.yml --credentials credentials.yml`

What protects the API, the channels and all routes: docs/formats/engine-api.md.
"""


@engine_app.command(epilog=_TRAIN)
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


@engine_app.command(epilog=_RUN)
def run(
    model: Annotated[str, typer.Option(help=MODEL)],
    *,
    host: Host = "127.0.0.1",
    port: Port = 5005,
    poll: Poll = None,
    endpoints: Endpoints = None,
    credentials: Credentials = None,
    end_with_parent: EndWithParent = False,
) -> None:
    """Run a model: it answers over HTTP until it is stopped. SIGTERM lets the turns under way end.

    Exit code 0 after a clean end, 1 where the address is taken, 2 where the model or a setting can't be used.
    """
    from talkwright.engine.parent import end_with_parent as follow  # noqa: PLC0415 - only what the command needs
    from talkwright.engine.threads import one_thread  # noqa: PLC0415 - as above

    one_thread()
    from talkwright.engine.running import Source, run_job  # noqa: PLC0415 - as above

    if end_with_parent:
        follow()
    source = Source(model=model, poll=poll, endpoints=endpoints, credentials=credentials)
    raise typer.Exit(run_job(source, host=host, port=port))


_MIGRATE = """Example:

`TALKWRIGHT_ENGINE_STORE_URL=postgresql://bot:secret@db/bots talkwright engine migrate`

What is kept where: docs/engine-stores.md.
"""
_EXPORT = """Examples, with the database in `TALKWRIGHT_ENGINE_STORE_URL`:

`talkwright engine export --broker endpoints.yml`

`talkwright engine export --broker endpoints.yml --conversation web-1 --conversation web-2`

`talkwright engine export --broker endpoints.yml --begin 1782900000`
"""


@engine_app.command(epilog=_MIGRATE)
def migrate() -> None:
    """Make or update the tables for conversations in PostgreSQL; it may be repeated and run by many at once."""
    from talkwright.engine.migrating import migrate_job  # noqa: PLC0415 - only what the command needs

    raise typer.Exit(migrate_job())


@engine_app.command(epilog=_EXPORT)
def export(
    broker: Annotated[Path | None, typer.Option(help="A file with an `event_broker` section.", exists=True)] = None,
    *,
    conversation: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    begin: Annotated[float | None, typer.Option(help="Only events from then on, in seconds since 1970.")] = None,
    end: Annotated[float | None, typer.Option(help="Only events before then, in seconds since 1970.")] = None,
) -> None:
    """Send stored conversations to an event broker, as if they had just happened."""
    from talkwright.engine.brokers.export import Wanted, export_job  # noqa: PLC0415 - only what the command needs

    raise typer.Exit(export_job(Wanted(conversation or (), begin, end), broker_file=broker))
