import math
from collections import Counter, defaultdict
from random import Random
from statistics import mean, pstdev

import httpx
import pytest

from civitai_engagement.civitai.metadata import normalise
from civitai_engagement.sandbox import Growth, Item, World, WorldName, create_app, phrases
from civitai_engagement.sandbox.planted import EFFECTS, PLANS, poisson

pytestmark = pytest.mark.slow  # eight worlds of 1,860 posts
NAMES = list(PLANS)


@pytest.fixture(scope="module")
def worlds() -> dict[WorldName, World]:
    return {name: World.planted(name, seed=100_000) for name in NAMES}


def test_the_same_seed_plants_the_same_world() -> None:
    first, again, other = (World.planted(WorldName.PLANTED, seed=seed) for seed in (100_001, 100_001, 100_002))
    assert [item.meta for item in first.items] == [item.meta for item in again.items]
    assert [world.truth(102_000_001) for world in (first, again)] == [first.truth(102_000_001)] * 2
    assert [item.meta for item in first.items] != [item.meta for item in other.items]


@pytest.mark.parametrize("name", NAMES)
def test_every_world_has_sixty_creators_and_its_posts(worlds: dict[WorldName, World], name: WorldName) -> None:
    world = worlds[name]
    posts = Counter(post.username for post in world.posts.values())
    assert (len(posts), posts.total()) == (60, 1_860)
    assert min(posts.values()) >= 5
    assert world.effects == PLANS[name].effects
    coming = [post for post in world.posts.values() if post.published_at > world.now()]
    assert 0 < len(coming) < 200


def test_ids_rise_with_time(worlds: dict[WorldName, World]) -> None:
    dates = [post.published_at for _, post in sorted(worlds[WorldName.NULL].posts.items())]
    assert dates == sorted(dates)


def test_shown_metadata_tell_the_recipe_that_worked(worlds: dict[WorldName, World]) -> None:
    """Read by the product's own reader: whatever is shown, in any form, says exactly what has an effect."""
    told = 0
    for item in list(worlds[WorldName.PLANTED].items)[::7]:
        shown = normalise(item.meta, model_version_ids=item.model_version_ids)
        if shown is None:
            continue
        told += 1
        effects = dict(item.effects or {})
        assert effects.pop("steps, per doubling", 1.0) == pytest.approx(1.3 ** math.log2((shown.steps or 0) / 20))
        assert ("sampler DPM++ SDE" in effects) == (shown.sampler == "DPM++ SDE")
        loras = [one for one in shown.resources if one.type == "lora"]
        names = {(one.name or "").removesuffix(".safetensors") for one in loras} | {
            str(one.version_id) for one in loras
        }
        assert ("lora softLight" in effects) == bool(names & {"softLight", "520001"})
        assert {phrase for phrase in phrases.EFFECTS if phrase in effects} == {
            phrase for phrase in (shown.prompt or "").split(", ") if phrase in phrases.EFFECTS
        }
    assert told > 500


def test_media_of_a_post_mostly_share_a_recipe_and_creators_keep_their_habits(worlds: dict[WorldName, World]) -> None:
    world = worlds[WorldName.NULL]
    same, pairs = 0, 0
    steps: dict[str | None, list[float]] = defaultdict(list)
    for post in world.posts:
        told = [item.meta["steps"] for item in world.items_of(post) if item.meta]
        same += sum(one == told[0] for one in told[1:])
        pairs += len(told[1:])
        steps[world.posts[post].username] += [math.log2(one) for one in told]
    assert same / pairs > 0.5
    within = mean(pstdev(values) for values in steps.values())
    assert pstdev([one for values in steps.values() for one in values]) > 1.1 * within


def _reactions(item: Item) -> int:
    return item.counters.totals.reactions


