"""What a curve gained between observations, over the time that really passed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from civitai_engagement.analysis.curves import HOUR, Curve, Knot, Step
from civitai_engagement.analysis.unknown import NotObserved

# What is first seen later than this after its publication was found late: its total is not news.
CATCH_UP = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Gain:
    """What was gained from one observation to a later one.

    `has_gap` says that nothing was observed for more than two steps while the total changed: when in between it did
    is not known. `fell` is how much of the total was taken back on the way (0 or more), `found` how much more the total
    grew by what media had that were first seen late: a level, not in `amount`.

    >>> gains(curve, step=timedelta(hours=4))[0].per_hour
    2.5
    """

    start: datetime
    end: datetime
    amount: int
    fell: int = 0
    has_gap: bool = False
    found: int = 0

    @property
    def hours(self) -> float:
        return (self.end - self.start) / HOUR

    @property
    def per_hour(self) -> float:
        return self.amount / self.hours


def gains(curve: Curve, step: timedelta) -> list[Gain]:
    """List gains from observation to observation, each at least `step` long (the last one may be shorter).

    A plain difference over the elapsed time: never total over age, which is the average of a life, not a pace.
    """
    return [_gain(curve, run, step) for run in _runs(curve.steps(), step / HOUR)]


def _runs(steps: list[Step], hours: float) -> Iterator[list[Step]]:
    run: list[Step] = []
    for step in steps:
        run.append(step)
        if step.end.hours - run[0].start.hours >= hours:
            yield run
            run = []
    if run:
        yield run


def _gain(curve: Curve, run: list[Step], step: timedelta) -> Gain:
    return replace(
        _between(curve, run[0].start, run[-1].end),
        fell=-sum(min(each.gain, 0) for each in run),
        has_gap=any(each.gain and each.hours * HOUR > 2 * step for each in run),
    )


def _between(curve: Curve, start: Knot, end: Knot) -> Gain:
    found = sum(one.found for one in curve.changes if start.hours < curve.hours_at(one.collected_at) <= end.hours)
    return Gain(
        start=curve.published_at + start.hours * HOUR,
        end=curve.published_at + end.hours * HOUR,
        amount=end.total - start.total - found,
        found=found,
    )


def gain_between(curve: Curve, since: datetime, until: datetime) -> Gain | NotObserved:
    """Give what was gained in a window, from the observation next to its start to the one next to its end.

    Where the total stood still, the window's own end is as good as observed. It has a gap where part of the gain lies
    in a silence longer than the window. The first total of what was found more than a day after its publication is a
    level, not a gain.
    """
    steps = [step for step in curve.steps() if not _is_level(step)]
    if not steps:
        return NotObserved("it was observed once only")
    start, end = (_seen_near(steps, curve.hours_at(instant)) for instant in (since, until))
    inside = [step for step in steps if start.hours < step.end.hours and step.start.hours < end.hours]
    if not inside:
        return NotObserved("no two observations lie in the window")
    whole = _gain(curve, inside, (until - since) / 2)
    return replace(_between(curve, start, end), fell=whole.fell, has_gap=whole.has_gap)


def _is_level(step: Step) -> bool:
    return step.start.hours == 0 and step.end.hours * HOUR > CATCH_UP


def _seen_near(steps: list[Step], hours: float) -> Knot:
    if hours <= steps[0].start.hours:
        return steps[0].start
    step = next((step for step in steps if hours <= step.end.hours), None)
    if step is None:
        return steps[-1].end
    if not step.gain:
        return Knot(hours, step.start.total)
    return step.start if hours - step.start.hours < step.end.hours - hours else step.end
