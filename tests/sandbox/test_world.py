import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from civitai_engagement.errors import BadInput, NotFound
from civitai_engagement.sandbox import Counts, Growth, Item, Pinned, Weibull, World, gallery
from civitai_engagement.sandbox.metadata import odd_metas

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def grown() -> World:
    return World.grow(seed=7, creators=12, posts=120, now=NOW)


def test_the_same_seed_grows_the_same_world() -> None:
    worlds = [World.grow(seed=seed, creators=3, posts=8, now=NOW) for seed in (1, 1, 2)]
    first, again, other = ([world.truth(item.id) for item in world.items] for world in worlds)
    assert first == again
    assert first != other


def test_a_grown_world_has_as_many_posts_as_asked_and_more_to_come(grown: World) -> None:
    published = [post for post in grown.posts.values() if post.published_at <= NOW]
    assert len(published) == 120
    assert len(grown.posts) == 150
    assert all(1 <= len(grown.items_of(post.id)) <= 20 for post in published)


def test_new_posts_appear_as_time_goes_by(grown: World) -> None:
    present = [sum(item.present(NOW + days * DAY) for item in grown.items) for days in (0, 7)]
    assert present[0] < present[1]


def test_every_level_kind_and_oddity_occurs_in_a_grown_world(grown: World) -> None:
    items = list(grown.items)
    assert {item.level for item in items} == {1, 2, 4, 8, 16}
    assert {item.type for item in items} == {"image", "video", "audio"}
    assert {item.base_models for item in items} >= {None, (), ("Pony", "Pony")}
    assert any(item.hash is None for item in items)
    assert any(item.width is None for item in items)
    assert any(item.username is None for item in items)
    assert any(item.hidden for item in items)
    assert any(not item.model_version_ids for item in items)
    shapes = {_shape(item.meta) for item in items}
    assert {_shape(odd) for odd in odd_metas().values()} <= shapes


def _shape(meta: Mapping[str, Any] | None) -> str:
    """A meta without what differs by recipe: the shape in which it is told."""
    told = {"steps", "cfgScale", "Model", "Model hash", "hashes", "resources", "models", "civitaiResources"}
    told |= {"additionalResources", "extra"}
    return repr(meta and {key: value for key, value in meta.items() if key not in told})


def test_what_odd_metadata_say_is_what_worked(grown: World) -> None:
    """Each planted effect of steps and CFG is on a media whose metadata tell it, and on no other that tells."""
    for item in grown.items:
        said = dict(item.meta or {})
        if "steps" in said:
            assert (float(said["steps"]) >= 30) == ("steps of 30 or more" in (item.effects or {})), said
        if "cfgScale" in said:
            assert (float(said["cfgScale"]) > 9) == ("cfg above 9" in (item.effects or {})), said
        if said.get("civitaiResources") or said.get("models"):
            assert ("500101" in repr(said) or "softLight" in repr(said)) == ("lora softLight" in (item.effects or {}))


def test_some_media_vanish_and_some_of_them_return(grown: World) -> None:
    spans = [item.absences[0] for item in grown.items if item.absences]
    assert any(span.until.year == 9999 for span in spans)
    assert any(span.until - span.since == DAY for span in spans)


def test_some_media_are_never_noticed_and_some_counters_fall(grown: World) -> None:
    growths = [item.counters for item in grown.items if isinstance(item.counters, Growth)]
    assert Counter(growth.totals.reactions == 0 for growth in growths)[True] > len(growths) / 20
    assert any(growth.withdrawal for growth in growths)
    assert {growth.told()["curve"]["shape"] for growth in growths} == {"log-logistic", "weibull", "power law"}  # type: ignore[index]  # told() is JSON


@pytest.mark.slow
def test_the_planted_effects_are_in_the_totals() -> None:
    world = World.grow(seed=5, creators=40, posts=600, now=NOW)
    logs: dict[bool, list[float]] = {True: [], False: []}
    for item in world.items:
        others = math.prod(factor for name, factor in (item.effects or {}).items() if name != "video")
        if item.counters.totals.reactions >= 20:
            logs["video" in (item.effects or {})].append(math.log(item.counters.totals.reactions / others))
    means = {video: sum(values) / len(values) for video, values in logs.items()}
    assert 0.1 < means[True] - means[False] < 0.8  # log 1.5 = 0.41


def test_creators_differ_in_strength(grown: World) -> None:
    totals: Counter[str | None] = Counter()
    count: Counter[str | None] = Counter()
    for item in grown.items:
        totals[item.username] += item.counters.totals.reactions
        count[item.username] += 1
    means = sorted(totals[name] / count[name] for name in count)
    assert means[-1] > 4 * means[0]


