"""Text that is no JSON: which requests it held, as far as their ids can still be told."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SEARCHED = 100_000  # characters of the beginning in which ids are looked for
SEARCHED_AT_END = 10_000
LONGEST_NUMBER = 4_300  # digits: no Python reads more of them
_STRING = r'"(?:[^"\\]|\\.)*+"'
_NUMBER = rf"-?(?:0|[1-9]\d{{0,{LONGEST_NUMBER - 1}}})"
# A quote always begins a token, closed or not: else a text of many quotes would be read from each of them to its end.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"(?P<colon>\s*:)?|\\?\Z)|[{}\[\]]', re.DOTALL)
_ID = re.compile(rf"\s*({_STRING}|{_NUMBER})\s*(?=[,}}]|\Z)", re.DOTALL)
_ID_AT_END = re.compile(rf'"id"\s*:\s*({_STRING}|{_NUMBER})\s*(?:,\s*"\w+"\s*:\s*{_STRING}\s*)*\}}\s*\Z', re.DOTALL)
_ID_UNQUOTED = re.compile(rf"[{{,]\s*'?\bid\b'?\s*:\s*({_STRING}|'[^'\\]*'|{_NUMBER})\s*(?=[,}}])", re.DOTALL)
Id = int | str


@dataclass(slots=True)
class _Sketch:
    """The keys of an object, and where the value of each begins."""

    keys: dict[str, int] = field(default_factory=dict)

    @property
    def is_request(self) -> bool:
        return "id" in self.keys and ("method" in self.keys or self.keys.keys().isdisjoint({"result", "error"}))


def ids_in(text: str) -> Iterator[Id | None]:
    """Give the id of each request in a text that is no JSON; None for one whose id is none that may be.

    >>> list(ids_in('{"jsonrpc": "2.0", "params": {"id": 1, "text": "x}"}, "id": 7, broken'))
    [7]
    """
    sketches = list(_sketches(text[:SEARCHED]))
    if any("id" in one.keys for one in sketches):
        yield from (_id_at(text, one.keys["id"]) for one in sketches if one.is_request)
        return
    found = _ID_AT_END.search(text[-SEARCHED_AT_END:]) or _ID_UNQUOTED.search(text[:SEARCHED])
    if found:
        yield _read(found[1])


def _sketches(text: str) -> Iterator[_Sketch]:
    """Sketch the outermost objects, and those of an outermost list."""
    level = 1 + text.lstrip().startswith("[")
    depth, sketch = 0, _Sketch()
    for token in _TOKEN.finditer(text):
        depth = max(0, depth + {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0))
        if token[0] == "{" and depth == level:
            sketch = _Sketch()
            yield sketch
        elif token["colon"] and depth == level:
            sketch.keys[str(_read(token[0][: token.start("colon") - token.start()]))] = token.end()


def _id_at(text: str, place: int) -> Id | None:
    found = _ID.match(text, place)
    return _read(found[1]) if found else None


def _read(text: str) -> Id | None:
    try:
        value: Id = text[1:-1] if text.startswith("'") else json.loads(text)
    except ValueError:
        return None
    return value
