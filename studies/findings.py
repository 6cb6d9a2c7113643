"""What a study found, as lines of a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Effort:
    """How many worlds are drawn, and how many of them go end to end; the seeds are always the same."""

    worlds: int
    posts_at_hours: int
    expeditions: int


SURE = 0.01
FULL = Effort(worlds=200, posts_at_hours=300, expeditions=2)
QUICK = Effort(worlds=10, posts_at_hours=120, expeditions=0)


@dataclass(frozen=True, slots=True)
class Aim:
    """The bounds a figure should lie in, both included; none at all where it is only told.

    >>> Aim(high=5).holds(4.2)
    True
    """

    low: float | None = None
    high: float | None = None
    unit: str = "%"

    @property
    def is_told_only(self) -> bool:
        return self.low is None and self.high is None

    def holds(self, figure: float) -> bool:
        return (self.low is None or figure >= self.low) and (self.high is None or figure <= self.high)

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g} {self.unit}"
        if self.low is not None:
            return f"at least {self.low:g} {self.unit}"
        return f"at most {self.high:g} {self.unit}" if self.high is not None else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure of one study, out of `n` cases."""

    study: str
    figure: str
    got: float
    n: int
    aim: Aim = Aim()
    hits: int | None = None

    @property
    def is_missed(self) -> bool:
        """Whether the aim is missed: of a share, where the exact binomial test says so at 1 % (Clopper & Pearson)."""
        if self.hits is None:
            return not self.aim.holds(self.got)
        low, high = self.aim.low, self.aim.high
        too_few = low is not None and at_most(self.hits, self.n, low / 100) < SURE
        return too_few or (high is not None and at_most(self.n - self.hits, self.n, 1 - high / 100) < SURE)

    def cells(self) -> list[str]:
        verdict = "" if self.aim.is_told_only else "missed" if self.is_missed else "yes"
        return [self.study, self.figure, f"{self.got:.3g} {self.aim.unit}", str(self.aim), verdict, f"{self.n:,}"]


HEADS = ["study", "figure", "found", "aim", "reached", "n"]


def as_table(findings: Sequence[Finding]) -> str:
    rows = [HEADS, ["---"] * len(HEADS), *(finding.cells() for finding in findings)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def share(study: str, figure: str, claims: Sequence[bool], aim: Aim = Aim()) -> Finding:
    """Tell how many of some claims are true, in percent."""
    return Finding(study, figure, percent(claims), len(claims), aim, sum(claims))


def at_most(hits: int, n: int, chance: float) -> float:
    """Give the probability of so many hits or fewer."""
    return math.fsum(math.exp(_log_binomial(k, n, chance)) for k in range(hits + 1))


def _log_binomial(k: int, n: int, chance: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(chance) + (n - k) * math.log1p(-chance)


def percent(claims: Sequence[bool]) -> float:
    return 100 * sum(claims) / len(claims)


def median_percent(errors: Sequence[float]) -> float:
    return 100 * median(errors)
