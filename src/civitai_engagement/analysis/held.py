"""What was seen to hold of one media, and until when it may be told."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from civitai_engagement.analysis.cadence import DEFAULT, Cadence
from civitai_engagement.analysis.gains import counts_as_gain
from civitai_engagement.records.history import Event, StoredReading, Track
from civitai_engagement.records.media import Counters
from civitai_engagement.records.provenance import Source
from civitai_engagement.records.rules import GAP_AFTER

NONE = Counters(0, 0, 0, 0, 0, 0)
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


class _HeldCounters(NamedTuple):
    """Counters that were seen to hold until one instant, and may be told until another."""

    counters: Counters
    held_until: datetime
    known_until: datetime


class IndexedTrack(NamedTuple):
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


def from_publication(track: Track, since: datetime, until: datetime) -> Track:
    """Let the story of a media that was published in this time begin there, with nothing."""
    first = next(iter(track.readings), None)
    if first is None or first.event != Event.FIRST or not since < first.at <= until:
        return track
    if track.published_at is None or not counts_as_gain(track.published_at, first.at, since):
        return track
    born = StoredReading(track.published_at, NONE, Event.PUBLISHED)
    return replace(track, readings=(born, replace(first, previous_at=born.at), *track.readings[1:]))


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


def known_spans(track: Track, context: StepContext) -> Iterator[tuple[datetime, datetime]]:
    for place, one in enumerate(track.readings):
        if one.event != Event.MISSING:
            yield one.at, _reach(track, place, context)[1]
