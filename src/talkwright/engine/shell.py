"""A talk with a model in the terminal: numbered buttons, and a look at what was understood."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from talkwright.assistant.problems import Severity
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.channels.contents import to_rest
from talkwright.engine.model import Model, ModelError, load_model, read_metadata
from talkwright.engine.ports import BotMessage, UserMessage
from talkwright.engine.running import make_actions, make_agent
from talkwright.engine.setting_faults import unknown_variables
from talkwright.engine.settings import EngineSettings, load_settings
from talkwright.engine.shell_words import details, failures, why_silent
from talkwright.engine.stores.settings import StoreSettings
from talkwright.engine.training import TRAINED, train_job

_HELP = "Type a message, a button's number, [b]/inspect[/b], [b]/restart[/b] or [b]/quit[/b]."
_SHOWN_VALUE = 60  # characters of a slot's value


class TrainingRefusedError(Exception):
    """The project can't be trained; the message lists why."""


class LanguageError(Exception):
    """The assistant doesn't speak the language; the message says which it does."""


class Conversation:
    """One conversation with one model, and what was last said."""

    def __init__(self, model: Model, console: Console, *, inspects: bool = False, language: str | None = None) -> None:
        """`inspects`: show after each message what it meant. `language` is the person's, else the assistant's.

        Raises LanguageError where the assistant doesn't speak it.
        """
        spoken = (model.assistant.language, *model.assistant.additional_languages)
        if language is not None and language not in spoken:
            raise LanguageError(f"This assistant speaks {', '.join(spoken)} and no {language!r}.")
        self._metadata = {"language": language} if language is not None else {}
        self._model = model
        self._console = console
        self._inspects = inspects
        settings = load_settings()
        with redirect_stdout(io.StringIO()):  # a job's line; here the action that fails says it again
            self._actions = make_actions(model.assistant.endpoints, settings)
        self._agent = make_agent(model, self._actions, settings)
        self._buttons: list[Mapping[str, Any]] = []
        self._events: Sequence[Event] = ()
        self._tracker = self._new_tracker()

    def _new_tracker(self) -> Tracker:
        return self._agent.new_tracker(f"shell-{uuid.uuid4().hex[:8]}")

    async def talk(self) -> None:
        """Read and answer until the person leaves."""
        self._console.print(f"[b]{escape(self._model.assistant.id)}[/b] is listening. {_HELP}\n")
        try:
            while (text := await asyncio.to_thread(self._read)) is not None:
                await self.take(text)
        finally:
            await self._actions.close()

    def _read(self) -> str | None:
        while True:
            try:
                text = self._console.input("[bold cyan]you[/] › ").strip()
            except (EOFError, KeyboardInterrupt):
                return None
            if text in ("/quit", "/exit", "/q"):
                return None
            if text:
                return text

    async def take(self, text: str) -> None:
        """Take one line: a command of the shell, a button's number, or a message."""
        if text == "/inspect":
            self._inspect()
            return
        if text == "/restart":
            self._tracker, self._events, self._buttons = self._new_tracker(), (), []
            self._console.print("[dim]A new conversation.[/]\n")
            return
        if text.isdigit() and 0 < int(text) <= len(self._buttons):
            button = self._buttons[int(text) - 1]
            self._console.print(f"[dim]{escape(str(button.get('title')))}[/]")
            text = str(button.get("payload") or button.get("title"))
        message = UserMessage(text=text, sender=self._tracker.sender_id, channel="shell", metadata=dict(self._metadata))
        result = await self._agent.handle(self._tracker, message)
        self._events = result.events
        if self._inspects:
            self._inspect()
        self._show(result.messages)
        if self._restarted and self._metadata:  # a session that begins by itself knows no language but the first
            self._tracker = self._new_tracker()

    @property
    def _restarted(self) -> bool:
        return any(event.type == ev.RESTART for event in self._events)

    def _show(self, messages: Sequence[BotMessage]) -> None:
        self._buttons = []
        for content in to_rest(self._tracker.sender_id, messages):
            if "text" in content:
                self._console.print(f"[bold magenta]bot[/] › {escape(content['text'])}")
            for key in ("image", "attachment", "custom"):
                if key in content:
                    self._console.print(f"      [dim]{key}:[/] {escape(str(content[key]))}")
            for button in content.get("buttons", ()):
                self._buttons.append(button)
                self._console.print(f"      [cyan]{len(self._buttons)}[/] {escape(str(button.get('title')))}")
        for failure in failures(self._events):
            self._console.print(f"[red]{escape(failure)}[/]")
        if not messages:
            self._console.print(f"[dim]{escape(why_silent(self._events))}[/]")
        self._console.print()

    def _inspect(self) -> None:
        """What the last message meant, and the slots as they stand."""
        said = next((event for event in self._events if event.type == ev.USER), None)
        parse_data = (said.get("parse_data") or {}) if said is not None else {}
        trace = parse_data.get("trace") or {}
        for command in parse_data.get("commands") or ():
            self._console.print(f"[b]{escape(str(command['command']))}[/] {escape(details(command))}")
        if trace.get("decision"):
            self._console.print(f"[dim]because:[/] {escape(str(trace['decision']))}")
        for candidate in trace.get("candidates") or ():
            self._console.print(f"  [dim]{candidate['score']:.2f}[/] {escape(candidate['flow'])}")
        slots = self._model.assistant.domain.slots
        table = Table("slot", "value", box=None, header_style="dim")
        for name, value in sorted(self._tracker.slots.items()):
            if value is not None and not slots[name].builtin:
                table.add_row(escape(name), escape(str(value)[:_SHOWN_VALUE]))
        self._console.print(table)


def load_or_train(source: Path) -> Model:
    """The model in a file; a project (a folder or any other archive) is trained first.

    Raises ModelError or TrainingRefusedError.
    """
    if is_model(source):
        return load_model(source)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        path = Path(folder) / f"{source.name}.tar.gz"
        outcome = train_job(source, path)
        if outcome == TRAINED:
            return load_model(path)
    raise TrainingRefusedError("\n".join(_complaints(said.getvalue())))


def _complaints(said: str) -> Iterator[str]:
    """The errors, and the last word, of a training's lines."""
    lines = [json.loads(line) for line in said.splitlines()]
    for line in lines:
        problem = line.get("problem")
        if problem and problem["severity"] == Severity.ERROR:
            yield f"{problem.get('kind', 'project')} {problem.get('name', '')}: {problem['message']}"
    yield str(lines[-1].get("message"))


def is_model(path: Path) -> bool:
    """Whether a file is a model, and no project's archive."""
    if not path.is_file() or not path.name.endswith(".tar.gz"):
        return False
    try:
        read_metadata(path)
    except ModelError:
        return False
    return True


def talk(source: Path, console: Console | None = None, *, inspects: bool = False, language: str | None = None) -> None:
    """Talk with a model or project until the person leaves; `inspects` shows after each message what it meant.

    Raises ModelError, TrainingRefusedError or LanguageError.
    """
    shown = console or Console(highlight=False)
    for told in unknown_variables(EngineSettings, StoreSettings):
        shown.print(f"[yellow]{escape(told)}[/]")
    model = load_or_train(source)
    asyncio.run(Conversation(model, shown, inspects=inspects, language=language).talk())
