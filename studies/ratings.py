"""Whether the interval of a rating holds the truth as often as it says."""

from collections.abc import Callable
from math import exp, log
from random import Random

from civitai_engagement.analysis.baseline import Rating, rate
from studies.findings import Aim, Effort, Finding, percent
from studies.worlds import poisson

SIZES = (10, 11, 20, 34, 100)
CREATORS_EACH = 4
VALUE = 100.0
Draw = Callable[[Random], float]


def usual(random: Random) -> float:
    """Reactions at 24 h: levels scatter by a factor of e about 40."""
    return poisson(random, random.lognormvariate(log(40), 1))


def quiet(random: Random) -> float:
    """As `usual`, about 4: many posts have the same few."""
    return poisson(random, random.lognormvariate(log(4), 1))


def heavy(random: Random) -> float:
    """A Pareto tail: now and then one runs away."""
    return round(15 * random.paretovariate(1))


DRAWS: dict[str, tuple[Draw, Aim]] = {
    "usual posts": (usual, Aim(low=92, high=97)),
    "heavy tail": (heavy, Aim(low=92, high=97)),
    "quiet posts (about 4 reactions)": (quiet, Aim(low=92, high=97)),
}


def study(effort: Effort) -> list[Finding]:
    findings = []
    for name, (draw, aim) in DRAWS.items():
        typical = _median(draw)
        by_size = {n: _held(draw, typical, n, effort) for n in SIZES}
        whole = [held for ones in by_size.values() for held in ones]
        findings.append(Finding("interval of a rating", f"holds the truth, {name}", percent(whole), len(whole), aim))
        worst = min(SIZES, key=lambda n: sum(by_size[n]) / len(by_size[n]))
        figure = f"the least of {', '.join(map(str, SIZES))} posts ({worst}), {name}"
        findings.append(Finding("interval of a rating", figure, percent(by_size[worst]), len(by_size[worst])))
    return [*findings, _drifting(effort)]


def _median(draw: Draw) -> float:
    random = Random(-1)
    return sorted(draw(random) for _ in range(40_001))[20_000]


def _held(draw: Draw, typical: float, n: int, effort: Effort) -> list[bool]:
    randoms = (Random(f"{seed} {n}") for seed in range(effort.worlds * CREATORS_EACH))
    return [_holds(rate(VALUE, [draw(random) for _ in range(n)]), typical) for random in randoms]


def _holds(rating: object, typical: float) -> bool:
    assert isinstance(rating, Rating)
    truth = VALUE / typical
    low, high = rating.low or 0.0, rating.high
    return low <= truth and (high is None or truth <= high)


def _drifting(effort: Effort) -> Finding:
    """Let the creator's level double over the posts: the typical post of today is not that of the baseline."""
    n, typical = 34, _median(usual)
    held = []
    for seed in range(effort.worlds * CREATORS_EACH):
        random = Random(seed)
        values = [round(usual(random) * exp(log(2) * (place / n - 1))) for place in range(n)]
        held.append(_holds(rate(VALUE, values), typical))
    return Finding(
        "interval of a rating", "holds today's truth if the level doubled over 34 posts", percent(held), len(held)
    )
