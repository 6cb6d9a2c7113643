"""How counters grow: pure functions of age, so that the truth at any instant can be computed."""

import math
from dataclasses import asdict, dataclass
from datetime import timedelta
from random import Random
from typing import Protocol

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """The six counters of one media; `dislike` is always 0 on Civitai.

    >>> Counts(like=5).wire()["likeCount"]
    5
    """

    like: int = 0
    heart: int = 0
    laugh: int = 0
    cry: int = 0
    dislike: int = 0
    comment: int = 0

    @property
    def reactions(self) -> int:
        return self.like + self.heart + self.laugh + self.cry

    def wire(self) -> dict[str, int]:
        """The counters as Civitai names and orders them."""
        return {f"{name}Count": getattr(self, name) for name in ("cry", "laugh", "like", "dislike", "heart", "comment")}


class Curve(Protocol):
    """The share of its total that a counter has reached at an age."""

    def share(self, age: timedelta) -> float:
        """Say the share, 0 at birth, never falling."""
        ...


@dataclass(frozen=True, slots=True)
class LogLogistic:
    """Half of the total is there at `half`; larger `steepness` means a sharper start."""

    half: timedelta
    steepness: float

    def share(self, age: timedelta) -> float:
        return 0.0 if age <= timedelta() else 1 / (1 + (self.half / age) ** self.steepness)


@dataclass(frozen=True, slots=True)
class Weibull:
    """Reaches 63 % of its total at `scale`, and all of it soon after."""

    scale: timedelta
    shape: float

    def share(self, age: timedelta) -> float:
        return 0.0 if age <= timedelta() else 1 - math.exp(-((age / self.scale) ** self.shape))


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Never stops: its total is what it has at 30 days."""

    exponent: float

    def share(self, age: timedelta) -> float:
        return 0.0 if age <= timedelta() else (age / (30 * DAY)) ** self.exponent


def any_curve(random: Random) -> Curve:
    """Draw one of the three shapes, and its pace."""
    match random.randrange(3):
        case 0:
            return LogLogistic(random.uniform(2, 10) * HOUR, random.uniform(0.9, 1.4))
        case 1:
            return Weibull(random.uniform(6, 24) * HOUR, random.uniform(0.6, 0.9))
        case _:
            return PowerLaw(random.uniform(0.15, 0.35))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """From age `after` on, `share` of all reactions is taken back: the counters fall."""

    after: timedelta
    share: float


@dataclass(frozen=True, slots=True)
class Growth:
    """The whole life of one media's counters.

    `rounding` is added before counts are cut to whole numbers: drawn from 0 to 1, it makes them true on average.

    >>> Growth(Counts(like=100), Weibull(DAY, 1.0)).counts(DAY).like
    63
    """

    totals: Counts
    curve: Curve
    withdrawal: Withdrawal | None = None
    rounding: float = 0.0

    def counts(self, age: timedelta) -> Counts:
        share, up = self.curve.share(age), self.rounding
        kept = 1 - self.withdrawal.share if self.withdrawal and age >= self.withdrawal.after else 1.0
        reacted, totals = share * kept, self.totals
        return Counts(
            like=int(totals.like * reacted + up),
            heart=int(totals.heart * reacted + up),
            laugh=int(totals.laugh * reacted + up),
            cry=int(totals.cry * reacted + up),
            comment=int(totals.comment * share + up),
        )

    def told(self) -> dict[str, object]:
        """The parameters of this growth, for whoever asks for the truth."""
        withdrawal = self.withdrawal and {"after_hours": _hours(self.withdrawal.after), "share": self.withdrawal.share}
        return {"totals": asdict(self.totals), "curve": _told(self.curve), "withdrawal": withdrawal}


@dataclass(frozen=True, slots=True)
class Pinned:
    """Counters that stand still, whatever the age."""

    totals: Counts

    def counts(self, age: timedelta) -> Counts:
        del age
        return self.totals

    def told(self) -> dict[str, object]:
        return {"totals": asdict(self.totals), "curve": {"shape": "pinned"}, "withdrawal": None}


def _told(curve: Curve) -> dict[str, object]:
    match curve:
        case LogLogistic(half, steepness):
            return {"shape": "log-logistic", "half_hours": _hours(half), "steepness": steepness}
        case Weibull(scale, shape):
            return {"shape": "weibull", "scale_hours": _hours(scale), "shape_parameter": shape}
        case PowerLaw(exponent):
            return {"shape": "power law", "exponent": exponent}
    return {"shape": type(curve).__name__}


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
