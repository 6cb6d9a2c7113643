"""One column of an export: its name, what it holds, and what it means."""

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """What a column holds; any may be empty, which means unknown."""

    WHOLE = "whole number"
    NUMBER = "number"
    TEXT = "text"
    TRUTH = "true or false"
    INSTANT = "instant"
    WHOLES = "list of whole numbers"
    TEXTS = "list of texts"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    holds: ColumnType
    means: str
