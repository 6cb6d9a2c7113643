import math
from dataclasses import replace

import numpy as np
import pytest

from civitai_engagement.modelling.effects import Effect, Effects, effects
from civitai_engagement.modelling.frame import Frame, Parameter
from civitai_engagement.records.findings import EffectVerdict, Measure

FIRST = Parameter("first of its post", Measure.FLAG, is_control=True)
STEPS = Parameter("steps", Measure.DOUBLING)
HIRES = Parameter("hires", Measure.FLAG)
SAMPLER = Parameter("sampler", Measure.CHOICE, labels=("a", "b", "c", "rare"))
ODD = Parameter("odd seed", Measure.FLAG, is_null_check=True)
LOGS = {"steps": math.log(1.4), "hires": math.log(1.5)}


def framed(
    seed: int = 1, *, creators: int = 40, posts: int = 25, planted: bool = True, extra: tuple[Parameter, ...] = ()
) -> Frame:
    random = np.random.default_rng(seed)
    count = creators * posts
    post = np.repeat(np.arange(count), random.integers(1, 4, count))
    creator = post // posts
    size = len(post)
    first = np.r_[True, post[1:] != post[:-1]].astype(np.float64)
    values = {
        "first of its post": first,
        "steps": random.choice([10.0, 20, 40], size),
        "hires": random.integers(0, 2, size).astype(np.float64),
        "sampler": random.choice([0.0, 1, 2, 3], size, p=[0.5, 0.3, 0.195, 0.005]),
        "odd seed": random.integers(0, 2, size).astype(np.float64),
    }
    lift = np.log2(values["steps"]) * LOGS["steps"] + values["hires"] * LOGS["hires"] if planted else np.zeros(size)
    lift = lift + 0.3 * first + random.normal(0, 0.5, count)[post] + random.normal(2, 1, creators)[creator]
    counts = random.poisson(np.exp(lift)).astype(np.float64)
    days = random.uniform(0, 180, count)[post]
    return Frame(counts, post, creator, days, values, (FIRST, STEPS, HIRES, SAMPLER, ODD, *extra))


def row(found: Effects, name: str, label: str = "") -> Effect:
    return next(one for one in found.rows if (one.parameter.name, one.label) == (name, label))


@pytest.fixture(scope="module")
def found() -> Effects:
    return effects(framed())


@pytest.mark.parametrize(("name", "ratio"), [("steps", 1.4), ("hires", 1.5), ("first of its post", math.exp(0.3))])
def test_planted_ratios_come_back_and_are_named(found: Effects, name: str, ratio: float) -> None:
    told = row(found, name)
    assert told.ratio == pytest.approx(ratio, rel=0.08)
    assert 1 < (told.low or 0) < (told.ratio or 0) < (told.high or 0) < 1.3 * ratio
    assert told.verdict is EffectVerdict.MORE


def test_what_does_nothing_is_not_named(found: Effects) -> None:
    assert {one.parameter.name for one in found.named} == {"steps", "hires", "first of its post"}
    assert row(found, "sampler", "a").verdict is EffectVerdict.UNCERTAIN
    assert not found.is_suspect


def test_every_row_that_was_tested_counts_shown_or_not(found: Effects) -> None:
    tested = [one for one in found.rows if one.chance is not None]
    assert found.tested == len(tested) == 7
    smallest = min(one.chance or 0 for one in tested if one.verdict is EffectVerdict.UNCERTAIN)
    assert all((one.false_share or 0) >= (one.chance or 0) for one in tested)
    assert smallest < 1


def test_a_level_used_too_little_has_no_number(found: Effects) -> None:
    rare = row(found, "sampler", "rare")
    assert (rare.verdict, rare.ratio, rare.chance) == (EffectVerdict.SHORT, None, None)
    assert rare.sides.media[0] < 20


def test_what_is_always_used_together_cannot_be_told_apart() -> None:
    frame = framed()
    both = Parameter("upscaler", Measure.FLAG)
    values = {**frame.values, "upscaler": frame.values["hires"].copy()}
    found = effects(replace(frame, values=values, parameters=(*frame.parameters, both)))
    assert (row(found, "hires").verdict, row(found, "hires").alias) == (EffectVerdict.ALIASED, "upscaler")
    assert (row(found, "upscaler").alias, row(found, "upscaler").ratio) == ("hires", None)
    assert row(found, "steps").verdict is EffectVerdict.MORE


def test_a_number_that_follows_another_cannot_be_told_apart() -> None:
    frame = framed()
    longer = Parameter("duration", Measure.DOUBLING)
    near = frame.values["steps"] * np.random.default_rng(5).uniform(0.95, 1.05, len(frame))
    found = effects(replace(frame, values={**frame.values, "duration": near}, parameters=(*frame.parameters, longer)))
    assert {row(found, name).alias for name in ("steps", "duration")} == {"steps", "duration"}


