"""What is told of a mover, and which movers may be asked for."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel

from civitai_engagement.analysis.curves import HOUR, spoken_age
from civitai_engagement.analysis.movers import By
from civitai_engagement.answers.answer import (
    Answer,
    figures,
    row,
)
from civitai_engagement.records.curves import Of


class Mover(BaseModel):
    """One post or image and what it gained (reactions and comments) in the window, over the `hours` observed of it.

    `per_hour` is null where less than half an hour was observed.

    `times_expected` is against what is usual from its age on; `times_own` against the median of `own_n` others of its
    creator between the same ages, with its 95 % interval `own_interval`. null: not known.
    """

    id: str
    creator: str | None
    age_hours: float
    gain: int
    hours: float
    per_hour: float | None
    times_expected: float | None
    times_own: float | None
    own_interval: list[float | None] | None
    own_n: int | None
    remark: str | None


class TopMovers(Answer):
    """Movers, greatest first; `moved` is how many gained at all, `left_out` how many of those ranked are not told."""

    window: str
    by: str
    moved: int
    left_out: int
    movers: list[Mover]

    def _lines(self) -> list[str]:
        head = "id|creator|age|gain|hours|per hour|x expected|x own usual (95 %, n)|remark"
        left = [f"({self.left_out} more are ranked: ask with a larger limit)"] if self.left_out else []
        return [head, *map(_line, self.movers), *left] if self.movers else []


def _line(one: Mover) -> str:
    numbers = [str(one.gain), figures(one.hours), "-" if one.per_hour is None else figures(one.per_hour)]
    own = "-"
    if one.times_own is not None and one.own_interval:
        low, high = ("?" if end is None else figures(end) for end in one.own_interval)
        own = f"{figures(one.times_own)} ({low} to {high}, {one.own_n})"
    expected = "-" if one.times_expected is None else figures(one.times_expected)
    return row(one.id, one.creator, spoken_age(one.age_hours * HOUR), *numbers, expected, own, one.remark or "")


@dataclass(frozen=True, slots=True)
class MoverOptions:
    """Which movers are wanted."""

    window: timedelta = timedelta(hours=24)
    of: Of = Of.POSTS
    by: By = By.GAIN
    limit: int = 10

    @property
    def span(self) -> str:
        return spoken_age(self.window)
