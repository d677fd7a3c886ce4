"""`talkwright`: finds the command and loads only its module, so that each role starts with what it needs."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import typer

from talkwright import __version__
from talkwright.cli.loading import loading

PURPOSE = "Talkwright: the open studio for conversational assistants, and the open engine that runs them."


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives (`module:name`, a function or a Typer app), what it does, and where its examples stand."""

    target: str
    purpose: str
    examples: str | None = None


COMMANDS: dict[str, Entry] = {
    "up": Entry("talkwright.cli.up:up", "Start the whole studio on this machine."),
    "validate": Entry("talkwright.cli.assistants:validate", "Look for problems of a project.", "VALIDATE_EXAMPLES"),
    "train": Entry("talkwright.cli.assistants:train", "Train a project into a model.", "TRAIN_EXAMPLES"),
    "run": Entry("talkwright.cli.assistants:run", "Run a model: it answers over HTTP.", "RUN_EXAMPLES"),
    "shell": Entry("talkwright.cli.shell:shell", "Talk with a model or a project in the terminal.", "SHELL_EXAMPLES"),
    "inspect": Entry("talkwright.cli.shell:inspect", "Talk, and see what was understood.", "INSPECT_EXAMPLES"),
    "engine": Entry("talkwright.cli.engine:engine_app", "Train models and run them, as jobs of other programs."),
    "test": Entry("talkwright.cli.test:test_app", "Prove an assistant by scenarios and conversations."),
    "users": Entry("talkwright.cli.users:users_app", "Add, link, disable people and grant them roles."),
    "doctor": Entry("talkwright.cli.doctor:doctor", "Look whether all that a studio needs is well."),
    "backup": Entry("talkwright.cli.backup:backup", "Write everything that people made into one file."),
    "restore": Entry("talkwright.cli.backup:restore", "Put back what a backup holds."),
    "secrets": Entry("talkwright.cli.secrets:secrets_app", "Exchange the keys that encrypt secrets in the database."),
    "migrate": Entry("talkwright.cli.roles:migrate", "Prepare the database (one shot)."),
    "backend": Entry("talkwright.cli.roles:backend", "Run the backend server."),
    "training-orchestrator": Entry("talkwright.cli.roles:training_orchestrator", "Run the training orchestrator."),
    "training-consumer": Entry("talkwright.cli.roles:training_consumer", "Run a training consumer."),
    "running-orchestrator": Entry("talkwright.cli.roles:running_orchestrator", "Run the running orchestrator."),
    "running-consumer": Entry("talkwright.cli.roles:running_consumer", "Run a running consumer."),
    "periodic": Entry("talkwright.cli.roles:periodic", "Run what is due now and then: clean-up and retention."),
}


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the console script; settings that are missing or wrong are named without a stack trace."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(overview())
        return
    if words[0] == "--version":
        sys.stdout.write(f"talkwright {__version__}\n")
        return
    entry = COMMANDS.get(words[0])
    if entry is None:
        sys.stderr.write(f"There is no command {words[0]!r}.\n\n{overview()}")
        sys.exit(2)
    try:
        command(words[0], entry)(args=words[1:], prog_name=f"talkwright {words[0]}")
    except Exception as error:
        if type(error).__name__ != "SettingsError":  # by name: the engine runs without the studio's packages
            raise
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


def command(name: str, entry: Entry) -> typer.Typer:
    """Import the module of one command and give what runs it."""
    module_name, _, attribute = entry.target.partition(":")
    with loading():
        module = importlib.import_module(module_name)
    found: Any = getattr(module, attribute)
    if isinstance(found, typer.Typer):
        return found
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")
    if entry.examples is None:
        app.command(name=name, help=entry.purpose)(found)
    else:
        app.command(name=name, epilog=getattr(module, entry.examples))(found)
    return app


def overview() -> str:
    """All commands, without importing one."""
    width = max(map(len, COMMANDS))
    rows = "".join(f"  {name:<{width}}  {entry.purpose}\n" for name, entry in COMMANDS.items())
    return f"{PURPOSE}\n\nUsage: talkwright COMMAND …\n\n{rows}\n`talkwright COMMAND --help` says more about one.\n"


if __name__ == "__main__":
    main()
