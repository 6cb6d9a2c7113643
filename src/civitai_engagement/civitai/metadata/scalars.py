"""One value of a meta as a typed field: read exactly, or not at all."""

import re
import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INT4 = 2**31 - 1
LONGEST_NAME = 500
# NUMERIC holds far more, but nobody's seed has more than a thousand digits.
MAX_SEED = 10**1000

# What programs write where there is nothing to say; "unknown" may be the name of a file, but not of a sampler.
_NOTHING = {"", "undefined", "null", "none", "nan", "n/a", "[object object]"}
_UNKNOWN = _NOTHING | {"unknown"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,1001}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?")


class Remainder:
    """The part of a meta that no typed field carries yet; `unread` are keys whose value a field could not use.

    >>> rest = Remainder({"Clip skip": "2,", "Version": "1.6"})
    >>> rest.take(whole(), "clipSkip", "Clip skip"), rest.kept
    (2, {'Clip skip': '2,', 'Version': '1.6'})
    """

    def __init__(self, meta: dict[str, object]) -> None:
        self.kept = dict(meta)
        self.unread: list[str] = []

    def take(self, read: Callable[[object], T | None], *keys: str) -> T | None:
        """Read the first usable of `keys`; those the result repeats exactly leave the remainder."""
        said = {key: read(self.kept[key]) for key in keys if key in self.kept}
        taken = next((value for value in said.values() if value is not None), None)
        for key, value in said.items():
            if value is None and not is_unknown(self.kept[key]):
                self.unread.append(key)
            elif repeats(self.kept[key], taken):
                del self.kept[key]
        return taken


def repeats(raw: object, taken: object) -> bool:
    """Say whether `taken` alone is enough to know what `raw` was."""
    if isinstance(raw, str) and not isinstance(taken, str):
        return raw in (str(taken), str(taken).removesuffix(".0"))
    return raw == taken


def number(raw: object) -> int | float | None:
    """Read a number, or the text of one; trailing commas are a slip of the parsers upstream."""
    match raw:
        case bool():
            return None
        case int() | float():
            return raw
        case str():
            return _spelled(raw.strip().rstrip(","))
        case _:
            return None


def real(raw: object) -> float | None:
    value = number(raw)
    most = sys.float_info.max
    return float(value) if value is not None and -most <= value <= most else None


def whole(low: int = -INT4, high: int = INT4) -> Callable[[object], int | None]:
    """Make a reader of integers between `low` and `high`; 20.0 is one, 20.5 is not."""

    def read(raw: object) -> int | None:
        value = number(raw)
        if value is None or (isinstance(value, float) and not value.is_integer()):
            return None
        return int(value) if low <= value <= high else None

    return read


def text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def says_nothing(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and raw.strip().lower() in _NOTHING)


def is_unknown(raw: object) -> bool:
    return says_nothing(raw) or (isinstance(raw, str) and raw.strip().lower() in _UNKNOWN)


def name(raw: object) -> str | None:
    """Read a short text that says something, trimmed."""
    return raw.strip() if isinstance(raw, str) and len(raw) <= LONGEST_NAME and not says_nothing(raw) else None


def known(raw: object) -> str | None:
    """Read a name where "unknown" is none."""
    return None if is_unknown(raw) else name(raw)


def _spelled(value: str) -> int | float | None:
    if _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if _DECIMAL.fullmatch(value) else None
