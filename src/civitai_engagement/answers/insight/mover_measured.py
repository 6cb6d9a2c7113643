"""One mover as it was measured, before it is told."""

from dataclasses import dataclass
from datetime import timedelta

from civitai_engagement.analysis.baseline import Rating
from civitai_engagement.analysis.gains import Gain
from civitai_engagement.analysis.movers import Movement
from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.answers.answer import more
from civitai_engagement.records.curves import Brief


@dataclass(frozen=True, slots=True)
class MeasuredMover:
    """What moved, how, and how that is against its creator's own; None: the creator's others were not looked at."""

    brief: Brief
    movement: Movement
    own: Rating | NotEnough | None

    @property
    def gain(self) -> Gain:
        return self.movement.gain

    @property
    def age(self) -> timedelta:
        return self.movement.to_age

    @property
    def times_expected(self) -> float | None:
        return self.movement.times_expected.value

    @property
    def rating(self) -> Rating | None:
        return self.own if isinstance(self.own, Rating) else None

    @property
    def own_n(self) -> int | None:
        """Give how many others its usual rests on, or how few there were."""
        return self.rating.baseline.n if self.rating else self.own.n if isinstance(self.own, NotEnough) else None

    @property
    def remark(self) -> str | None:
        """Say what makes the gain less sure."""
        gain = self.gain
        said = {
            f"{gain.fell:,} taken back meanwhile": gain.fell,
            "not observed for much of it": gain.has_gap,
            f"{more(gain.unplaced)} may have come before": gain.unplaced,
            f"{gain.joined:,} of media first seen late not counted in": gain.joined,
            "own usual gain at this age is 0": self.rating and not self.rating.baseline.median,
        }
        return "; ".join(words for words, holds in said.items() if holds) or None
