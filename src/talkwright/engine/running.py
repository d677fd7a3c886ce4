"""Puts a bot together from a model and the choices of whoever runs it, and runs it until a signal ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.yamls import YamlError, load
from talkwright.engine.actions import Actions, EndpointError, HttpActions, read_endpoint
from talkwright.engine.agent import Agent
from talkwright.engine.channels.channel import Channel, Setting
from talkwright.engine.channels.credentials import open_channels
from talkwright.engine.dialogue.profile import Profile, profile_of
from talkwright.engine.fetching import ModelServer, SourceError, asked_once, is_address, newest_model, read_server
from talkwright.engine.generation.rephrasing import make_rephraser
from talkwright.engine.keeping import keep_conversations, make_recording
from talkwright.engine.lines import say, say_problem
from talkwright.engine.local_actions import ActionModule, LocalActions, read_module
from talkwright.engine.logs import configure_logs
from talkwright.engine.model import Model, ModelError, load_model
from talkwright.engine.ports import ActionRunner
from talkwright.engine.search.answering import make_search
from talkwright.engine.search.ranking import Answerable
from talkwright.engine.server import BotServer
from talkwright.engine.serving.access import Access, JwtReader
from talkwright.engine.serving.bot import Bot, Served
from talkwright.engine.serving.loading import Loader
from talkwright.engine.serving.process import Serving, listen
from talkwright.engine.setting_faults import unknown_variables
from talkwright.engine.settings import EngineSettings, load_settings
from talkwright.engine.stores import ConversationStore
from talkwright.engine.stores.settings import StoreSettings, load_store_settings
from talkwright.engine.understanding.choice import Choice
from talkwright.engine.understanding.choosing import ChoiceFault, chosen, make_understanding
from talkwright.engine.understanding.local.message import Documents
from talkwright.engine.understanding.local.understanding import LocalUnderstanding
from talkwright.engine.understanding.unused import unused_models

STOPPED, FAILED, REFUSED = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the first model comes from, and which files of the operator's stand for those inside models."""

    model: str
    """A file, a folder whose newest model counts, or an address."""
    poll: float | None = None
    """Seconds between two questions to an address; None asks once."""
    endpoints: Path | None = None
    credentials: Path | None = None


def make_agent(model: Model, actions: ActionRunner, settings: EngineSettings) -> Agent:
    """The agent of a model, with the choices that whoever runs the bot has made.

    Raises ChoiceFault where an understanding is wanted that can't be had.
    """
    wanted = settings.engine_understanding
    local = LocalUnderstanding(model.classifier, documents=_documents(model))
    understanding, _ = make_understanding(model.assistant, local, wanted)
    with_models = chosen(model.assistant, wanted) is not Choice.LOCAL
    rewording, _ = make_rephraser(model.assistant) if with_models else (None, None)
    searching, notices = make_search(model.assistant, model.search, with_models=with_models)
    for notice in notices:
        say("warning", notice)
    for problem in unused_models(model.assistant, wanted):
        say_problem(problem)
    return Agent(
        model.assistant,
        understanding,
        actions,
        model_id=model.model_id,
        model_name=model.file.removesuffix(".tar.gz"),
        profile=chosen_profile(model.assistant, settings),
        rewording=rewording,
        searching=searching,
        recording=make_recording(load_store_settings()),
        parser=local,
    )


def _documents(model: Model) -> Documents | None:
    """What the model's documents can answer, for its own understanding."""
    return Answerable(model.search) if model.search is not None else None


def chosen_profile(assistant: Assistant, settings: EngineSettings) -> Profile:
    """The project's profile, with the choices that whoever runs the bot has made."""
    return replace(
        profile_of(assistant.config),
        clarify_multiple_starts=settings.engine_clarify_multiple_starts,
        max_actions=settings.engine_max_actions,
    )


def make_actions(endpoints: Mapping[str, Any], settings: EngineSettings) -> Actions:
    """Where the project's actions run: its action server, a module of its own where that is allowed, or nowhere."""
    try:
        if (module := _module_of(endpoints, settings)) is not None:
            return LocalActions(module, timeout=settings.engine_actions_timeout)
        endpoint = read_endpoint(endpoints, url=settings.engine_actions_url)
    except EndpointError as problem:
        say("warning", str(problem))
        return HttpActions(None, why_none=str(problem))
    return HttpActions(endpoint, timeout=settings.engine_actions_timeout, compress=settings.engine_compress_actions)


def _module_of(endpoints: Mapping[str, Any], settings: EngineSettings) -> ActionModule | None:
    """The module that the bot runs itself; an address that whoever runs the bot has given goes before it."""
    written = endpoints.get("action_endpoint")
    named = written.get("actions_module") if isinstance(written, Mapping) else None
    if not named or settings.engine_actions_url or settings.engine_actions_folder is None:
        return None
    return read_module(named, settings.engine_actions_folder, settings.engine_actions_python)


