"""The answer of `get_engagement_history`: counters over time, gaps told as gaps, growth over the time that passed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from civitai_engagement.analysis.held import StepContext
from civitai_engagement.analysis.steps import (
    HOUR,
    STEPS,
    StepGain,
    SummedStep,
    automatic_step,
    gaps,
    growth,
    instants,
    steps,
)
from civitai_engagement.answers.answer import utc
from civitai_engagement.answers.over_time.history_shape import (
    MOST_STEPS,
    EngagementHistory,
    HistoryGap,
    HistoryOptions,
    HistoryStep,
)
from civitai_engagement.answers.over_time.history_words import ComputedHistory, history_notes, history_summary, hours_of
from civitai_engagement.answers.over_time.subject_tracks import (
    DAY,
    SubjectTracks,
    confirmed_at,
    name_of,
    named,
    story_of,
    tracks_of,
)
from civitai_engagement.errors import BadInput
from civitai_engagement.observing import cadences
from civitai_engagement.records.history import Track
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import Subject

WINDOW = timedelta(days=7)


async def history(sources: Sources, subject: "Subject", window: HistoryOptions) -> EngagementHistory:
    """Tell how an image, a post or a creator's media did over time.

    Raises:
        NotFound: Nothing of it is stored.
        BadInput: The window is empty, or holds more than can be told at once.
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    start, end = _span(window, now)
    tracks = await tracks_of(sources, subject, min(start, end - DAY), end)
    begun = [one.readings[0].at for one in tracks if one.readings]
    if not begun or min(begun) > end:
        return _nothing_yet(name_of(subject), tracks, begun)
    context = StepContext(now, cadences(sources.settings))
    # Thousands of media at dozens of instants: other clients are answered meanwhile.
    return await asyncio.to_thread(_computed, _Asked(subject, start, end, window.step), tracks, context)


def _span(window: HistoryOptions, now: datetime) -> tuple[datetime, datetime]:
    end = min(window.end or now, now)
    start = window.start or end - WINDOW
    if start >= end:
        raise BadInput("The time asked for ends before it begins.", hint="Pass a from_time before to_time and now.")
    return start, end


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose history is asked for, of which time, in which steps if that is said."""

    subject: "Subject"
    start: datetime
    end: datetime
    step: timedelta | None


def _computed(asked: _Asked, tracks: Sequence[Track], context: StepContext) -> EngagementHistory:
    story = story_of(asked.subject, tracks, asked.start, asked.end)
    step = asked.step or automatic_step(asked.end - story.start)
    if (asked.end - story.start) / step > MOST_STEPS:
        raise BadInput(f"That are more than {MOST_STEPS} steps.", hint="Take a longer step or a shorter time.")
    lately = growth(tracks, asked.end - DAY, asked.end, context)
    return _answer(asked.subject, tracks, _told(story, step, asked.end, lately, context))


def _told(
    story: SubjectTracks, step: timedelta, end: datetime, lately: StepGain | None, context: StepContext
) -> ComputedHistory:
    return ComputedHistory(
        steps(story.tracks, instants(story.start, end, step), context),
        gaps(story.tracks, story.start, end, context),
        lately,
        step,
        is_past=end < context.now,
        is_one_look=story.is_one_look,
    )


def _nothing_yet(name: str, tracks: Sequence[Track], begun: Sequence[datetime]) -> EngagementHistory:
    when = f" before {utc(min(begun))}, when it was first observed" if begun else " yet: its counters are not known"
    return EngagementHistory(
        summary=f"There is no history of {name}{when}.",
        media=len(tracks),
        step="none",
        steps=[],
        gaps=[],
        gain=None,
        gain_24h=None,
    )


def _answer(subject: "Subject", tracks: Sequence[Track], told: ComputedHistory) -> EngagementHistory:
    return EngagementHistory(
        summary=history_summary(named(subject, tracks), told),
        as_of=utc(confirmed_at(tracks)),
        notes=history_notes(tracks, told),
        media=len(tracks),
        step=_step_name(told.step),
        steps=[_step(one) for one in told.steps],
        gaps=[HistoryGap(start=utc(one.start), end=utc(one.end), hours=hours_of(one)) for one in told.gaps],
        gain=told.gain,
        joined=told.joined,
        unplaced=told.unplaced,
        gain_24h=told.lately.gain if told.lately else None,
    )


def _step(one: SummedStep) -> HistoryStep:
    grown = one.growth
    known = one.counters
    said: dict[str, Any] = {
        "at": utc(one.at),
        "counters": known and [known.like, known.heart, known.laugh, known.cry, known.comment],
        "gain": grown.gain if grown and grown.known else None,
        "hours": round(grown.hours, 2) if grown and grown.known else None,
        "per_hour": None if grown is None or grown.per_hour is None else round(grown.per_hour, 2),
    }
    if grown:
        said |= {name: value for name, value in _apart(grown).items() if value}
    if one.known < one.of and one.counters:
        said |= {"known": one.known, "of": one.of}
    if one.events:
        said["events"] = [event if number == 1 else f"{event} x{number}" for event, number in one.events]
    return HistoryStep.model_validate(said)


def _apart(grown: StepGain) -> dict[str, int]:
    return {"joined": grown.joined.total, "unplaced": grown.unplaced}


def _step_name(step: timedelta) -> str:
    return next((name for name, length in STEPS.items() if length == step), f"{step / HOUR:g}h")
