"""What the collection did and where it stands, as its tables tell it: the facts its condition is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from civitai_engagement.setting_values import Engine


class Job(StrEnum):
    """What the clock starts, by the names that runs are stored under."""

    NEW_IMAGES = "collect_new_images"
    EXISTING_STATS = "update_existing_stats"
    FEATURES = "keep_features"
    STUDY = "study_engagement"


# The jobs that ask Civitai, which are those that status and alarms look at, and how often each is to run.
EVERY = {Job.NEW_IMAGES: timedelta(hours=4), Job.EXISTING_STATS: timedelta(hours=1)}
ROUND = timedelta(hours=4)  # on this grid all jobs run; an engine may tick on it alone
CLOCKS_DIFFER = timedelta(minutes=10)
ENGINE_IS_SILENT_AFTER = timedelta(hours=9)
LEADER_IS_GONE_AFTER = timedelta(seconds=60)  # it says every fifteen that it is there


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run of one job for one tick. `coverage` is (due, reached) by tier; `unbelievable` counts media."""

    job: str
    tick_at: datetime
    started_at: datetime
    finished_at: datetime | None = None
    holder: str = ""
    planned: int = 0
    observed: int = 0
    unchanged: int = 0
    missing: int = 0
    suspect: int = 0
    rejected: int = 0
    compared: int = 0
    fell: int = 0
    requests: int = 0
    retries: int = 0
    seconds: float | None = None
    coverage: Mapping[str, tuple[int, int]] | None = None
    error: str | None = None
    unbelievable: int = 0


@dataclass(frozen=True, slots=True)
class Leader:
    """The process that keeps the clock, or kept it last."""

    holder: str
    since: datetime
    seen_at: datetime

    def is_alive(self, now: datetime) -> bool:
        return now - self.seen_at <= LEADER_IS_GONE_AFTER


@dataclass(frozen=True, slots=True)
class EngineInForce:
    """What starts the jobs by the database: said by whom, since when; `claimed_at` is when a run was last begun.

    Airflow binds for as long as it begins runs; whoever is silent for nine hours has missed two rounds.
    """

    engine: Engine
    said_by: str
    since: datetime
    claimed_at: datetime | None = None

    def is_silent(self, now: datetime) -> bool:
        return self.engine is Engine.AIRFLOW and now - self.heard_at > ENGINE_IS_SILENT_AFTER

    @property
    def heard_at(self) -> datetime:
        return max(self.since, self.claimed_at or self.since)


@dataclass(frozen=True, slots=True)
class Disk:
    """Room on the disk of the embedded database, in bytes."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Present:
    """Now, as a process has it: by how much its clock is `ahead` of Civitai's (None: unknown), and how late what is
    followed, or sampled, may be due.
    """

    now: datetime
    followed_due_by: datetime
    sampled_due_by: datetime
    ahead: timedelta | None = None

    @property
    def latest(self) -> datetime:
        """What is later lies in the future; clocks of several machines differ a little."""
        return self.now + CLOCKS_DIFFER


@dataclass(frozen=True, slots=True)
class InFuture:
    """How many things are stored as later than now, or due later than anything may be."""

    runs: int = 0
    leaders: int = 0
    media: int = 0
    due: int = 0

    def __bool__(self) -> bool:
        return any((self.runs, self.leaders, self.media, self.due))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the condition follows from. `runs` are the latest, newest first; None is unknown.

    `following_since` is None while nothing is followed; `disk` is None for a database elsewhere; `ahead` is by how much
    the clock of the process that asks is ahead, as far as it has heard. `engine` is None where none was chosen: then a
    clock of ours starts the jobs.
    """

    runs: tuple[RunReport, ...] = ()
    leader: Leader | None = None
    following_since: datetime | None = None
    schema: str | None = None
    newest_schema: str | None = None
    disk: Disk | None = None
    ahead: timedelta | None = None
    in_future: InFuture = InFuture()
    engine: EngineInForce | None = None

    def engine_is(self, *engines: Engine | None) -> bool:
        """Say whether one of these is in force; None stands for none chosen."""
        return (self.engine.engine if self.engine else None) in engines

    def living_leader(self, now: datetime) -> Leader | None:
        """Give the process that keeps the clock; None where nobody does any more."""
        return self.leader if self.leader is not None and self.leader.is_alive(now) else None


@dataclass(frozen=True, slots=True)
class Doubted:
    """How many media were doubted for one reason; how many of them still wait for another look.

    `found` are those of which later looks said the same, so that it was stored as a fall.
    """

    reason: str
    media: int
    waiting: int
    found: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """How many things were rejected for one reason."""

    reason: str
    things: int


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on around the runs: the hour is the last one, the day the last 24 hours.

    `history_rows` is counted while they are few, then Postgres's estimate; None while it has none.
    """

    tracked: int
    last_observed_at: datetime | None
    overdue: int
    oldest_due_at: datetime | None
    hour_requests: int
    day_requests: int
    day_retries: int
    doubted: tuple[Doubted, ...]
    unreadable: tuple[Unreadable, ...]
    database_bytes: int
    history_rows: int | None
    history_is_estimated: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the slowest statements the server has seen us send: its beginning, calls, and mean time."""

    beginning: str
    calls: int
    mean_ms: float
