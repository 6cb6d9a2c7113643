"""Words of strangers in a spreadsheet's cell: an apostrophe in front keeps them from being taken for a formula."""

import re

_FORMULA = re.compile(r"'*[\s\x00]*[=+\-@＝＋－＠]")


def guarded(text: str) -> str:
    """Put an apostrophe in front of what a spreadsheet would compute, and of what looks as if one stood there.

    >>> guarded("-cat")
    "'-cat"
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Take off again what `guarded` put in front."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
