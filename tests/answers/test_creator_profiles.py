"""How creators do side by side: every figure as a plain count over the same posts says it."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binomtest

from civitai_engagement.analysis.profiles import profile, share_between
from civitai_engagement.answers.why.creator_profiles import ProfiledMedia, answer_of
from civitai_engagement.modelling.success import success_factors
from civitai_engagement.records.features import Features
from civitai_engagement.records.made import AGES, MadeMedia, Sampled
from civitai_engagement.records.media import Counters
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

BORN = datetime(2026, 1, 5, tzinfo=UTC)
COUNTERS = Counters(like=60, heart=30, laugh=6, cry=4, dislike=None, comment=25)


def posts(
    creator: str = "Ana", *, count: int = 40, level: float = 30.0, days: float = 2.0, seed: int = 1
) -> list[MadeMedia]:
    random = Random(seed)
    return [_media(creator, place, level * random.lognormvariate(0, 0.5), days) for place in range(count)]


def _media(creator: str, place: int, total: float, days: float) -> MadeMedia:
    counts = dict.fromkeys(AGES) | {"at_24h": round(total * 0.8), "at_72h": round(total)}
    born = BORN + timedelta(days=days * place)
    kind, level = ("video", 4) if place % 4 == 0 else ("image", 1)
    sampled = Sampled(tuple(counts.values()))
    return MadeMedia(place, place, creator, born, kind, level, 1, 1, Features(has_parameters=False), sampled, born)


def totals(media: Sequence[MadeMedia]) -> list[float]:
    return [one.sampled.counts[list(AGES).index("at_72h")] or 0.0 for one in media]


def test_each_figure_is_what_a_plain_count_says() -> None:
    media = posts()
    found = profile("Ana", media, COUNTERS)
    assert found
    counts = totals(media)
    logs = [math.log1p(one) for one in counts]
    assert found.posts == 40
    assert found.level == median(counts)
    assert (found.low or 99) < median(counts) < (found.high or 0)
    assert found.a_week == pytest.approx(3.5)
    assert found.irregular == pytest.approx(1.0)
    assert found.spread == pytest.approx(1.4826 * median(abs(one - median(logs)) for one in logs))
    assert found.first_day == pytest.approx(sum(round(0.8 * one) for one in counts) / sum(counts), abs=0.02)
    assert found.mix == {"like": 0.6, "heart": 0.3, "laugh": 0.06, "cry": 0.04}
    assert found.comments_per_100 == 25
    assert found.top_share == pytest.approx(sum(sorted(counts)[-4:]) / sum(counts))
    assert (found.video, found.restricted, found.post_size) == (0.25, 0.25, 1)


def test_growth_is_what_the_level_is_multiplied_by_in_thirty_days() -> None:
    grown = [_media("Ana", place, 1_000 * 2 ** (place / 15), 2.0) for place in range(40)]
    found = profile("Ana", grown, None)
    assert found
    assert found.growth == pytest.approx(2.0, rel=0.01)
    assert found.mix is None


def test_under_ten_posts_there_is_no_profile() -> None:
    assert profile("Ana", posts(count=9), COUNTERS) is None


def test_the_share_between_creators_is_found() -> None:
    random = Random(4)
    groups = []
    for _ in range(200):
        own = random.gauss(0, 1)
        groups.append([own + random.gauss(0, 1) for _ in range(12)])
    assert share_between(groups) == pytest.approx(0.5, abs=0.07)
    assert share_between([[random.gauss(0, 1) for _ in range(12)] for _ in range(200)]) == pytest.approx(0, abs=0.02)


def worlds(count: int) -> int:
    """Count worlds in which a factor is named though none matters; levels differ in how sure they are."""
    named = 0
    for seed in range(1, count + 1):
        random = np.random.default_rng(seed)
        factors = {str(place): list(random.lognormal(0, 1, 80)) for place in range(3)}
        factors |= {str(place): list(random.binomial(1, 0.2, 80).astype(float)) for place in range(3, 6)}
        levels = random.normal(0, 1, 80) * np.exp(0.4 * random.normal(0, 1, 80))
        named += any(one.is_named for one in success_factors(list(levels), factors))
    return named


def test_factors_name_nothing_where_nothing_is_in_two_hundred_worlds() -> None:
    named = worlds(200)
    assert binomtest(named, 200, 0.05, "greater").pvalue >= 0.01, named


def test_a_factor_that_matters_is_named_from_sixty_creators_on() -> None:
    random = np.random.default_rng(2)
    one, other = random.normal(0, 1, 80), random.normal(0, 1, 80)
    levels = 3 + 0.6 * one + random.normal(0, 0.8, 80)
    named = {row.name: row for row in success_factors(list(levels), {"one": list(one), "other": list(other)})}
    assert named["one"].is_named
    assert named["one"].low < math.exp(0.6 * one.std()) < named["one"].high
    assert not named["other"].is_named
    assert success_factors(list(levels[:59]), {"one": list(one[:59])}) == []


def test_creators_are_told_side_by_side_the_highest_first_and_no_recipe() -> None:
    media = {"ana": posts(), "bo": posts("Bo", level=90, seed=2), "cy": posts("Cy", count=5)}
    told = answer_of(ProfiledMedia(media, {"ana": COUNTERS}), 10)
    assert [one.creator for one in told.creators] == ["Bo", "Ana"]
    assert told.summary.startswith("Of 2 creators with 10 posts or more, Bo has the highest level (")
    assert "of how much posts differ is who posted" in told.summary
    assert told.creators[1].mix
    assert "Description of who does well, not a recipe: those who gave up are not here." in told.notes
    assert any(note.startswith("Factors take 60 creators; here are 2") for note in told.notes)
    assert any(note.startswith("1 creator with fewer than 10 posts") for note in told.notes)


async def test_profiles_are_read_from_the_database(house: "House") -> None:
    grown = [
        Grown(
            n, post=n, born=START + timedelta(hours=n), likes=((1, n), (24, 2 * n), (72, 3 * n)), seen_to=80, comments=n
        )
        for n in range(1, 31)
    ]
    await write(house.database_url, grown)
    house.advance(days=9)
    await house.tick()
    told = await house.good("profile_creators", creators=["Ana"])
    [ana] = told["creators"]
    assert ana["posts"] == 30
    assert ana["level"] == pytest.approx(46.5)
    assert ana["mix"]["like"] == 1.0
    assert ana["comments_per_100"] == pytest.approx(100 / 3, rel=0.01)


async def test_where_nothing_is_known_at_72_hours_yet_that_is_said(house: "House") -> None:
    nobody = await house.call("profile_creators")
    assert nobody.is_error
    await write(house.database_url, [Grown(1, post=1, born=START, likes=((1, 4),), seen_to=2)])
    told = await house.good("profile_creators")
    assert told["summary"] == "No creator has 10 posts whose count at 72 h of age is known."