def test_a_standing_clock_moves_only_when_told_to() -> None:
    world = World.empty(now=NOW)
    assert world.now() == world.now() == NOW
    world.clock.advance(DAY)
    assert world.now() == NOW + DAY
    world.clock.set(NOW)
    assert world.now() == NOW


def test_a_live_world_follows_the_machine() -> None:
    world = World.empty(now=NOW, live=True)
    first = world.now()
    assert NOW <= first <= world.now()
    assert World.grow(creators=1, posts=1, live=True).now().tzinfo is UTC


def test_a_gallery_goes_round_all_levels() -> None:
    world = World.empty()
    world.add_post(post_id=7, username="ana", items=gallery(45))
    levels = [item.level for item in world.items_of(7)]
    assert len(levels) == 45
    assert Counter(levels) == {1: 9, 2: 9, 4: 9, 8: 9, 16: 9}


def test_an_added_item_takes_what_it_lacks_from_its_post() -> None:
    world = World.empty(now=NOW)
    post = world.add_post(username="Boreal", published_at=NOW - DAY, items=[Item()])
    (item,) = world.items_of(post.id)
    assert (item.username, item.published_at, item.uploaded_at) == ("Boreal", NOW - DAY, NOW - DAY)
    later = world.add_item(Item(), post_id=post.id)
    assert later.id == item.id + 1
    assert later.username == "Boreal"


def test_an_item_of_an_unknown_post_brings_its_post() -> None:
    world = World.empty()
    world.add_item(Item(post_id=9))
    world.add_item({"id": 5, "postId": 10, "username": "cinder_ink"})
    assert (world.posts[9].username, world.posts[10].username) == ("ana", "cinder_ink")


def test_one_id_is_given_once() -> None:
    world = World.empty()
    world.add_item(Item(id=1))
    with pytest.raises(BadInput, match="already has an image 1"):
        world.add_item(Item(id=1))


def test_pinned_counters_keep_what_was_not_named() -> None:
    world = World.empty(now=NOW)
    world.add_post(
        published_at=NOW - DAY, items=[Item(id=1, counters=Growth(Counts(like=10, heart=4), Weibull(DAY, 1)))]
    )
    world.set_stats(1, like=99)
    world.clock.advance(DAY)
    assert world.item(1).counts(world.now()) == Counts(like=99, heart=2)


def test_a_removed_item_is_absent_from_now_on_and_can_return() -> None:
    world = World.empty(now=NOW)
    world.add_item(Item(id=1, published_at=NOW - DAY))
    world.remove(1, until=NOW + DAY)
    item = world.item(1)
    assert [item.present(NOW + days * DAY) for days in (-0.5, 0, 0.5, 1)] == [True, False, False, True]
    world.bring_back(1)
    assert world.item(1).present(NOW)
    world.remove(1)
    assert not world.item(1).present(NOW + 1000 * DAY)


def test_publishing_again_moves_the_date_and_not_the_counters() -> None:
    world = World.empty(now=NOW)
    growth = Growth(Counts(like=10), Weibull(DAY, 1))
    world.add_item(Item(id=1, published_at=NOW - DAY, counters=growth))
    before = world.item(1).counts(NOW)
    world.republish(1)
    assert world.item(1).sorted_at == NOW
    assert world.item(1).counts(NOW) == before


def test_the_truth_can_be_told_of_any_instant() -> None:
    world = World.empty(now=NOW)
    growth = Growth(Counts(like=100), Weibull(DAY, 1))
    world.add_item(Item(id=1, level=4, published_at=NOW - DAY, counters=growth))
    assert world.truth(1)["counters"]["like"] == 63
    assert world.truth(1, at=NOW + DAY)["counters"]["like"] == 86
    assert world.truth(1)["browsing_level"] == 4
    world.change(1, counters=Pinned(Counts()), hidden=True)
    assert world.truth(1)["growth"]["curve"] == {"shape": "pinned"}
    assert world.truth(1)["hidden"]


def test_an_unknown_image_has_no_truth() -> None:
    with pytest.raises(NotFound, match="no image 5"):
        World.empty().truth(5)


def test_an_item_moved_to_another_post_is_found_there_only() -> None:
    world = World.empty()
    world.add_post(post_id=7, items=[Item(id=1), Item(id=2)])
    world.change(1, post_id=8)
    assert [item.id for item in world.items_of(7)] == [2]
    assert [item.id for item in world.items_of(8)] == [1]
    world.change(2, level=4)
    assert [item.level for item in world.items_of(7)] == [4]
