"""When a media is worth looking at again, by its age and by who asked for it, on the grid of the clock's ticks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Self, overload

from civitai_engagement.records.provenance import Source

HOUR = timedelta(hours=1)
ROUND = 4 * HOUR
NIGHT = 3 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVER = datetime.min.replace(tzinfo=UTC)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_UNITS = {"h": HOUR, "d": 24 * HOUR, "w": 7 * 24 * HOUR}
_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")


def _span(text: str) -> timedelta:
    if not (found := _SPAN.fullmatch(text)):
        raise ValueError(f"{text!r} is not a span of time: write a number with h, d or w, such as 24h")
    return int(found[1]) * _UNITS[found[2]]


def _written(span: timedelta | None) -> str:
    if span is None:
        return ""
    unit = next(unit for unit in ("w", "d", "h") if not span % _UNITS[unit])
    return f"{span // _UNITS[unit]}{unit}"


@dataclass(frozen=True, slots=True)
class CadenceStep:
    """Until which age (`None`: for ever) a media is looked at, and how often."""

    until: timedelta | None
    every: timedelta

    @classmethod
    def parse(cls, text: str) -> Self:
        until, colon, every = text.partition(":")
        if not colon:
            raise ValueError(f"{text!r} is not a step of a cadence: write until:every, such as 24h:1h")
        step = cls(_span(until) if until else None, _span(every))
        if step.every > ROUND and step.every % ROUND:
            raise ValueError(f"{every!r} lies between two rounds: pass up to 4h, or a multiple of it")
        return step

    def __str__(self) -> str:
        return f"{_written(self.until)}:{_written(self.every)}"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a media is looked at as it ages; without an open last step it rests when older than all steps.

    >>> str(Cadence.parse("24h:1h 30d:4h :1d"))
    '1d:1h 30d:4h :1d'
    """

    steps: tuple[CadenceStep, ...]

    def __post_init__(self) -> None:
        ages = [step.until for step in self.steps]
        if not ages:
            raise ValueError("a cadence needs a step, such as 24h:1h")
        if None in ages[:-1]:
            raise ValueError("only the last step may go on for ever")
        if any(after is not None and before is not None and after <= before for before, after in pairwise(ages)):
            raise ValueError("the ages of a cadence must rise from step to step")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read steps `until age:every`, with h, d and w; raise ValueError where they make no cadence."""
        return cls(tuple(CadenceStep.parse(word) for word in text.split()))

    def __str__(self) -> str:
        return " ".join(map(str, self.steps))

    def every(self, age: timedelta) -> timedelta | None:
        """Say how often a media of an age is looked at; `None` when it rests."""
        return next((step.every for step in self.steps if step.until is None or age < step.until), None)


FOLLOWED = Cadence.parse("24h:1h 30d:4h :1d")
SAMPLED = Cadence.parse("7d:4h 30d:1d 90d:1w")
DEFAULT: Mapping[Source, Cadence] = MappingProxyType(
    {Source.RECORDED: FOLLOWED, Source.WATCHED: FOLLOWED, Source.SAMPLED: SAMPLED}
)


@overload
def next_due(now: datetime, published_at: datetime | None) -> datetime: ...


@overload
def next_due(
    now: datetime, published_at: datetime | None, source: Source, cadences: Mapping[Source, Cadence] = DEFAULT
) -> datetime | None: ...


def next_due(
    now: datetime,
    published_at: datetime | None,
    source: Source = Source.RECORDED,
    cadences: Mapping[Source, Cadence] = DEFAULT,
) -> datetime | None:
    """Say at which tick a media seen now is due again; `None` when it rests. One of unknown age counts as young.

    Recorded and watched media: hourly in their first day, four-hourly to thirty days, then daily; sampled ones
    four-hourly to a week, daily to thirty days, weekly to ninety. On recorded data the median post has a third of its
    first 72 hours' total by hour 4 and 94 % by hour 24.
    Dues lie on the grid of ticks, so that one seen just before a tick is due at it, and a tick never just misses one.
    """
    return Dues.of(cadences[source], now).at(published_at)


@dataclass(frozen=True, slots=True)
class Dues:
    """When media seen at one instant are due again: each step's due, for those published after its instant.

    >>> dues = Dues.of(FOLLOWED, now)
    >>> dues.at(published_at=now - timedelta(days=2))
    """

    steps: tuple[tuple[datetime, datetime], ...]

    @classmethod
    def of(cls, cadence: Cadence, now: datetime) -> Self:
        return cls(
            tuple((_EVER if step.until is None else now - step.until, _due(now, step.every)) for step in cadence.steps)
        )

    @property
    def spans(self) -> Iterator[tuple[datetime, datetime, datetime | None]]:
        """Give the same for those who look it up: published after one instant, until another, due then; no gaps."""
        until = _FOR_EVER
        for after, due_at in self.steps:
            yield after, until, due_at
            until = after
        if until > _EVER:
            yield _EVER, until, None

    def at(self, published_at: datetime | None) -> datetime | None:
        """Say when a media is due; one of unknown age counts as young, and `None` is one that rests."""
        if published_at is None:
            return self.steps[0][1]
        for after, due_at in self.steps:
            if published_at > after:
                return due_at
        return None


def _due(now: datetime, every: timedelta) -> datetime:
    return _floor(now, HOUR if every < ROUND else ROUND) + every


def due_tick(now: datetime) -> datetime:
    """Give the tick that now belongs to: the full hour at or before it."""
    return _floor(now, HOUR)


def next_tick(now: datetime) -> datetime:
    """Give the next tick: a suspect, or a zero nobody confirmed, is read again then."""
    return due_tick(now) + HOUR


def round_tick(now: datetime) -> datetime:
    """Give the four-hour round that now belongs to."""
    return _floor(now, ROUND)


def next_round(now: datetime) -> datetime:
    """Give the next round, at which all that is followed is looked for."""
    return round_tick(now) + ROUND


def night_tick(now: datetime) -> datetime:
    """Give the night that now belongs to: three o'clock (UTC) at or before it."""
    return _floor(now - NIGHT, timedelta(days=1)) + NIGHT


def is_round(tick: datetime) -> bool:
    """Say whether a tick is one of those, every four hours from midnight UTC, that look at everything due."""
    return _floor(tick, ROUND) == tick


def _floor(at: datetime, grid: timedelta) -> datetime:
    return at.astimezone(UTC) - (at - _EPOCH) % grid
