"""What is typical of a creator at the time one post came out, where the level of their posts may be changing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from civitai_engagement.analysis.baseline import FEWEST, Rating, rated
from civitai_engagement.analysis.unknown import NotEnough

# How far the level may have moved over the posts compared, in units of their scatter, and how likely each is.
MOVES = ((0.0, 0.15), (1.0, 0.7), (3.0, 0.15))
# The half width of the interval in standard errors, set in the study: near 1.96, since what is told is a mixture.
SIGMAS = 1.82
# The level is said to move from so many standard errors on.
SHOWN = 2.0
# What lies beyond a bend or jump of the level by so many standard errors is left out; these parts are looked at.
BENT = 2.6
PARTS = (1 / 2, 1 / 4, 1 / 8)
NARROWEST = 30
# A jump so many standard errors high is followed, from three posts on; fewer may be chance. It is looked for among as
# many posts beyond it as there are before it: at least and at most so many.
JUMPED, FEWEST_AFTER, LEAST_BEYOND, MOST_BEYOND = 5.0, 3, 6, 30
# How many neighbours on each side say together that a value is no outlier.
BESIDE = 2
_TO_SIGMA, _FAR, _LEAST_SCATTER, _FLAT = 1.4826, 3.0, 0.05, 1e-9
# How much worse than a mean a median is known (its variance over that of a mean, less one).
_OF_A_MEDIAN = math.pi / 2 - 1


@dataclass(frozen=True, slots=True)
class OtherPost:
    """Another post: how many days after the one in question it came out (before it: less than none), and its value."""

    days: float
    value: float


@dataclass(frozen=True, slots=True)
class Level:
    """What a post typically had at one time, with its 95 % interval, and the others it rests on, nearest first.

    `moves` where the others show that the level moves: then `typical` is where it was at that time, else their median.
    It moved as well where fewer than ten came since a jump: then `typical` is the level of those since.

    >>> counts = (31, 44, 12, 90, 35, 22, 60, 38, 15, 30)
    >>> level_at([OtherPost(-day, count) for day, count in enumerate(counts, start=1)])
    Level(typical=33.0, low=20, high=54, moves=False, others=[...])
    """

    typical: float
    low: float
    high: float
    moves: bool
    others: Sequence[OtherPost]


@dataclass(frozen=True, slots=True)
class _Line:
    """Logarithms of counts against how many posts away they were published, in units of the whole: signed."""

    xs: Sequence[float]
    ys: Sequence[float]

    @property
    def n(self) -> int:
        return len(self.xs)


@dataclass(frozen=True, slots=True)
class _Fit:
    """The level at the post and its slope, the variances, and how likely the values are, if it may move so much."""

    level: float
    slope: float
    variance: float
    scatter: float
    likelihood: float


def rate_in_time(value: float, others: Sequence[OtherPost]) -> tuple[Rating, Level] | NotEnough:
    """Compare one value with the same creator's others at the same age, by the level of its time."""
    level = level_at(others)
    if isinstance(level, NotEnough):
        return level
    return rated(value, [one.value for one in level.others], (level.typical, level.low, level.high)), level


def level_at(others: Sequence[OtherPost]) -> Level | NotEnough:
    """Give the typical value at one time in a row of posts whose level may drift.

    Bayesian regression of log(1 + value) on the order of the days with posts. How far the level moved over the posts
    compared is normal with a standard deviation of 0, 1 or 3 times the scatter, averaged by how likely each makes what
    was seen (Hoeting et al. 1999, Bayesian model averaging); so a drift that the data show is followed, and one that
    they cannot exclude widens the interval. Values beyond three robust deviations count as three, unless their
    neighbours in time say the same. The mean is moved to the median by as much of the residuals' median as is not
    chance (James & Stein 1961). Posts beyond a clear jump of the level are left out, and of many posts those beyond a
    bend; where fewer than ten came since the jump, ten are named, but the level is that of those since. Counts are
    whole, and so are the ends of the interval.
    """
    if len(others) < FEWEST:
        return NotEnough(len(others), FEWEST)
    near = _window(sorted(others, key=lambda one: abs(one.days)))
    since = _unjumped(near)
    line = _line(since)
    level, error = _averaged(line)
    low, high = (math.floor(math.expm1(level + sign * _factor(line.n) * error) + 0.5) for sign in (-1, 1))
    moves = _leans(line) > SHOWN
    typical = max(math.expm1(level), 0.0) if moves else median(one.value for one in since)
    ours = set(since)
    named = [*since, *(one for one in near if one not in ours)][: max(len(since), FEWEST)]
    return Level(typical, min(max(low, 0), typical), max(high, typical), moves or len(since) < len(near), named)


