"""JSON of strangers made fit for Postgres: its text, its numbers, its depth and its size."""

import json
import math
import re
from dataclasses import dataclass, field

MAX_DEPTH = 32
TOO_DEEP = "(nested too deep)"
# Python writes no integer of more than 4,300 digits in decimal.
MAX_INTEGER_BITS = 14_000

_NO_POSTGRES_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(slots=True)
class Cleaning:
    """Copies JSON values into what `jsonb` can hold and remembers, in `notes`, what it had to change.

    >>> Cleaning().of({"a\\x00": [float("nan")]})
    {'a': ['NaN']}
    """

    notes: dict[str, None] = field(default_factory=dict)
    renamed: int = 0

    def of(self, value: object, depth: int = 0) -> object:
        match value:
            case None | bool():
                return value
            case str():
                return self._text(value)
            case int() | float():
                return self._number(value)
            case dict() | list():
                return self._nested(value, depth)
            case _:
                return self._noted(self._text(str(value)), "what is not JSON was kept as text")

    def _nested(self, value: dict[object, object] | list[object], depth: int) -> object:
        if depth >= MAX_DEPTH:
            return self._noted(TOO_DEEP, f"what is nested deeper than {MAX_DEPTH} levels was cut")
        if isinstance(value, dict):
            return self._object(value, depth + 1)
        return [self.of(item, depth + 1) for item in value]

    def _object(self, value: dict[object, object], depth: int) -> dict[str, object]:
        cleaned: dict[str, object] = {}
        for key, item in value.items():
            cleaned[self._free(self._text(str(key)), cleaned)] = self.of(item, depth)
        return cleaned

    def _free(self, key: str, taken: dict[str, object]) -> str:
        free = key
        while free in taken:
            self.renamed += 1
            free = f"{key} ({self.renamed})"
        return free

    def _text(self, value: str) -> str:
        if value.isascii() and "\0" not in value:
            return value
        cleaned = _NO_POSTGRES_TEXT.sub("", value)
        return value if cleaned == value else self._noted(cleaned, "NUL characters and lone surrogates were taken out")

    def _number(self, value: float) -> object:
        if isinstance(value, int):
            fits = value.bit_length() <= MAX_INTEGER_BITS
            return value if fits else self._noted(hex(value), "a number too long to write was kept as hexadecimal text")
        if math.isfinite(value):
            return value
        return self._noted(json.dumps(value), "numbers that are not finite were kept as text")

    def note(self, note: str) -> None:
        self.notes[note] = None

    def _noted(self, value: str, note: str) -> str:
        self.note(note)
        return value


def size(value: object) -> int:
    """Say how many bytes `value` takes as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def cut(text: str, most: int) -> str:
    """Keep the whole characters within the first `most` bytes of UTF-8."""
    return text if len(text) * 4 <= most else text.encode()[:most].decode(errors="ignore")
