"""Whether a planted busy hour is found, and how often one is claimed where there is none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from random import Random
from zoneinfo import ZoneInfo

from civitai_engagement.analysis.chance import HourPattern
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.peak_hours import peak_hours
from civitai_engagement.analysis.posting_hours import PostAtAge, posting_hours
from studies.findings import Aim, Effort, Finding, share
from studies.ratings import usual
from studies.worlds import AS_COLLECTED, EPOCH, ByHour, any_family, flat, live, observe

ZONE = ZoneInfo("Europe/Berlin")
DRAWS = 199
TIMES = 2.0
# Most of the days drawn are in summer time.
OFFSET = 2
Posting = Callable[[Random, float], float]

# At which hour of the day a post comes out, by how far on in the series it is.
HABITS: dict[str, Posting] = {
    "at any hour": lambda random, _: random.uniform(0, 24),
    "in the evening": lambda random, _: random.gauss(19, 2) % 24,
    "at one hour": lambda random, _: 18 + random.uniform(0, 0.5),
    "ever later": lambda random, part: (9 + 12 * part + random.gauss(0, 1.5)) % 24,
}
# A shout-out: about every six days, for four hours, all posts of the last three days get four times as much.
SHOUTED, SHOUT_HOURS, SHOUT_DAYS, SHOUT_TIMES = 6.0, 4.0, 3.0, 4.0


@dataclass(frozen=True, slots=True)
class Following:
    """How long posts are followed, how many reactions they typically get, and what befalls them."""

    hours: float = 48.0
    typical: float = 40.0
    by_day_only: bool = False
    shouted: bool = False
    doubling: bool = False

    def looks(self, at: datetime) -> bool:
        return not self.by_day_only or 7 <= at.astimezone(ZONE).hour < 23


CLOSELY = Following()
ASLEEP = Following(hours=168.0, typical=20.0, by_day_only=True)


@dataclass(frozen=True, slots=True)
class Peak:
    """An hour of the day with twice the reactions: alone, or with the hours around it busy too."""

    hour: int
    spread: float = 0.0

    def factor(self, at: datetime) -> float:
        local = at.astimezone(ZONE)
        away = abs(local.hour + local.minute / 60 - self.hour - 0.5)
        away = min(away, 24 - away)
        if not self.spread:
            return TIMES if away <= 0.5 else 1.0
        return 1 + (TIMES - 1) * exp(-((away / self.spread) ** 2) / 2)

    def is_met(self, utc_hour: int | None) -> bool:
        """Say whether an hour of UTC is within an hour of it, by the clock of most of the days."""
        return utc_hour is not None and (utc_hour + OFFSET - self.hour) % 24 in {23, 0, 1}


SHAPES = {"a peak of some hours": 2.0, "a single busy hour": 0.0}


NAMED = Aim(high=5)
FLAT = {
    "plain, posts at any hour": ("at any hour", CLOSELY),
    "plain, posts in the evening": ("in the evening", CLOSELY),
    "shout-outs, posts at any hour": ("at any hour", Following(shouted=True)),
    "shout-outs, posts in the evening": ("in the evening", Following(shouted=True)),
    "level doubled, posts ever later": ("ever later", Following(doubling=True)),
    "posts at one hour": ("at one hour", CLOSELY),
    "quiet posts nobody looks at by night": ("at any hour", ASLEEP),
}


def study(effort: Effort) -> list[Finding]:
    return [*_flat_worlds(effort), *_planted(effort), *_posting(effort)]


def _flat_worlds(effort: Effort) -> Iterator[Finding]:
    for name, (habit, following) in FLAT.items():
        named = [
            pattern(seed, effort, flat, HABITS[habit], following).best is not None for seed in range(effort.worlds // 5)
        ]
        yield share("peak hours, flat worlds", f"an hour named, {name}", named, NAMED)


def _planted(effort: Effort) -> Iterator[Finding]:
    for shape, spread in SHAPES.items():
        for name in ("at any hour", "in the evening", "at one hour"):
            worlds = range(max(effort.worlds // 16, 2))
            peaks = [Peak(Random(seed).randrange(24), spread) for seed in worlds]
            found = [
                pattern(seed, effort, peak.factor, HABITS[name]).best for seed, peak in zip(worlds, peaks, strict=True)
            ]
            met = [peak.is_met(hour) for peak, hour in zip(peaks, found, strict=True)]
            aim = Aim() if name == "at one hour" else Aim(low=90)
            yield share("peak hours, x2 planted", f"{shape} found within an hour, posts {name}", met, aim)
            refused = [hour is None for hour in found]
            yield share("peak hours, x2 planted", f"{shape}: none named, posts {name}", refused)


def pattern(seed: int, effort: Effort, by_hour: ByHour, habit: Posting, following: Following = CLOSELY) -> HourPattern:
    curves = _posts(Random(seed), effort.posts_at_hours, by_hour, habit, following)
    found = peak_hours(curves, draws=DRAWS)
    assert isinstance(found, HourPattern)
    return found


def _posts(random: Random, n: int, by_hour: ByHour, habit: Posting, following: Following) -> list[Curve]:
    """Draw one post a day, over changes of the clock."""
    shouts = _shouts(random, n) if following.shouted else []
    curves = []
    for day in range(n):
        born = EPOCH + timedelta(days=day, hours=habit(random, day / n))
        curves.append(_post(random, born, day / n, following, _shouted(by_hour, shouts, day)))
    return curves


def _post(random: Random, born: datetime, part: float, following: Following, by_hour: ByHour) -> Curve:
    level = following.typical * (2**part if following.doubling else 1)
    total = random.lognormvariate(log(level), 1)
    life = live(random, born, any_family(random), total, until=following.hours, by_hour=by_hour)
    ages = AS_COLLECTED.ages(random, following.hours)
    return observe(life, [age for age in ages if following.looks(born + age * HOUR)])


def _shouts(random: Random, days: int) -> list[datetime]:
    at, found = 0.0, []
    while (at := at + random.expovariate(1 / SHOUTED)) < days:
        found.append(EPOCH + timedelta(days=at))
    return found


def _shouted(by_hour: ByHour, shouts: Sequence[datetime], day: int) -> ByHour:
    """Lift what comes in the hours after a shout-out, of the posts of its last three days."""
    own = [at for at in shouts if 0 <= (at - EPOCH) / timedelta(days=1) - day < SHOUT_DAYS]

    def factor(at: datetime) -> float:
        is_shouted = any(timedelta() <= at - shout < SHOUT_HOURS * HOUR for shout in own)
        return by_hour(at) * (SHOUT_TIMES if is_shouted else 1)

    return factor


@dataclass(frozen=True, slots=True)
class Doing:
    """How posts do by when they come out: how many times as well in the evening, and what else befalls them."""

    times: float = 1.0
    habits: Sequence[str] = ("at any hour", "in the evening")
    lifted: bool = False
    doubling: bool = False


DOING = {
    "plain": Doing(),
    "posts in the evening": Doing(habits=("in the evening",)),
    "three days at once lifted": Doing(lifted=True),
    "level doubled, posts ever later": Doing(habits=("ever later",), doubling=True),
}


def _posting(effort: Effort) -> Iterator[Finding]:
    """Let posts of three hours in the evening do twice as well, or no better; half of all come out in the evening."""
    for name, doing in DOING.items():
        named = [_outcomes(seed, effort, doing).best is not None for seed in range(effort.worlds)]
        yield share("posting hours, flat worlds", f"an hour named, {name}", named, NAMED)
    peak = Peak(20)
    met = [peak.is_met(_outcomes(seed, effort, Doing(TIMES)).best) for seed in range(effort.worlds)]
    yield share("posting hours, x2 planted", "three hours found within an hour", met, Aim(low=90))


def _outcomes(seed: int, effort: Effort, doing: Doing) -> HourPattern:
    random, n = Random(seed), effort.posts_at_hours
    lifts = [4.0 if random.random() < 0.1 else 1.0 for _ in range(n // 3 + 1)] if doing.lifted else [1.0] * n
    posts = []
    for day in range(n):
        born = EPOCH + timedelta(days=day, hours=HABITS[random.choice(doing.habits)](random, day / n))
        better = doing.times if born.astimezone(ZONE).hour in {19, 20, 21} else 1.0
        level = lifts[day // 3] * (2 ** (day / n) if doing.doubling else 1)
        posts.append(PostAtAge(born, usual(random) * better * level, group="Ana"))
    found = posting_hours(posts, draws=DRAWS)
    assert isinstance(found, HourPattern)
    return found
