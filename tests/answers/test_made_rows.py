"""The media of a scope as models take them: which count, which do not, and why."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from civitai_engagement.answers.why.made_rows import MadeRows, made_rows
from civitai_engagement.collect.jobs.features import keep_outdated
from civitai_engagement.errors import BadInput
from civitai_engagement.records.made import MadeScope
from tests.growing import Grown, write
from tests.house import START

if TYPE_CHECKING:
    from tests.house import House

DAY = timedelta(days=1)
LIKES = ((1, 4), (24, 10), (72, 20))


def grown(image_id: int, *, post: int = 0, **more: Any) -> Grown:
    known: dict[str, Any] = {"born": START - 9 * DAY, "likes": LIKES, "seen_to": 100.0} | more
    return Grown(image_id, post or image_id, **known)


async def read(house: "House", *, hours: float = 72, limit: int = 100, **wanted: Any) -> MadeRows:
    await keep_outdated(house.runtime, 1_000)
    async with house.runtime.store.reading() as ledger:
        return await made_rows(ledger, MadeScope(**wanted), hours, limit=limit)


async def test_a_scope_is_a_creator_s_or_others_of_one_type_one_family_and_one_time(house: "House") -> None:
    media = [
        grown(1, post=7, base_model="SDXL Lightning"),
        grown(2, post=7, base_model="SDXL 1.0", type="video"),
        grown(3, creator="Bo", born=START - 4 * DAY, likes=LIKES[:2], seen_to=80),
        grown(4, creator=None),
    ]
    await write(house.database_url, media)
    asked: dict[str, tuple[dict[str, Any], list[int]]] = {
        "all": ({}, [3, 7, 7]),
        "own": ({"creator": "ANA"}, [7, 7]),
        "others": ({"but_creator": "ana"}, [3]),
        "videos": ({"media_type": "video"}, [7]),
        "a family": ({"base_model": "sdxl"}, [7, 7]),
        "a model": ({"base_model": "SDXL lightning"}, [7]),
        "lately": ({"since": START - 5 * DAY}, [3]),
        "before": ({"until": START - 5 * DAY}, [7, 7]),
    }
    for name, (wanted, posts) in asked.items():
        assert [one.post_id for one in (await read(house, **wanted)).rows] == posts, name
    [second, first] = (await read(house, creator="Ana")).rows
    assert [(one.place, one.post_size, one.count, one.kind) for one in (first, second)] == [
        (1, 2, 20, "image"),
        (2, 2, 20, "video"),
    ]
    assert first.features.base_family == "SDXL"
    assert [(one.place, one.post_size) for one in (await read(house, media_type="video")).rows] == [(2, 2)]


async def test_what_was_not_seen_at_the_age_is_projected_where_others_show_how_they_grow_and_else_left_out(
    house: "House",
) -> None:
    known = [grown(one) for one in range(1, 21)]
    young = [grown(30, born=START - DAY, likes=LIKES[:2], seen_to=24), grown(31, likes=((1, 4),), seen_to=3)]
    await write(house.database_url, [*known, *young])
    found = await read(house)
    assert (len(found.rows), found.projected, found.uncounted) == (21, 1, 1)
    assert found.rows[0].count == pytest.approx(20, rel=0.1)
    assert (found.coverage.media, found.coverage.counted, found.coverage.without_parameters) == (22, 22, 22)


async def test_a_scope_found_by_success_is_refused_in_words_and_a_part_of_one_left_out(house: "House") -> None:
    await write(house.database_url, [grown(1), grown(2, creator="Bo"), grown(3, creator="Cy")])
    await house.run("update image_tracking set source = 'sampled', found_by = 'success' where image_id = 1")
    await house.run("update image_tracking set source = 'sampled' where image_id = 3")
    with pytest.raises(BadInput, match=r"found because they did well, .* Follow whoever made them"):
        await read(house, creator="Ana")
    found = await read(house)
    assert [one.creator for one in found.rows] == ["Bo"]
    assert (found.coverage.by_success, found.coverage.unknown, found.coverage.counted) == (1, 1, 1)


async def test_of_too_many_media_a_creator_s_newest_are_read_and_of_all_none(house: "House") -> None:
    await write(house.database_url, [grown(one, born=START - (20 - one) * DAY) for one in range(1, 6)])
    own, everything = await read(house, creator="Ana", limit=4), await read(house, limit=4)
    assert ([one.post_id for one in own.rows], own.is_whole) == ([5, 4, 3, 2], False)
    assert (everything.rows, everything.is_whole, everything.coverage.counted) == ((), False, 5)
    assert (await read(house, limit=5)).is_whole


async def test_of_nothing_there_is_nothing(house: "House") -> None:
    found = await read(house, creator="Nobody")
    assert (found.rows, found.coverage.media, found.coverage.as_of) == ([], 0, None)
