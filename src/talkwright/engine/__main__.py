"""`python -m talkwright.engine train|run|migrate|export …`: the engine alone, without the studio's packages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from talkwright import __version__
from talkwright.engine.lines import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do the job; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "migrate":
        from talkwright.engine.migrating import migrate_job  # noqa: PLC0415 - each command loads only what it needs

        return migrate_job()
    if options.command == "export":
        from talkwright.engine.brokers.export import Wanted, export_job  # noqa: PLC0415 - as above

        wanted = Wanted(options.conversation or (), options.begin, options.end)
        return export_job(wanted, broker_file=options.broker)
    if options.end_with_parent:
        from talkwright.engine.parent import end_with_parent  # noqa: PLC0415 - as above

        end_with_parent()
    if options.command == "train":
        say("preparing", f"Talkwright {__version__}", progress=0.0)  # before what takes half a second to load
        from talkwright.engine.training import train_job  # noqa: PLC0415 - as above

        return train_job(options.project, options.out, trained_at=options.trained_at)
    from talkwright.engine.threads import one_thread  # noqa: PLC0415 - as above

    one_thread()
    from talkwright.engine.running import Source, run_job  # noqa: PLC0415 - as above

    source = Source(
        model=options.model, poll=options.poll, endpoints=options.endpoints, credentials=options.credentials
    )
    return run_job(source, host=options.host, port=options.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m talkwright.engine", description="Train models and run them.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="Train a project into a model.")
    train.add_argument("--project", type=Path, required=True, help="folder or archive (.zip, .tar.gz) of the project")
    train.add_argument("--out", type=Path, required=True, help="the model's file to write (.tar.gz)")
    train.add_argument("--trained-at", help="time to write into the model (ISO 8601); it counts as input")
    run = commands.add_parser("run", help="Run a model.")
    run.add_argument("--model", default="models", help="the model's file, a folder of models, or an address")
    run.add_argument("--poll", type=float, help="seconds between two questions to an address; without it one is enough")
    run.add_argument("--endpoints", type=Path, help="a file that stands for the endpoints.yml inside models")
    run.add_argument("--credentials", type=Path, help="a file that stands for the credentials.yml inside the model")
    run.add_argument("--host", default="127.0.0.1", help="address to listen on")
    run.add_argument("--port", type=int, default=5005, help="port to listen on; 0 takes a free one")
    commands.add_parser("migrate", help="Make or update the tables for conversations in PostgreSQL.")
    export = commands.add_parser("export", help="Send stored conversations to an event broker.")
    export.add_argument("--broker", type=Path, help="a file with an `event_broker` section")
    export.add_argument("--conversation", action="append", help="only this one; it may be given several times")
    export.add_argument("--begin", type=float, help="only events from this time on, in seconds since 1970")
    export.add_argument("--end", type=float, help="only events before this time, in seconds since 1970")
    for command in (train, run):
        command.add_argument("--end-with-parent", action="store_true", help="end when the starting process ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
