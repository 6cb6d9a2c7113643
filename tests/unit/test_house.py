"""What the house keeps to, read off its own code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import civitai_engagement
from civitai_engagement.records.provenance import Source

HOUSE = Path(civitai_engagement.__file__).parent


def modules(*, outside: str) -> Iterator[tuple[str, ast.Module]]:
    """Give the modules of the house that stand outside one room."""
    for path in sorted(HOUSE.rglob("*.py")):
        place = path.relative_to(HOUSE)
        if place.parts[0] != outside:
            yield str(place), ast.parse(path.read_text(encoding="utf-8"))


def test_a_connection_to_the_database_stays_inside_the_store() -> None:
    taken = [
        f"{place}:{node.lineno}"
        for place, tree in modules(outside="store")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"connection", "_connection"}
    ]
    assert not taken, "ask the ledger for a noun; a statement that is missing there is a method of one"


def test_why_a_media_is_followed_and_how_it_was_read_are_named_by_their_enums() -> None:
    spelled = [
        f"{place}:{node.value.lineno}"
        for place, tree in modules(outside="sandbox")
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant)
        if node.arg == "route" or (node.arg == "source" and node.value.value in set(Source))
    ]
    assert not spelled, "a fall is proved by the number of routes: a word misspelled would be one more"
