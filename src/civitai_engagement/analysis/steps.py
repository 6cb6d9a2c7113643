"""Counters over time, told at steps: only what was seen to hold, and what each look showed to be gained."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Self

from civitai_engagement.analysis.cadence import DEFAULT, Cadence
from civitai_engagement.analysis.gains import counts_as_gain
from civitai_engagement.records.history import Event, StoredReading, Track
from civitai_engagement.records.media import SIX, Counters, added
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.rules import GAP_AFTER, SHORTEST_RATE, SLACK

HOUR = timedelta(hours=1)
STEPS = {"hour": HOUR, "4h": 4 * HOUR, "day": 24 * HOUR, "week": 168 * HOUR}
MOST_AUTOMATIC = 60  # rows
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # weeks begin on Mondays, days at midnight UTC
_ORDINARY = {Event.CHANGE, Event.GAP}
_NONE = Counters(0, 0, 0, 0, 0, 0)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StepContext:
    """When a story is told, and how often media are looked at, by why they are followed."""

    now: datetime
    cadences: Mapping[Source, Cadence] = field(default_factory=lambda: DEFAULT)


class Snapshot(NamedTuple):
    """Counters as last seen by some instant: `seen_at` is when; not `is_current` inside a gap or while missing."""

    counters: Counters
    seen_at: datetime
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing is known."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class StepGain:
    """What the looks between two instants showed `known` media to have gained, by the rule of analysis/gains.py.

    `hours` lie between the first and the last of the looks compared. Not in the gains: `unplaced` was seen after a
    silence that reaches back beyond the time told, `joined` is what media had that were published before that time and
    first seen in it.
    """

    gains: Counters
    hours: float
    known: int
    unplaced: int = 0
    joined: Counters = _NONE

    @property
    def gain(self) -> int:
        """Give the reactions and comments gained."""
        return self.gains.total

    @property
    def per_hour(self) -> float | None:
        """Give the gain an hour; None where less than half an hour was observed."""
        return self.gain / self.hours if self.hours * HOUR >= SHORTEST_RATE else None


@dataclass(frozen=True, slots=True)
class SummedStep:
    """The sums at one instant, and the growth since the step before; None is unknown.

    `known` of `of` media were being observed then. The sums tell the others from their last confirmed values; they
    are None where nothing was being observed, but at the first instant, where growth counts from them. `events` counts
    what befell media since the step before.
    """

    at: datetime
    counters: Counters | None
    known: int
    of: int
    growth: StepGain | None
    events: tuple[tuple[str, int], ...] = ()


def automatic_step(span: timedelta) -> timedelta:
    """Choose the finest step that tells `span` in about sixty rows."""
    return next((step for step in STEPS.values() if span / step <= MOST_AUTOMATIC), STEPS["week"])


def instants(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Give `start`, the round instants between, and `end`."""
    first = _MONDAY + ((start - _MONDAY) // step + 1) * step
    between = [first + number * step for number in range(max(0, -((first - end) // step)))]
    return list(dict.fromkeys([start, *(one for one in between if one < end), end]))


def point_at(track: Track, at: datetime, context: StepContext) -> Snapshot | None:
    """Say what was last seen of a media by `at`; None before its first reading.

    A value holds until it was last confirmed. From there to the next look it is carried on where that look came within
    twice the due interval; else nothing is known between the two.
    """
    return _IndexedTrack.of(track, context).at(at)


class _HeldCounters(NamedTuple):
    """Counters that were seen to hold until one instant, and may be told until another."""

    counters: Counters
    held_until: datetime
    known_until: datetime


class _IndexedTrack(NamedTuple):
    """A track prepared for many lookups: when each held value begins, and since when the media exists."""

    track: Track
    begins: Sequence[datetime]
    held: Sequence[_HeldCounters]
    born_at: datetime

    @classmethod
    def of(cls, track: Track, context: StepContext) -> Self:
        held = [_held(track, place, context) for place in range(len(track.readings))]
        begins = [one.at for one in track.readings]
        born = [one for one in (track.published_at, *begins[:1]) if one is not None]
        return cls(track, begins, held, min(born, default=_NEVER))

    def at(self, instant: datetime) -> Snapshot | None:
        place = bisect_right(self.begins, instant) - 1
        if place < 0:
            return None
        counters, held_until, known_until = self.held[place]
        return Snapshot(counters, min(instant, held_until), instant <= known_until)

    def after_silence(self, since: datetime, slack: timedelta) -> int | None:
        """Give the place of the reading that ends a silence which holds `since` and began more than `slack` before.

        That a media was missing ends none: it says nothing of what it had.
        """
        first = bisect_right(self.begins, since)
        later = range(first, len(self.begins)) if first else range(0)
        place = next((one for one in later if self.track.readings[one].event != Event.MISSING), None)
        if place is None:
            return None
        began = self.track.readings[place].previous_at or self.held[place - 1].held_until
        return place if since - began > slack else None

    def met(self, place: int) -> Snapshot:
        return Snapshot(self.held[place].counters, self.begins[place])

    def is_missing(self, instant: datetime) -> bool:
        place = bisect_right(self.begins, instant) - 1
        return place >= 0 and self.track.readings[place].event == Event.MISSING


def gaps(tracks: Sequence[Track], start: datetime, end: datetime, context: StepContext) -> list[Gap]:
    """Name the times between `start` and `end`, after the first reading, in which no media was being observed."""
    holes = list(_holes(sorted(span for track in tracks for span in _known_spans(track, context)), context.now))
    clipped = [Gap(max(hole.start, start), min(hole.end, end)) for hole in holes]
    return [gap for gap in clipped if gap.start < gap.end]


def steps(tracks: Sequence[Track], at: Sequence[datetime], context: StepContext) -> list[SummedStep]:
    """Tell what is known of some media at each instant, and how they grew from one to the next."""
    all_indexed = [_IndexedTrack.of(track, context) for track in tracks]
    happened = _happened(tracks)
    told: list[SummedStep] = []
    before: Sequence[Snapshot | None] = [None] * len(all_indexed)
    silent = [indexed.after_silence(at[0], (at[-1] - at[0]) / SLACK) for indexed in all_indexed] if at else []
    # The first instant has no step before it. Its events are those that fall on it, hence the least span before it.
    for since, instant in pairwise([at[0] - timedelta.resolution, *at] if at else []):
        points = _points_at(all_indexed, instant)
        looked = [_TrackAtEnds(*one) for one in zip(all_indexed, before, points, silent, strict=True)]
        grown = _grown(looked) if told else None
        told.append(_step(all_indexed, instant, points, grown, _events(happened, since, instant)))
        before = points
    return _from_the_base(told, before=_points_at(all_indexed, at[0]), silent=silent) if told else []


def _from_the_base(
    told: list[SummedStep], before: Sequence[Snapshot | None], silent: Sequence[int | None]
) -> list[SummedStep]:
    """Tell at the first instant what growth counts from, also where that was last seen a little earlier."""
    counted = [one for one, place in zip(before, silent, strict=True) if one and place is None]
    if told[0].counters is not None or not counted:
        return told
    return [replace(told[0], counters=_summed([one.counters for one in before if one])), *told[1:]]


def _points_at(all_indexed: Sequence[_IndexedTrack], instant: datetime) -> list[Snapshot | None]:
    return [indexed.at(instant) for indexed in all_indexed]


def growth(tracks: Sequence[Track], since: datetime, until: datetime, context: StepContext) -> StepGain | None:
    """Say what media gained between two instants, of those of which it is known; None where it is of none.

    It is not known of media published before and first seen later, nor of those no longer looked at, nor where a
    change was seen after a silence that reaches back further than a sixth of the time.
    """
    all_indexed = [_IndexedTrack.of(from_publication(one, since, until), context) for one in tracks]
    looked = [_TrackAtEnds(indexed, indexed.at(since), indexed.at(until)) for indexed in all_indexed]
    known = [one for one in looked if _is_known(one, since, until)]
    return replace(_grown(known) or StepGain(_NONE, 0, 0), known=len(known)) if known else None


def from_publication(track: Track, since: datetime, until: datetime) -> Track:
    """Let the story of a media that was published in this time begin there, with nothing."""
    first = next(iter(track.readings), None)
    if first is None or first.event != Event.FIRST or not since < first.at <= until:
        return track
    if track.published_at is None or not counts_as_gain(track.published_at, first.at, since):
        return track
    born = StoredReading(track.published_at, _NONE, Event.PUBLISHED)
    return replace(track, readings=(born, replace(first, previous_at=born.at), *track.readings[1:]))


def _is_known(look: "_TrackAtEnds", since: datetime, until: datetime) -> bool:
    slack, (indexed, then, now, _) = (until - since) / SLACK, look
    if now is None:
        return False
    if not (now.is_current or until - now.seen_at <= slack or indexed.is_missing(until)):
        return False
    if then is None:
        return indexed.track.published_at is not None and indexed.track.published_at >= since
    place = indexed.after_silence(since, slack)
    return place is None or indexed.begins[place] > until or indexed.met(place).counters == then.counters


def _step(
    all_indexed: Sequence[_IndexedTrack],
    at: datetime,
    seen: Sequence[Snapshot | None],
    grown: StepGain | None,
    events: tuple[tuple[str, int], ...],
) -> SummedStep:
    points = [one for one in seen if one is not None]
    known = sum(one.is_current for one in points)
    # The sums tell media inside a gap from their last confirmed values: leaving them out would show a fall nobody saw.
    return SummedStep(
        at=at,
        counters=_summed([one.counters for one in points]) if known else None,
        known=known,
        of=sum(indexed.born_at <= at for indexed in all_indexed),
        growth=grown,
        events=events,
    )


def _summed(all_counters: Sequence[Counters]) -> Counters:
    return added(all_counters)


def _happened(tracks: Sequence[Track]) -> list[tuple[datetime, str]]:
    """Name what befell media besides ordinary changes, in the order of time."""
    return sorted((one.at, str(one.event)) for track in tracks for one in track.readings if one.event not in _ORDINARY)


def _events(happened: Sequence[tuple[datetime, str]], after: datetime, until: datetime) -> tuple[tuple[str, int], ...]:
    first, last = (bisect_right(happened, at, key=lambda one: one[0]) for at in (after, until))
    return tuple(sorted(Counter(event for _, event in happened[first:last]).items()))


class _TrackAtEnds(NamedTuple):
    """A media as it stood at two instants, and the place of the reading that ended a silence over the first of all."""

    indexed: _IndexedTrack
    then: Snapshot | None
    now: Snapshot | None
    silent: int | None = None

    @property
    def is_first(self) -> bool:
        return self.then is None and self.now is not None

    @property
    def base(self) -> Snapshot:
        """Give what growth counts from: what was first seen, or seen again after that silence, is no gain."""
        if self.then is None:  # what it had when it was first seen is a level that joined
            return self.indexed.met(0)
        return self.indexed.met(self.silent) if self.silent is not None and self.is_broken else self.then

    @property
    def is_broken(self) -> bool:
        """Say whether the silence over the first instant of all ends between these two."""
        if self.silent is None or self.then is None or self.now is None:
            return False
        return self.then.seen_at < self.indexed.begins[self.silent] <= self.now.seen_at

    @property
    def unplaced(self) -> int:
        return self.base.counters.total - self.then.counters.total if self.then and self.is_broken else 0


def _grown(looks: Iterable[_TrackAtEnds]) -> StepGain | None:
    """Compare media with how they stood before, or with how they were first seen since, which is no gain."""
    seen = [one for one in looks if one.now is not None]
    found = [one.base.counters for one in seen if one.is_first]
    joined = _summed(found) if found else _NONE
    unplaced = sum(one.unplaced for one in seen)
    moves = [(one.base, one.now) for one in seen if one.now and one.now.seen_at > one.base.seen_at]
    if not moves:
        return StepGain(_NONE, 0, 0, unplaced, joined) if found or unplaced else None
    first, last = min(then.seen_at for then, _ in moves), max(now.seen_at for _, now in moves)
    gains = _less(_summed([now.counters for _, now in moves]), _summed([then.counters for then, _ in moves]))
    return StepGain(gains, (last - first) / HOUR, len(moves), unplaced, joined)


def _less(after: Counters, before: Counters) -> Counters:
    pairs: Iterable[tuple[Any, Any]] = zip(SIX(after), SIX(before), strict=True)
    gains: list[Any] = [None if None in pair else pair[0] - pair[1] for pair in pairs]
    return Counters(*gains)


def _held(track: Track, place: int, context: StepContext) -> _HeldCounters:
    own = track.readings[place]
    held_until, known_until = _reach(track, place, context)
    return _HeldCounters(own.counters, held_until, _NEVER if own.event == Event.MISSING else known_until)


def _reach(track: Track, place: int, context: StepContext) -> tuple[datetime, datetime]:
    """Say until when a reading was seen to hold, and until when it may be told.

    The gap rule again (docs/decisions/0027): the store marks a gap where a look came too late for when it was due. Here
    the cadence is asked too, for after the last reading there is no look that could have marked one, and imported
    readings are marked by nobody.
    """
    own = track.readings[place]
    following = track.readings[place + 1] if place + 1 < len(track.readings) else None
    confirmed = track.confirmed_at if following is None else following.previous_at
    held_until = max(own.at, confirmed or own.at)
    looked_again = context.now if following is None else following.at
    is_gap = following is not None and following.event in {Event.GAP, Event.MISSING}
    if is_gap or looked_again - held_until > GAP_AFTER * _due_every(track, held_until, context):
        return held_until, held_until
    return held_until, max(held_until, looked_again)


def _due_every(track: Track, at: datetime, context: StepContext) -> timedelta:
    """Say how often a media of that age is looked at; one that rests, as often as it was before."""
    cadence = context.cadences[track.source]
    age = at - (track.published_at or track.readings[0].at)
    return cadence.every(age) or cadence.steps[-1].every


def _known_spans(track: Track, context: StepContext) -> Iterator[tuple[datetime, datetime]]:
    for place, one in enumerate(track.readings):
        if one.event != Event.MISSING:
            yield one.at, _reach(track, place, context)[1]


def _holes(known: Sequence[tuple[datetime, datetime]], now: datetime) -> Iterator[Gap]:
    """Give what sorted spans leave open from the first of them to now."""
    if not known:
        return
    reached = known[0][1]
    for start, end in known:
        if start > reached:
            yield Gap(reached, start)
        reached = max(reached, end)
    if reached < now:
        yield Gap(reached, now)
