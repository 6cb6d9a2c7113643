"""The answer of `chart_engagement`: lines over age or time, the same as a picture and as numbers."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, PrivateAttr

from civitai_engagement.analysis.steps import HOUR, Step, Vantage, gaps, steps
from civitai_engagement.answers.answer import Answer, count, oldest, row, utc
from civitai_engagement.answers.history import (
    CARRIED,
    FELL,
    GAP,
    JOINED,
    WINDOW,
    name_of,
    spoken_span,
    tracks_of,
)
from civitai_engagement.charts import Chart, Line, Point, draw
from civitai_engagement.charts.chart import MOST_LINES, By
from civitai_engagement.errors import BadInput, BadSetup, NotFound
from civitai_engagement.observing import cadences
from civitai_engagement.records.history import Event, Track
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.store.history import Subject

Counter = Literal["total", "reactions", "like", "heart", "laugh", "cry", "comment"]
COUNTED: dict[Counter, str] = {
    "total": "reactions and comments",
    "reactions": "reactions",
    "like": "likes",
    "heart": "hearts",
    "laugh": "laughs",
    "cry": "cries",
    "comment": "comments",
}
MOST_TOLD = 160  # points in numbers, over all lines
MOST_LOOKS = 160  # instants a line is computed at, fewer where it is the sum of many media
MOST_SUMS = 60_000  # instants times media
_DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_MARKED = (Event.CORRECTION, Event.FALL, Event.MISSING, Event.RETURNED)


class ChartLine(BaseModel):
    """One line. `points` are [hours since publication or UTC time, value]; a value of null is a gap: not observed.

    `marks` are [the same, what befell the counters there]. `left_out` points lie between those told.
    """

    name: str
    points: list[tuple[str | float, int | None]]
    marks: list[tuple[str | float, str]]
    left_out: int


class EngagementChart(Answer):
    """Lines and what they count; the picture shows the same."""

    by: str
    counter: str
    lines: list[ChartLine]
    _png: bytes = PrivateAttr(b"")

    def pictures(self) -> Sequence[bytes]:
        return (self._png,) if self._png else ()

    def with_picture(self, png: bytes) -> "EngagementChart":
        self._png = png
        return self

    def _lines(self) -> list[str]:
        head = f"line|{'age in hours' if self.by == 'age' else 'at (UTC)'}|{self.counter}|remark"
        return [head, *(told for one in self.lines for told in _rows(one))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to chart: at most eight subjects, by time (else the last seven days) or by age (else the whole life)."""

    subjects: tuple["Subject", ...]
    by: By = "time"
    counter: Counter = "total"
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plotted:
    """What a picture is drawn from, and the answer that tells the same in numbers."""

    chart: Chart
    answer: EngagementChart


async def charted(sources: Sources, wanted: Wanted) -> EngagementChart:
    """Chart engagement as picture and numbers; where nothing can be drawn, the numbers and a note why.

    Raises:
        BadInput: Nothing, too much, or a creator by age is asked for, or the window is empty.
        NotFound: Of none of it a history is stored.
        StoreDown: The database is not reachable, or still starting.
    """
    made = await plotted(sources, wanted)
    try:
        return made.answer.with_picture(await asyncio.to_thread(draw, made.chart))
    except BadSetup as error:
        return made.answer.model_copy(update={"notes": [*made.answer.notes, f"There is no picture. {error}"]})


async def plotted(sources: Sources, wanted: Wanted) -> Plotted:
    """Compute the lines; raises as `charted` does."""
    vantage = Vantage(sources.clock.now(), cadences(sources.settings))
    span = _span(wanted, vantage.now)
    _refuse(wanted)
    found: list[_Plot] = []
    absent: list[str] = []
    for subject in wanted.subjects:
        try:
            tracks = await tracks_of(sources, subject, *span)
        except NotFound as error:
            absent.append(error.message)
            missing = error
        else:
            found.append(await asyncio.to_thread(_plot, subject, tracks, wanted, span, vantage))
    if not found:
        raise missing
    return _told(found, absent, wanted)


def _span(wanted: Wanted, now: datetime) -> tuple[datetime, datetime]:
    end = min(wanted.end or now, now)
    start = wanted.start or (_DAWN if wanted.by == "age" else end - WINDOW)
    if start >= end:
        raise BadInput("The time asked for ends before it begins.", hint="Pass a from_time before to_time and now.")
    return start, end


def _refuse(wanted: Wanted) -> None:
    if not wanted.subjects:
        raise BadInput("Nothing to chart is named.", hint="Pass posts, images or a creator.")
    if len(wanted.subjects) > MOST_LINES:
        raise BadInput(f"{len(wanted.subjects)} lines are too many.", hint=f"Name {MOST_LINES} or fewer.")
    if wanted.by == "age" and any(one.creator for one in wanted.subjects):
        raise BadInput("A creator has no age.", hint='Name posts, or chart by "time".')


@dataclass(frozen=True, slots=True)
class _Plot:
    """A line, and what its doubts are made of."""

    line: Line
    steps: Sequence[Step]
    tracks: Sequence[Track]


def _plot(
    subject: "Subject", tracks: Sequence[Track], wanted: Wanted, span: tuple[datetime, datetime], vantage: Vantage
) -> _Plot:
    told = steps(tracks, _looks(tracks, *span, vantage), vantage)
    zero = _DAWN if wanted.by == "time" else _published(subject, tracks)
    points = _points(told, zero, wanted.counter)
    return _Plot(Line(name_of(subject), points), told, tracks)


