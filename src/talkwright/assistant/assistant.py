"""A whole assistant as one value: what training reads and the engine runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from talkwright.assistant.domain import Domain
from talkwright.assistant.flows import Flow
from talkwright.assistant.nlu import NluData
from talkwright.assistant.stories import Rule, Story


@dataclass(frozen=True, kw_only=True)
class Assistant:
    """Content and settings, typed. `flows` holds the user's flows and the patterns in force, by id.

    `prompts` are the templates for language models, by their paths.
    """

    id: str = "assistant"
    language: str = "en"
    additional_languages: tuple[str, ...] = ()
    flows: Mapping[str, Flow] = field(default_factory=dict)
    domain: Domain = field(default_factory=Domain)
    nlu: NluData = field(default_factory=NluData)
    rules: tuple[Rule, ...] = ()
    stories: tuple[Story, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    endpoints: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, Any] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)

    @property
    def user_flows(self) -> Mapping[str, Flow]:
        """The flows that are no patterns."""
        return {name: flow for name, flow in self.flows.items() if not flow.is_pattern}
