"""Messages that are sent while they are written: each paragraph of a text once it is whole."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from talkwright.engine.channels.contents import to_rest
from talkwright.engine.ports import BotMessage, Piece

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n+(?=\S)")


class Written:
    """What one turn says, in the form of the REST channel (wire-protocols 4.4).

    A text with blank lines is several messages there, so that all but the last of them can be sent before the text has
    an end; each line that is sent is a whole message, and together they are what an answer at once would hold.
    """

    def __init__(self, recipient: str) -> None:
        self._recipient = recipient
        self._text = ""
        self._sent = 0

    def take(self, said: BotMessage | Piece) -> list[dict[str, Any]]:
        """What can be sent once this is said."""
        if isinstance(said, Piece):
            self._text += said.text
            *_, last = [self._sent, *(found.end() for found in _PARAGRAPH_END.finditer(self._text, self._sent))]
            part, self._sent = self._text[self._sent : last], last
            return self._messages(part)
        if self._text and not (said.text or "").startswith(self._text):
            return [*self.end(), *to_rest(self._recipient, [said])]
        rest = (said.text or "")[self._sent :]
        self._text, self._sent = "", 0
        return to_rest(self._recipient, [replace(said, text=rest)])

    def end(self) -> list[dict[str, Any]]:
        """What was written of a message that never came to be said as a whole."""
        rest, self._text, self._sent = self._text[self._sent :], "", 0
        return self._messages(rest)

    def _messages(self, text: str) -> list[dict[str, Any]]:
        return to_rest(self._recipient, [BotMessage(text=text)]) if text.strip() else []
