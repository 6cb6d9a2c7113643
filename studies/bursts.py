"""Whether bursts are found, and how often a clean image is called unusual."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import cos, inf, log, pi
from random import Random

from civitai_engagement.analysis.baseline import Standing, standing
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.unusual import UnusualKind, Usual, can_be_judged, learn, unusual
from studies.findings import Aim, Effort, Finding, share
from studies.ratings import usual
from studies.worlds import (
    AS_COLLECTED,
    EPOCH,
    USUAL_FITS,
    Burst,
    ByHour,
    Fits,
    any_family,
    flat,
    live,
    observe,
    refreshed,
)

CLEAN, BURSTING, LATE = 30, 6, 15
FOLLOWED = 168.0
TIMES = 3
LENGTHS = (4.0, 8.0, 12.0)
YOUNGEST, OLDEST = 5.0, 48.0
FOUND_LATE = (26.0, 96.0)
LARGE = 10.0
SIZES = {
    "20 or more": (20.0, inf, 90.0),
    "10 to 20": (LARGE, 20.0, 80.0),
    "fewer": (0.0, LARGE, None),
}


@dataclass(frozen=True, slots=True)
class Fitful:
    """A post with a burst: what was kept of it, when the burst was, and how many would have been seen in it without.

    Seen is what came between two looks that both fall into the burst; what is left over at its ends is seen diluted.
    """

    curve: Curve
    burst: Burst
    expected: float


@dataclass(frozen=True, slots=True)
class Case:
    """One creator's posts, judged: whether each clean one was flagged (None: too quiet to judge), each burst found."""

    flagged: list[bool | None]
    found: list[tuple[float, bool]]


def rhythm(at: datetime) -> float:
    """A day in which the busiest hour has twice the reactions of the quietest."""
    return 1 + cos(2 * pi * (at.hour - 20) / 24) / 3


# Worlds with nothing planted: how much an hour's rate varies, and how often the counters are refreshed.
CLEAN_WORLDS: dict[str, tuple[Fits, float | None]] = {
    "Poisson": (Fits(variance=1e-6), None),
    "twice as fitful": (Fits(variance=0.1), None),
    "six times as fitful": (Fits(variance=0.3), None),
    "twelve times as fitful": (Fits(variance=0.6), None),
    "refreshed every 6 h": (USUAL_FITS, 6.0),
    "refreshed every 12 h": (USUAL_FITS, 12.0),
}
FLAGGED = Aim(high=2)


