"""`collect` as a person calls it: once, at an instant, with a table or as JSON, and with what may go wrong."""

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from civitai_engagement.cli.collecting import collect_once, standing_clock
from civitai_engagement.errors import BadInput

if TYPE_CHECKING:
    from tests.collect.conftest import Collector


async def test_a_tick_is_told_in_a_table_and_the_same_tick_again_is_nothing_to_do(
    collector: "Collector", capsys: pytest.CaptureFixture[str]
) -> None:
    collector.house.post(3)
    await collector.watch("creator", "ana")
    first = await collect_once(collector.house.runtime, is_quiet=False)
    told = capsys.readouterr().out
    assert [one.job for one in first] == [
        "update_existing_stats",
        "collect_new_images",
        "keep_features",
        "study_engagement",
    ]
    assert "collect_new_images" in told
    assert "keep_features: 3 media in" in told
    assert "2026-05-01T12:00:00Z" in told
    assert await collect_once(collector.house.runtime, is_quiet=False) == []
    assert "Nothing to do" in capsys.readouterr().out


async def test_quietly_it_gives_what_json_can_hold(collector: "Collector", capsys: pytest.CaptureFixture[str]) -> None:
    collector.house.post(2)
    await collector.watch("creator", "ana")
    (_, discovery, *_) = await collect_once(collector.house.runtime, is_quiet=True)
    assert capsys.readouterr().out == ""
    assert json.loads(json.dumps(discovery.as_dict()))["coverage"]["creators"] == [1, 1]


async def test_what_civitai_does_to_a_run_is_told_below_the_table(
    collector: "Collector", capsys: pytest.CaptureFixture[str]
) -> None:
    house = collector.house
    for number in range(4):
        house.post(1, post_id=300 + number)
    await house.good("record_civitai_post", posts=[str(300 + number) for number in range(4)])
    await house.arm("edge-403")
    house.advance(hours=1)
    runs = await collect_once(house.runtime, is_quiet=False)
    assert any(one.error for one in runs)
    assert "update_existing_stats: " in capsys.readouterr().out


async def test_a_cadence_that_cannot_be_read_is_named_and_nothing_is_stored(
    collector: "Collector", capsys: pytest.CaptureFixture[str]
) -> None:
    house = collector.house
    house.post(2)
    await collector.watch("post", "77")
    runs = await collect_once(house.another(cadence="24h:sometimes"), is_quiet=False)
    assert [one.observed for one in runs] == [0, 0, 0, 0]
    assert "A cadence cannot be read: 'sometimes' is not a span of time" in " ".join(capsys.readouterr().out.split())
    assert await house.rows("select count(*) from image_tracking") == [(0,)]


def test_the_clock_stands_where_it_is_told_to_and_a_zone_is_read() -> None:
    clock = standing_clock("2026-08-01T14:00:00+02:00")
    asyncio.run(clock.sleep(1000))
    assert clock.now() == standing_clock("2026-08-01T12:00:00").now()
    with pytest.raises(BadInput, match="is no date"):
        standing_clock("tomorrow")
