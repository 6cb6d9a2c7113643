"""Counters over time, told at steps: only what was seen to hold, growth over the time that really passed."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, Self

from civitai_engagement.analysis.cadence import DEFAULT, Cadence
from civitai_engagement.records.history import Event, Track
from civitai_engagement.records.media import SIX, Counters

HOUR = timedelta(hours=1)
STEPS = {"hour": HOUR, "4h": 4 * HOUR, "day": 24 * HOUR, "week": 168 * HOUR}
MOST_AUTOMATIC = 60  # rows
YOUNG = timedelta(hours=24)
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # weeks begin on Mondays, days at midnight UTC
_ORDINARY = {Event.CHANGE, Event.GAP}
_NONE = Counters(0, 0, 0, 0, 0, 0)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Vantage:
    """When a story is told, and how often media are looked at, by why they are followed."""

    now: datetime
    cadences: Mapping[str, Cadence] = field(default_factory=lambda: DEFAULT)


class Point(NamedTuple):
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
class Growth:
    """What `known` media gained (reactions and comments) in `hours`, the longest time between two looks at one."""

    gain: int
    hours: float
    per_hour: float
    known: int


@dataclass(frozen=True, slots=True)
class Step:
    """The sums at one instant, and the growth since the step before; None is unknown.

    `known` of `of` media were being observed then. The sums tell the others from their last confirmed values; they
    are None where nothing was being observed. `events` counts what befell media since the step before.
    """

    at: datetime
    counters: Counters | None
    known: int
    of: int
    growth: Growth | None
    events: tuple[tuple[str, int], ...] = ()


def automatic_step(span: timedelta) -> timedelta:
    """Choose the finest step that tells `span` in about sixty rows."""
    return next((step for step in STEPS.values() if span / step <= MOST_AUTOMATIC), STEPS["week"])


def instants(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Give `start`, the round instants between, and `end`."""
    first = _MONDAY + ((start - _MONDAY) // step + 1) * step
    between = [first + number * step for number in range(max(0, -((first - end) // step)))]
    return list(dict.fromkeys([start, *(one for one in between if one < end), end]))


def point_at(track: Track, at: datetime, vantage: Vantage) -> Point | None:
    """Say what was last seen of a media by `at`; None before its first sighting.

    A value holds until it was last confirmed. From there to the next look it is carried on where that look came within
    twice the due interval; else nothing is known between the two.
    """
    return _Life.of(track, vantage).at(at)


class _Stretch(NamedTuple):
    """Counters that were seen to hold until one instant, and may be told until another."""

    counters: Counters
    held_until: datetime
    known_until: datetime


class _Life(NamedTuple):
    """A track looked up many times: its stretches and when they begin; where it is known, since when there is it."""

    track: Track
    begins: Sequence[datetime]
    stretches: Sequence[_Stretch]
    born_at: datetime

    @classmethod
    def of(cls, track: Track, vantage: Vantage) -> Self:
        stretches = [_stretch(track, place, vantage) for place in range(len(track.sightings))]
        begins = [one.at for one in track.sightings]
        born = [one for one in (track.published_at, *begins[:1]) if one is not None]
        return cls(track, begins, stretches, min(born, default=_NEVER))

    def at(self, instant: datetime) -> Point | None:
        place = bisect_right(self.begins, instant) - 1
        if place < 0:
            return None
        counters, held_until, known_until = self.stretches[place]
        return Point(counters, min(instant, held_until), instant <= known_until)


def gaps(tracks: Sequence[Track], start: datetime, end: datetime, vantage: Vantage) -> list[Gap]:
    """Name the times between `start` and `end`, after the first sighting, in which no media was being observed."""
    holes = list(_holes(sorted(span for track in tracks for span in _known_spans(track, vantage)), vantage.now))
    clipped = [Gap(max(hole.start, start), min(hole.end, end)) for hole in holes]
    return [gap for gap in clipped if gap.start < gap.end]


def steps(tracks: Sequence[Track], at: Sequence[datetime], vantage: Vantage) -> list[Step]:
    """Tell what is known of some media at each instant, and how they grew from one to the next."""
    lives = [_Life.of(track, vantage) for track in tracks]
    happened = _happened(tracks)
    told: list[Step] = []
    before: Sequence[Point | None] = [None] * len(lives)
    for since, instant in pairwise([at[0] - timedelta.resolution, *at] if at else []):
        points = [life.at(instant) for life in lives]
        told.append(_step(lives, instant, points, before, _events(happened, since, instant)))
        before = points
    return told


def growth(tracks: Sequence[Track], since: datetime, until: datetime, vantage: Vantage) -> Growth | None:
    """Say what media gained between two instants: those being observed at both, and those published in between.

    None where there are none. What was published before and first seen later is left out: when it gained is unknown.
    """
    lives = [_Life.of(track, vantage) for track in tracks]
    earlier = [life.at(since) for life in lives]
    usable = [
        place
        for place, (life, one) in enumerate(zip(lives, earlier, strict=True))
        if (life.born_at >= since if one is None else one.is_current)
    ]
    lives = [lives[one] for one in usable]
    return _grown(lives, [life.at(until) for life in lives], [earlier[one] for one in usable])


def _step(
    lives: Sequence[_Life],
    at: datetime,
    seen: Sequence[Point | None],
    before: Sequence[Point | None],
    events: tuple[tuple[str, int], ...],
) -> Step:
    points = [one for one in seen if one is not None]
    known = sum(one.is_current for one in points)
    return Step(
        at=at,
        counters=_summed([one.counters for one in points]) if known else None,
        known=known,
        of=sum(life.born_at <= at for life in lives),
        growth=_grown(lives, seen, before),
        events=events,
    )


def _summed(all_counters: Sequence[Counters]) -> Counters:
    return Counters(*map(sum, zip(*map(SIX, all_counters), strict=True)))


def _happened(tracks: Sequence[Track]) -> list[tuple[datetime, str]]:
    """Name what befell media besides ordinary changes, in the order of time."""
    return sorted((one.at, str(one.event)) for track in tracks for one in track.sightings if one.event not in _ORDINARY)


def _events(happened: Sequence[tuple[datetime, str]], after: datetime, until: datetime) -> tuple[tuple[str, int], ...]:
    first, last = (bisect_right(happened, at, key=lambda one: one[0]) for at in (after, until))
    return tuple(sorted(Counter(event for _, event in happened[first:last]).items()))


def _grown(lives: Sequence[_Life], later: Sequence[Point | None], earlier: Sequence[Point | None]) -> Growth | None:
    pairs = ((now, then or _base(life.track, now)) for life, now, then in zip(lives, later, earlier, strict=True))
    moves = [
        (_gained(then.counters, now.counters), (now.seen_at - then.seen_at) / HOUR)
        for now, then in pairs
        if now is not None and then is not None and now.is_current and now.seen_at > then.seen_at
    ]
    if not moves:
        return None
    per_hour = sum(gain / hours for gain, hours in moves)
    return Growth(sum(gain for gain, _ in moves), max(hours for _, hours in moves), per_hour, len(moves))


def _gained(before: Counters, after: Counters) -> int:
    return 0 if after is before else after.total - before.total


def _base(track: Track, now: Point | None) -> Point | None:
    """Say what growth counts from: a media first seen young began at nothing, an older one at an unknown level."""
    if now is None or track.published_at is None:
        return None
    first = track.sightings[0]
    is_young = first.event == Event.FIRST and timedelta(0) <= first.at - track.published_at <= YOUNG
    return Point(_NONE, track.published_at) if is_young else None


def _stretch(track: Track, place: int, vantage: Vantage) -> _Stretch:
    own = track.sightings[place]
    held_until, known_until = _reach(track, place, vantage)
    return _Stretch(own.counters, held_until, _NEVER if own.event == Event.MISSING else known_until)


def _reach(track: Track, place: int, vantage: Vantage) -> tuple[datetime, datetime]:
    """Say until when a sighting was seen to hold, and until when it may be told."""
    own = track.sightings[place]
    following = track.sightings[place + 1] if place + 1 < len(track.sightings) else None
    confirmed = track.confirmed_at if following is None else following.previous_at
    held_until = max(own.at, confirmed or own.at)
    looked_again = vantage.now if following is None else following.at
    is_gap = following is not None and following.event in {Event.GAP, Event.MISSING}
    if is_gap or looked_again - held_until > 2 * _due_every(track, held_until, vantage):
        return held_until, held_until
    return held_until, max(held_until, looked_again)


def _due_every(track: Track, at: datetime, vantage: Vantage) -> timedelta:
    """Say how often a media of that age is looked at; one that rests, as often as it was before."""
    cadence = vantage.cadences[track.source]
    age = at - (track.published_at or track.sightings[0].at)
    return cadence.every(age) or cadence.steps[-1].every


def _known_spans(track: Track, vantage: Vantage) -> Iterator[tuple[datetime, datetime]]:
    for place, one in enumerate(track.sightings):
        if one.event != Event.MISSING:
            yield one.at, _reach(track, place, vantage)[1]


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