def study(effort: Effort) -> list[Finding]:
    plain = [case(seed, USUAL_FITS, flat) for seed in range(effort.worlds // 2)]
    few = range(effort.worlds // 8)
    others = {name: [case(seed, fits, flat, every) for seed in few] for name, (fits, every) in CLEAN_WORLDS.items()}
    return [
        *_flags("unusual images", plain, FLAGGED),
        *_finds("unusual images", plain),
        *(finding for name, cases in others.items() for finding in _flags(f"unusual images, {name}", cases, FLAGGED)),
        *_finds("unusual images, six times as fitful", others["six times as fitful"], aimed=False),
        *_flags("unusual images, day twice as busy as night", [case(seed, USUAL_FITS, rhythm) for seed in few], Aim()),
        *_flags("unusual images, found one to four days late", [late_case(seed) for seed in few], FLAGGED),
        _outliers(effort),
    ]


def _flags(study_name: str, cases: Sequence[Case], aim: Aim) -> Iterator[Finding]:
    flagged = [flag for case in cases for flag in case.flagged]
    judged = [flag for flag in flagged if flag is not None]
    yield share(study_name, "clean images flagged", [bool(flag) for flag in flagged], aim)
    if judged:
        yield share(study_name, "clean images flagged, of those judged", judged)
    yield share(study_name, "not judged", [flag is None for flag in flagged])


def _finds(study_name: str, cases: Sequence[Case], *, aimed: bool = True) -> Iterator[Finding]:
    found = [one for case in cases for one in case.found]
    for name, (low, high, least) in SIZES.items():
        hits = [hit for expected, hit in found if low <= expected < high]
        if hits:
            figure = f"bursts of x{TIMES} found, {name} expected between looks within"
            yield share(study_name, figure, hits, Aim(low=least) if aimed else Aim())


def case(seed: int, fits: Fits, by_hour: ByHour, every: float | None = None) -> Case:
    random = Random(seed)
    clean = [_clean(random, fits, by_hour, every) for _ in range(CLEAN)]
    fitful = [] if every else list(islice(_fitful(random, fits, by_hour), BURSTING))
    learned = learn([*clean, *(one.curve for one in fitful)])
    return Case(
        flagged=[_flag(curve, learned) for curve in clean],
        found=[(one.expected, _is_found(one, learned)) for one in fitful],
    )


def late_case(seed: int) -> Case:
    """Judge clean posts first looked at days after they came out, large enough to still gain then."""
    random = Random(seed)
    others = [_clean(random, USUAL_FITS, flat) for _ in range(CLEAN)]
    late = [_late(random) for _ in range(LATE)]
    learned = learn([*others, *late])
    return Case(flagged=[_flag(curve, learned) for curve in late], found=[])


def _flag(curve: Curve, learned: Usual) -> bool | None:
    return bool(unusual(curve, learned)) if can_be_judged(curve, learned) else None


def _late(random: Random) -> Curve:
    life = live(random, EPOCH, any_family(random), random.lognormvariate(log(3000), 0.5), until=FOLLOWED)
    first = random.uniform(*FOUND_LATE)
    return observe(life, [age for age in AS_COLLECTED.ages(random, FOLLOWED) if age >= first])


def _clean(random: Random, fits: Fits, by_hour: ByHour, every: float | None = None) -> Curve:
    born = EPOCH + timedelta(hours=random.uniform(0, 168))
    total = random.lognormvariate(log(80), 1)
    life = live(random, born, any_family(random), total, until=FOLLOWED, fits=fits, by_hour=by_hour)
    ages = AS_COLLECTED.ages(random, FOLLOWED)
    return refreshed(life, ages, every) if every else observe(life, ages)


def _fitful(random: Random, fits: Fits, by_hour: ByHour) -> Iterator[Fitful]:
    """Draw posts with a burst of which at least ten are expected where it is; posts are larger than the clean ones."""
    while True:
        share, total = any_family(random), random.lognormvariate(log(300), 1)
        start = random.uniform(YOUNGEST, OLDEST)
        burst = Burst(start, start + random.choice(LENGTHS), TIMES)
        if total * (share(burst.end) - share(burst.start)) < LARGE:
            continue
        life = live(random, EPOCH, share, total, until=FOLLOWED, fits=fits, by_hour=by_hour, burst=burst)
        ages = AS_COLLECTED.ages(random, FOLLOWED)
        inside = [age for age in ages if burst.start <= age < burst.end] or [burst.start]
        yield Fitful(observe(life, ages), burst, expected=total * (share(inside[-1]) - share(inside[0])))


def _is_found(one: Fitful, learned: Usual) -> bool:
    bursts = [each for each in unusual(one.curve, learned) if each.kind is UnusualKind.BURST]
    start, end = (one.curve.published_at + age * HOUR for age in (one.burst.start, one.burst.end))
    return any(each.start < end and start < each.end for each in bursts)


def _outliers(effort: Effort) -> Finding:
    """Judge ordinary posts against 20 others of the same creator."""
    flagged = []
    for seed in range(effort.worlds * 5):
        random = Random(seed)
        found = standing(usual(random), [usual(random) for _ in range(20)])
        flagged.append(isinstance(found, Standing) and found.is_far)
    return share("outliers at equal age", "ordinary posts flagged, of 20 others", flagged, Aim(high=1))