def _lift(world: World, wanted: str) -> float:
    """The logarithm of what one planted factor does to counts, without all others, by the same creators' media."""
    having: dict[str | None, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for item in world.items:
        effects = dict(item.effects or {})
        own = effects.pop(wanted, None)
        logarithm = math.log(_reactions(item) / math.prod(effects.values()) + 0.5)
        having[item.username][own is not None].append(logarithm)
    both = [one for one in having.values() if one[True] and one[False]]
    sizes = [min(len(one[True]), len(one[False])) for one in both]
    lifts = [mean(one[True]) - mean(one[False]) for one in both]
    return sum(size * lift for size, lift in zip(sizes, lifts, strict=True)) / sum(sizes)


@pytest.mark.parametrize("effect", ["sampler DPM++ SDE", "hires", "video", "first of its post"])
def test_the_planted_factors_are_in_the_counts(worlds: dict[WorldName, World], effect: str) -> None:
    assert _lift(worlds[WorldName.PLANTED], effect) == pytest.approx(math.log(EFFECTS[effect]), abs=0.15)


def test_nothing_is_planted_in_the_null_world(worlds: dict[WorldName, World]) -> None:
    assert not any(item.effects for item in worlds[WorldName.NULL].items)


def test_strong_creators_use_more_steps_where_creators_confound(worlds: dict[WorldName, World]) -> None:
    def apart(name: WorldName) -> float:
        world = worlds[name]
        loud = [(math.log(_reactions(item) + 1), math.log2(item.meta["steps"])) for item in world.items if item.meta]
        middle = mean(level for level, _ in loud)
        return mean(s for level, s in loud if level > middle) - mean(s for level, s in loud if level <= middle)

    assert apart(WorldName.CONFOUNDED_CREATOR) > 0.15 > abs(apart(WorldName.NULL))


def test_one_lora_goes_with_the_strongest_base_where_models_confound(worlds: dict[WorldName, World]) -> None:
    used = Counter(
        (item.base_models or ("",))[0]
        for item in worlds[WorldName.CONFOUNDED_MODEL].items
        if "softLight" in str(item.meta) or "520001" in str(item.meta)
    )
    assert used["Illustrious"] > 0.8 * used.total()


def test_levels_grow_and_base_models_change_where_time_drifts(worlds: dict[WorldName, World]) -> None:
    world = worlds[WorldName.DRIFT]
    items = sorted(world.items, key=lambda item: item.id)
    early, late = items[: len(items) // 4], items[-len(items) // 4 :]
    shares = [mean((item.base_models or ("",))[0] == "Illustrious" for item in part) for part in (early, late)]
    assert shares[0] + 0.3 < shares[1]
    levels = [mean(math.log(_reactions(item) + 0.5) for item in part) for part in (early, late)]
    assert levels[1] - levels[0] > math.log(2)


def test_flops_vanish_where_only_survivors_stay(worlds: dict[WorldName, World]) -> None:
    world = worlds[WorldName.SURVIVORS]
    gone = [_reactions(item) for item in world.items if item.absences]
    stayed = [_reactions(item) for item in world.items if not item.absences]
    assert len(gone) > 50
    assert mean(gone) < mean(stayed) / 2
    assert not any(item.absences for item in worlds[WorldName.PLANTED].items)


def test_a_few_posts_run_away_in_a_viral_world(worlds: dict[WorldName, World]) -> None:
    spread = {name: max(map(_reactions, worlds[name].items)) for name in (WorldName.VIRAL, WorldName.PLANTED)}
    assert spread[WorldName.VIRAL] > 4 * spread[WorldName.PLANTED]


def test_copied_phrases_stand_beside_their_originals(worlds: dict[WorldName, World]) -> None:
    prompts = [str(item.meta["prompt"]).split(", ") for item in worlds[WorldName.PLANTED].items if item.meta]
    for original, copy in phrases.COPIES.items():
        both = sum(original in prompt and copy in prompt for prompt in prompts)
        assert both > 0.9 * sum(original in prompt for prompt in prompts) > 20
        assert both == sum(copy in prompt for prompt in prompts)


def test_counts_are_true_on_average_however_small() -> None:
    random = Random(1)
    for wanted in (0.3, 4.0, 80.0):
        assert mean(poisson(random, wanted) for _ in range(4000)) == pytest.approx(wanted, rel=0.08)


def test_a_share_of_a_growth_is_rounded_up_as_often_as_its_fraction(worlds: dict[WorldName, World]) -> None:
    """Were counts always cut, small ones would be too small, and ratios between small and large ones too large."""
    world = worlds[WorldName.NULL]
    items = [item for item in world.items if item.published_at and item.published_at < world.now()]
    shown, true = 0.0, 0.0
    for item in items:
        age = world.now() - (item.published_at or world.now())
        assert isinstance(item.counters, Growth)
        shown += item.counts(world.now()).reactions
        true += item.counters.totals.reactions * item.counters.curve.share(age)
    assert shown == pytest.approx(true, rel=0.01)


async def test_the_truth_door_tells_what_is_planted(worlds: dict[WorldName, World]) -> None:
    transport = httpx.ASGITransport(app=create_app(worlds[WorldName.PLANTED]))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        told = (await client.get("/__sandbox/truth?effects")).json()
    assert (told["world"], told["posts"]) == ("planted", 1_860)
    assert told["effects"] == dict(EFFECTS)
    assert told["phrases"] == dict(phrases.EFFECTS)