def _published(subject: "Subject", tracks: Sequence[Track]) -> datetime:
    known = oldest(one.published_at for one in tracks)
    if known is None:
        raise BadInput(f"When {name_of(subject)} was published is not known.", hint='Chart it by "time".')
    return known


def _looks(tracks: Sequence[Track], start: datetime, end: datetime, vantage: Vantage) -> list[datetime]:
    """Give the instants to tell: when media were looked at, and around and inside the gaps."""
    most = max(24, min(MOST_LOOKS, MOST_SUMS // len(tracks)))
    seen = (instant for track in tracks for one in track.sightings for instant in (one.previous_at, one.at) if instant)
    looked = {start, *seen, *(one.confirmed_at for one in tracks if one.confirmed_at)}
    holes = gaps(tracks, start, end, vantage)
    around = {at for hole in holes for at in (hole.start, hole.start + (hole.end - hole.start) / 2, hole.end)}
    return sorted(around.union(_spaced(sorted(at for at in looked if start <= at <= end), most)))


def _spaced(looks: Sequence[datetime], most: int) -> Iterable[datetime]:
    """Keep the last look of each of `most` equal times, and the first of all."""
    if len(looks) <= most:
        return looks
    width = (looks[-1] - looks[0]) / most
    return [looks[0], *{(at - looks[0]) // width: at for at in looks}.values()]


def _points(told: Sequence[Step], zero: datetime, counter: Counter) -> tuple[Point, ...]:
    points: list[Point] = []
    for one in told:
        event, age = _event(one), (one.at - zero) / HOUR
        if one.counters is not None:
            points.append(Point(age, getattr(one.counters, counter), event))
        elif points:
            if event and points[-1].y is not None:  # it went missing after it was last seen
                points[-1] = replace(points[-1], event=event)
            points.append(Point(age, None))
    return tuple(points)


def _event(one: Step) -> str:
    befell = {name for name, _ in one.events}
    return next((str(event) for event in _MARKED if event in befell), "")


def _told(found: Sequence[_Plot], absent: Sequence[str], wanted: Wanted) -> Plotted:
    notes = [*_doubts(found), *absent]
    as_of = oldest(track.confirmed_at for plot in found for track in plot.tracks)
    counted = COUNTED[wanted.counter]
    lines = tuple(one.line for one in found)
    chart = Chart(_title(lines, counted, wanted.by), counted, wanted.by, lines, as_of, tuple(notes))
    thinned = [one.thinned(MOST_TOLD // len(lines)) for one in lines]
    told = [_line(one, thin, wanted.by) for one, thin in zip(lines, thinned, strict=True)]
    left = sum(one.left_out for one in told)
    more = [f"{count(left, 'point')} between those told are left out here, not in the picture."] if left else []
    summary = _summary(lines, counted, wanted.by)
    answer = EngagementChart(
        summary=summary, as_of=utc(as_of), notes=notes + more, by=wanted.by, counter=counted, lines=told
    )
    return Plotted(chart, answer)


def _title(lines: Sequence[Line], counted: str, by: By) -> str:
    what = "Engagement" if counted == COUNTED["total"] else counted.capitalize()
    return f"{what} of {lines[0].name}" if len(lines) == 1 else f"{what} by {by}"


def _doubts(found: Sequence[_Plot]) -> list[str]:
    befell = {one.event for plot in found for one in plot.line.points}
    later = [(plot, step) for plot in found for step in plot.steps[1:]]
    doubts = {
        GAP: any(None in {one.y for one in plot.line.points} for plot in found),
        CARRIED: any(0 < step.known < step.of for plot in found for step in plot.steps),
        FELL: not befell.isdisjoint({Event.FALL, Event.CORRECTION}),
        JOINED: any(len(plot.tracks) > 1 and Event.FIRST in dict(step.events) for plot, step in later),
    }
    return [note for note, holds in doubts.items() if holds]


def _line(line: Line, thin: Line, by: By) -> ChartLine:
    return ChartLine(
        name=line.name,
        points=[(_x(one, by), one.y) for one in thin.points],
        marks=[(_x(one, by), one.event) for one in thin.points if one.event],
        left_out=len(line.known) - len(thin.known),
    )


def _x(one: Point, by: By) -> str | float:
    if by == "age":
        return round(one.x, 2)
    return (_DAWN + timedelta(hours=one.x)).strftime("%Y-%m-%dT%H:%MZ")


def _rows(line: ChartLine) -> list[str]:
    marks = dict(line.marks)
    return [row(line.name, x, y, marks.get(x, "" if y is not None else "not observed")) for x, y in line.points]


def _summary(lines: Sequence[Line], counted: str, by: By) -> str:
    said = [_said(line, counted if len(lines) == 1 else "", by) for line in lines]
    head = "" if len(lines) == 1 else f"{counted.capitalize()} by {by}: "
    text = head + "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _said(line: Line, counted: str, by: By) -> str:
    if not line.known:
        return f"{line.name} was not observed in this time"
    first, last = line.known[0], line.known[-1]
    things = f" {counted}" if counted else ""
    if first is last:
        return f"{line.name} stood at {first.y:,}{things} when observed"
    moved = "stayed at" if first.y == last.y else f"went from {first.y:,} to"
    span = timedelta(hours=last.x - first.x)
    when = f"by an age of {spoken_span(timedelta(hours=last.x))}" if by == "age" else f"in {spoken_span(span)}"
    broken = f" with {count(len(line.breaks()), 'gap')}" if line.breaks() else ""
    return f"{line.name} {moved} {last.y:,}{things} {when}{broken}"
