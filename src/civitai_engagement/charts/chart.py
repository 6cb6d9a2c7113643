"""What a chart shows: lines of points over age or time, with what was not observed and what befell the counters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from civitai_engagement.errors import BadInput

MOST_LINES = 8
By = Literal["age", "time"]


@dataclass(frozen=True, slots=True)
class DrawnPoint:
    """A value at `x` hours: since publication by age, since 1970 (UTC) by time. A `y` of None breaks the line: unknown.

    `event` names what befell the counters there: fall, correction, missing, returned; empty where nothing did.
    """

    x: float
    y: int | None
    event: str = ""


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """The points of one post, image or creator, in order.

    >>> DrawnLine("post 77", (DrawnPoint(1, 10), DrawnPoint(2, None), DrawnPoint(3, 25))).last
    Point(x=3, y=25, event='')
    """

    name: str
    points: tuple[DrawnPoint, ...]

    @property
    def known(self) -> tuple[DrawnPoint, ...]:
        return tuple(one for one in self.points if one.y is not None)

    @property
    def last(self) -> DrawnPoint | None:
        return next((one for one in reversed(self.points) if one.y is not None), None)

    def stretches(self) -> list[tuple[DrawnPoint, ...]]:
        """Give what was observed without a break, each stretch apart."""
        found: list[list[DrawnPoint]] = [[]]
        for one in self.points:
            if one.y is None:
                found.append([])
            else:
                found[-1].append(one)
        return [tuple(stretch) for stretch in found if stretch]

    def breaks(self) -> list[tuple[float, float]]:
        """Name from where to where nothing was observed."""
        return [(before[-1].x, after[0].x) for before, after in pairwise(self.stretches())]

    def thinned(self, most: int) -> "DrawnLine":
        """Leave out points until about `most` are left: first those on a level, then evenly.

        Ends, events and the sides of breaks stay as long as there is room; that there is a break is never lost.
        """
        bends = _bends(self.points)
        known = [place for place, one in enumerate(bends) if one.y is not None]
        firm = {place for place in known if _is_firm(bends, place)}
        free = [place for place in known if place not in firm]
        kept = firm.union(_evenly(free, most - len(firm))) if len(firm) <= most else _evenly(known, most)
        kept |= {known[0], known[-1]} if known else set()
        return DrawnLine(self.name, _with_breaks(bends, kept))


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: at most eight lines, what is counted, when that was true, and the doubts worth a line below.

    >>> png = draw(Chart("Engagement of post 77", "reactions and comments", "age", (line,), as_of=now))
    """

    title: str
    counted: str
    by: By
    lines: tuple[DrawnLine, ...]
    as_of: datetime | None = None
    notes: tuple[str, ...] = ()
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse what no picture can show.

        Raises:
            BadInput: There are more than eight lines.
        """
        if len(self.lines) > MOST_LINES:
            raise BadInput(
                f"{len(self.lines)} lines are too many for one chart.", hint=f"Ask for {MOST_LINES} or fewer."
            )

    @property
    def events(self) -> tuple[str, ...]:
        """Name what befell any of the lines, each once, in alphabetical order."""
        return tuple(sorted({one.event for line in self.lines for one in line.points if one.event}))


def _bends(points: Sequence[DrawnPoint]) -> list[DrawnPoint]:
    """Leave out the points inside a level: a straight line says the same."""
    return [
        one
        for place, one in enumerate(points)
        if one.event or not 0 < place < len(points) - 1 or {points[place - 1].y, points[place + 1].y} != {one.y}
    ]


def _is_firm(points: Sequence[DrawnPoint], place: int) -> bool:
    beside = points[max(0, place - 1) : place + 2]
    return len(beside) < 3 or bool(points[place].event) or any(one.y is None for one in beside)


def _evenly(places: Sequence[int], number: int) -> set[int]:
    if number >= len(places):
        return set(places)
    return {places[int((one + 0.5) * len(places) / number)] for one in range(number)}


def _with_breaks(points: Sequence[DrawnPoint], kept: set[int]) -> tuple[DrawnPoint, ...]:
    """Give the points kept, and one break wherever something between two of them was not observed."""
    given: list[DrawnPoint] = []
    for place, one in enumerate(points):
        if place in kept or (one.y is None and given and given[-1].y is not None):
            given.append(one)
    return tuple(given[:-1] if given and given[-1].y is None else given)
