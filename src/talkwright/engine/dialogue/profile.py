"""Where the rules leave a choice: one value that names each choice, so that another profile can be added beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Switches and limits of dialogue-semantics 5, 12 and 13. The defaults are the product's own profile.

    `offer_after_search`: a knowledge answer inside a flow is followed by the offer to go on (5.8).
    `compare_raw_values`: corrections compare the texts of values instead of the values themselves (12.28).
    `cancelled_flow_ids`: the cancelled message after a refused offer names the flow's id (5.8).
    `clarify_multiple_starts`: several flows started from an idle stack become a question (4.5).
    `max_actions`: after so many actions a turn is cut short; five times as many while a correction runs (5.2).
    """

    offer_after_search: bool = False
    compare_raw_values: bool = False
    cancelled_flow_ids: bool = False
    clarify_multiple_starts: bool = False
    max_actions: int = 1000


DEFAULT = Profile()