def _factor(n: int) -> float:
    """Widen for few posts, as Student's t does."""
    return SIGMAS * (1 + (0.5 if n >= FEWEST else 2.4) / (n - 1))


def _window(nearest: Sequence[OtherPost]) -> Sequence[OtherPost]:
    """Leave out what lies beyond a jump or bend of the level, as long as there is one: it says little of here."""
    while FEWEST <= len(kept := _unjumped(nearest[: _unbent(nearest)])) < len(nearest):
        nearest = kept
    return nearest


def _unjumped(nearest: Sequence[OtherPost]) -> Sequence[OtherPost]:
    """Keep what is on this side of the clearest jump of the level, if there is one."""
    sides = [_jump(sorted(nearest, key=lambda one: sign * one.days), sign) for sign in (1, -1)]
    clearest, kept = max(sides, key=lambda side: side[0])
    return sorted(kept, key=lambda one: abs(one.days)) if clearest > JUMPED else nearest


def _jump(ordered: Sequence[OtherPost], sign: int) -> tuple[float, Sequence[OtherPost]]:
    """Tell how clear the clearest jump before the post is (after it, where the order is the other way), and who stays.

    No jump falls within a day.
    """
    line = _line(ordered)
    here = sum(sign * one.days < 0 for one in ordered)
    days = [math.trunc(one.days) for one in ordered]
    cuts = [cut for cut in range(FEWEST_AFTER, here + 1) if cut < line.n and days[cut - 1] != days[cut]]
    clearest, at = max(((_step(line, cut, here), cut) for cut in cuts), default=(0.0, 0))
    return clearest, ordered[at:]


def _step(line: _Line, cut: int, here: int) -> float:
    """Tell by how many standard errors the level steps there beyond a straight line; of few posts, more are asked.

    Near the post, on both sides of the cut: what happened long before says nothing of it. Counts are whole, so that
    the scatter is never taken for less than half a count.
    """
    end = min(here + max(here - cut, LEAST_BEYOND), line.n, cut + MOST_BEYOND)
    start = max(cut - max(end - cut, LEAST_BEYOND), 0)
    if end - cut < FEWEST_AFTER:
        return 0.0
    xs, ys = line.xs[start:end], line.ys[start:end]
    form = _less_line([float(place >= cut) for place in range(start, end)], xs)
    least = max(_LEAST_SCATTER, 0.5 * math.exp(-median(line.ys[cut:end])))
    return _standardised(form, _less_line(ys, xs), 3, least) / (1 + 4 / len(xs))


def _unbent(nearest: Sequence[OtherPost]) -> int:
    """Give how many of the nearest posts lie before the clearest bend."""
    n = len(nearest)
    line = _line(nearest) if n >= 2 * NARROWEST else None
    bends = [(_bend(line, part), part) for part in PARTS if line and part * n >= NARROWEST]
    clearest, part = max(bends, default=(0.0, 1.0))
    return int(part * n) if clearest > BENT else n


def _line(others: Sequence[OtherPost]) -> _Line:
    days = [math.trunc(one.days) for one in others]  # within a day no level moves
    places = {day: place for place, day in enumerate(sorted({*days, 0}))}
    xs = [(places[day] - places[0]) / len(places) for day in days]
    return _Line(xs, _winsorised([math.log1p(max(one.value, 0.0)) for one in others], [one.days for one in others]))


def _winsorised(ys: Sequence[float], days: Sequence[float]) -> list[float]:
    """Draw in what is far from all and from its neighbours in time.

    Of many equal counts the deviation is 0: it is kept from falling under that of Poisson counts.
    """
    middle = median(ys)
    counting_error = math.exp(-middle / 2)
    far = _FAR * max(_TO_SIGMA * median(abs(y - middle) for y in ys), counting_error, _LEAST_SCATTER)
    bounds = [(min(middle - far, y), max(middle + far, y)) for y in _beside(ys, days)]
    return [min(max(y, low), high) for y, (low, high) in zip(ys, bounds, strict=True)]


