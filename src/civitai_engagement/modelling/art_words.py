"""What words mean under pictures: read from `art_words.txt`, a section a kind."""

from functools import cache
from importlib.resources import files


@cache
def _sections() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in files(__package__).joinpath("art_words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and line[1:-1].isalpha():
            lines = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def words(kind: str) -> frozenset[str]:
    """Give the words (or signs) of a kind.

    >>> "slop" in words("blame")
    True
    """
    return frozenset(" ".join(_sections()[kind]).split())


def pattern(kind: str) -> str:
    """Give the set phrases of a kind as one pattern."""
    return "|".join(_sections()[kind])
