"""How posts usually grow, learned for each from others: of its creator, or where those are few of all."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice, zip_longest

from civitai_engagement.analysis.curves import Curve
from civitai_engagement.analysis.growth import GrowthCurve, fit_growth, teaches
from civitai_engagement.analysis.unknown import NotEnough
from civitai_engagement.answers.insight.curves import Drawn
from civitai_engagement.records.curves import Brief

LESSONS = 80  # curves that teach how posts usually grow
FEWEST_LESSONS = 10  # of a creator's own; with fewer, those of all; with fewer of all, nothing is known


class UsualGrowth:
    """The usual growth for each of some posts or media; what is measured is never among those it is measured by.

    >>> usual = UsualGrowth(drawn)
    >>> usual.of(brief, age=timedelta(hours=24))
    """

    def __init__(self, drawn: Sequence[Drawn]) -> None:
        self._own: dict[str, dict[int, Curve]] = {}
        for one in drawn:
            if isinstance(one.curve, Curve) and teaches(one.curve):
                self._own.setdefault(creator_of(one.brief), {})[one.brief.id] = one.curve
        in_turn = chain(*zip_longest(*(curves.items() for curves in self._own.values())))
        self._of_all = dict(islice(filter(None, in_turn), LESSONS + 1))
        self._fits: dict[tuple[int, ...], GrowthCurve] = {}

    def of(self, brief: Brief, age: timedelta) -> GrowthCurve | NotEnough:
        """Learn it from others of which enough were observed beyond that age."""
        own = self._own.get(creator_of(brief), {}) if creator_of(brief) else {}
        others = own if _reaching(own, brief, age) >= FEWEST_LESSONS else self._of_all
        reaching = _reaching(others, brief, age)
        if reaching < FEWEST_LESSONS:
            return NotEnough(reaching, FEWEST_LESSONS, "others observed at this age")
        return self._fit(others, brief.id)

    def _fit(self, curves: Mapping[int, Curve], left_out: int) -> GrowthCurve:
        ids = tuple(islice((number for number in curves if number != left_out), LESSONS))
        if ids not in self._fits:
            self._fits[ids] = fit_growth([curves[number] for number in ids])
        return self._fits[ids]


def _reaching(curves: Mapping[int, Curve], brief: Brief, age: timedelta) -> int:
    others = (curve for number, curve in curves.items() if number != brief.id)
    return sum(one.last_observed_at - one.published_at > age for one in others)


def creator_of(brief: Brief) -> str:
    """Name the creator as creators are told apart: in lower case; empty where unknown."""
    return (brief.username or "").lower()
