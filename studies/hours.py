"""Whether a planted busy hour is found, and how often one is claimed where there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from random import Random
from zoneinfo import ZoneInfo

from civitai_engagement.analysis.chance import HourPattern
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.peak_hours import peak_hours
from civitai_engagement.analysis.posting_hours import Outcome, posting_hours
from studies.findings import Aim, Effort, Finding, percent
from studies.ratings import usual
from studies.worlds import AS_COLLECTED, EPOCH, ByHour, any_family, flat, live, observe

ZONE = ZoneInfo("Europe/Berlin")
DRAWS = 199
TIMES = 2.0
NIGHTLY = '"cannot tell", quiet posts nobody looks at by night'
Posting = Callable[[Random], float]

HABITS: dict[str, Posting] = {
    "at any hour": lambda random: random.uniform(0, 24),
    "in the evening": lambda random: random.gauss(19, 2) % 24,
    "at one hour": lambda random: 18 + random.uniform(0, 0.5),
}


@dataclass(frozen=True, slots=True)
class Following:
    """How long posts are followed, how many reactions they typically get, and whether nobody looks at night."""

    hours: float = 48.0
    typical: float = 40.0
    by_day_only: bool = False

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

    def is_met(self, hour: int | None) -> bool:
        return hour is not None and (hour - self.hour) % 24 in {23, 0, 1}


SHAPES = {"a peak of some hours": 2.0, "a single busy hour": 0.0}


def study(effort: Effort) -> list[Finding]:
    return [*_flat_worlds(effort), *_planted(effort), *_posting(effort)]


def _flat_worlds(effort: Effort) -> list[Finding]:
    told = {name: [] for name in HABITS}  # type: dict[str, list[bool]]
    for seed in range(effort.worlds):
        name, habit = list(HABITS.items())[seed % len(HABITS)]
        told[name].append(pattern(seed, effort, flat, habit).best is None)
    whole = [one for ones in told.values() for one in ones]
    at_night = [
        pattern(seed, effort, flat, HABITS["at any hour"], ASLEEP).best is None for seed in range(effort.worlds // 2)
    ]
    return [
        Finding("peak hours, flat worlds", '"cannot tell"', percent(whole), len(whole), Aim(low=95)),
        *(
            Finding("peak hours, flat worlds", f'"cannot tell", posts {name}', percent(ones), len(ones))
            for name, ones in told.items()
        ),
        Finding("peak hours, flat worlds", NIGHTLY, percent(at_night), len(at_night), Aim(low=95)),
    ]


def _planted(effort: Effort) -> list[Finding]:
    findings = []
    for shape, spread in SHAPES.items():
        for name, habit in HABITS.items():
            worlds = range(max(effort.worlds // 10, 2))
            peaks = [Peak(Random(seed).randrange(24), spread) for seed in worlds]
            met = [
                peak.is_met(pattern(seed, effort, peak.factor, habit).best)
                for seed, peak in zip(worlds, peaks, strict=True)
            ]
            aim = Aim() if name == "at one hour" else Aim(low=95)
            findings.append(
                Finding(
                    "peak hours, x2 planted", f"{shape} found within an hour, posts {name}", percent(met), len(met), aim
                )
            )
    return findings


def pattern(seed: int, effort: Effort, by_hour: ByHour, habit: Posting, following: Following = CLOSELY) -> HourPattern:
    curves = _posts(Random(seed), effort.posts_at_hours, by_hour, habit, following)
    found = peak_hours(curves, ZONE, draws=DRAWS)
    assert isinstance(found, HourPattern)
    return found


def _posts(random: Random, n: int, by_hour: ByHour, habit: Posting, following: Following) -> list[Curve]:
    """Draw one post a day, over changes of the clock."""
    curves = []
    for day in range(n):
        born = EPOCH + timedelta(days=day, hours=habit(random))
        total = random.lognormvariate(log(following.typical), 1)
        life = live(random, born, any_family(random), total, until=following.hours, by_hour=by_hour)
        ages = AS_COLLECTED.ages(random, following.hours)
        curves.append(observe(life, [age for age in ages if following.looks(born + age * HOUR)]))
    return curves


def _posting(effort: Effort) -> list[Finding]:
    """Let posts of one hour in the evening do twice as well, or no better; half of all come out in the evening."""
    told = [_outcomes(seed, effort, 1.0).best is None for seed in range(effort.worlds)]
    peak = Peak(20)
    met = [peak.is_met(_outcomes(seed, effort, TIMES).best) for seed in range(effort.worlds)]
    return [
        Finding("posting hours, flat worlds", '"cannot tell"', percent(told), len(told), Aim(low=95)),
        Finding("posting hours, x2 planted", "three hours found within an hour", percent(met), len(met)),
    ]


def _outcomes(seed: int, effort: Effort, times: float) -> HourPattern:
    random = Random(seed)
    habits = list(HABITS.values())
    posts = []
    for day in range(effort.posts_at_hours):
        born = EPOCH + timedelta(days=day, hours=random.choice(habits[:2])(random))
        better = times if born.astimezone(ZONE).hour in {19, 20, 21} else 1.0
        posts.append(Outcome(born, usual(random) * better, group=day // 90))
    found = posting_hours(posts, ZONE, draws=DRAWS)
    assert isinstance(found, HourPattern)
    return found
