"""Finds what is wrong with an assistant's content and says how to mend it, one module per area."""

from talkwright.assistant.validation.checking import NO_FLOW, check_assistant, check_item
from talkwright.assistant.validation.facts import Facts, ItemFacts, Property

__all__ = ["NO_FLOW", "Facts", "ItemFacts", "Property", "check_assistant", "check_item"]
