import random
import tracemalloc
from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civitai_engagement.analysis.planner import plan
from civitai_engagement.analysis.requests import Due, DueImage, DuePost, PlannedRequest, RequestKind, RequestPlan

MODESTLY = settings(max_examples=settings().max_examples * 2 // 5, deadline=None)
PLENTY = 1_000_000
TIERS = ("recorded", "watched", "sampled")
NAMES = (None, "ana", "Ana", "bea", "cas", "dan")


def post(post_id: int, username: str | None = "ana", **fields: object) -> DuePost:
    due = DuePost(post_id, username, due=1, size=20, value=1.0, tier="watched")
    return due._replace(**fields)  # type: ignore[arg-type]  # tests name fields freely


def shown(asks: Sequence[PlannedRequest]) -> list[tuple[str, list[int], int]]:
    return [(ask.way.value, [one.key for one in ask.covers], ask.cost) for ask in asks]


# --- which way is the cheaper


def test_a_creator_is_walked_where_that_takes_fewer_requests_than_its_posts() -> None:
    few, many = [post(1), post(2)], [post(number) for number in range(1, 7)]

    assert shown(plan(few, {"ana": 900}, budget=PLENTY).asks) == [("post", [1], 1), ("post", [2], 1)]
    assert shown(plan(many, {"ana": 900}, budget=PLENTY).asks) == [("creator", [1, 2, 3, 4, 5, 6], 5)]


def test_a_creator_is_one_in_whatever_case_and_asked_for_as_spelt() -> None:
    (ask,) = plan([post(1, "Ana"), post(2, "ana"), post(3, "ANA")], {"ana": 300}, budget=PLENTY).asks

    assert (ask.way, ask.username, ask.cost, ask.due, ask.value) == (RequestKind.CREATOR, "Ana", 2, 3, 3.0)


def test_a_creator_of_unknown_size_and_posts_of_nobody_are_asked_for_by_post() -> None:
    due = [post(1, "bea"), post(2, "bea"), post(3, None), post(4, None)]

    asks = plan(due, {"ana": 1}, budget=PLENTY).asks

    assert [(ask.way, ask.username) for ask in asks] == [(RequestKind.POST, None)] * 4


def test_a_large_post_costs_its_pages_and_an_empty_one_still_a_request() -> None:
    assert [ask.cost for ask in plan([post(1, size=401), post(2, size=0)], {}, budget=PLENTY).asks] == [1, 3]
    assert plan([post(1), post(2)], {"ana": 0}, budget=PLENTY).cost == 1


def test_ids_fill_their_calls_across_posts_creators_and_single_images() -> None:
    posts = [post(number, f"user{number}", due=3) for number in range(1, 31)]
    due: list[Due] = [*posts, DueImage(9, 1.0, "recorded")]

    found = plan(due, {}, budget=PLENTY, ids_supported=True)

    assert [(ask.way, ask.due, ask.cost) for ask in found.asks] == [(RequestKind.IDS, 91, 1)]
    assert found.planned == {"watched": 90, "recorded": 1}


def test_ids_are_not_asked_for_where_pages_are_cheaper() -> None:
    due: list[Due] = [post(1, due=180, size=190), post(2, "bea", due=2), DueImage(3, 1.0, "watched")]

    asks = plan(due, {"ana": 190}, budget=PLENTY, ids_supported=True).asks

    assert {ask.way: [one.key for one in ask.covers] for ask in asks} == {
        RequestKind.POST: [1],
        RequestKind.IDS: [-3, 2],
    }


def test_calls_by_ids_that_would_waste_a_request_give_way_to_walks() -> None:
    """The two small posts, the first and the last by value, leave two calls by ids half empty."""
    dull = [post(number, f"user{number // 5}", due=20, value=20.0) for number in range(300)]
    due = [post(1000, "odd", due=10, value=99.0), *dull, post(1001, "odd", due=10, value=0.0)]
    listed = {"odd": 40} | {f"user{number}": 100 for number in range(60)}

    assert plan(due, listed, budget=PLENTY, ids_supported=True).cost == 61
    assert plan(due, {}, budget=PLENTY, ids_supported=True).cost == 62


def test_where_ids_are_unknown_an_image_without_a_post_costs_a_request() -> None:
    assert shown(plan([DueImage(5, 1.0, "watched")], {}, budget=PLENTY).asks) == [("image", [-5], 1)]


def test_what_is_not_due_is_not_asked_for() -> None:
    assert plan([post(1, due=0)], {}, budget=PLENTY).asks == ()
    assert plan([], {}, budget=0).cost == 0


# --- which comes first, and what is left


def test_the_most_valuable_per_request_comes_first_and_what_is_followed_before_what_is_sampled() -> None:
    due = [
        post(1, None, tier="sampled"),
        post(2, None),
        post(3, None, value=9.0, size=900),
        post(4, None, value=2.0, tier="sampled"),
        post(5, None, tier="recorded"),
    ]

    asks = plan(due, {}, budget=PLENTY).asks

    assert [ask.covers[0].key for ask in asks] == [4, 3, 2, 5, 1]


def test_a_budget_that_ends_reaches_the_most_valuable_and_counts_the_rest_by_tier() -> None:
    due = [post(number, None, due=number, value=float(number)) for number in range(1, 11)]

    found = plan([*due, DueImage(1, 0.5, "recorded")], {}, budget=3)

    assert [ask.covers[0].key for ask in found.asks] == [10, 9, 8]
    assert (found.cost, found.planned, found.unreached) == (3, {"watched": 27}, {"watched": 28, "recorded": 1})


def test_a_young_post_is_not_lost_with_a_creator_that_cannot_be_walked() -> None:
    due = [post(1, value=50.0), *(post(number, value=0.1) for number in range(2, 40))]

    assert shown(plan(due, {"ana": 4000}, budget=1).asks) == [("post", [1], 1)]


def test_a_young_post_comes_before_other_creators_though_its_own_is_not_worth_a_walk() -> None:
    stale = [post(number, value=0.1) for number in range(2, 40)]
    lively = [post(number, "bea", value=2.0) for number in range(100, 140)]

    found = plan([post(1, value=50.0), *stale, *lively], {"ana": 4000, "bea": 1600}, budget=9)

    assert [(ask.way, ask.covers[0].key, ask.cost) for ask in found.asks] == [
        (RequestKind.POST, 1, 1),
        (RequestKind.CREATOR, 100, 8),
    ]


def test_a_walk_whose_one_young_post_is_taken_comes_after_what_is_worth_more() -> None:
    stale = [post(number, value=0.0) for number in range(2, 40)]
    lively = [post(number, f"user{number}", value=1.0) for number in range(100, 120)]

    found = plan([post(1, value=50.0), *stale, *lively], {"ana": 4000}, budget=21)

    assert {one.key for ask in found.asks for one in ask.covers} == {1, *range(100, 120)}


def test_what_a_walk_cannot_be_paid_for_is_left_and_what_fits_is_taken() -> None:
    due = [post(1, None, size=1000, value=90.0), post(2, None), post(3, None)]

    assert [ask.covers[0].key for ask in plan(due, {}, budget=4).asks] == [2, 3]


# --- sampled media


def test_sampled_media_get_a_fifth_of_the_budget_even_where_more_is_left() -> None:
    found = plan([post(number, None, tier="sampled") for number in range(1, 11)], {}, budget=20)

    assert (found.cost, found.sampled_cost) == (4, 4)
    assert (found.planned, found.unreached) == ({"sampled": 4}, {"sampled": 6})
    assert plan([post(1, None, tier="sampled")], {}, budget=4).unreached == {"sampled": 1}
    assert plan([post(1, None, tier="sampled")], {}, budget=2, sampled_share=0.5).cost == 1


def test_sampled_media_ride_for_nothing_where_the_walk_pays_for_what_is_followed() -> None:
    due = [*(post(number) for number in range(1, 7)), *(post(number, tier="sampled") for number in range(7, 99))]

    found = plan(due, {"ana": 900}, budget=5)

    assert (found.cost, found.sampled_cost, found.unreached) == (5, 0, {})


def test_what_a_walk_costs_more_for_the_sake_of_sampled_media_is_charged_to_them() -> None:
    due = [*(post(number) for number in range(1, 4)), *(post(number, tier="sampled") for number in range(7, 99))]

    paid, unpaid = plan(due, {"ana": 900}, budget=10), plan(due, {"ana": 900}, budget=9)

    assert (paid.cost, paid.sampled_cost, paid.unreached) == (5, 2, {})
    assert (unpaid.cost, unpaid.sampled_cost, unpaid.planned) == (4, 1, {"watched": 3, "sampled": 1})


def test_sampled_ids_that_find_room_in_a_call_already_paid_are_free() -> None:
    due = [post(1, None, due=50, value=99.0), post(2, None, due=50, tier="sampled"), post(3, None, tier="sampled")]

    found = plan(due, {}, budget=4, ids_supported=True)

    assert (found.cost, found.sampled_cost, found.unreached) == (1, 0, {"sampled": 50})
    assert found.planned == {"watched": 50, "sampled": 1}


# --- whatever is due

posts = st.builds(
    DuePost,
    post_id=st.integers(1, 10**9),
    username=st.sampled_from(NAMES),
    due=st.integers(1, 450),
    size=st.just(0),
    value=st.floats(0, 100, allow_subnormal=False),
    tier=st.sampled_from(TIERS),
).flatmap(lambda one: st.integers(one.due, one.due + 300).map(lambda size: one._replace(size=size)))
images = st.builds(DueImage, image_id=st.integers(1, 10**9), value=st.floats(0, 9), tier=st.sampled_from(TIERS))
dues = st.tuples(
    st.lists(posts, unique_by=lambda one: one.post_id, max_size=25),
    st.lists(images, unique_by=lambda one: one.image_id, max_size=5),
).map(lambda both: [*both[0], *both[1]])
lists = st.dictionaries(st.sampled_from(["ana", "bea", "cas", "eve"]), st.integers(0, 3000))


def pages(media: int) -> int:
    return max(1, ceil(media / 200))


def by_post(due: Sequence[Due]) -> int:
    return sum(pages(one.size) for one in due)


def by_creator(due: Sequence[Due], listed: Mapping[str, int]) -> int:
    """Walk every creator whose size is known; the rest goes by post."""
    walked = {(one.username or "").lower() for one in due} & set(listed)
    return sum(pages(listed[name]) for name in walked) + by_post(
        [one for one in due if (one.username or "").lower() not in walked]
    )


def media_by_tier(due: Sequence[Due]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for one in due:
        tally[one.tier] += one.due
    return tally


def covered(found: RequestPlan) -> list[Due]:
    return [one for ask in found.asks for one in ask.covers]


@MODESTLY
@given(dues, lists, st.integers(0, 60), st.booleans(), st.sampled_from([0.0, 0.2, 1.0]))
def test_everything_due_is_covered_once_or_counted_and_the_budget_is_kept(
    due: list[Due], listed: dict[str, int], budget: int, with_ids: bool, share: float
) -> None:
    found = plan(due, listed, budget=budget, ids_supported=with_ids, sampled_share=share)

    keys = [one.key for one in covered(found)]
    assert len(keys) == len(set(keys))
    left = [one for one in due if one.key not in set(keys)]
    assert (media_by_tier(covered(found)), media_by_tier(left)) == (found.planned, found.unreached)
    assert found.cost == sum(ask.cost for ask in found.asks) <= budget
    assert found.sampled_cost <= share * budget
    strangers = [ask for ask in found.asks if {one.tier for one in ask.covers} == {"sampled"}]
    assert sum(ask.cost for ask in strangers) <= share * budget


@MODESTLY
@given(dues, lists, st.integers(0, 60), st.booleans())
def test_every_ask_costs_what_its_way_takes(
    due: list[Due], listed: dict[str, int], budget: int, with_ids: bool
) -> None:
    for ask in plan(due, listed, budget=budget, ids_supported=with_ids).asks:
        match ask.way:
            case RequestKind.CREATOR:
                assert {(one.username or "").lower() for one in ask.covers} == {(ask.username or "").lower()}
                assert ask.cost == pages(listed[(ask.username or "").lower()])
            case RequestKind.IDS:
                assert with_ids
                assert ask.cost == ceil(ask.due / 100)
            case RequestKind.POST | RequestKind.IMAGE:
                assert len(ask.covers) == 1
                assert ask.cost == pages(ask.covers[0].size)


@MODESTLY
@given(dues, lists, st.booleans())
def test_a_whole_cover_is_never_dearer_than_one_way_for_all(
    due: list[Due], listed: dict[str, int], with_ids: bool
) -> None:
    found = plan(due, listed, budget=PLENTY, ids_supported=with_ids)

    assert not found.unreached
    assert found.cost <= by_post(due)
    assert found.cost <= by_creator(due, listed)
    if with_ids:
        assert found.cost <= 1.05 * ceil(sum(one.due for one in due) / 100)


@MODESTLY
@given(dues, lists, st.integers(0, 60), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_named_changes_nothing(
    due: list[Due], listed: dict[str, int], budget: int, with_ids: bool, chance: random.Random
) -> None:
    found = plan(due, listed, budget=budget, ids_supported=with_ids)
    chance.shuffle(due)

    assert plan(due, listed, budget=budget, ids_supported=with_ids) == found


@MODESTLY
@given(dues, lists, st.integers(0, 30), st.booleans())
def test_a_small_budget_reaches_no_less_than_half_of_what_the_plainest_planner_would(
    due: list[Due], listed: dict[str, int], budget: int, with_ids: bool
) -> None:
    """Against the plainest of planners: most value per request, post by post, until the budget ends."""
    found = plan(due, listed, budget=budget, ids_supported=with_ids, sampled_share=1)
    left, value = budget, 0.0
    for one in sorted(due, key=lambda one: -one.value / pages(one.size)):
        if pages(one.size) > left:
            break
        left, value = left - pages(one.size), value + one.value

    assert sum(one.value for one in covered(found)) >= value / 2 - 1e-6


# --- a whole gallery


def gallery(creators: int, posts_each: int, media_each: int) -> list[DuePost]:
    chance = random.Random(7)
    return [
        DuePost(
            creator * 1000 + place,
            f"user{creator}",
            due=media_each,
            size=media_each,
            value=chance.random(),
            tier=chance.choice(TIERS),
        )
        for creator in range(creators)
        for place in range(posts_each)
    ]


def test_all_that_is_watched_takes_little_more_than_the_pages_of_its_creators() -> None:
    due = [one._replace(tier="watched") for one in gallery(50, 40, 7)]
    listed = {f"user{number}": 300 for number in range(50)}

    assert plan(due, listed, budget=PLENTY).cost <= 1.15 * 50 * ceil(300 / 200)
    assert plan(due, listed, budget=PLENTY, ids_supported=True).cost <= 1.15 * 50 * ceil(300 / 200)


@pytest.mark.slow
def test_planning_takes_half_a_kilobyte_a_media_at_most() -> None:
    due = gallery(2000, 7, 7)
    listed = {f"user{number}": 60 for number in range(0, 2000, 2)}

    tracemalloc.start()
    found = plan(due, listed, budget=300, ids_supported=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sum(found.planned.values()) + sum(found.unreached.values()) == 98_000
    assert peak < 98_000 * 500
