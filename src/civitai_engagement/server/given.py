"""What hosts pass, read as it was meant: their own words dropped, nothing taken for nothing, lists in any spelling."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

# What hosts add of their own: n8n four, SiYuan, Gemini's CLI, CrewAI, HolmesGPT, mcpproxy and Cursor one each.
HOSTS_OWN = frozenset(
    {
        *("toolCallId", "sessionId", "action", "chatInput", "_sessionID"),
        *("wait_for_previous", "security_context", "_tool_context", "_auth_auth_type", "random_string"),
    }
)
EMPTY_OBJECTS = ("{}", "{ }")  # as text: the SDK reads it only later
NOTHING = frozenset({"null", "none"})
LONGEST_LIST = 100_000  # characters of a list written as text
PLAIN = frozenset({"integer", "number", "boolean", "object"})
UNSPEAKABLE = {
    "a NUL character": re.compile("\0"),
    "half a character, such as a cut emoji": re.compile("[\ud800-\udfff\uffff]"),
}


def meant(arguments: Mapping[str, Any], schema: Mapping[str, Any], wordless: frozenset[str]) -> dict[str, Any]:
    """Read arguments by the schema of a tool; `wordless` parameters take "null" and "none" for nothing.

    What is null is not given, and where nothing need be given neither is what is empty. Text and names are taken as
    they are written, "none" included.

    >>> meant({"limit": "null", "posts": "['1', '2']", "sessionId": "x"}, {"properties": {...}}, frozenset())
    {'posts': ['1', '2']}
    """
    known, needed = schema.get("properties", {}), schema.get("required", ())
    read = {
        name: _value(value, known.get(name, {}), is_wordless=name in wordless)
        for name, value in arguments.items()
        if name in known or name not in HOSTS_OWN
    }
    return {
        name: value
        for name, value in read.items()
        if value is not None and (value not in ("", [], {}) or name in needed or name not in known)
    }


def _value(value: Any, kind: Mapping[str, Any], *, is_wordless: bool) -> Any:
    is_list = kind.get("type") == "array"
    if kind.get("type") == "object" and isinstance(value, str) and value.strip() in EMPTY_OBJECTS:
        return None
    if isinstance(value, str) and _is_word_for_nothing(value, kind, is_wordless=is_wordless):
        return None
    if not is_list:
        return value
    items = _items(value) if isinstance(value, str) else [value] if type(value) is int else value
    if not isinstance(items, list):
        return items
    return [one for one in items if one not in (None, "") and not (is_wordless and _says_nothing(one))]


def _is_word_for_nothing(value: str, kind: Mapping[str, Any], *, is_wordless: bool) -> bool:
    if "enum" in kind:
        return _says_nothing(value) and value not in kind["enum"]
    return _says_nothing(value) and (is_wordless or kind.get("type") in PLAIN)


def _says_nothing(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in NOTHING


def _items(text: str) -> Any:
    """Read a list that comes as one text: JSON, Python's spelling, or words with commas or white space between."""
    if text.lstrip().startswith("[") and len(text) <= LONGEST_LIST:
        for read in (json.loads, ast.literal_eval):
            with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
                if isinstance(items := read(text.strip()), list):
                    return items
    return text.replace(",", " ").split()


def unspeakable(value: object) -> str | None:
    """Name what a value holds, however deep, that no text may."""
    for text in _texts(value):
        for name, pattern in UNSPEAKABLE.items():
            if pattern.search(text):
                return name
    return None


def _texts(value: object) -> Iterator[str]:
    """Give all texts in a value, keys included, without recursion: strangers choose how deep it is."""
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            rest.extend([*one.keys(), *one.values()])
        elif isinstance(one, list):
            rest.extend(one)
