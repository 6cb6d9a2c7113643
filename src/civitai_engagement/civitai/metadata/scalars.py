"""One value of a meta as a typed field: read exactly, or not at all."""

import re
import sys
from collections.abc import Callable, Set
from typing import TypeVar

T = TypeVar("T")

INT4 = 2**31 - 1
LONGEST_NAME = 500
# NUMERIC holds far more, but nobody's seed has more than a thousand digits.
MAX_SEED = 10**1000

# What programs write where there is nothing to say; "unknown" may be the name of a file, but not of a sampler.
_NOTHING = {"", "undefined", "null", "none", "nil", "nan", "n/a", "object object", "not set"}
_UNKNOWN = _NOTHING | {"unknown"}
# Around such a word, or alone: "(none)", "<None>", "-".
_AROUND = "()[]{}<>\"'`-–—_.,;:?!*# "
_INTEGER = re.compile(r"[+-]?[0-9]{1,1001}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?")


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


def says_nothing(raw: object, words: Set[str] = _NOTHING) -> bool:
    return raw is None or (isinstance(raw, str) and raw.strip().strip(_AROUND).lower() in words)


def is_unknown(raw: object) -> bool:
    return says_nothing(raw, _UNKNOWN)


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
