"""The issues of Civitai's validation library (zod 4), key for key in its order, and the 400 body made of them."""

import json
import math
from collections.abc import Sequence
from typing import Any

from civitai_engagement.sandbox.vocabulary import FALSE_WORDS, TRUE_WORDS

Issue = dict[str, Any]
Path = Sequence[str | int]
Raw = str | list[str]


def error_body(issues: Sequence[Issue]) -> dict[str, Any]:
    """The body of a 400: the issues stand in it as a text."""
    message = json.dumps(issues, indent=2, ensure_ascii=False)
    return {"error": {"name": "ZodError", "message": message}}


def not_convertible(raw: str, path: Path) -> Issue:
    return {"message": f"'{raw}' cannot be converted to a number", "code": "custom", "path": path}


def too_small(minimum: int, path: Path) -> Issue:
    message = f"Too small: expected number to be >={minimum}"
    return {
        "origin": "number",
        "code": "too_small",
        "minimum": minimum,
        "inclusive": True,
        "path": path,
        "message": message,
    }


def too_big(maximum: int, path: Path, *, origin: str = "number") -> Issue:
    size = f"have <={maximum} items" if origin == "array" else f"be <={maximum}"
    message = f"Too big: expected {origin} to {size}"
    return {
        "origin": origin,
        "code": "too_big",
        "maximum": maximum,
        "inclusive": True,
        "path": path,
        "message": message,
    }


def wrong_type(expected: str, raw: Raw, path: Path) -> Issue:
    received = "array" if isinstance(raw, list) else "string"
    message = f"Invalid input: expected {expected}, received {received}"
    return {"expected": expected, "code": "invalid_type", "path": path, "message": message}


def not_finite(value: float, path: Path) -> Issue:
    """NaN and Infinity are numbers to JavaScript, not to zod, which calls Infinity a number in its sentence."""
    received, said = ("NaN", "NaN") if math.isnan(value) else ("Infinity", "number")
    message = f"Invalid input: expected number, received {said}"
    return {"expected": "number", "code": "invalid_type", "received": received, "path": path, "message": message}


def not_an_option(options: Sequence[str], path: Path) -> Issue:
    return {"code": "invalid_value", "values": list(options), "path": path, "message": _expected_one_of(options)}


def bad_pattern(pattern: str, message: str, path: Path) -> Issue:
    issue = {"origin": "string", "code": "invalid_format", "format": "regex", "pattern": pattern}
    return issue | {"path": path, "message": message}


def no_branch(branches: Sequence[Sequence[Issue]], path: Path) -> Issue:
    return {"code": "invalid_union", "errors": branches, "path": path, "message": "Invalid input"}


def not_a_flag(raw: Raw, path: Path) -> Issue:
    """What `union(union(boolean, stringbool), number)` says of anything else."""
    words = [*TRUE_WORDS, *FALSE_WORDS]
    not_a_word = {"code": "invalid_value", "expected": "stringbool", "values": words, "path": []}
    second = (
        wrong_type("string", raw, []) if isinstance(raw, list) else not_a_word | {"message": _expected_one_of(words)}
    )
    inner = no_branch([[wrong_type("boolean", raw, [])], [second]], [])
    return no_branch([[inner], [wrong_type("number", raw, [])]], path)


def _expected_one_of(options: Sequence[str]) -> str:
    return "Invalid option: expected one of " + "|".join(f'"{option}"' for option in options)
