"""What a post gained in periods, as far as it was observed."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PeriodGain:
    """What one post gained in a period: None where too little of it was seen.

    `is_whole` says that each of its media that was out was looked at near both ends of the period. Not in
    `gain`: `unplaced` was seen after a silence that began long before the period, `joined` is what media had that were
    published before the period and first seen in it.
    """

    gain: int | None
    is_whole: bool
    unplaced: int = 0
    joined: int = 0


@dataclass(frozen=True, slots=True)
class PostTotal:
    """What one post has now, reactions and comments; `is_whole` where the counters of all its media are known."""

    total: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PostPeriods:
    """A post in each of some periods.

    `began_at` is the first look at it, or the start of the first period where it lies before that; None: never.
    """

    post_id: int
    published_at: datetime | None
    began_at: datetime | None
    gains: tuple[PeriodGain, ...]

    def is_out(self, by: datetime) -> bool:
        """Say whether it was published before an instant; unknown counts as long ago."""
        return self.published_at is None or self.published_at < by
