"""Yes and no as people write them, in English and German."""

from __future__ import annotations

import re

from talkwright.engine.understanding.local.languages import alternatives
from talkwright.engine.understanding.local.texts import fold

_YES, _NO = alternatives("yes"), alternatives("no")
_YES_DESPITE_NO = alternatives("yes in spite of a no")
_POLITE = alternatives("around yes and no")
_SPECIAL = re.compile(rf"\b(?:{_YES_DESPITE_NO})\b")
_LEADING = re.compile(rf"^(?:(?:{alternatives('before yes and no')})[\s,.!]+)*")
_NO_WORD = re.compile(rf"\b(?:{_NO})\b")
_YES_WORD = re.compile(rf"\b(?:{_YES})\b")
_NO_START = re.compile(rf"(?:{_NO})\b")
_YES_START = re.compile(rf"(?:{_YES})\b")
_NO_AND_MORE = re.compile(rf"(?:{_NO})\s*[,;.!:–-]+\s*(?P<rest>.*\w.*)$", re.IGNORECASE | re.DOTALL)
_TAKING_BACK = re.compile(
    rf"(?:(?:{_NO})\W+)?(?:(?:{alternatives('taking back')})\b\W*)+(?P<rest>.*\w.*)$", re.IGNORECASE | re.DOTALL
)
_PLAIN = re.compile(
    rf"\W*(?:(?:{alternatives('before yes and no')})\W+)*(?:{alternatives('plain yes or no')})"
    rf"(?:\W+(?:{alternatives('polite words behind')}))*\W*"
)
_STRETCHED = re.compile(r"(\w)\1{2,}")
_LONGEST_LOOSE = 8  # words: in a longer message a yes or no in the middle says little


def boolean_answer(text: str) -> bool | None:
    """True or False for yes or no, None where the text is neither.

    A message that begins with one is read as that; otherwise a "no" or "not" in a short message outweighs a "yes".
    """
    plain = _STRETCHED.sub(r"\1", fold(text).replace("'", "'").strip())
    if _SPECIAL.search(plain):
        return True
    start = _LEADING.match(plain)
    rest = plain[start.end() :] if start else plain
    if _YES_START.match(rest) and not _denied(rest):
        return True
    if _NO_START.match(rest):
        return False
    if len(rest.split()) > _LONGEST_LOOSE:
        return None
    if _NO_WORD.search(rest):
        return False
    return True if _YES_WORD.search(rest) else None


def after_a_no(text: str) -> str | None:
    """What a message says after the no that begins it and a pause: "no, 70"; None where there is nothing of that."""
    found = _NO_AND_MORE.match(text.strip())
    return found["rest"] if found is not None and not is_plain_boolean(found["rest"]) else None


def after_taking_back(text: str) -> str | None:
    """What a message says after words that take back what was said, "no wait, a red one"; None without such words."""
    found = _TAKING_BACK.match(text.strip())
    return found["rest"] if found is not None and not is_plain_boolean(found["rest"]) else None


def is_only_yes_or_no(text: str) -> bool:
    """Whether the message is one of the few words that can mean nothing but yes or no."""
    return _PLAIN.fullmatch(_STRETCHED.sub(r"\1", fold(text))) is not None


def _denied(text: str) -> bool:
    """Whether the yes word that begins the text is taken back at once: `stimmt nicht`, `right, no`, `ok not now`."""
    head = text.partition(",")[0].partition(".")[0]
    return bool(re.match(r"(?:\S+ )(?:nicht|not|no|nein|kein\w*)\b", head)) and not _SPECIAL.search(head)


def is_plain_boolean(text: str) -> bool:
    """Whether the message is nothing but a yes or no with polite words around it."""
    plain = _STRETCHED.sub(r"\1", fold(text))
    rest = re.sub(rf"\b(?:{_YES_DESPITE_NO}|{_YES}|{_NO})\b", " ", plain)
    rest = re.sub(rf"\b(?:{_POLITE})\b", " ", rest)
    return not re.search(r"\w", rest)
