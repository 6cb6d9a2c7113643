import math
from dataclasses import replace

import numpy as np
import pytest

from civitai_engagement.modelling.arrays import Mask
from civitai_engagement.modelling.frame import Frame
from civitai_engagement.modelling.models import ComparedModel, ComparedModels, compare_models
from civitai_engagement.records.findings import EffectVerdict

from .test_effects import FIRST, framed

LIFTS = {"good": math.log(1.8), "bad": -math.log(1.8), "plain": 0.0, "alike": 0.0}


def worked(*, creators: int = 40, posts: int = 25) -> tuple[Frame, dict[str, Mask]]:
    """A world whose strong creators use the bad model most."""
    frame = replace(framed(planted=False, creators=creators, posts=posts), parameters=(FIRST,))
    random = np.random.default_rng(1)
    names = np.array(list(LIFTS))
    chosen = random.choice(names, len(frame), p=[0.3, 0.1, 0.3, 0.3])
    strong = frame.creators % 2 == 0
    chosen = np.where(strong & (random.random(len(frame)) < 0.6), "bad", chosen)
    lifts = np.array([LIFTS[name] for name in chosen]) + np.where(strong, math.log(20), 0)
    counts = random.poisson(frame.counts * np.exp(lifts)).astype(np.float64)
    return replace(frame, counts=counts), {name: chosen == name for name in LIFTS}


def row(found: ComparedModels, name: str) -> ComparedModel:
    return next(one for one in found.rows if one.name == name)


@pytest.fixture(scope="module")
def found() -> ComparedModels:
    return compare_models(*worked())


def test_the_naive_mean_praises_what_strong_creators_use_and_ours_does_not(found: ComparedModels) -> None:
    assert (row(found, "bad").raw or 0) > 1 > (row(found, "bad").ratio or 9)
    assert row(found, "bad").verdict is EffectVerdict.LESS
    assert row(found, "good").verdict is EffectVerdict.MORE


def test_ratios_are_drawn_towards_the_mean(found: ComparedModels) -> None:
    for one in found.rows:
        assert (one.low or 0) < (one.ratio or 0) < (one.high or 0)
    assert (row(found, "good").ratio or 0) <= (row(found, "good").within or 0)
    assert found.spread is not None
    assert 0.1 < found.spread < 1.2


def test_of_two_models_the_better_is_told_with_its_chance(found: ComparedModels) -> None:
    assert (found.chance_better("good", "bad") or 0) > 0.99
    assert found.chance_better("good", "unheard of") is None


def test_a_model_that_few_used_has_no_ratio() -> None:
    frame, used = worked()
    rare = np.zeros(len(frame), dtype=bool)
    rare[:15] = True
    lone = frame.creators < 3
    found = compare_models(frame, {**used, "rare": rare, "of few": lone & used["good"]})
    for name in ("rare", "of few"):
        assert (row(found, name).verdict, row(found, name).ratio) == (EffectVerdict.SHORT, None)
    assert row(found, "good").ratio is not None


def test_a_model_that_whole_creators_use_alone_has_nothing_to_stand_beside() -> None:
    frame, used = worked()
    told = row(compare_models(frame, {**used, "exclusive": frame.creators < 20}), "exclusive")
    assert told.sides.media[0] > 100
    assert (told.sides.creators, told.ratio) == (0, None)


def test_own_posts_need_eight_on_either_side() -> None:
    frame, used = worked(creators=1, posts=60)
    found = compare_models(frame, {"good": used["good"], "bad": used["bad"]})
    assert row(found, "good").ratio is None or min(row(found, "good").sides.posts) >= 8


def test_models_that_do_not_differ_are_not_named() -> None:
    frame, used = worked()
    counts = np.random.default_rng(5).poisson(5, len(frame)).astype(np.float64)
    found = compare_models(replace(frame, counts=counts), used)
    assert {one.verdict for one in found.rows} == {EffectVerdict.UNCERTAIN}


def test_nothing_to_compare_is_answered_too() -> None:
    frame, used = worked()
    assert compare_models(frame, {}).rows == []
    none = np.zeros(len(frame), dtype=bool)
    empty = compare_models(frame.only(none), {name: mask[none] for name, mask in used.items()})
    assert {one.verdict for one in empty.rows} == {EffectVerdict.SHORT}
