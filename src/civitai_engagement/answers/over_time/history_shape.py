"""What is told of a history, and what may be asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from civitai_engagement.answers.answer import Answer, row

MOST_STEPS = 400


_UNKNOWN: Sequence[None] = (None,) * 5


class HistoryStep(BaseModel):
    """What was known at one instant. `counters` is like, heart, laugh, cry, comment; null while nothing was observed.

    `gain` (reactions and comments) is since the step before, over `hours` between looks. Not in it: `joined` is what
    media had that were first seen then and published before the time told, `unplaced` what was first seen in that time
    and may have come well before it. `known` of `of` media were being observed: they stand where they differ; the
    others are told from their last confirmed values.
    """

    at: str
    counters: list[int] | None
    gain: int | None
    hours: float | None
    per_hour: float | None
    joined: int | None = None
    unplaced: int | None = None
    known: int | None = None
    of: int | None = None
    events: list[str] | None = None

    @property
    def remark(self) -> str:
        """Say in words what is special about this step."""
        said = {
            f"{self.known} of {self.of} media observed": self.known is not None,
            f"{self.joined or 0:,} joined": self.joined,
            f"{self.unplaced or 0:,} may have come before": self.unplaced,
        }
        told = [words for words, holds in said.items() if holds]
        return ", ".join(told + (self.events or ([] if self.counters else ["not observed"])))


class HistoryGap(BaseModel):
    """A time in which nothing was observed."""

    start: str
    end: str
    hours: float


class EngagementHistory(Answer):
    """Steps, oldest first, and gaps. The last counters told less the first are `gain`, `joined` and `unplaced`."""

    media: int
    step: str
    steps: list[HistoryStep]
    gaps: list[HistoryGap]
    gain: int | None
    joined: int = 0
    unplaced: int = 0
    gain_24h: int | None

    def _lines(self) -> list[str]:
        head = "at|like|heart|laugh|cry|comment|gain|hours|per hour|remark"
        holes = [f"gap: {one.start} to {one.end} ({one.hours:g} h)" for one in self.gaps]
        return [head, *map(_line, self.steps), *holes] if self.steps else []


def _line(one: HistoryStep) -> str:
    grown = ["" if value is None else f"{value:g}" for value in (one.gain, one.hours, one.per_hour)]
    return row(one.at, *(one.counters or _UNKNOWN), *grown, one.remark)


@dataclass(frozen=True, slots=True)
class HistoryOptions:
    """The times asked for; None leaves them open: the last seven days, in steps that suit them."""

    start: datetime | None = None
    end: datetime | None = None
    step: timedelta | None = None
