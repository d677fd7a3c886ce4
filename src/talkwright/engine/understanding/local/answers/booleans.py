"""Yes and no as people write them, in English and German."""

from __future__ import annotations

import re

from talkwright.engine.understanding.local.texts import fold

_YES_DESPITE_NO = (
    r"no problem|no worries|why not|no doubt|not a problem|can'?t complain|kein problem|warum nicht|keine frage|"
    r"nichts dagegen|kein ding|spricht nichts dagegen|ohne zweifel|keine einwaende|"
    r"(?:i )?(?:don'?t|do not) see why not|(?:there'?s )?nothing wrong|"
    r"(?:i )?(?:don'?t|do not) mind"
)
_NO = (
    r"no|nope|nah|naw|never|negative|not|don'?t|do not|doesn'?t|isn'?t|aren'?t|wasn'?t|won'?t|shouldn'?t|wouldn'?t|"
    r"can'?t|cannot|wrong|incorrect|false|"
    r"refuse|decline|rather not|no way|no thanks|no thank you|hell no|nein|noe|nee|ne|nicht|niemals|nie|falsch|"
    r"keinesfalls|keineswegs|auf keinen fall|lieber nicht|lass(?:en)? (?:es|das|mal)|bloss nicht|nix|kein|keine|keinen|"
    r"unrichtig|verkehrt|n"
)
_YES = (
    r"yes|yep|yeah|yea|ya|yup|yess+|yas|sure|ok|okay|okey|okey ?dokey|okidoki|k|y|fine|alright|all right|right|correct|"
    r"true|exactly|absolutely|definitely|certainly|indeed|affirmative|agreed?|agree|confirm(?:ed)?|approved?|of course|"
    r"go ahead|go on|go for it|do it|do that|please do|sounds (?:good|great|fine|right)|looks (?:good|great|fine|right)|perfect|great|"
    r"good|that'?s it|that is it|by all means|proceed|continue|why of course|you bet|for sure|totally|i (?:do|am|would|did|have|will)(?=\W*$)|"
    r"send it|let'?s (?:do it|go)|deal|cool|works|"
    r"ja|jap|jup|jo|jep|joa|jawohl|jawoll|klar|na klar|sicher|sicherlich|genau|richtig|korrekt|stimmt|passt|"
    r"einverstanden|gerne?|natuerlich|selbstverstaendlich|unbedingt|auf jeden fall|in ordnung|alles klar|mach das|"
    r"machen sie das|mach mal|mach es|tu das|bestaetige|bestaetigt|absolut|freilich|logo|okay|gut|wahr|so ist es|"
    r"los|leg los|weiter|bitte ja|wunderbar|super|prima|perfekt|exakt|definitiv|doch"
)
_SPECIAL = re.compile(rf"\b(?:{_YES_DESPITE_NO})\b")
_LEADING = re.compile(
    r"^(?:(?:um+|uh+|hm+|well|oh|ah|aeh+m?|so|also|na|naja|hmm|i think|i guess|i believe|ich glaube|ich denke|please|bitte|and|und|then|dann)"
    r"[\s,.!]+)*"
)
_NO_WORD = re.compile(rf"\b(?:{_NO})\b")
_YES_WORD = re.compile(rf"\b(?:{_YES})\b")
_NO_START = re.compile(rf"(?:{_NO})\b")
_YES_START = re.compile(rf"(?:{_YES})\b")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_LONGEST_LOOSE = 8  # words: in a longer message a yes or no in the middle says little


def boolean_answer(text: str) -> bool | None:
    """True or False for yes or no, None where the text is neither.

    A message that begins with one is read as that; otherwise a "no" or "not" anywhere in a short message outweighs a "yes".
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


def _denied(text: str) -> bool:
    """Whether the yes word that begins the text is taken back at once: `stimmt nicht`, `right, no`, `ok not now`."""
    head = text.split(",")[0].split(".")[0]
    return bool(re.match(r"(?:\S+ )(?:nicht|not|no|nein|kein\w*)\b", head)) and not _SPECIAL.search(head)


def is_plain_boolean(text: str) -> bool:
    """Whether the message is nothing but a yes or no with polite words around it."""
    plain = _STRETCHED.sub(r"\1", fold(text))
    rest = re.sub(rf"\b(?:{_YES_DESPITE_NO}|{_YES}|{_NO})\b", " ", plain)
    rest = re.sub(
        r"\b(?:please|thanks?|thank you|bitte|danke|it|that|this|is|so|das|es|ist|the|very|much|i|we|we'?re|it'?s|that'?s)\b",
        " ",
        rest,
    )
    return not re.search(r"\w", rest)
