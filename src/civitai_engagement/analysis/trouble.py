"""What can be wrong with the collection, and what is said of it."""

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What can be wrong with the collection itself; the names of alarms."""

    COVERAGE = "coverage"
    NO_RUN = "no_run"
    UPSTREAM = "upstream"
    DISK = "disk"
    SCHEMA = "schema"
    UNKNOWN_STATS = "unknown_stats"
    NO_LEADER = "no_leader"
    CLOCK = "clock"
    FUTURE = "future"
    ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class ConditionFinding:
    """One trouble: why we think so, what to do, and whether data are being lost (`is_failing`)."""

    trouble: Trouble
    reason: str
    advice: str
    is_failing: bool = False
