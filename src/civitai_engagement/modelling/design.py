"""Parameters as columns of a model, and the contrasts that are told of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from civitai_engagement.modelling.arrays import Codes, Mask, Numbers
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.records.findings import Measure

LEAST_MEDIA, LEAST_POSTS, LEAST_CREATORS = 20, 10, 10
WINSORISED = 0.01
OTHER = "other"


@dataclass(frozen=True, slots=True)
class SideCounts:
    """How much there is on either side of a contrast: media and posts with and without, creators who have both."""

    media: tuple[int, int]
    posts: tuple[int, int]
    creators: int

    def are_enough(self, *, is_many: bool) -> bool:
        enough = min(self.media) >= LEAST_MEDIA and min(self.posts) >= LEAST_POSTS
        return enough and (not is_many or self.creators >= LEAST_CREATORS)


@dataclass(frozen=True)
class Asked:
    """One contrast that is asked about: which media are on its side, and its place among a term's columns."""

    parameter: Parameter
    label: str
    has: Mask
    sides: SideCounts
    contrast: Numbers
    direction: Numbers


@dataclass(frozen=True)
class Term:
    """A parameter's columns, and what is asked of them; `short` is asked in vain: there are too few."""

    parameter: Parameter
    columns: Numbers
    asked: Sequence[Asked]
    short: Sequence[Asked] = ()


def term(frame: Frame, parameter: Parameter) -> Term:
    values = frame.values[parameter.name]
    if parameter.measure is Measure.CHOICE:
        return _choice(frame, parameter, values)
    column = scaled(parameter, values)
    has = values > 0.5 if parameter.measure is Measure.FLAG else _upper(values)
    asked = Asked(parameter, "", has, sides(frame, has), np.ones(1), np.ones(1))
    if asked.sides.are_enough(is_many=frame.is_many):
        return Term(parameter, column[:, None], [asked])
    return Term(parameter, np.empty((len(frame), 0)), [], [asked])


def _upper(values: Numbers) -> Mask:
    """Say which are in the upper half, the median itself on the side that parts them more evenly.

    Where more than half have the largest of few values, none is above the median, and there is a contrast all the same.
    """
    middle = np.median(values) if len(values) else 0.0
    above, from_there = values > middle, values >= middle
    is_even = abs(2 * above.sum() - len(values)) <= abs(2 * from_there.sum() - len(values))
    return above if is_even else from_there


def scaled(parameter: Parameter, values: Numbers) -> Numbers:
    """Bring numbers to the scale that is told: per doubling, or as they are; the outermost hundredths drawn in."""
    if parameter.measure is Measure.FLAG or not len(values):
        return values
    low, high = np.quantile(values, [WINSORISED, 1 - WINSORISED])
    drawn_in = np.clip(values, low, high)
    return np.log2(drawn_in) if parameter.measure is Measure.DOUBLING else drawn_in


def sides(frame: Frame, has: Mask) -> SideCounts:
    posts, creators = ((_met(groups, has), _met(groups, ~has)) for groups in (frame.posts, frame.creators))
    media = (int(has.sum()), int((~has).sum()))
    return SideCounts(media, (int(posts[0].sum()), int(posts[1].sum())), int((creators[0] & creators[1]).sum()))


def _met(groups: Codes, which: Mask) -> Mask:
    """Say of each group whether it is met among some of the media."""
    return np.bincount(groups[which], minlength=int(groups.max(initial=-1)) + 1) > 0


def _choice(frame: Frame, parameter: Parameter, values: Numbers) -> Term:
    """Make a column for each level that is used enough but the commonest; what is used too little is together."""
    levels, counts = np.unique(values, return_counts=True)
    every = [(float(level), sides(frame, values == level)) for level in levels[np.argsort(-counts, kind="stable")]]
    enough = [level for level, side in every if side.are_enough(is_many=frame.is_many)]
    short = [_asked_in_vain(frame, parameter, values, level) for level, _ in every if level not in enough]
    if len(enough) + (len(short) > 0) < 2 or not enough:
        return Term(parameter, np.empty((len(frame), 0)), [], short)
    columns = np.column_stack([values == level for level in _told(values, enough)]).astype(np.float64)
    return Term(parameter, columns, list(_levels(frame, parameter, values, enough)), short)


def _told(values: Numbers, enough: Sequence[float]) -> list[float]:
    """Name the levels with a column of their own: all, if some media are of another, else all but the commonest."""
    has_others = not np.isin(values, enough).all()
    return list(enough) if has_others else list(enough[1:])


def _levels(frame: Frame, parameter: Parameter, values: Numbers, enough: Sequence[float]) -> Iterator[Asked]:
    """Ask of each level how it does beside the mean of the others; of two levels only the rarer is asked about."""
    told = _told(values, enough)
    shares = np.array([np.mean(values == level) for level in told])
    is_pair = len(enough) == 2 and len(told) == 1
    for level in told if is_pair else enough:
        has = values == level
        own = np.array([float(one == level) for one in told])
        others = np.where(own > 0, 0.0, shares) / (1 - has.mean())
        direction = own if own.any() else -np.ones(len(told))
        yield Asked(parameter, _label(parameter, level), has, sides(frame, has), own - others, direction)


def _asked_in_vain(frame: Frame, parameter: Parameter, values: Numbers, level: float) -> Asked:
    has = values == level
    return Asked(parameter, _label(parameter, level), has, sides(frame, has), np.empty(0), np.empty(0))


def _label(parameter: Parameter, level: float) -> str:
    place = int(level)
    return parameter.labels[place] if 0 <= place < len(parameter.labels) else OTHER


@dataclass(frozen=True)
class Design:
    """All terms of one model side by side."""

    terms: Sequence[Term]

    @property
    def columns(self) -> Numbers:
        return np.column_stack([one.columns for one in self.terms])

    def asked(self) -> Iterator[tuple[Asked, Numbers, Numbers]]:
        """Go through what is asked, with its contrast and the direction of its own column among all columns."""
        width, start = sum(one.columns.shape[1] for one in self.terms), 0
        for one in self.terms:
            stop = start + one.columns.shape[1]
            for each in one.asked:
                contrast, direction = np.zeros(width), np.zeros(width)
                contrast[start:stop], direction[start:stop] = each.contrast, each.direction
                yield each, contrast, direction
            start = stop

    def owners(self) -> list[str]:
        """Name the parameter of each column."""
        return [one.parameter.name for one in self.terms for _ in range(one.columns.shape[1])]


def design(frame: Frame, parameters: Sequence[Parameter]) -> Design:
    return Design([term(frame, one) for one in parameters])