def _beside(ys: Sequence[float], days: Sequence[float]) -> list[float]:
    """Give the median of each value and its neighbours in time."""
    order = sorted(range(len(ys)), key=days.__getitem__)
    told = dict.fromkeys(order, 0.0)
    for place, index in enumerate(order):
        told[index] = median(ys[one] for one in order[max(place - BESIDE, 0) : place + BESIDE + 1])
    return [told[index] for index in range(len(ys))]


def _averaged(line: _Line) -> tuple[float, float]:
    """Give the logarithm of the typical value and its standard error, over all that the level may have moved."""
    fits = [_fit(line, move) for move, _ in MOVES]
    most = max(fit.likelihood for fit in fits)
    weights = [chance * math.exp(fit.likelihood - most) for fit, (_, chance) in zip(fits, MOVES, strict=True)]
    level, slope = fmean([fit.level for fit in fits], weights), fmean([fit.slope for fit in fits], weights)
    scatter = fmean([fit.scatter for fit in fits], weights)
    spread = fmean([fit.variance + (fit.level - level) ** 2 for fit in fits], weights) + 0.1 * scatter / line.n
    skewed = median(y - level - slope * x for x, y in zip(line.xs, line.ys, strict=True))
    by_chance = _OF_A_MEDIAN * scatter / line.n
    kept = max(1 - by_chance / skewed**2, 0.0) if skewed else 0.0
    return level + kept * skewed, math.sqrt(spread)


def _fit(line: _Line, move: float) -> _Fit:
    """Fit a line whose slope is normal about nothing: generalised least squares, the scatter integrated out."""
    x1, x2 = sum(line.xs), sum(x * x for x in line.xs)
    shrunk = move**2 / (1 + move**2 * x2)
    known = line.n - shrunk * x1 * x1
    xy = sum(x * y for x, y in zip(line.xs, line.ys, strict=True))
    level = (sum(line.ys) - shrunk * x1 * xy) / known
    rest = [y - level for y in line.ys]
    leaning = sum(x * y for x, y in zip(line.xs, rest, strict=True))
    square = max(sum(y * y for y in rest) - shrunk * leaning**2, _LEAST_SCATTER**2)
    scatter = square / (line.n - 1)
    likelihood = -0.5 * (math.log1p(move**2 * x2) + math.log(known) + (line.n - 1) * math.log(square))
    return _Fit(level, shrunk * leaning, scatter / known, scatter, likelihood)


def _bend(line: _Line, part: float) -> float:
    """Tell by how many standard errors the level bends or jumps so far out, beyond a straight line through all."""
    near = max(map(abs, line.xs)) * part
    ys = _less_line(line.ys, line.xs)
    forms = [min(abs(x), near) for x in line.xs], [float(abs(x) > near) for x in line.xs]
    return max(_standardised(_less_line(form, line.xs), ys, 3) for form in forms)


def _leans(line: _Line) -> float:
    """Tell by how many standard errors the level moves."""
    across, middle = fmean(line.xs), fmean(line.ys)
    return _standardised([x - across for x in line.xs], [y - middle for y in line.ys], 2)


def _standardised(xs: Sequence[float], ys: Sequence[float], fitted: int, least: float = _LEAST_SCATTER) -> float:
    """Give the slope of one on the other in standard errors, both without what was fitted before."""
    square = sum(x * x for x in xs)
    if square < _FLAT:
        return 0.0
    slope = sum(x * y for x, y in zip(xs, ys, strict=True)) / square
    left = sum((y - slope * x) ** 2 for x, y in zip(xs, ys, strict=True)) / (len(xs) - fitted)
    return abs(slope) * math.sqrt(square / max(left, least**2))


def _less_line(values: Sequence[float], xs: Sequence[float]) -> list[float]:
    """Take the straight line through values away from them."""
    middle, across = fmean(values), fmean(xs)
    square = sum((x - across) ** 2 for x in xs)
    slope = sum((x - across) * value for x, value in zip(xs, values, strict=True)) / square if square else 0.0
    return [value - middle - slope * (x - across) for x, value in zip(xs, values, strict=True)]
