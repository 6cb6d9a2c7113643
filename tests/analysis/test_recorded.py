"""Recorded series against what others found in them; left out where the recordings are not at hand."""

import csv
import gzip
import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import pytest

from civitai_engagement.analysis.curves import HOUR, Curve, CurveStep, count_at, read_off
from civitai_engagement.analysis.shape import HalfLife, Pace, Shape, growth_shape, half_life
from civitai_engagement.analysis.unknown import NotObserved
from studies.worlds import kept

RECORDED = Path(__file__).resolve().parents[2] / ".." / "shared" / "engagement-data"
CREATOR = RECORDED.parent / "civitai-samples" / "engagement-timeseries-2026-02.json"
BORN = datetime(2016, 1, 1, tzinfo=UTC)
HORIZON = 72

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not RECORDED.is_dir(), reason="recordings are not at hand")]


def rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(RECORDED / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@pytest.fixture(scope="module")
def hacker_news() -> list[Curve]:
    """Posts followed from their first three hours to beyond 72 h that had ten points then."""
    born = {row["id"]: datetime.fromisoformat(row["posted_at"]) for row in rows("hn_posts") if row["posted_at"]}
    looks: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for row in rows("hn_snapshots"):
        if row["points"] and row["id"] in born:
            looks[row["id"]].append(
                ((datetime.fromisoformat(row["snap"]) - born[row["id"]]) / HOUR, int(row["points"]))
            )
    seen = {post: sorted(ones) for post, ones in looks.items()}
    followed = [kept(born[post], ones) for post, ones in seen.items() if 0 <= ones[0][0] < 3 and ones[-1][0] > HORIZON]
    assert len(followed) == 861
    return [curve for curve in followed if on_the_line(curve, HORIZON) >= 10]


@pytest.fixture(scope="module")
def news() -> list[Curve]:
    """News with 20 reactions after 48 h, counted every twenty minutes; what was not observed yet is left out."""
    series = [[int(count) for name, count in row.items() if name != "IDLink"] for row in rows(NEWS)]
    return [kept(BORN, observed(counts)) for counts in series if counts[-1] >= 20]


NEWS = "news_feedback_facebook_palestine"


def observed(counts: list[int]) -> list[tuple[float, int]]:
    return [(place / 3, count) for place, count in enumerate(counts, start=1) if count >= 0]


def on_the_line(curve: Curve, hours: float) -> float:
    """Interpolate however far apart the looks are, as the figures compared with were made."""
    points = curve.points()
    place = bisect_right([point.hours for point in points], hours)
    return CurveStep(points[place - 1], points[place]).total_at(hours)


def middle(values: list[float]) -> tuple[float, float, float]:
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], median(values), tenths[8]


def test_shares_at_fixed_ages_are_those_found_by_others(hacker_news: list[Curve]) -> None:
    shares = {
        age: 100 * median(on_the_line(curve, age) / on_the_line(curve, HORIZON) for curve in hacker_news)
        for age in (1, 2, 4, 12, 24)
    }

    assert shares == pytest.approx({1: 8, 2: 17, 4: 34, 12: 75, 24: 94}, abs=0.5)


def test_counts_that_are_given_agree_from_the_age_on_at_which_most_are_given(hacker_news: list[Curve]) -> None:
    shares = {age: given_shares(hacker_news, age) for age in (4, 12, 24)}

    assert {age: len(ones) for age, ones in shares.items()} == {4: 226, 12: 264, 24: 263}
    found = {age: 100 * median(ones) for age, ones in shares.items()}
    assert found == pytest.approx({4: 37.1, 12: 75.2, 24: 94.2}, abs=0.05)


def given_shares(curves: list[Curve], age: float) -> list[float]:
    pairs = [(count_at(curve, age * HOUR), on_the_line(curve, HORIZON)) for curve in curves]
    return [count / total for count, total in pairs if not isinstance(count, NotObserved)]


def test_half_lives_are_those_found_by_others_but_for_the_slowest_posts(hacker_news: list[Curve]) -> None:
    """Others found 1.6, 6.5 and 15.9 h for 262 of these 274 posts."""
    crossed = [crossing(curve, on_the_line(curve, HORIZON) / 2) for curve in hacker_news]
    told = [found for curve in hacker_news if (found := hours_to_half(curve)) is not None]

    assert middle(crossed) == pytest.approx((1.6, 6.5, 17.3), abs=0.05)
    assert (len(hacker_news), len(told)) == (274, 245)
    assert middle(told) == pytest.approx((1.9, 6.6, 18.8), abs=0.05)


def crossing(curve: Curve, total: float) -> float:
    step = next(step for step in curve.steps() if step.end.total >= total)
    return step.start.hours + step.hours * (total - step.start.total) / step.gain


