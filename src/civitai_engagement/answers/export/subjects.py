"""What can be exported, and as what, by name: commands know it without loading what exports it."""

from enum import StrEnum


class ExportSubject(StrEnum):
    """What can be exported."""

    POSTS = "posts"
    ASSETS = "assets"
    HISTORY = "history"
    FEATURES = "features"
    FINDINGS = "findings"


class ExportedAnswer(StrEnum):
    """The answers whose rows can be exported, by their commands."""

    MOVERS = "movers"
    UNUSUAL = "unusual"
    AUDIT = "audit"
    RATE = "rate"
    COMPARE = "compare"
    SUMMARY = "summary"
    HOURS = "hours"
    EFFECTS = "effects"
    MODELS = "models"


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
