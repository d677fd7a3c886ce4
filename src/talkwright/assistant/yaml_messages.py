"""What the YAML parser's findings mean for a person who writes a file."""

from __future__ import annotations

import re

_WORDS = (
    (
        "mapping values are not allowed",
        "A ':' stands where none can; put the text in quotes if the ':' belongs to it, or mend the indentation.",
    ),
    (
        "could not find expected ':'",
        "A ':' is missing after a key, or a text runs over the line; put it in quotes or mend the indentation.",
    ),
    (
        "did not find expected key",
        "The indentation of this line does not fit the lines above; align it with its neighbours.",
    ),
    (
        "did not find expected '-' indicator",
        "A list entry was expected here; begin the line with '- ' or mend the indentation.",
    ),
    ("did not find expected ',' or ']'", "A ',' or the closing ']' is missing in a list."),
    ("did not find expected ',' or '}'", "A ',' or the closing '}' is missing in a map."),
    ("found unexpected end of stream", "The text ends before its closing quote or bracket; add it."),
    (
        "block sequence entries are not allowed",
        "A '-' list entry can't stand here; put the list on a line of its own below the key.",
    ),
    (
        "found unknown escape character",
        "This escape is not known in double quotes; write '\\\\' for a backslash or use single quotes.",
    ),
    ("found unexpected document indicator", "A quoted text is not closed before '---'; add the closing quote."),
    (
        "did not find expected <document start>",
        "Something stands outside of the document here; mend the indentation or quotes above.",
    ),
    ("did not find expected node content", "A value was expected here; write one or delete the stray sign."),
    ("found character that cannot start any token", "A text can't begin with this sign; put it in quotes."),
    ("found undefined tag handle", "This tag is not known here; delete it or put the text in quotes."),
    ("while scanning an anchor", "'&' begins an anchor; put the text in quotes if none is meant."),
    ("while scanning an alias", "'*' begins an alias; put the text in quotes if none is meant."),
)


_GOES_ON = re.compile(
    r"""^\s*(?:-\s+)*(?:[^\s:#'"{\[][^:#'"{\[]*:\s+)?      # dashes and a key
    (?P<sign>["'{\[])(?:(?<=\{)[^{}]*\}|(?<=\[)[^\[\]]*\]|(?<=")[^"]*"|(?<=')[^']*')
    [ \t]*[^\s#:,}\]]""",
    re.VERBOSE,
)
_LONGEST = 500  # characters of a line that are looked at
_GOES_ON_AFTER_COMMA = re.compile(r"^\s*(?:-\s+)*(?:[^\s:#'\"{\[][^:#'\"{\[]*:\s+)?(?P<sign>[{\[])[^{}\[\]]*[}\]],")


def _goes_on(written: str) -> str | None:
    """The sign with which a text of a line begins that YAML takes for a whole value, though more follows it."""
    beginning = written[:_LONGEST]
    found = _GOES_ON.match(beginning) or _GOES_ON_AFTER_COMMA.match(beginning)
    return found["sign"] if found else None


def plain_words(problem: str | None, context: str | None, text: str, line: int) -> str:
    """The message for one finding of the parser: what happened and how to mend it."""
    lines = text.split("\n", line + 1)
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "This line is indented with a tab; use spaces."
    in_block = (problem or "").startswith(("did not find expected key", "did not find expected '-'"))
    sign = _goes_on(written) if in_block else None
    if sign is not None and sign in "'\"":
        return f"This text goes on behind its closing {sign}; put all of it in quotes of the other kind."
    if sign is not None:
        return f"A text that begins with {sign} must stand in quotes, with all that follows on this line."
    found = f"{problem or ''} {context or ''}"
    for part, words in _WORDS:
        if part in found:
            return words
    return f"This is not valid YAML ({problem or 'unreadable'}); mend this line."