def test_what_few_tell_is_asked_of_those_that_tell_it() -> None:
    frame = framed()
    denoise = Parameter("denoise", Measure.UNIT)
    values = np.random.default_rng(4).choice([0.3, 0.5], len(frame))
    values[np.arange(len(frame)) % 3 > 0] = np.nan
    found = effects(replace(frame, values={**frame.values, "denoise": values}, parameters=(*frame.parameters, denoise)))
    assert row(found, "denoise").sides.media[0] + row(found, "denoise").sides.media[1] == np.isfinite(values).sum()
    assert sum(row(found, "steps").sides.media) == len(frame)
    assert len(found.rows) == len(effects(frame).rows) + 1


def test_what_nearly_all_tell_is_asked_together_though_some_things_are_known_of_every_media() -> None:
    """Else sampler and LoRA would not be held equal while steps are asked about, for sizes are known of everything."""
    frame = framed()
    silent = np.arange(len(frame)) % 8 == 0
    size = Parameter("megapixels", Measure.DOUBLING)
    values = {name: np.where(silent & (name != "first of its post"), np.nan, one) for name, one in frame.values.items()}
    values["megapixels"] = np.random.default_rng(6).choice([0.5, 1.0, 2.0], len(frame))
    found = effects(replace(frame, values=values, parameters=(*frame.parameters, size)))
    assert {sum(one.sides.media) for one in found.rows} == {(~silent).sum()}


def test_media_that_tell_nothing_are_left_out_of_what_they_do_not_tell() -> None:
    frame = framed()
    silent = np.arange(len(frame)) % 5 == 0
    values = {name: np.where(silent & (name != "first of its post"), np.nan, one) for name, one in frame.values.items()}
    found = effects(replace(frame, values=values))
    assert sum(row(found, "steps").sides.media) == (~silent).sum()
    assert row(found, "steps").verdict is EffectVerdict.MORE


def test_one_creator_with_few_posts_hears_what_could_have_been_seen() -> None:
    found = effects(framed(creators=1, posts=60, planted=False))
    assert not found.named
    assert found.creators == 1
    assert 1.2 < (found.visible or 0) < 4


def test_media_of_a_post_are_not_independent() -> None:
    """Every media twice tells nothing new: were media the unit, errors would shrink by the root of two."""
    frame = framed(creators=1, posts=120)
    twice = np.repeat(np.arange(len(frame)), 2)
    doubled = Frame(
        frame.counts[twice],
        frame.posts[twice],
        frame.creators[twice],
        frame.days[twice],
        {name: one[twice] for name, one in frame.values.items()},
        frame.parameters,
    )
    once, again = (row(effects(one), "steps") for one in (frame, doubled))
    assert math.log((again.high or 0) / (again.low or 1)) == pytest.approx(math.log((once.high or 0) / (once.low or 1)))


def test_creators_that_differ_in_level_and_habit_do_not_confound() -> None:
    frame = framed(planted=False)
    strong = frame.creators >= 20
    hires = np.random.default_rng(9).random(len(frame)) < np.where(strong, 0.8, 0.2)
    values = {**frame.values, "hires": hires.astype(np.float64)}
    found = effects(replace(frame, counts=frame.counts * np.where(strong, 10, 1), values=values))
    assert row(found, "hires").verdict is EffectVerdict.UNCERTAIN
    assert (row(found, "hires").high or 0) < 1.3


def test_a_number_that_cannot_matter_but_seems_to_makes_the_answer_suspect() -> None:
    frame = framed()
    found = effects(replace(frame, counts=frame.counts * np.where(frame.values["odd seed"] > 0, 2, 1)))
    assert row(found, "odd seed").verdict is EffectVerdict.MORE
    assert found.is_suspect


def test_runaway_posts_blur_the_ratio_and_not_the_verdict() -> None:
    frame = framed()
    counts = frame.counts.copy()
    counts[np.random.default_rng(3).integers(0, len(frame), 6)] *= 300
    told = row(effects(replace(frame, counts=counts)), "hires")
    assert told.verdict is EffectVerdict.MORE
    assert told.blurred or (told.low or 0) > 1


def test_blocks_without_a_reaction_are_counted_and_left_out() -> None:
    frame = framed()
    counts = np.where(frame.creators < 3, 0.0, frame.counts)
    found = effects(replace(frame, counts=counts))
    assert found.silent_media == (frame.creators < 3).sum()
    assert found.creators == 37


def test_no_media_and_hardly_any_are_answered_too() -> None:
    none = framed().only(np.zeros(len(framed()), dtype=bool))
    assert (effects(none).tested, effects(none).named, effects(none).visible) == (0, [], None)
    few = framed(creators=1, posts=3)
    assert {one.verdict for one in effects(few).rows} <= {EffectVerdict.SHORT}


def test_a_number_most_of_which_have_its_largest_value_is_compared_all_the_same() -> None:
    frame = framed()
    steps = np.where(np.arange(len(frame)) % 10 < 3, 20.0, 30.0)
    told = row(effects(replace(frame, values={**frame.values, "steps": steps})), "steps")
    assert told.sides.media[0] > 2 * told.sides.media[1] > 0
    assert told.ratio is not None