def make_served(path: Path, settings: EngineSettings, endpoints: Mapping[str, Any] | None = None) -> Served:
    """All that serves the model in a file; `endpoints` stand for the model's own. Raises ModelError.

    The project's event broker and its tracker, lock and model stores are looked at only where whoever runs the bot has
    allowed them (`keeping`).
    A project whose action endpoint can't be used still talks; each of its actions then fails with the reason.
    """
    model = load_model(path)
    if endpoints is not None:
        model = replace(model, assistant=replace(model.assistant, endpoints=endpoints))
    actions = make_actions(model.assistant.endpoints, settings)
    try:
        return Served(model, make_agent(model, actions, settings), actions)
    except ChoiceFault as problem:
        raise ModelError(f"{path.name} can't run as it is set up here: {problem}") from problem


def make_access(settings: EngineSettings) -> Access:
    """Who may use the API; raises ValueError for a key that can't be used."""
    token, secret = settings.engine_token, settings.engine_jwt_secret
    return Access(
        token.get_secret_value() if token else None,
        JwtReader(secret.get_secret_value(), settings.engine_jwt_method) if secret else None,
    )


def run_job(source: Source, *, host: str, port: int, settings: EngineSettings | None = None) -> int:
    """Serve until a signal ends it; `port` 0 takes a free one, which the ready line names.

    Returns 0 after a clean end, 1 where the address is taken, 2 where the model or a setting can't be used.
    """
    configure_logs()
    try:
        chosen = settings or load_settings()
        for told in unknown_variables(EngineSettings, StoreSettings):
            say("warning", told)
        server, store = _server(source, chosen)
    except (ModelError, ValueError) as problem:
        say("refused", str(problem))
        return REFUSED
    try:
        listener = listen(host, port)
    except OSError as problem:
        say("failed", f"{host}:{port} can't be used: {problem.strerror}. Choose another port, or 0 for a free one.")
        return FAILED
    serving = Serving(server, store, listener)
    serving.run(sockets=[listener])
    if serving.refused is not None:
        say("refused", str(serving.refused))
        return REFUSED
    say("stopped", "The bot has stopped")
    return STOPPED


def _server(source: Source, settings: EngineSettings) -> tuple[BotServer, ConversationStore]:
    """Everything that serves, and where it keeps conversations.

    Raises ModelError where the first model is none, ValueError for files and settings.
    """
    endpoints, credentials = _yaml(source.endpoints), _yaml(source.credentials)

    def make(path: Path) -> Served:
        return make_served(path, settings, endpoints)

    asked, path = _first(source, endpoints)
    if path is not None:
        say("loading", f"Loading {path.name}")
    served = make(path) if path is not None else None
    if credentials is None:
        credentials = served.model.assistant.credentials if served is not None else {}
    access = make_access(settings)
    origins = tuple(one.strip() for one in settings.engine_cors.split(",") if one.strip())
    named = served.model.assistant.endpoints if served is not None else endpoints or {}
    store = keep_conversations(named, in_memory=settings.engine_conversations)
    bot = Bot(served, store, most_turns=settings.engine_turns)
    setting = Setting({}, may_see_events=access.admit, origins=origins)
    channels: Sequence[Channel] = open_channels(credentials, setting, project_code=settings.engine_project_code)
    loader = Loader(bot, make, folder=Path(source.model) if asked is None and Path(source.model).is_dir() else None)

    def began() -> None:
        if asked is not None:
            loader.begin(asked)

    return BotServer(bot, loader, access, channels, origins, began, settings.engine_deployment), store


def _first(source: Source, endpoints: Mapping[str, Any] | None) -> tuple[ModelServer | None, Path | None]:
    """The server to ask, or the file to load, or neither: a server wins over what is here (wire-protocols 4.6)."""
    written = (endpoints or {}).get("models")
    if written:
        try:
            return read_server(written), None
        except SourceError as problem:
            raise SourceError(f"`models` in {source.endpoints} can't be used. {problem}") from problem
    if is_address(source.model):
        return asked_once(source.model, source.poll), None
    path = Path(source.model)
    if not path.exists():
        raise ModelError(
            f"There is no {path} here. Run `talkwright train` first, or name a model or a folder of models."
        )
    if not path.is_dir():
        return None, path
    newest = newest_model(path)
    if newest is None:
        say(
            "warning",
            f"There is no model in {path} yet: `talkwright train` makes one. The bot answers 409 until one is loaded.",
        )
    return None, newest


def _yaml(path: Path | None) -> Mapping[str, Any] | None:
    """A file of the operator's; raises ValueError with words for whoever wrote it."""
    if path is None:
        return None
    try:
        found = load(path.read_text(encoding="utf-8"))
    except (OSError, YamlError, UnicodeError) as problem:
        raise ValueError(f"{path} can't be read: {problem}") from problem
    if found is not None and not isinstance(found, Mapping):
        raise ValueError(f"{path} must hold a map.")
    return found or {}
