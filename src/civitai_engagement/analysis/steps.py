"""Counters over time, told at steps: only what was seen to hold, growth over the time that really passed."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from civitai_engagement.analysis.cadence import DEFAULT, Cadence
from civitai_engagement.records.history import Event, Track
from civitai_engagement.records.media import COUNTERS, Counters

HOUR = timedelta(hours=1)
STEPS = {"hour": HOUR, "4h": 4 * HOUR, "day": 24 * HOUR, "week": 168 * HOUR}
MOST_AUTOMATIC = 60  # rows
YOUNG = timedelta(hours=24)
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # weeks begin on Mondays, days at midnight UTC
_ORDINARY = {Event.CHANGE, Event.GAP}
_NONE = Counters(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Vantage:
    """When a story is told, and how often media are looked at, by why they are followed."""

    now: datetime
    cadences: Mapping[str, Cadence] = field(default_factory=lambda: DEFAULT)


@dataclass(frozen=True, slots=True)
class Point:
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
    place = bisect_right(track.sightings, at, key=lambda one: one.at) - 1
    if place < 0:
        return None
    held_until, known_until = _reach(track, place, vantage)
    is_current = at <= known_until and track.sightings[place].event != Event.MISSING
    return Point(track.sightings[place].counters, min(at, held_until), is_current)


def gaps(tracks: Sequence[Track], start: datetime, end: datetime, vantage: Vantage) -> list[Gap]:
    """Name the times between `start` and `end`, after the first sighting, in which no media was being observed."""
    holes = list(_holes(sorted(span for track in tracks for span in _known_spans(track, vantage)), vantage.now))
    clipped = [Gap(max(hole.start, start), min(hole.end, end)) for hole in holes]
    return [gap for gap in clipped if gap.start < gap.end]


def steps(tracks: Sequence[Track], at: Sequence[datetime], vantage: Vantage) -> list[Step]:
    """Tell what is known of some media at each instant, and how they grew from one to the next."""
    points = [[point_at(track, instant, vantage) for track in tracks] for instant in at]
    before: list[Sequence[Point | None]] = [[None] * len(tracks), *points]
    since = [at[0] - timedelta.resolution, *at] if at else []
    happened = _happened(tracks)
    return [
        _step(tracks, seen, known_before, happened, (earlier, instant))
        for seen, known_before, (earlier, instant) in zip(points, before[:-1], pairwise(since), strict=True)
    ]


def growth(tracks: Sequence[Track], since: datetime, until: datetime, vantage: Vantage) -> Growth | None:
    """Say what the media being observed at both instants gained between them; None where there are none."""
    later = [point_at(track, until, vantage) for track in tracks]
    earlier = [point_at(track, since, vantage) for track in tracks]
    known = [one if one is None or one.is_current else None for one in earlier]
    usable = [place for place in range(len(tracks)) if earlier[place] is None or known[place] is not None]
    return _grown([tracks[one] for one in usable], [later[one] for one in usable], [known[one] for one in usable])


def _step(
    tracks: Sequence[Track],
    seen: Sequence[Point | None],
    before: Sequence[Point | None],
    happened: Sequence[tuple[datetime, str]],
    span: tuple[datetime, datetime],
) -> Step:
    points = [one for one in seen if one is not None]
    known = sum(one.is_current for one in points)
    return Step(
        at=span[1],
        counters=_summed([one.counters for one in points]) if known else None,
        known=known,
        of=sum(_exists(track, span[1]) for track in tracks),
        growth=_grown(tracks, seen, before),
        events=_events(happened, *span),
    )


def _summed(all_counters: Sequence[Counters]) -> Counters:
    return Counters(**{name: sum(getattr(one, name) for one in all_counters) for name in COUNTERS})


def _exists(track: Track, at: datetime) -> bool:
    born = [one for one in (track.published_at, *(each.at for each in track.sightings[:1])) if one is not None]
    return not born or min(born) <= at


def _happened(tracks: Sequence[Track]) -> list[tuple[datetime, str]]:
    """Name what befell media besides ordinary changes, in the order of time."""
    return sorted((one.at, str(one.event)) for track in tracks for one in track.sightings if one.event not in _ORDINARY)


def _events(happened: Sequence[tuple[datetime, str]], after: datetime, until: datetime) -> tuple[tuple[str, int], ...]:
    first, last = (bisect_right(happened, at, key=lambda one: one[0]) for at in (after, until))
    return tuple(sorted(Counter(event for _, event in happened[first:last]).items()))


def _grown(tracks: Sequence[Track], later: Sequence[Point | None], earlier: Sequence[Point | None]) -> Growth | None:
    pairs = ((now, _base(track, now, then)) for track, now, then in zip(tracks, later, earlier, strict=True))
    moves = [
        (now.counters.total - then.counters.total, (now.seen_at - then.seen_at) / HOUR)
        for now, then in pairs
        if now is not None and then is not None and now.is_current and now.seen_at > then.seen_at
    ]
    if not moves:
        return None
    per_hour = sum(gain / hours for gain, hours in moves)
    return Growth(sum(gain for gain, _ in moves), max(hours for _, hours in moves), per_hour, len(moves))


def _base(track: Track, now: Point | None, then: Point | None) -> Point | None:
    """Say what growth counts from: a media first seen young began at nothing, an older one at an unknown level."""
    if then is not None or now is None or track.published_at is None:
        return then
    first = track.sightings[0]
    is_young = first.event == Event.FIRST and timedelta(0) <= first.at - track.published_at <= YOUNG
    return Point(_NONE, track.published_at) if is_young else None


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
