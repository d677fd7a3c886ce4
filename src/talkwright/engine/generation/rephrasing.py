"""The contextual rephraser: a language model rewords what a response says; only its text (6.3, part 6).

Whatever goes wrong, the response is sent as it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.conversation.tracker import Tracker
from talkwright.conversation.transcript import one_line, transcript
from talkwright.engine import logs
from talkwright.engine.generation.templates import TemplateError, fill_prompt
from talkwright.engine.llm.group import ModelGroup
from talkwright.engine.llm.port import LanguageModel, ModelFailed
from talkwright.engine.llm.settings import Group, SettingsFault, read_group
from talkwright.engine.ports import BotMessage, Hear, Piece

_DEFAULT_MODEL = {"provider": "openai", "model": "gpt-4o-2024-11-20"}
_COMPONENT = "ContextualResponseRephraser"
_SECONDS = 7.0
_TURNS = 5
_LINES_A_TURN = 2
_LONGEST = 4_000  # characters of a reworded message


@dataclass(frozen=True, kw_only=True)
class RephraserSettings:
    """How the project wants its responses reworded. `seconds` are for one message."""

    template: str
    everything: bool = False
    turns: int = _TURNS
    seconds: float = _SECONDS


class Rephraser:
    """Rewords messages by a language model."""

    def __init__(self, settings: RephraserSettings, model: LanguageModel) -> None:
        self._settings = settings
        self._model = model

    async def rephrase(
        self, message: BotMessage, tracker: Tracker, language: str, *, hear: Hear | None = None
    ) -> BotMessage:
        """The message reworded where it wants to be; as it is where it does not, or where the model fails.

        What `hear` was told before a model broke off stays said, and the response follows it as it is written.
        """
        if not message.text or not message.metadata.get("rephrase", self._settings.everything):
            return message
        latest = tracker.latest_message
        variables = {
            "history": transcript(tracker, lines=self._settings.turns * _LINES_A_TURN),
            "suggested_response": message.text,
            "current_input": one_line(str((latest.get("text") if latest is not None else None) or "")),
            "slots": {name: value for name, value in tracker.slots.items() if value is not None},
            "language": language,
        }
        reworded = _Reworded(hear)
        try:
            prompt = fill_prompt(message.rephrase_prompt or self._settings.template, variables)
            answer = await self._model.complete(
                [{"role": "user", "content": prompt}],
                seconds=self._settings.seconds,
                on_text=None if hear is None else reworded.take,
            )
        except (ModelFailed, TemplateError) as fault:
            logs.warning("rephrasing_failed", sender_id=tracker.sender_id, reason=str(fault))
            return _after(reworded.said, message)
        text = reworded.said if hear is not None else _bare(answer.text)
        message = replace(message, prompts=(answer.recorded(_COMPONENT, "rephrase_prompt", prompt),))
        if not text or len(_bare(answer.text)) > _LONGEST:
            return _after(reworded.said, message)
        metadata = {**message.metadata, "rephrased": {"from": message.text, **answer.told()}}
        return replace(message, text=text, metadata=metadata)

    async def close(self) -> None:
        """Close all connections."""
        await self._model.close()


class _Reworded:
    """The text of a stream without what stands around it: blanks and quotation marks wait for text behind them."""

    def __init__(self, hear: Hear | None) -> None:
        self._hear = hear
        self._held = ""
        self.said = ""

    async def take(self, piece: str) -> None:
        """Take in a piece, and tell what is surely part of the text."""
        self._held += piece
        if not self.said:
            self._held = self._held.lstrip(_AROUND)
        sure = self._held.rstrip(_AROUND)[: _LONGEST - len(self.said)]
        if sure and self._hear is not None:
            self._held = self._held[len(sure) :]
            self.said += sure
            self._hear(Piece(text=sure))


_AROUND = '" \t\n'


def _bare(text: str) -> str:
    return text.strip(_AROUND)


def _after(said: str, message: BotMessage) -> BotMessage:
    """The message as it is written, behind what was already told of one that broke off."""
    if not said:
        return message
    return replace(message, text=f"{said}\n\n{message.text}", metadata={**message.metadata, "broken_off": True})


def make_rephraser(
    assistant: Assistant, environment: Mapping[str, str] | None = None
) -> tuple[Rephraser | None, str | None]:
    """The rephraser that `nlg` in endpoints.yml names, or a notice why responses are sent as they are written."""
    try:
        found = read_rephraser(assistant, environment)
    except SettingsFault as fault:
        return None, f"{fault} Until then responses are sent as they are written."
    return (None, None) if found is None else (Rephraser(found[0], ModelGroup(found[1])), None)


def read_rephraser(
    assistant: Assistant, environment: Mapping[str, str] | None = None
) -> tuple[RephraserSettings, Group] | None:
    """What `nlg` in endpoints.yml asks for; None where it rewords nothing. Raises SettingsFault."""
    nlg = assistant.endpoints.get("nlg")
    if not isinstance(nlg, Mapping) or nlg.get("type") != "rephrase":
        return None
    llm = nlg.get("llm")
    model: Mapping[str, Any] = llm if isinstance(llm, Mapping) else _DEFAULT_MODEL
    group = read_group(model, assistant.endpoints, environment=environment)
    settings = RephraserSettings(
        template=_template(assistant, nlg),
        everything=nlg.get("rephrase_all") is True,
        turns=turns if isinstance(turns := nlg.get("max_historical_turns"), int) and turns > 0 else _TURNS,
        seconds=float(limit) if isinstance(limit := model.get("timeout"), int | float) and limit > 0 else _SECONDS,
    )
    return settings, group


def _template(assistant: Assistant, nlg: Mapping[str, Any]) -> str:
    path = nlg.get("prompt_template") or nlg.get("prompt")
    if path is None:
        return resources.files(__package__).joinpath("prompts", "rephrase.jinja").read_text(encoding="utf-8")
    text = assistant.prompts.get(str(path).removeprefix("./"))
    if text is None:
        raise SettingsFault(f"The prompt {path} of `nlg` is not among the project's prompts (*.jinja2, *.jinja, *.j2).")
    return text
