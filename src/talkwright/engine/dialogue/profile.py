"""Where the rules leave a choice: one value that names each choice (dialogue-semantics 12, end)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from talkwright.assistant.compatibility import STRICT, Compatibility, compatibility_of


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Switches and limits of dialogue-semantics 5, 12 and 13. The defaults are the product's own profile.

    `offer_after_search`: a knowledge answer inside a flow is followed by the offer to go on (5.8).
    `compare_raw_values`: corrections compare the texts of values instead of the values themselves (12.28).
    `cancelled_flow_ids`: the cancelled message after a refused offer names the flow's id (5.8).
    `unfilled_not_found`: the sentence for an unknown name at the offer is sent as written, unfilled (5.8).
    `offer_before_handoff`: the offer to go on comes before what a handoff says that ended a digression (5.6).
    `decimals_of_whole_numbers`: a response shows the value 50 of a float slot as 50.0 (6.2).
    `names_called_flow`: the cancelled message names only the called flow, not the one that called it (4.6, 5.9).
    `asks_refused_form_again`: where the fallback has no words, the active form's question comes again (8.4).
    `rates_once`: after a conversation was rated, its later ends don't ask again (5.11).
    `clarify_multiple_starts`: several flows started from an idle stack become a question (4.5).
    `undoes_half_turns`: where neither a rule nor a story says how a turn goes on that the bot has spoken in, the
    fallback takes the whole turn back, instead of the bot listening (8.4).
    `max_classic_actions`: after so many actions a turn of rules and stories is cut short (5.2).
    `max_actions`: after so many actions a turn is cut short; five times as many while a correction runs (5.2).
    """

    offer_after_search: bool = False
    compare_raw_values: bool = False
    cancelled_flow_ids: bool = False
    unfilled_not_found: bool = False
    offer_before_handoff: bool = False
    decimals_of_whole_numbers: bool = False
    names_called_flow: bool = False
    rates_once: bool = True
    asks_refused_form_again: bool = True
    clarify_multiple_starts: bool = False
    undoes_half_turns: bool = False
    max_classic_actions: int = 10
    max_actions: int = 1000


DEFAULT_PROFILE = Profile()
STRICT_PROFILE = Profile(
    offer_after_search=True,
    compare_raw_values=True,
    cancelled_flow_ids=True,
    unfilled_not_found=True,
    offer_before_handoff=True,
    decimals_of_whole_numbers=True,
    names_called_flow=True,
    rates_once=False,
    asks_refused_form_again=False,
    undoes_half_turns=True,
)


def profile_named(name: Compatibility) -> Profile:
    """The profile of a name that stands in a project's config."""
    return STRICT_PROFILE if name == STRICT else DEFAULT_PROFILE


def profile_of(config: Mapping[str, Any]) -> Profile:
    """The profile that a project asks for by `talkwright.compatibility` in its config."""
    return profile_named(compatibility_of(config))
