"""Lines that are pieces of something larger: JSON, code, markup, an answer over HTTP with its headers.

A number alone on a line beside them may be anything's: of a page of Civitai's API it is the version of a model.
"""

import re

ALONE = "A number alone is the id of a post only in a list of ids."
_CUT_OUT = "Save JSON alone as a .json file, or cut out the ids of the posts."
PIECE = f"This is a piece of something larger, not a line of a list. {_CUT_OUT}"
_PIECE = re.compile(
    r"""
      .*[{\[(]                                  # something opens and goes on: "modelVersionIds": [
    | (?=.*[\[\]{}])[\[\]{}(),;\s]+             # nothing but brackets
    | (["']).*?\1\s*:.*                         # a key in quotes
    | [\[{]\s*["']?\d+["']?\s*,?                # a number behind the bracket that opens its list
    | ["']?\d+["']?\s*[\]}][\]}(),;\s]*         # or before the one that closes it
    | </?[a-z][\w:-]*(?:\s[^<>]*)?/?>.*         # a tag
    | HTTP/\d.*                                 # the first line of an answer
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_piece(line: str) -> bool:
    return bool(_PIECE.fullmatch(line.strip()))


def beside(piece: int) -> str:
    """Say why a number is not taken for a post."""
    return f"{ALONE[:-1]}, and line {piece} is a piece of something larger. {_CUT_OUT}"
