from datetime import UTC, datetime
from math import log1p

from civitai_engagement.analysis.baseline import Baseline, Rating
from civitai_engagement.analysis.curves import HOUR, Curve
from civitai_engagement.analysis.gains import Gain
from civitai_engagement.analysis.growth import GrowthCurve
from civitai_engagement.analysis.movers import By, Movement, against_own, moved, ranked
from civitai_engagement.analysis.ratios import Ratio
from civitai_engagement.analysis.unknown import NotEnough, NotObserved
from studies.worlds import kept

BORN = datetime(2026, 5, 1, 12, tzinfo=UTC)
GROWTH = GrowthCurve((0, log1p(24), log1p(48)), (0, 60, 90))  # half as much again on the second day
QUIET = Ratio(None, "fewer than 10 before the window: too few to expect a number")


def at(hours: float) -> datetime:
    return BORN + hours * HOUR


def grown(by_day: int, by_two: int) -> Curve:
    return kept(BORN, [(24, by_day), (48, by_two), (72, by_two)])


def second_day(curve: Curve) -> Movement:
    movement = moved(curve, at(24), at(48), GROWTH)
    assert isinstance(movement, Movement)
    return movement


def test_a_gain_is_measured_by_what_is_usual_at_its_age() -> None:
    assert second_day(grown(50, 100)) == Movement(Gain(at(24), at(48), 50), 24 * HOUR, 48 * HOUR, Ratio(2))


def test_nothing_is_expected_of_what_was_quiet_before_or_has_ended() -> None:
    ended = moved(grown(50, 100), at(48), at(72), GROWTH)

    assert second_day(grown(9, 100)).times_expected == QUIET
    young = moved(grown(50, 100), at(0), at(24), GROWTH)
    assert isinstance(young, Movement)
    assert young.times_expected == Ratio(None, "came out in the window: nothing is expected yet")
    assert isinstance(ended, Movement)
    assert ended.times_expected == Ratio(None, "nothing more is usual at this age")


def test_what_was_not_looked_at_has_not_moved_as_far_as_is_known() -> None:
    assert isinstance(moved(grown(50, 100), at(80), at(90), GROWTH), NotObserved)


def test_a_gain_is_measured_by_the_creators_others_between_the_same_ages() -> None:
    others = [grown(20, 20 + gain) for gain in range(1, 12)]
    unseen = kept(BORN, [(24, 5)])

    rating = against_own(second_day(grown(50, 110)), [*others, unseen])

    assert rating == Rating(10, 60 / 9, 20, beaten=11, baseline=Baseline(11, 6, 3, 9))
    assert against_own(second_day(grown(50, 110)), others[:6]) == NotEnough(6, 10)


def test_the_creators_others_that_moved_count_as_much_as_those_that_did_not() -> None:
    movement = second_day(grown(50, 110))
    still = [kept(BORN, [(10, 20), (70, 20)]) for _ in range(6)]
    moving = [kept(BORN, [(10, 20), (70, 80)]) for _ in range(8)]

    rating = against_own(movement, [*still, *moving])

    assert isinstance(rating, Rating)
    assert (rating.baseline.n, rating.baseline.median) == (14, 24)  # a reaction an hour, for a day


def test_movers_are_ordered_by_what_is_asked_for_and_the_unmeasured_left_out() -> None:
    large, fast, quiet = (second_day(grown(*counts)) for counts in ((500, 700), (20, 120), (2, 9)))

    assert ranked([quiet, fast, large], By.GAIN) == [large, fast, quiet]
    assert ranked([quiet, fast, large], By.AGE) == [fast, large]
    brief = moved(kept(BORN, [(24, 50), (25, 60)]), at(24), at(48), GROWTH)
    assert isinstance(brief, Movement)
    assert ranked([large, brief], By.PER_HOUR) == [brief, large]


def test_under_one_and_without_others_nothing_is_expected() -> None:
    slow = GrowthCurve((0, log1p(24), log1p(48)), (0, 60, 60.1))
    little = moved(grown(50, 100), at(24), at(48), slow)
    alone = moved(grown(50, 100), at(24), at(48), NotEnough(2, 10, "others observed at this age"))

    assert isinstance(little, Movement)
    assert little.times_expected == Ratio(None, "less than 1 more is usual at this age")
    assert isinstance(alone, Movement)
    assert alone.times_expected.reason == "fewer than 10 others observed at this age to learn from what is usual"
