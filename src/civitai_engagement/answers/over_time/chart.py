"""The answer of `chart_engagement`: lines over age or time, the same as a picture and as numbers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, PrivateAttr

from civitai_engagement.analysis.steps import StepContext
from civitai_engagement.answers.answer import Answer, count, oldest, row, spoken, utc
from civitai_engagement.answers.over_time.chart_lines import DAWN, Counter, LineOptions, Traced, trace
from civitai_engagement.answers.over_time.history import (
    CARRIED,
    FELL,
    GAP,
    JOINED,
    MANY,
    MOST_MEDIA,
    WINDOW,
    apart,
    confirmed_at,
    gone_note,
    is_gone,
    spoken_span,
    tracks_of,
)
from civitai_engagement.answers.why.effect_rows import EffectRow, effect_lines
from civitai_engagement.charts import Chart, DrawnLine, DrawnPoint, draw
from civitai_engagement.charts.chart import MOST_LINES, By
from civitai_engagement.errors import BadInput, BadSetup, NotFound
from civitai_engagement.observing import cadences
from civitai_engagement.records.history import Event
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import Subject

COUNTED: dict[Counter, str] = {
    "total": "reactions and comments",
    "like": "likes",
    "heart": "hearts",
    "laugh": "laughs",
    "cry": "cries",
    "comment": "comments",
}
EFFECT = "effect"
MOST_TOLD = 160  # points in numbers, over all lines


class ChartLine(BaseModel):
    """One line. `points` are [hours since publication or UTC time, value]; a value of null is a gap: not observed.

    `marks` are [the same, what befell the counters there]. `left_out` points lie between those told.
    """

    name: str
    points: list[tuple[str | float, int | None]]
    marks: list[tuple[str | float, str]]
    left_out: int


class EngagementChart(Answer):
    """Lines and what they count, or by effect ratios with their intervals; the picture shows the same."""

    by: str
    counter: str
    lines: list[ChartLine]
    effects: list[EffectRow] = Field(default_factory=list)
    _png: bytes = PrivateAttr(b"")

    def pictures(self) -> Sequence[bytes]:
        return (self._png,) if self._png else ()

    def with_picture(self, png: bytes) -> "EngagementChart":
        self._png = png
        return self

    def _lines(self) -> list[str]:
        if self.by == EFFECT:
            return effect_lines(self.effects)
        head = f"line|{'age in hours' if self.by == 'age' else 'at (UTC)'}|{self.counter}|remark"
        return [head, *(told for one in self.lines for told in _rows(one))]


@dataclass(frozen=True, slots=True)
class ChartOptions:
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


async def charted(sources: Sources, wanted: ChartOptions) -> EngagementChart:
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


async def plotted(sources: Sources, wanted: ChartOptions) -> Plotted:
    """Compute the lines; raises as `charted` does."""
    context = StepContext(sources.clock.now(), cadences(sources.settings))
    _refuse(wanted)
    view = LineOptions(wanted.by, wanted.counter, *_span(wanted, context.now))
    found: list[Traced] = []
    absent: list[NotFound] = []
    for subject in wanted.subjects:
        try:
            tracks = await tracks_of(sources, subject, view.start, view.end)
            found.append(await asyncio.to_thread(trace, subject, tracks, view, context))
        except NotFound as error:
            absent.append(error)
    if not found:
        raise absent[0]
    return _told(found, [one.message for one in absent], wanted)


def _span(wanted: ChartOptions, now: datetime) -> tuple[datetime, datetime]:
    end = min(wanted.end or now, now)
    start = wanted.start or (DAWN if wanted.by == "age" else end - WINDOW)
    if start >= end:
        raise BadInput("The time asked for ends before it begins.", hint="Pass a from_time before to_time and now.")
    return start, end


def _refuse(wanted: ChartOptions) -> None:
    if not wanted.subjects:
        raise BadInput("Nothing to chart is named.", hint="Pass posts, URLs of images, or a creator.")
    if len(wanted.subjects) > MOST_LINES:
        raise BadInput(f"{len(wanted.subjects)} lines are too many.", hint=f"Name {MOST_LINES} or fewer.")
    if wanted.by == "age" and any(one.creator for one in wanted.subjects):
        raise BadInput("A creator has no age.", hint='Name posts, or chart by "time".')


def _told(found: Sequence[Traced], absent: Sequence[str], wanted: ChartOptions) -> Plotted:
    notes = [*_doubts(found), *absent]
    there = [one for one in found if not all(map(is_gone, one.tracks))]
    as_of = oldest(confirmed_at(one.tracks) for one in there or found)
    counted = COUNTED[wanted.counter]
    lines = tuple(one.line for one in found)
    chart = Chart(_title(lines, counted, wanted.by), _subtitle(found, counted), wanted.by, lines, as_of, tuple(notes))
    thinned = [one.thinned(MOST_TOLD // len(lines)) for one in lines]
    told = [_line(one, thin, wanted.by) for one, thin in zip(lines, thinned, strict=True)]
    left = sum(one.left_out for one in told)
    more = [f"{count(left, 'point')} between those told are left out here, not in the picture."] if left else []
    summary = _summary(found, counted, wanted.by)
    answer = EngagementChart(
        summary=summary, as_of=utc(as_of), notes=notes + more, by=wanted.by, counter=counted, lines=told
    )
    return Plotted(chart, answer)


def _title(lines: Sequence[DrawnLine], counted: str, by: By) -> str:
    what = "Engagement" if counted == COUNTED["total"] else counted.capitalize()
    return f"{what} of {lines[0].name}" if len(lines) == 1 else f"{what} by {by}"


def _subtitle(found: Sequence[Traced], counted: str) -> str:
    media = len(found[0].tracks)
    return f"{counted} of {count(media, 'media', 'media')}" if len(found) == 1 and media > 1 else counted


def _doubts(found: Sequence[Traced]) -> list[str]:
    befell = {point.event for one in found for point in one.line.points}
    doubts = {
        GAP: any(one.line.breaks() for one in found),
        CARRIED: any(0 < step.known < step.of for one in found for step in one.steps),
        FELL: not befell.isdisjoint({Event.FALL, Event.CORRECTION}),
        JOINED: any(one.joined for one in found),
        MANY: any(len(one.tracks) >= MOST_MEDIA for one in found),
    }
    gone = [gone_note([track for one in found for track in one.tracks])]
    return [*(note for note, holds in doubts.items() if holds), *filter(None, gone)]


def _line(line: DrawnLine, thin: DrawnLine, by: By) -> ChartLine:
    return ChartLine(
        name=line.name,
        points=[(_x(one, by), one.y) for one in thin.points],
        marks=[(_x(one, by), one.event) for one in thin.points if one.event],
        left_out=len(line.known) - len(thin.known),
    )


def _x(one: DrawnPoint, by: By) -> str | float:
    if by == "age":
        return round(one.x, 2)
    return (DAWN + _hours(one)).strftime("%Y-%m-%dT%H:%MZ")


def _rows(line: ChartLine) -> list[str]:
    marks = dict(line.marks)
    return [row(line.name, x, y, marks.get(x, "" if y is not None else "not observed")) for x, y in line.points]


def _summary(found: Sequence[Traced], counted: str, by: By) -> str:
    if len(found) == 1:
        told = _said(found[0], f" {counted}", by)
        return f"{told[:1].upper()}{told[1:]}."
    return f"{counted.capitalize()} by {by}: {'; '.join(_said(one, '', by) for one in found)}."


def _said(curve: Traced, things: str, by: By) -> str:
    line, media = curve.line, len(curve.tracks)
    name = line.name if media == 1 or media >= MOST_MEDIA else f"{line.name} ({count(media, 'media', 'media')})"
    if not line.known:
        return f"{name} was not observed in this time"
    first, last = line.known[0], line.known[-1]
    things = _one(things) if last.y == 1 else things
    if first is last:
        begun = ", when its history began" if curve.story.is_one_look and by == "time" else ""
        return f"{name} stood at {last.y:,}{things} {_at(last, by)}{begun}"
    moved = _moved(curve, first.y or 0, last.y or 0)
    broken = f", with {count(len(line.breaks()), 'gap')}" if line.breaks() else ""
    return f"{name} {moved} {last.y:,}{things} {_between(first, last, by)}{_with(curve)}{broken}"


def _one(things: str) -> str:
    return things.replace("reactions and comments", "reaction or comment").replace("cries", "cry").removesuffix("s")


def _moved(curve: Traced, before: int, after: int) -> str:
    """Tell growth as growth: media that joined raise the line without one."""
    if (curve.joined or curve.unplaced) and curve.gain is not None:
        return f"{'lost' if curve.gain < 0 else 'gained'} {abs(curve.gain):,} and came to"
    return "stayed at" if before == after else f"went from {before:,} to"


def _with(curve: Traced) -> str:
    return apart(curve.joined, curve.unplaced)


def _at(one: DrawnPoint, by: By) -> str:
    return f"at the age of {spoken_span(_hours(one))}" if by == "age" else f"at {spoken(DAWN + _hours(one))}"


def _between(first: DrawnPoint, last: DrawnPoint, by: By) -> str:
    if by == "age":
        return f"between the ages of {spoken_span(_hours(first))} and {spoken_span(_hours(last))}"
    return f"in {spoken_span(_hours(last) - _hours(first))} until {spoken(DAWN + _hours(last))}"


def _hours(one: DrawnPoint) -> timedelta:
    return timedelta(hours=one.x)
