"""What gained in a window, measured and put in order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from civitai_engagement.analysis.movers import YOUNG, By, Movement, ranked
from civitai_engagement.analysis.unknown import NotObserved
from civitai_engagement.answers.insight.curves import Drawn
from civitai_engagement.records.curves import Rising

CANDIDATES = 40  # what gained most in the window, to be measured closely
TOO_LITTLE = "too little was looked to say that it gained in this window"
BRIEF = "observed for less than half an hour"


@dataclass(frozen=True, slots=True)
class FoundMovers:
    """What gained, as drawn, in the order of its gain; the creators' other posts; what each gained, by id.

    `rising` says how many gained in all.
    """

    drawn: Sequence[Drawn]
    peers: Mapping[str, Sequence[Drawn]]
    movements: Mapping[int, Movement | NotObserved]
    rising: Rising

    def ranked(self, by: By) -> list[tuple[Drawn, Movement]]:
        """Order what can be measured so, greatest first."""
        by_movement = {id(self.movements[one.brief.id]): one for one in self.drawn}
        measured = [one for one in self.movements.values() if isinstance(one, Movement) and one.gain.amount > 0]
        return [(by_movement[id(movement)], movement) for movement in ranked(measured, by)]

    @property
    def is_capped(self) -> bool:
        """Say whether more gained than were measured closely."""
        return self.rising.number - self.rising.young > CANDIDATES

    @property
    def untold(self) -> "Counter[str]":
        """Count why it cannot be said of some that they gained in the window."""
        told = Counter(
            one.curve.reason if isinstance(one.curve, NotObserved) else TOO_LITTLE
            for one in self.drawn
            if isinstance(moved := self.movements[one.brief.id], NotObserved) or moved.gain.amount <= 0
        )
        return told + Counter({TOO_LITTLE: self.rising.unplaced})

    def unranked(self, by: By) -> "Counter[str]":
        """Count why some that gained are not ranked so."""
        young = Counter({YOUNG: self.rising.young})
        gained = [one for one in self.movements.values() if isinstance(one, Movement) and one.gain.amount > 0]
        left = [one for one in gained if one.measured(by) is None]
        return young + Counter(BRIEF if by is By.PER_HOUR else one.times_expected.reason or "" for one in left)