def hours_to_half(curve: Curve, horizon: float = HORIZON) -> float | None:
    found = half_life(curve, horizon * HOUR)
    return found.age / HOUR if isinstance(found, HalfLife) else None


def test_looking_every_four_hours_tells_nearly_the_same(hacker_news: list[Curve]) -> None:
    """Others found 0.22 h between the half-lives, and 0.1 % between the counts at 24 h."""
    pairs = [(curve, seldom(curve, (place + 0.5) / 274)) for place, curve in enumerate(hacker_news)]

    half_lives = [(hours_to_half(curve), hours_to_half(coarse)) for curve, coarse in pairs]
    apart = [abs(one - other) for one, other in half_lives if one is not None and other is not None]
    counts = [(count_at(curve, 24 * HOUR), count_at(coarse, 24 * HOUR)) for curve, coarse in pairs]
    errors = [
        abs(other / one - 1)
        for one, other in counts
        if not isinstance(one, NotObserved) and not isinstance(other, NotObserved)
    ]

    assert (len(apart), len(errors)) == (157, 263)
    assert median(apart) == pytest.approx(0.18, abs=0.005)
    assert 100 * median(errors) == pytest.approx(0.15, abs=0.005)


def seldom(curve: Curve, phase: float) -> Curve:
    """Look at a curve every four hours only."""
    ages = (4 * (phase + tick) for tick in range(20))
    seen = [(age, read_off(curve.points(), age)) for age in ages]
    return kept(curve.published_at, [(age, round(count)) for age, count in seen if not isinstance(count, NotObserved)])


def test_news_reach_half_where_others_found_it(news: list[Curve]) -> None:
    """Others named the first count past half: 14.7 h. The line to it from the count before is a step ahead of that."""
    naive = [first_past_half(curve) for curve in news]
    told = [found for curve in news if (found := hours_to_half(curve, 48)) is not None]

    assert (len(news), len(told)) == (2014, 1613)
    assert (median(naive), median(told)) == pytest.approx((14.7, 14.4), abs=0.05)


def first_past_half(curve: Curve) -> float:
    half = curve.changes[-1].total / 2
    return next(curve.hours_at(change.collected_at) for change in curve.changes if change.total >= half)


def test_most_posts_grow_steadily(hacker_news: list[Curve]) -> None:
    shapes = [growth_shape(curve) for curve in hacker_news]
    paces = Counter(shape.pace for shape in shapes if isinstance(shape, Shape))

    assert paces == {Pace.EARLY: 85, Pace.STEADY: 144, Pace.LATE: 20, Pace.WITHIN_A_DAY: 5}


def shares(age: int, horizon: int) -> list[float]:
    """Tell which share of what each had after so many days it had earlier; of posts with ten points then."""
    born = {row["id"]: datetime.fromisoformat(row["posted_at"]) for row in rows("hn_posts") if row["posted_at"]}
    looks: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for row in rows("hn_snapshots"):
        if row["points"] and row["id"] in born:
            days = (datetime.fromisoformat(row["snap"]) - born[row["id"]]) / (24 * HOUR)
            looks[row["id"]].append((days, int(row["points"])))
    series = [sorted(one) for one in looks.values()]
    long = [one for one in series if one[0][0] <= age and one[-1][0] >= horizon]
    ends = [(last(one, age), last(one, horizon)) for one in long]
    return sorted(early / late for early, late in ends if late >= 10)


def last(series: list[tuple[float, int]], days: float) -> int:
    return series[bisect_right(series, (days, 10**9)) - 1][1]


def test_after_seven_days_a_total_has_practically_settled() -> None:
    week, three_days = shares(7, 30), shares(3, 30)
    assert (len(week), median(week), round(week[len(week) // 20], 2)) == (224, 1.0, 0.97)
    assert round(sum(share >= 0.95 for share in week) / len(week), 2) == 0.97
    assert (round(median(three_days), 2), round(three_days[len(three_days) // 20], 3)) == (0.98, 0.875)


@pytest.mark.skipif(not CREATOR.is_file(), reason="recordings are not at hand")
def test_images_older_than_that_stood_still_while_the_young_ones_moved() -> None:
    recording = json.loads(CREATOR.read_text(encoding="utf-8"))["recordings"][0]
    moved: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for image in {one["id"]: one for one in recording["images"]}.values():
        first, final = image["snapshots"][0], image["snapshots"][-1]
        age = datetime.fromisoformat(first[0]) - datetime.fromisoformat(image["createdAt"])
        name = "old" if age > 168 * HOUR else "between" if age > 24 * HOUR else "young"
        moved[name].append((sum(first[1:]), sum(final[1:]) - sum(first[1:])))
    told = {
        name: (len(ones), sum(had for had, _ in ones), sum(gain for _, gain in ones)) for name, ones in moved.items()
    }
    assert told == {"old": (467, 15_098, 0), "between": (12, 815, 0), "young": (4, 131, 72)}
