"""The answer of `get_engagement_history`: counters over time, gaps told as gaps, growth over the time that passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from civitai_engagement.analysis.steps import (
    HOUR,
    STEPS,
    Gap,
    StepContext,
    StepGain,
    SummedStep,
    automatic_step,
    from_publication,
    gaps,
    growth,
    instants,
    steps,
)
from civitai_engagement.answers.answer import Answer, count, engagement, more, row, spoken, utc
from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.observing import cadences
from civitai_engagement.records.history import Event, Track
from civitai_engagement.records.media import Counters
from civitai_engagement.sources import Sources

if TYPE_CHECKING:
    from civitai_engagement.records.filters import Subject

WINDOW = timedelta(days=7)
MOST_STEPS = 400
MOST_MEDIA = 2_000  # the store reads no more of one subject
DAY = timedelta(hours=24)
ROUND = timedelta(minutes=30)
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


async def history(sources: Sources, subject: "Subject", window: HistoryOptions) -> EngagementHistory:
    """Tell how an image, a post or a creator's media did over time.

    Raises:
        NotFound: Nothing of it is stored.
        BadInput: The window is empty, or holds more than can be told at once.
        StoreDown: The database is not reachable, or still starting.
    """
    now = sources.clock.now()
    end = min(window.end or now, now)
    start = window.start or end - WINDOW
    if start >= end:
        raise BadInput("The time asked for ends before it begins.", hint="Pass a from_time before to_time and now.")
    tracks = await tracks_of(sources, subject, min(start, end - DAY), end)
    begun = [one.readings[0].at for one in tracks if one.readings]
    if not begun or min(begun) > end:
        return _nothing_yet(name_of(subject), tracks, begun)
    story = story_of(subject, tracks, start, end)
    step = window.step or automatic_step(end - story.start)
    if (end - story.start) / step > MOST_STEPS:
        raise BadInput(f"That are more than {MOST_STEPS} steps.", hint="Take a longer step or a shorter time.")
    context = StepContext(now, cadences(sources.settings))
    told = ComputedHistory(
        steps(story.tracks, instants(story.start, end, step), context),
        gaps(story.tracks, story.start, end, context),
        growth(tracks, end - DAY, end, context),
        step,
        is_past=end < now,
        is_one_look=story.is_one_look,
    )
    return _answer(subject, tracks, told)


@dataclass(frozen=True, slots=True)
class SubjectTracks:
    """The tracks of a subject as they are told, from when on, and whether all of it is one round of looks."""

    tracks: Sequence[Track]
    start: datetime
    is_one_look: bool


def story_of(subject: "Subject", tracks: Sequence[Track], start: datetime, end: datetime) -> SubjectTracks:
    """Begin the history of an image or post at its publication, where that lies in the time asked for.

    That of a creator begins with the first round of looks. A round takes a while, and is one instant here: what it
    brought is where the history begins, and no growth.
    """
    looks = sorted(one.readings[0].at for one in tracks if one.readings)
    begun = max(start, looks[0])
    since = begun if subject.creator is not None else start
    told = [from_publication(one, since, end) for one in tracks]
    born = min(one.readings[0].at for one in told if one.readings)
    round_end = max((at for at in looks if at <= looks[0] + ROUND), default=begun)
    is_born = born < begun and subject.creator is None
    first = max(start, born) if is_born else min(max(begun, round_end), end)
    last = max(one.confirmed_at or one.readings[-1].at for one in tracks if one.readings)
    return SubjectTracks(told, first, is_one_look=not is_born and last <= round_end)


async def tracks_of(sources: Sources, subject: "Subject", start: datetime, end: datetime) -> list[Track]:
    """Read the history of a subject.

    Raises:
        NotFound: Nothing of it is stored.
        BadInput: It is more than can be read at once.
    """
    async with sources.store.reading() as ledger:
        tracks = await ledger.history.tracks(subject, start, end)
    if tracks is None:
        raise BadInput("That is more history than can be told at once.", hint="Ask for a shorter time, or for a post.")
    if not tracks:
        hint = "History begins with the first look: record_civitai_post or watch_creator, then the next collection."
        raise NotFound(f"No history of {name_of(subject)} is stored.", hint=hint)
    return tracks


def name_of(subject: "Subject") -> str:
    if subject.image_id is not None:
        return f"image {subject.image_id}"
    return f"post {subject.post_id}" if subject.post_id is not None else f"creator {subject.creator}"


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


@dataclass(frozen=True, slots=True)
class ComputedHistory:
    """The history of a subject, computed."""

    steps: Sequence[SummedStep]
    gaps: Sequence[Gap]
    lately: StepGain | None
    step: timedelta
    is_past: bool = False
    is_one_look: bool = False

    @property
    def share(self) -> str:
        """Say of how many media the gain of the last 24 hours is, where it is not of all."""
        last = self.steps[-1]
        return f" ({self.lately.known} of {last.of} media)" if self.lately and self.lately.known < last.of else ""

    @property
    def gain(self) -> int | None:
        """What was gained after the first step."""
        gains = [one.gain for one in self._grown if one.known]
        return sum(gains) if gains else None

    @property
    def joined(self) -> int:
        return sum(one.joined.total for one in self._grown)

    @property
    def unplaced(self) -> int:
        return sum(one.unplaced for one in self._grown)

    @property
    def _grown(self) -> list[StepGain]:
        return [one.growth for one in self.steps[1:] if one.growth]


def _answer(subject: "Subject", tracks: Sequence[Track], told: ComputedHistory) -> EngagementHistory:
    return EngagementHistory(
        summary=_summary(named(subject, tracks), told),
        as_of=utc(confirmed_at(tracks)),
        notes=_notes(tracks, told),
        media=len(tracks),
        step=_step_name(told.step),
        steps=[_step(one) for one in told.steps],
        gaps=[HistoryGap(start=utc(one.start), end=utc(one.end), hours=_hours(one)) for one in told.gaps],
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


def _summary(name: str, told: ComputedHistory) -> str:
    known = [one for one in told.steps if one.counters]
    if not known:
        return f"{_begun(name)} was not observed in this time."
    parts = [_movement(_begun(name), known[0], known[-1], told)]
    if told.lately and told.steps[-1].at - told.steps[0].at > DAY:
        when = "its last 24 h" if told.is_past else "the last 24 h"
        parts.append(f"{told.lately.gain:,} in {when}{told.share}")
    if told.gaps:
        longest = max(map(_hours, told.gaps))
        parts.append(
            f"one gap of {longest:g} h" if len(told.gaps) == 1 else f"{len(told.gaps)} gaps, up to {longest:g} h"
        )
    return "; ".join(parts) + "."


def confirmed_at(tracks: Sequence[Track]) -> datetime | None:
    """Give when the oldest counters of media still there were confirmed; of media all gone, the latest."""
    there = [one.confirmed_at for one in tracks if one.confirmed_at and not is_gone(one)]
    return min(there, default=max((one.confirmed_at for one in tracks if one.confirmed_at), default=None))


def is_gone(track: Track) -> bool:
    return bool(track.readings) and track.readings[-1].event == Event.MISSING


def named(subject: "Subject", tracks: Sequence[Track]) -> str:
    """Name a subject; of more media than can be read at once, say that it is of the newest."""
    name = name_of(subject)
    return f"{name} (its newest {MOST_MEDIA:,} media)" if len(tracks) >= MOST_MEDIA else name


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _movement(name: str, first: SummedStep, last: SummedStep, told: ComputedHistory) -> str:
    before, after = _total(first.counters), _total(last.counters)
    span = spoken_span(last.at - first.at)
    if told.is_one_look:
        return f"{name} stood at {engagement(after)} when its history began, at {spoken(first.at)}"
    if first is last or told.gain is None:
        return f"{name} stood at {engagement(after)} when observed"
    if after - before != told.gain:
        did = f"gained {told.gain:,}" if told.gain >= 0 else f"lost {-told.gain:,}"
        return f"{name} {did} in {span} and stands at {engagement(after)}{_with(told)}"
    if after == before:
        return f"{name} stayed at {engagement(after)} for {span}"
    return f"{name} {'grew' if after > before else 'fell'} from {before:,} to {engagement(after)} in {span}"


def _with(told: ComputedHistory) -> str:
    return apart(told.joined, told.unplaced)


def apart(joined: int, unplaced: int) -> str:
    """Say what the counters moved by that is no gain of the time told."""
    said = {
        f"with {joined:,} that older media had when they were first seen": joined,
        f"{more(unplaced)} may have come before": unplaced,
    }
    return "".join(f", {words}" for words, number in said.items() if number)


def _total(counters: Counters | None) -> int:
    return counters.total if counters else 0


GAP = "A gap is a time without observation: unknown, not zero. What came in it is told where it was first seen."
CARRIED = "The sums tell media that were not being observed from their last confirmed values."
FELL = "A fall is reactions withdrawn or deleted, confirmed by a second look; a correction is many falls at once."
LATELY = "gain_24h is of the media that were observed at both ends of these hours; of the others it is unknown."
MANY = f"Only the newest {MOST_MEDIA:,} media are told."
UNPLACED = "{} were first seen in this time and may have come before it: the looks before were well before it."
JOINED = "Media first seen in this time and published before it join the sums with what they had: a level, not a gain."


def _notes(tracks: Sequence[Track], told: ComputedHistory) -> list[str]:
    last = told.steps[-1]
    partial = any(0 < one.known < one.of for one in told.steps)
    befell = {event for one in told.steps for event, _ in one.events}
    doubts = {
        GAP: bool(told.gaps),
        CARRIED: partial,
        LATELY: bool(told.share),
        f"{last.known} of {count(last.of, 'media', 'media')} are being observed at the end.": last.known < last.of,
        FELL: not befell.isdisjoint({Event.FALL, Event.CORRECTION}),
        JOINED: told.joined,
        UNPLACED.format(more(told.unplaced)): told.unplaced,
        gone_note(tracks): gone_note(tracks),
        MANY: len(tracks) >= MOST_MEDIA,
    }
    return [note for note, holds in doubts.items() if holds]


def gone_note(tracks: Sequence[Track]) -> str:
    gone = sum(map(is_gone, tracks))
    return f"{count(gone, 'media', 'media')} no longer listed by Civitai: told as last seen." if gone else ""


def _step_name(step: timedelta) -> str:
    return next((name for name, length in STEPS.items() if length == step), f"{step / HOUR:g}h")


def _hours(gap: Gap) -> float:
    return round((gap.end - gap.start) / HOUR, 1)


def spoken_span(span: timedelta) -> str:
    if span >= 2 * DAY:
        return f"{span / DAY:.3g} days"
    return f"{span / HOUR:.2g} h" if span >= HOUR else f"{span / timedelta(minutes=1):.0f} min"
