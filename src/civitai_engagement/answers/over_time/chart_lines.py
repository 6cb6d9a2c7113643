"""The lines of a chart, read off tracks by the rules of the history: values only where they were seen to hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from civitai_engagement.analysis.steps import HOUR, Gap, StepContext, SummedStep, gaps, steps
from civitai_engagement.answers.answer import oldest
from civitai_engagement.answers.over_time.history import SubjectTracks, name_of, named, story_of
from civitai_engagement.charts import DrawnLine, DrawnPoint
from civitai_engagement.charts.chart import By
from civitai_engagement.errors import NotFound
from civitai_engagement.records.history import Event, Track

if TYPE_CHECKING:
    from civitai_engagement.records.filters import Subject

Counter = Literal["total", "like", "heart", "laugh", "cry", "comment"]
MOST_LOOKS = 320  # instants a line is computed at, half of them at the edges of gaps; fewer for the sum of many media
MOST_SUMS = 40_000  # instants times media: about half a second
DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_MARKED = (Event.CORRECTION, Event.FALL, Event.MISSING, Event.RETURNED)


@dataclass(frozen=True, slots=True)
class Traced:
    """A line, and what its doubts are made of."""

    line: DrawnLine
    steps: Sequence[SummedStep]
    tracks: Sequence[Track]
    story: SubjectTracks
    counter: Counter

    @property
    def gain(self) -> int | None:
        """Give what the counter gained along the line."""
        gains = [one.growth.gains for one in self.steps[1:] if one.growth and one.growth.known]
        return sum(getattr(one, self.counter) for one in gains) if gains else None

    @property
    def unplaced(self) -> int:
        """Give what may have come before the line, of all counters."""
        return sum(one.growth.unplaced for one in self.steps[1:] if one.growth) if self.counter == "total" else 0

    @property
    def joined(self) -> int:
        """Give what media had of the counter that joined along the line."""
        return sum(getattr(one.growth.joined, self.counter) for one in self.steps[1:] if one.growth)


@dataclass(frozen=True, slots=True)
class LineOptions:
    """What of the media is shown: along what, which counter, and between which instants."""

    by: By
    counter: Counter
    start: datetime
    end: datetime


def trace(subject: "Subject", tracks: Sequence[Track], view: LineOptions, context: StepContext) -> Traced:
    """Compute the line of a subject: values where it was observed, a break for each time in which it was not.

    Raises:
        NotFound: By age, and when it was published is not known.
    """
    zero = DAWN if view.by == "time" else _published(subject, tracks)
    # By age a line begins where it was first seen; by time, what came out in the window began with nothing.
    looks = [one.readings[0].at for one in tracks if one.readings]
    start = view.start if view.by == "time" else min(looks, default=view.start)
    story = story_of(subject, tracks, start, view.end)
    holes = gaps(story.tracks, story.start, view.end, context)
    told = steps(story.tracks, _looks(story, holes, view), context)
    line = DrawnLine(named(subject, tracks), _points(told, holes, zero, view.counter))
    return Traced(line, told, tracks, story, view.counter)


def _published(subject: "Subject", tracks: Sequence[Track]) -> datetime:
    known = oldest(one.published_at for one in tracks)
    if known is None:
        raise NotFound(f"When {name_of(subject)} was published is not known.", hint='Chart it by "time".')
    return known


def _looks(story: SubjectTracks, holes: Sequence[Gap], view: LineOptions) -> list[datetime]:
    """Give the instants to tell: when media were looked at, and the edges of the longest gaps."""
    if story.is_one_look:
        return [story.start]
    most = max(24, min(MOST_LOOKS, MOST_SUMS // len(story.tracks)))
    seen = [at for track in story.tracks for one in track.readings for at in (one.previous_at, one.at) if at]
    looked = {story.start, *seen, *(one.confirmed_at for one in story.tracks if one.confirmed_at)}
    longest = sorted(holes, key=lambda hole: hole.start - hole.end)[: most // 4]
    edges = {at for hole in longest for at in (hole.start, hole.end)}
    return sorted(edges.union(_spaced(sorted(at for at in looked if story.start <= at <= view.end), most // 2)))


def _spaced(looks: Sequence[datetime], most: int) -> Iterable[datetime]:
    """Keep the last look of each of `most` equal times, and the first of all."""
    if len(looks) <= most:
        return looks
    width = (looks[-1] - looks[0]) / most
    return [looks[0], *{min((at - looks[0]) // width, most - 1): at for at in looks}.values()]


def _points(
    told: Sequence[SummedStep], holes: Sequence[Gap], zero: datetime, counter: Counter
) -> tuple[DrawnPoint, ...]:
    points: list[DrawnPoint] = []
    for at, one in sorted([*((one.at, one) for one in told), *((_middle(hole), None) for hole in holes)], key=_when):
        if one is not None and one.counters is not None:
            points.append(DrawnPoint((at - zero) / HOUR, getattr(one.counters, counter), _event(one)))
        elif points:
            _mark_last(points, _event(one) if one else "")
            points.append(DrawnPoint((at - zero) / HOUR, None))
    return tuple(points)


def _when(told: tuple[datetime, SummedStep | None]) -> datetime:
    return told[0]


def _middle(hole: Gap) -> datetime:
    return hole.start + (hole.end - hole.start) / 2


def _mark_last(points: list[DrawnPoint], event: str) -> None:
    """Mark where the line ends: what befell a media while nothing was observed has no height of its own."""
    last = next(place for place in reversed(range(len(points))) if points[place].y is not None)
    if event:
        points[last] = replace(points[last], event=event)


def _event(one: SummedStep) -> str:
    befell = {name for name, _ in one.events}
    return next((str(event) for event in _MARKED if event in befell), "")
