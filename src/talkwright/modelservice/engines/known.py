"""The engines that operators have set up here, by name."""

from __future__ import annotations

from talkwright.modelservice.engines.base import Engine, EngineError
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.engines.talkwright import TalkwrightEngine
from talkwright.modelservice.settings import ModelServiceSettings


class Engines:
    """What a consumer can train and run."""

    def __init__(self, settings: ModelServiceSettings, rasa: RasaSettings | None = None) -> None:
        own: Engine = TalkwrightEngine(settings)
        self._engines = {own.name: own}
        if rasa is not None and rasa.rasa_python:
            from talkwright.modelservice.engines.rasa.engine import RasaEngine  # noqa: PLC0415 - loads what reads projects

            other: Engine = RasaEngine(settings, rasa)
            self._engines[other.name] = other

    @property
    def names(self) -> tuple[str, ...]:
        """The engines' names."""
        return tuple(self._engines)

    def named(self, name: str) -> Engine:
        """The engine of a name. Raises EngineError."""
        if name not in self._engines:
            raise EngineError(
                f"The engine {name} is not set up at this consumer. The operator sets it up, or the assistant's "
                "settings name another one."
            )
        return self._engines[name]
